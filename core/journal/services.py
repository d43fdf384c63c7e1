"""The audit trail as people read it: who changed what, when and why, old and new."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, and_, false, or_, select, true
from sqlalchemy.orm import lazyload

from core.contract.entities import Entity
from core.contract.plugins import entities
from core.contract.words import _, label_of
from core.data.access import FACILITY, current
from core.data.audit import AuditEntry
from core.data.calendar import local, zone
from core.data.db import Base, db
from core.data.states import State
from core.facilities.models import Facility

VIEW = "core.audit.view"
PAGE = 50
ACTIONS = {
    "create": _("created"), "change": _("changed"), "delete": _("deleted"), "seed": _("loaded"),
    "import": _("imported"), "export": _("exported"), "confirmed": _("confirmed"),
    "sign-in": _("signed in"), "sign-out": _("signed out"),
    "sign-in refused": _("sign-in refused"), "invitation": _("invitation made"), "sessions ended": _("sessions ended"),
    "second factor set": _("second factor set up"), "second factor removed": _("second factor removed"),
    "recovery codes made": _("recovery codes made"), "recovery code used": _("recovery code used"),
    "code refused": _("code refused"), "refused": _("refused"), "viewed": _("looked at"),
    "trail accepted": _("trail accepted"), "job done": _("done"), "job failed": _("failed"),
}  # fmt: skip
SELF = ("sign-in", "sign-in refused", "code refused", "recovery code used")
MACHINE = {"sign-in": _("sign-in page"), "command line": _("command line"), "job": _("job"), "invitation": _("link")}
FACTS = {
    "address": _("address"), "count": _("rows"), "source": _("source"), "login": _("user name"), "file": _("file"),
    "said": _("questions"),
}  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One column: its label, the old value and the new one, as people read them."""

    label: Any
    old: str
    new: str


@dataclass(frozen=True)
class Line:
    """One line of the trail, ready to be shown."""

    at: datetime
    user: str
    action: Any
    what: Any
    name: str
    link: tuple[str, int] | None
    facility: str
    reason: str
    origin: str
    changes: Sequence[Change]
    facts: Mapping[str, Any] = field(default_factory=dict)
    stepped: bool = False  # a document went from one state to the next: `action` is the new state
    made: bool = False


def of(obj: Any, limit: int = 20) -> list[Line]:
    """Return the latest lines about an object, for whoever may read the object itself."""
    query = select(AuditEntry).where(AuditEntry.entity == obj.__entity__, AuditEntry.entity_id == str(obj.id))
    rows = db.session.scalars(query.order_by(AuditEntry.at.desc(), AuditEntry.seq.desc()).limit(limit)).all()
    return lines(rows)


def readable(place: Facility | None = None) -> Any:
    """Return the condition on lines under this person's right, and under a place.

    The core's own are only for who reads the whole country.
    """
    if place is not None:
        below = select(FACILITY.c.id).where(FACILITY.c.path.startswith(place.path, autoescape=True))
        return and_(readable(), AuditEntry.facility_id.in_(below))
    access = current()
    under = AuditEntry.facility_id.in_(access.facility_ids(VIEW))
    roots = db.session.connection().execute(select(FACILITY.c.path).where(FACILITY.c.path.not_like("/%/%/"))).scalars()
    whole = access.everything or all(path in access.paths(VIEW) for path in roots)
    return or_(under, AuditEntry.facility_id.is_(None) if whole else false())


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


def lines(rows: Sequence[AuditEntry]) -> list[Line]:
    """Return stored lines with the names of what they speak of."""
    said = [json.loads(row.body) for row in rows]
    names = Names()
    for row in said:
        names.want(row["entity"], row["entity_id"])
        names.want("core.facility", row["facility_id"])
        for column, (old, new) in row["changes"].items():
            names.want_value(row["entity"], column, old, new)
    return [_line(row, names) for row in said]


def _line(said: dict[str, Any], names: "Names") -> Line:
    entity = known(said["entity"])
    state = names.new_state(said)
    return Line(
        at=datetime.fromisoformat(said["at"]), user=_who(said, names),
        action=ACTIONS.get(said["action"], said["action"]) if state is None else state.label, stepped=state is not None,
        made=said["action"] == "create", what=entity.label if entity else said["entity"],
        name=names.of(said["entity"], said["entity_id"]), link=_link(entity, said["entity_id"]),
        facility=names.of("core.facility", said["facility_id"]), reason=said["reason"], origin=said["origin"],
        changes=_changes(said, names), facts={FACTS.get(name, name): value for name, value in said["facts"].items()},
    )  # fmt: skip


def _who(said: Mapping[str, Any], names: "Names") -> str:
    """Return who did it: whoever signed in did that himself, though the machine wrote it down."""
    himself = said["user"] in {"sign-in", "invitation"} and said["entity"] == "core.user"
    return (names.of("core.user", said["entity_id"]) if himself else "") or str(MACHINE.get(said["user"], said["user"]))


def _link(entity: Entity | None, id_: str) -> tuple[str, int] | None:
    """Return (endpoint, id) of the page of a row, or None."""
    return (entity.endpoint, int(id_)) if entity and entity.endpoint and id_.isdigit() else None


def _changes(said: dict[str, Any], names: "Names") -> list[Change]:
    entity = known(said["entity"])
    return [
        Change(column_label(entity, column), *(names.shown(said["entity"], column, value) for value in pair))
        for column, pair in said["changes"].items()
        if column not in {"id", "path", "version"} and any(value not in (None, "") for value in pair)
    ]


def known(name: str) -> Entity | None:
    """Return an entity by name, or None when its plugin is off."""
    return next((each for each in entities() if each.name == name), None)


def column_label(entity: Entity | None, column: str) -> Any:
    """Return the label of a column, else that of the entity it refers to, else its name in words."""
    found = entity.model.__mapper__.columns.get(column) if entity else None
    if found is not None and found.info.get("label"):
        return found.info["label"]
    target = known(_target_of(found))
    return target.label if target else column.removesuffix("_id").replace("_", " ").capitalize()


def _target_of(column: Any) -> str:
    """Return the entity that a column refers to, or nothing."""
    keys = [] if column is None else list(column.foreign_keys)
    return _entity_of_table(keys[0].column.table.name) if keys else ""


class Names:
    """The names of the rows that some lines speak of, read with one query a table."""

    def __init__(self) -> None:
        self._wanted: dict[str, set[int]] = defaultdict(set)
        self._found: dict[str, dict[int, str]] = {}
        self._coded: dict[tuple[str, str], Mapping[Any, Any]] = {}

    def want(self, entity: str, id_: Any) -> None:
        """Note that a name will be needed."""
        if str(id_).isdigit() and known(entity):
            self._wanted[entity].add(int(id_))

    def want_value(self, entity: str, column: str, *values: Any) -> None:
        """Note that a column may refer to another row."""
        if target := self._target(entity, column):
            for value in values:
                self.want(target, value)

    def of(self, entity: str, id_: Any) -> str:
        """Return the name of a row, its number when it is gone or not for this person, or nothing."""
        if not str(id_).isdigit() or not known(entity):
            return "" if id_ is None else str(id_)
        if entity not in self._found:
            self._found[entity] = self._read(entity)
        return self._found[entity].get(int(id_), f"n° {id_}")

    def shown(self, entity: str, column: str, value: Any) -> str:
        """Return a stored value as people read it."""
        if value is None or value == "":
            return "–"
        if isinstance(value, bool):
            return str(_("yes") if value else _("no"))
        if target := self._target(entity, column):
            return self.of(target, value)
        if isinstance(value, (dict, list)):
            return _listed(value)
        said = self._words(entity, column).get(value)
        if said is not None:
            return str(getattr(said, "label", said))
        return _when(value) if self._type(entity, column) in {datetime, date} else str(value)

    def new_state(self, said: Mapping[str, Any]) -> State | None:
        """Return the state that a change has led to, or None when it was no step."""
        if said["action"] != "change":
            return None
        news = {column: new for column, (_old, new) in said["changes"].items() if isinstance(new, (str, bool, int))}
        found = (self._words(said["entity"], column).get(new) for column, new in news.items())
        return next((each for each in found if isinstance(each, State)), None)

    def _words(self, entity: str, column: str) -> Mapping[Any, Any]:
        """Return {code: label or State} of a column that holds codes, as the entity's list has it."""
        if (entity, column) not in self._coded:
            found = known(entity)
            columns = found.table().columns if found and found.table else ()
            self._coded[entity, column] = next((each.words() for each in columns if each.name == column), {})
        return self._coded[entity, column]

    def _type(self, entity: str, column: str) -> type | None:
        model = known(entity)
        found = model.model.__mapper__.columns.get(column) if model else None
        return getattr(getattr(found, "type", None), "python_type", None)

    def _target(self, entity: str, column: str) -> str:
        """Return the entity that a column refers to, or nothing."""
        model = known(entity)
        return _target_of(model.model.__mapper__.columns.get(column)) if model else ""

    def _read(self, entity: str) -> dict[int, str]:
        model = entities()[entity].model
        rows = db.session.scalars(select(model).where(model.id.in_(self._wanted[entity])).options(lazyload("*")))
        return {row.id: name_of(row) for row in rows}


def _listed(value: Any) -> str:
    """Return a stored list, or names with their values, in one line."""
    parts = [f"{name} {part}" for name, part in value.items()] if isinstance(value, dict) else map(str, value)
    return ", ".join(parts) or "–"


def _when(value: str) -> str:
    """Return a stored day or moment as written here; what is none, as it stands."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return str(value)
    return local(moment).strftime("%d/%m/%Y %H:%M") if moment.tzinfo else moment.strftime("%d/%m/%Y")


def _entity_of_table(table: str) -> str:
    for mapper in Base.registry.mappers:
        if getattr(mapper.local_table, "name", "") == table:
            return getattr(mapper.class_, "__entity__", "")
    return ""


def name_of(row: Any) -> str:
    """Return what people call a row: its number, name, label or code."""
    for attribute in ("number", "name", "login", "code"):
        if value := getattr(row, attribute, ""):
            return str(value)
    return label_of(row) or f"n° {row.id}"
