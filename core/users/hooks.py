"""What the users give to the core's hooks."""

from datetime import date
from typing import Any

from core.contract.entities import Entity
from core.contract.ports import Event, Fact, NoticeKind, Words
from core.contract.words import _
from core.users.accounts import verbs as accounts
from core.users.accounts.forms import DENSITIES, THEMES
from core.users.accounts.models import User
from core.users.accounts.tables import STATES, UserTable
from core.users.interims import verbs as interims
from core.users.interims.models import Interim, InterimRole
from core.users.interims.tables import InterimTable
from core.users.rights import verbs as rights
from core.users.rights.models import Grant, Role
from core.users.rights.rules import in_words
from core.web.pages import LANGUAGES

ENTITIES = [
    Entity(
        "core.user", User, _("User"), _("Users"), "users.show", "core.user.view", UserTable, icon="users",
        search=("name", "login"),
        words={"active": STATES, "language": LANGUAGES, "theme": dict(THEMES), "density": dict(DENSITIES)},
        verbs=[*accounts.OF_USERS, *rights.OF_USERS],
    ),
    Entity(
        "core.role", Role, _("Role"), _("Roles"), "users.show_role", "core.user.view",
        words={"permissions": in_words}, verbs=rights.OF_ROLES,
    ),
    Entity(
        "core.interim", Interim, _("Interim"), _("Interims"), "users.interim", None, InterimTable, "users",
        named=("absent_name", "stand_in_name"), verbs=interims.VERBS, index="users.interims",
    ),
    Entity("core.interim_role", InterimRole, _("Lent role"), _("Lent roles"), named=("role_id",)),
    Entity(
        "core.grant", Grant, _("Grant"), _("Grants"), named=("user_id", "role_id", "facility_id"),
        verbs=rights.OF_GRANTS,
    ),
]  # fmt: skip


def _both(_event: Event, row: Any) -> list[int]:
    return [] if row is None else [row.absent_id, row.stand_in_id]


def _said(event: Event) -> tuple[Words, Words]:
    said = {name: event.data[name] for name in ("absent", "stand_in")}
    if event.topic == "core.interim.ended":
        return _("An interim has ended"), _("%(stand_in)s no longer stands in for %(absent)s.", **said)
    days = {name: f"{date.fromisoformat(event.data[name]):%d/%m/%Y}" for name in ("first", "last")}
    line = _("%(stand_in)s stands in for %(absent)s from %(first)s to %(last)s.", **said, **days)
    return _("A new interim"), line


NOTICES = [
    NoticeKind(
        "core.interim", _("An interim for me, or by me"), ["core.interim.begun", "core.interim.ended"], _both, _said,
        icon="users",
    ),
]  # fmt: skip
FACTS = [
    Fact("core.interim.begun", _("An interim was made")),
    Fact("core.interim.ended", _("An interim was ended")),
]
