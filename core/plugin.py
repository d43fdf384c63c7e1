"""The core's own hook implementations: it is the first plugin."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import Blueprint

from core import seeds
from core.api import hooks as api
from core.calendar.hooks import ENTITIES as CALENDAR
from core.comments.hooks import ENTITIES as COMMENTS
from core.comments.hooks import FACTS as OF_COMMENTS
from core.comments.hooks import NOTICES as TOLD_OF_COMMENTS
from core.contract.entities import Entity
from core.contract.hookspecs import hookimpl
from core.contract.plugins import entities as registered
from core.contract.plugins import settings as declared
from core.contract.ports import (
    Event,
    Fact,
    MenuItem,
    NoticeKind,
    Obstacle,
    Panel,
    Permission,
    Recurring,
    RoleSpec,
    Task,
)
from core.contract.series import NumberSeries
from core.contract.settings import Setting
from core.contract.words import _
from core.data.own import KINDS as OWN_KINDS
from core.data.own import OwnChoice, OwnField
from core.data.settings import SettingValue
from core.facilities.importer import FACILITIES
from core.facilities.models import (
    TYPE_KINDS,
    Facility,
    FacilityCode,
    FacilityName,
    FacilityOutline,
    FacilityParent,
    FacilityType,
)
from core.facilities.tables import STATES as OPENNESS
from core.facilities.tables import FacilityTable
from core.facilities.verbs import VERBS as FACILITY_VERBS
from core.fields.verbs import VERBS as FIELD_VERBS
from core.files.models import STATES as FILE_STATES
from core.files.models import File
from core.files.tables import FileTable
from core.files.verbs import REMOVE as REMOVE_FILE
from core.imports.models import COUNTED, STATES, ImportRun
from core.numbers.hooks import ENTITIES as NUMBERS
from core.settings.verbs import VERBS as SETTING_VERBS
from core.users.directory.services import nearest
from core.users.hooks import ENTITIES as USERS
from core.users.hooks import FACTS as FACTS_OF_USERS
from core.users.hooks import NOTICES as OF_USERS

PERMISSIONS = [
    Permission("core.facility.edit", _("Change facilities")),
    Permission("core.calendar.edit", _("Keep public holidays and working hours")),
    Permission("core.field.edit", _("Add fields to facilities, products and others"), national=True),
    Permission("core.user.view", _("See users")),
    Permission("core.user.edit", _("Change users and their rights"), personal=True),
    Permission("core.role.edit", _("Change roles"), personal=True),
    Permission("core.audit.view", _("Read the audit trail")),
    Permission("core.import", _("Import lists")),
    Permission("core.number.edit", _("Set document numbers and close their years")),
    Permission("core.webhook.view", _("See webhooks")),
    Permission("core.webhook.edit", _("Send facts to other systems (webhooks)"), personal=True),
    Permission("core.system", _("See scheduled work and unsafe settings")),
]
FACTS = [
    Fact("core.facility.opened", _("A facility was opened again")),
    Fact("core.facility.closed", _("A facility was closed")),
    Fact("core.facility.moved", _("A facility belongs to another")),
    Fact("core.facility.renamed", _("A facility has another name")),
    Fact("core.deadline.passed", _("A deadline has passed")),
    Fact("core.mail.refused", _("A mail server refuses the address of a user")),
]
ROLES = [
    RoleSpec("administrator", _("Administrator"), ["*"]),
    RoleSpec("auditor", _("Auditor"), ["*.view"]),
]


@hookimpl
def permissions() -> Iterable[Permission | RoleSpec]:
    """Return the core's rights and roles."""
    return [*PERMISSIONS, *ROLES]


@hookimpl
def entities() -> Iterable[Entity]:
    """Return the core's own nouns."""
    return [
        Entity(
            "core.facility",
            Facility,
            _("Facility"),
            _("Facilities"),
            "facilities.show",
            table=FacilityTable,
            icon="map",
            search=("code", "name"),
            importer=FACILITIES,
            words={"status": OPENNESS},
            verbs=FACILITY_VERBS,
            attachments=True,
            comments=True,
            concerned=lambda place: nearest("core.facility.edit", place.path),
            own_fields=True,
            kinds="type_id",
        ),
        Entity("core.facility_type", FacilityType, _("Facility type"), _("Facility types"), words={"kind": TYPE_KINDS}),
        Entity("core.facility_code", FacilityCode, _("Facility code"), _("Facility codes"), named=("scheme", "value")),
        Entity("core.facility_name", FacilityName, _("Former name"), _("Former names")),
        Entity("core.facility_parent", FacilityParent, _("Former parent"), _("Former parents"), named=("facility_id",)),
        Entity("core.facility_outline", FacilityOutline, _("Outline"), _("Outlines"), named=("facility_id",)),
        *CALENDAR,
        *COMMENTS,
        Entity(
            "core.file", File, _("Document or photo"), _("Documents and photos"), "files.show", None, FileTable,
            search=("name",),
            words={"state": FILE_STATES, "entity": _labels}, verbs=[REMOVE_FILE],
        ),
        Entity(
            "core.import", ImportRun, _("Imported list"), _("Imports"), "imports.show", icon="upload",
            words={"state": STATES, "counts": COUNTED, "entity": _lists}, named=("entity", "file_name"),
        ),
        *USERS,
        Entity(
            "core.own_field", OwnField, _("Own field"), _("Own fields"), "fields.show",
            icon="columns-3", words={"kind": OWN_KINDS, "entity": _labels}, verbs=FIELD_VERBS, index="fields.index",
        ),
        Entity("core.own_choice", OwnChoice, _("Choice"), _("Choices"), named=("label",)),
        Entity(
            "core.setting", SettingValue, _("Setting"), _("Settings"), "settings.stored", icon="settings",
            words={"code": _settings, "value": _values}, named=("code", "facility_id"), verbs=SETTING_VERBS,
        ),
        *NUMBERS,
        *api.ENTITIES,
    ]  # fmt: skip


def _labels() -> dict[str, Any]:
    return {each.name: each.label for each in registered()}


def _settings() -> dict[str, Any]:
    return {name: each.label for name, each in declared().items()}


def _values() -> dict[str, Any]:
    """Return what values of settings are called that are codes; a number or a text says it itself."""
    chosen = {each.write(value): words for each in declared().values() for value, words in each.choices.items()}
    return {"yes": _("Yes"), "no": _("No"), **chosen}


def _lists() -> dict[str, Any]:
    return {each.name: each.plural for each in registered()}


@hookimpl
def blueprints() -> Iterable[Blueprint]:
    """Return the pages of the core's subjects."""
    from core.api import files as _of_programs  # noqa: F401 (its addresses)
    from core.api.document.views import bp as described
    from core.api.tokens.views import bp as tokens
    from core.api.views import bp as programs
    from core.api.webhooks.views import bp as webhooks
    from core.calendar.views import bp as calendar
    from core.comments.views import bp as comments
    from core.device.views import bp as device
    from core.facilities.views import bp as facilities
    from core.fields.views import bp as fields
    from core.files.views import bp as files
    from core.home.views import bp as home
    from core.imports.views import bp as imports
    from core.inbox.views import bp as inbox
    from core.jobs.views import bp as jobs
    from core.journal.views import bp as journal
    from core.labels.views import bp as labels
    from core.notices.views import bp as notices
    from core.numbers.views import bp as numbers
    from core.settings.views import bp as settings
    from core.upkeep.views import bp as upkeep
    from core.users.pages import bp as users
    from core.web.search import bp as search
    from core.web.verbs import bp as verbs

    return [
        home, inbox, notices, search, verbs, users, facilities, calendar, files, comments, imports, jobs, journal,
        labels, settings, numbers, fields, upkeep, tokens, webhooks, programs, described, device,
    ]  # fmt: skip


@hookimpl
def menu() -> Iterable[MenuItem]:
    """Return the core's menu items."""
    settable = tuple(sorted({each.permission for each in declared().values()}))
    return [
        MenuItem(_("Home"), "home.home", None, "", "house", order=0),
        MenuItem(_("To do"), "inbox.inbox", None, "", "inbox", order=1),
        MenuItem(_("Facilities"), "facilities.index", None, _("Network"), "map", order=800),
        MenuItem(_("Calendar"), "calendar.index", None, _("Network"), "calendar", order=805),
        MenuItem(_("Directory"), "users.people", None, _("Network"), "user", order=810),
        MenuItem(_("Users"), "users.index", "core.user.view", _("Administration"), "users", order=900),
        MenuItem(_("Interims"), "users.interims", "core.user.view", _("Administration"), "users", order=905),
        MenuItem(_("Roles"), "users.roles", "core.role.edit", _("Administration"), "settings", order=910),
        MenuItem(_("Settings"), "settings.index", settable, _("Administration"), "settings", order=912),
        MenuItem(
            _("Document numbers"), "numbers.index", "core.number.edit", _("Administration"), "settings", order=912
        ),
        MenuItem(_("Own fields"), "fields.index", "core.field.edit", _("Administration"), "columns-3", order=913),
        MenuItem(_("Imports"), "imports.index", "core.import", _("Administration"), "upload", order=915),
        MenuItem(_("Journal"), "journal.index", "core.audit.view", _("Administration"), "history", order=920),
        MenuItem(_("Webhooks"), "webhooks.index", "core.webhook.view", _("Administration"), "upload", order=925),
        MenuItem(_("System"), "upkeep.index", "core.system", _("Administration"), "wrench", order=930),
    ]


@hookimpl
def services() -> Mapping[type, Any]:
    """Return no port: the core asks, it does not answer."""
    return {}


@hookimpl
def settings() -> Iterable[Setting[Any]]:
    """Return no setting: what the core needs stands in the environment, before there is a database to read."""
    return []


@hookimpl
def numbers() -> Iterable[NumberSeries]:
    """Return no series: the core's own nouns bear no numbers."""
    return []


@hookimpl
def panels(obj: Any) -> Iterable[Panel]:
    """Return the documents and photos of an object, what is said about it, and when a facility works."""
    from core.calendar.views import panel as hours
    from core.comments.views import panel as exchange
    from core.fields.views import panel as own
    from core.files.views import panel as files
    from core.journal.readings import panel as readings

    return [*own(obj), *files(obj), *exchange(obj), *hours(obj), *readings(obj)]


@hookimpl
def closing(facility: Facility) -> Iterable[Obstacle]:
    """Return the imports that may write at a facility, and the people who would be left without a place."""
    from core.imports import leaving as imports
    from core.users.rights import leaving as people

    return [*imports.closing(facility), *people.closing(facility)]


@hookimpl
def schedule() -> Mapping[str, Recurring]:
    """Return what the core does by itself."""
    from core.api.webhooks.jobs import SCHEDULE as WEBHOOKS
    from core.calendar.jobs import SCHEDULE as DAYS
    from core.files.jobs import SCHEDULE as FILES
    from core.inbox.jobs import SCHEDULE as INBOX
    from core.notices.jobs import SCHEDULE as NOTICES
    from core.upkeep.jobs import SCHEDULE

    return {**SCHEDULE, **FILES, **NOTICES, **DAYS, **INBOX, **WEBHOOKS}


@hookimpl
def inbox() -> Iterable[Task]:
    """Return the alarms of the installation and of its webhooks, for who looks after them."""
    from core.api.webhooks.views import inbox as webhooks
    from core.upkeep.views import inbox

    return [*inbox(), *webhooks()]


@hookimpl
def facts() -> Iterable[Fact]:
    """Return the facts of the core that other systems may be told of."""
    return [*FACTS, *FACTS_OF_USERS, *OF_COMMENTS]


@hookimpl
def notices() -> Iterable[NoticeKind]:
    """Return what the core itself tells people."""
    from core.inbox.kinds import KINDS as DEADLINES
    from core.notices.kinds import KINDS

    return [*TOLD_OF_COMMENTS, *DEADLINES, *KINDS, *OF_USERS]


@hookimpl
def happened(event: Event) -> None:
    """Tell whom it concerns of a fact, and put it on its way to other systems."""
    from core.api.webhooks import telling
    from core.notices.services import hear

    hear(event)
    telling.hear(event)


@hookimpl
def seed(kind: str, size: str) -> None:
    """Insert the core's reference rows, or the demonstration country and its people."""
    seeds.seed(kind, size)
