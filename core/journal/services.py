"""The audit trail as people read it: who changed what, when and why, old and new."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Integer, Select, and_, bindparam, false, or_, select, true

from core.contract.entities import Entity
from core.contract.plugins import entities
from core.contract.words import _
from core.data.access import FACILITY, current
from core.data.calendar import zone
from core.data.db import db
from core.data.naming import DOT
from core.data.trail import AuditEntry
from core.facilities.models import Facility
from core.jobs.schedule import entries
from core.journal import closed
from core.journal.names import NOTHING, Link, Names, Value, column_label, is_shown, known

VIEW = "core.audit.view"
PAGE = 50
ACTIONS = {  # nouns, as `State.act`: an act reads "Approval: order RQ-2026-00001"
    "create": _("Creation"), "change": _("Modification"), "delete": _("Deletion"), "seed": _("Loading"),
    "import": _("Import of rows"), "export": _("Export of rows"), "confirmed": _("Answer to a question"),
    "sign-in": _("Sign-in"), "sign-out": _("Sign-out"), "sign-in refused": _("Refusal of a sign-in"),
    "invitation": _("Invitation"), "sessions ended": _("End of the sessions"),
    "second factor set": _("Setting up of the second factor"),
    "second factor removed": _("Removal of the second factor"),
    "recovery codes made": _("Making of recovery codes"), "recovery code used": _("Use of a recovery code"),
    "code refused": _("Refusal of a code"), "refused": _("Refusal of access"), "viewed": _("Reading"),
    "token used": _("Use of a token"),
    "trail accepted": _("Acceptance of the trail"), "job done": _("End of the work"),
    "job failed": _("Failure of the work"), "notices chosen": _("Choice of the notices"),
    "overdue": _("Passing of a deadline"),
}  # fmt: skip
SELF = ("sign-in", "sign-in refused", "code refused", "recovery code used")
KINDS = {"core.page": _("Page"), "core.job": _("Work of the system"), "core.trail": _("Audit trail")}  # without rows
SAID_BY_ACT = ("core.job", "core.trail")  # "End of the work", "Acceptance of the trail": the act names the kind
MACHINE = {"sign-in": _("sign-in page"), "command line": _("command line"), "job": _("job"), "invitation": _("link")}
FACTS = {
    "address": _("address"), "count": _("rows"), "source": _("source"), "login": _("user name"), "file": _("file"),
    "said": _("questions"), "due": _("due on"), "told": _("told to"),
    "format": _("format"), "streams": _("streams"), "sha256": _("SHA-256"), "run": _("import no."),
}  # fmt: skip
SOURCES = {"demonstration country": _("demonstration"), "demonstration": _("demonstration")}


@dataclass(frozen=True)
class Change:
    """One column: its label, the old value and the new one, as people read them."""

    label: Any
    old: Value
    new: Value


@dataclass(frozen=True)
class Line:
    """One line of the trail, ready to be shown."""

    at: datetime
    user: str
    action: Any
    what: Any
    name: str
    link: Link | None
    facility: str
    reason: str  # as a person wrote it
    note: str  # in the system's words
    origin: str
    changes: Sequence[Change]
    facts: Mapping[str, Any] = field(default_factory=dict)
    stepped: bool = False  # a document went from one state to the next: `action` is this step
    entity: str = ""
    made: bool = False
    place: int = 0  # in the order in which the act was done


def of(obj: Any, limit: int = 20) -> list[Line]:
    """Return the latest lines about an object, for whoever may read the object itself."""
    mine = {"entity": obj.__entity__, "object": str(obj.id), "most": limit}
    return lines(db.session.execute(_latest(closed.keeps_readers(obj)), mine).all())


@cache
def _latest(without_readers: bool) -> Select[Any]:
    """Return the select of the latest lines about an object: who read it has a place of its own on its page."""
    mine = (AuditEntry.entity == bindparam("entity"), AuditEntry.entity_id == bindparam("object"))
    query = select(AuditEntry.body).where(*mine)
    query = query.where(AuditEntry.action != closed.VIEWED) if without_readers else query
    return query.order_by(AuditEntry.at.desc(), AuditEntry.seq.desc()).limit(bindparam("most", type_=Integer))


def readable(place: Facility | None = None) -> Any:
    """Return the condition on lines under this person's right, and under a place.

    The core's own are only for who reads the whole country; those of confidential rows for who reads the row.
    """
    if place is not None:
        below = select(FACILITY.c.id).where(FACILITY.c.path.startswith(place.path, autoescape=True))
        return and_(readable(), AuditEntry.facility_id.in_(below))
    access = current()
    under = AuditEntry.facility_id.in_(access.facility_ids(VIEW))
    roots = db.session.connection().execute(select(FACILITY.c.path).where(FACILITY.c.path.not_like("/%/%/"))).scalars()
    whole = access.everything or all(path in access.paths(VIEW) for path in roots)
    return and_(or_(under, AuditEntry.facility_id.is_(None) if whole else false()), closed.told())


def narrowed(query: Select[Any], filters: Mapping[str, Any]) -> Select[Any]:
    """Return the query with the filters that are given: user, entity, id, action, since, until."""
    if filters.get("user_id"):
        query = query.where(by(filters["user_id"]))
    for name in ("entity", "entity_id", "action"):
        if filters.get(name):
            query = query.where(getattr(AuditEntry, name) == filters[name])
    return query.where(and_(true(), *_between(filters.get("since"), filters.get("until"))))


def by(user_id: int) -> Any:
    """Return the condition on what a person did, signing in too: the machine writes that down for him."""
    himself = AuditEntry.user_id.is_(None) & (AuditEntry.entity == "core.user") & AuditEntry.action.in_(SELF)
    return or_(AuditEntry.user_id == user_id, himself & (AuditEntry.entity_id == str(user_id)))


def _between(since: Any, until: Any) -> Iterable[Any]:
    """Yield the conditions of two days, both included, in the facilities' time."""

    def start(day: Any) -> str:
        return datetime.combine(day, time(), zone()).astimezone(UTC).isoformat()

    if since:
        yield AuditEntry.at >= start(since)
    if until:
        yield AuditEntry.at < start(until + timedelta(days=1))


def lines(rows: Sequence[Any]) -> list[Line]:
    """Return stored lines, of which each has its `body`, with the names of what they speak of."""
    said = [json.loads(row.body) for row in rows]
    names = Names()
    for row in said:
        names.want(row["entity"], row["entity_id"])
        names.want("core.facility", row["facility_id"])
        for column, (old, new) in row["changes"].items():
            names.want_value(row["entity"], column, old, new)
    return [_line(row, names) for row in said]


def _line(said: dict[str, Any], names: Names) -> Line:
    entity, facts = known(said["entity"]), said["facts"]
    state = names.new_state(said)
    act = state.act if state else _taken(entity, said)
    kind = entity.label if entity else {**entities().former, **KINDS}.get(said["entity"], said["entity"])
    own = said.get("own", said["reason"])
    noted = said["reason"].removeprefix(own).removeprefix("; ")
    return Line(
        at=datetime.fromisoformat(said["at"]), user=_who(said, names),
        action=act or ACTIONS.get(said["action"], said["action"]), stepped=bool(act), entity=said["entity"],
        made=said["action"] == "create", what="" if said["entity"] in SAID_BY_ACT else kind,
        name=_name(said, names), link=names.page_of(said["entity"], said["entity_id"]),
        facility=names.of("core.facility", said["facility_id"]),
        reason=own or facts.get("why", ""), note=noted or facts.get("message", ""), origin=said["origin"],
        changes=_changes(said, names), facts=_facts(facts), place=said.get("place") or 0,
    )  # fmt: skip


def _taken(entity: Entity | None, said: Mapping[str, Any]) -> Any:
    """Return what a step that changed nothing in its row is called once it was taken, or ""."""
    machine = None if entity is None or said["changes"] else entity.machine
    return "" if machine is None else machine.said.get(said["action"], "")


def _who(said: Mapping[str, Any], names: Names) -> str:
    """Return who did it, and for whom: whoever signed in did that himself, though the machine wrote it down."""
    himself = said["user"] in {"sign-in", "invitation"} and said["entity"] == "core.user"
    who = (names.of("core.user", said["entity_id"]) if himself else "") or str(MACHINE.get(said["user"], said["user"]))
    who = str(_("%(name)s (service account)", name=who)) if said.get("service") else who
    who = str(_("%(who)s, for %(whom)s", who=who, whom=said["whom"])) if "whom" in said else who
    return str(_("%(person)s, by the token “%(name)s”", person=who, name=said["token"])) if said.get("token") else who


def _name(said: Mapping[str, Any], names: Names) -> str:
    """Return what people call the row; of a row that is gone, what its own columns referred to."""
    facts, changes, entity = said["facts"], said["changes"], known(said["entity"])
    if said["entity"] == "core.job":
        return str(_works().get(facts.get("kind", "")) or facts.get("label", said["entity_id"]))
    if said["entity"] == "core.page":
        return str(facts.get("address", ""))
    if entity is not None and entity.named and not names.has(entity.name, said["entity_id"]):
        pairs = ((name, changes.get(name) or changes.get(f"{name}_fr") or (None, None)) for name in entity.named)
        kept = [names.shown(entity.name, name, old if new is None else new) for name, (old, new) in pairs]
        return DOT.join(value.text for value in kept if value != NOTHING)
    return names.of(said["entity"], said["entity_id"])


def _works() -> Mapping[str, Any]:
    """Return {kind: label} of the recurring work of all plugins."""
    return {work.kind: work.label for work in entries().values()}


def _changes(said: dict[str, Any], names: Names) -> list[Change]:
    entity = known(said["entity"])
    named = entity.named if entity is not None and said["action"] != "change" else ()
    told = {*named, *(f"{name}_fr" for name in named)}  # by the name of the line
    return [
        Change(column_label(entity, column), *(names.shown(said["entity"], column, value) for value in pair))
        for column, pair in said["changes"].items()
        if column not in told and is_shown(entity, column) and any(value not in (None, "") for value in pair)
    ]


def _facts(facts: Mapping[str, Any]) -> Mapping[Any, Any]:
    """Return what a line says beside its changes, in words; what its name or its reason tells is left out."""
    return {FACTS[name]: SOURCES.get(value, value) for name, value in facts.items() if name in FACTS and value != ""}
