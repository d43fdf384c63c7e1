"""What people call the rows that the trail speaks of, and what its columns and codes are called."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from babel.numbers import format_decimal
from flask_babel import get_locale
from sqlalchemy import ColumnElement, String, cast, func, inspect, literal, select, true, union_all
from sqlalchemy.orm import aliased

from core.contract.entities import Entity
from core.contract.plugins import entities
from core.contract.words import _
from core.data.access import Internal, current
from core.data.bulk import read_beside
from core.data.calendar import local
from core.data.naming import DOT, called_by, column_of, labels_of, target_of
from core.data.own import DAY, NUMBER, PERSON, PLACE, PREFIX, Own, field_named
from core.data.states import State

READER = "whoever reads a line of the trail reads the names in it"
PARTS = 3  # of a name, at the most
Link = tuple[str, int]
OWN_TARGETS = {PERSON: "core.user", PLACE: "core.facility"}


@dataclass(frozen=True)
class Value:
    """A stored value as people read it, and the page of the row that it refers to: (endpoint, id)."""

    text: str
    link: Link | None = None

    def __str__(self) -> str:
        return self.text


NOTHING = Value("–")


def known(name: str) -> Entity | None:
    """Return an entity by name, or None when its plugin is off."""
    return entities().get(name)


def own_of(entity: Entity | None, name: str) -> Own | None:
    """Return the own field that a change speaks of, or None where it is one of a column."""
    return field_named(entity.name, name) if entity is not None and name.startswith(PREFIX) else None


def column_label(entity: Entity | None, name: str) -> Any:
    """Return the label of a column, else that of the entity it refers to, else its name in words."""
    if (own := own_of(entity, name)) is not None:
        return own.label
    found = column_of(entity, name)
    if found is not None and found.info.get("label"):
        return found.info["label"]
    target = known(target_of(found))
    return target.label if target else name.removesuffix("_id").replace("_", " ").capitalize()


def is_shown(entity: Entity | None, name: str) -> bool:
    """Return whether a column says something to people that its line does not say already."""
    found = column_of(entity, name)
    return name != "id" and (found is None or not {"unshown", "own"} & found.info.keys())


class Names:
    """The names of the rows that some lines speak of, all read with one statement."""

    def __init__(self) -> None:
        self._wanted: dict[str, set[int]] = defaultdict(set)
        self._found: dict[tuple[str, int], str] = {}
        self._coded: dict[tuple[str, str], Mapping[Any, Any]] = {}

    def want(self, entity: str, id_: Any) -> None:
        """Note that a name will be needed."""
        if str(id_).isdigit() and column_of(known(entity), "id") is not None:
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
        self._read()
        return self._found.get((entity, int(id_))) or f"n° {id_}"

    def has(self, entity: str, id_: Any) -> bool:
        """Return whether a row is there and for this person."""
        self._read()
        return str(id_).isdigit() and (entity, int(id_)) in self._found

    def hides(self, entity: str, column: str, value: Any) -> bool:
        """Return whether a column refers to a row that is gone, or not for this person."""
        target = self._target(entity, column)
        return bool(target) and value not in (None, "") and not self.has(target, value)

    def page_of(self, entity: str, id_: Any) -> Link | None:
        """Return (endpoint, id) of the page of a row that is there and for this person, or None."""
        found = known(entity)
        return (found.endpoint, int(id_)) if found and found.endpoint and self.has(entity, id_) else None

    def shown(self, entity: str, column: str, value: Any) -> Value:
        """Return a stored value as people read it."""
        if value is None or value == "":
            return NOTHING
        if target := self._target(entity, column):
            return Value(self.of(target, value), self.page_of(target, value))
        own = own_of(known(entity), column)
        return Value(self._said(entity, column, value) if own is None else _said_of_own(own, value))

    @staticmethod
    def _target(entity: str, column: str) -> str:
        """Return the entity that a column, or an own field, refers to."""
        own = own_of(known(entity), column)
        return target_of(column_of(known(entity), column)) if own is None else OWN_TARGETS.get(own.kind, "")

    def words(self, entity: str, column: str) -> Mapping[Any, Any]:
        """Return {code: label or State} of a column."""
        if (entity, column) not in self._coded:
            self._coded[entity, column] = labels_of(known(entity), column)
        return self._coded[entity, column]

    def new_state(self, said: Mapping[str, Any]) -> State | None:
        """Return the state that a change has led to, or None when it was no step."""
        if said["action"] != "change":
            return None
        news = {column: new for column, (_old, new) in said["changes"].items() if isinstance(new, (str, bool, int))}
        found = (self.words(said["entity"], column).get(new) for column, new in news.items())
        return next((each for each in found if isinstance(each, State)), None)

    def _said(self, entity: str, column: str, value: Any) -> str:
        words = self.words(entity, column)
        if isinstance(value, dict):
            return ", ".join(f"{_word(words, name)} {part}" for name, part in value.items()) or "–"
        if isinstance(value, list):
            return ", ".join(_word(words, each) for each in value) or "–"
        if isinstance(value, str) and words and value not in words:
            return ", ".join(_word(words, each) for each in value.split("\n"))
        if value in words:
            return _word(words, value)
        if isinstance(value, bool):
            return str(_("yes") if value else _("no"))
        found = column_of(known(entity), column)
        if found is not None and found.info.get("year"):
            return str(value)  # "2026", not "2 026"
        return _written(value, _type_of(known(entity), column))

    def _read(self) -> None:
        """Read all names that are wanted and not yet known."""
        wanted, self._wanted = self._wanted, defaultdict(set)
        queries = [_names(entities()[name], ids) for name, ids in wanted.items()]
        if queries:
            for name, id_, *parts in read_beside(union_all(*queries), READER):
                self._found[name, id_] = DOT.join(filter(None, self._parts(name, parts))) or f"n° {id_}"

    def _parts(self, name: str, parts: Iterable[str | None]) -> Iterable[str]:
        entity = entities()[name]
        for attribute, part in zip(called_by(entity), parts, strict=False):
            reference = target_of(column_of(entity, attribute))
            whole = _type_of(entity, attribute) is int  # a year or a rank, as it is: "2026", not "2 026"
            yield part or "" if reference or whole or not part else self._said(name, attribute, part)


def _said_of_own(own: Own, value: str) -> str:
    """Return the value of an own field as the trail keeps it, in words."""
    kind = {NUMBER: Decimal, DAY: date}.get(own.kind)
    said = str(own.words().get(value, "")) or _written(value, kind)
    return f"{said} {own.unit}".strip()


def _word(words: Mapping[Any, Any], code: Any) -> str:
    said = words.get(code, code)
    return str(getattr(said, "label", said))


def _type_of(entity: Entity | None, column: str) -> type | None:
    """Return the Python type of a column, or None."""
    try:
        kind = column_of(entity, column).type
        found: type = getattr(kind, "impl_instance", kind).python_type  # a type of our own does not tell it itself
    except (AttributeError, NotImplementedError):
        return None
    return found


def _written(value: Any, kind: type | None) -> str:
    """Return a day, a moment or a figure as written here; what is none, as it stands."""
    try:
        if kind in (datetime, date):
            moment = datetime.fromisoformat(value)
            return local(moment).strftime("%d/%m/%Y %H:%M") if moment.tzinfo else moment.strftime("%d/%m/%Y")
        if kind in (int, float, Decimal):
            return format_decimal(Decimal(str(value)), locale=get_locale())
    except (TypeError, ValueError, ArithmeticError):
        pass
    return str(value)


def _names(entity: Entity, ids: Iterable[int]) -> Any:
    """Return the select of (entity, id, parts of the name) of rows that this person may read."""
    text = partial(cast, type_=String)
    parts = [text(_text(entity.model, name)) for name in called_by(entity)]
    parts += [text(literal(""))] * (PARTS - len(parts))
    query = select(text(literal(entity.name)), entity.model.id, *parts)
    return query.where(entity.model.id.in_(sorted(ids)), _readable(entity.model))


def _text(model: Any, name: str) -> ColumnElement[Any]:
    """Return the SQL of one part of a name; a reference stands for the first part of what it refers to."""
    columns = inspect(model).mapper.columns
    if name not in columns:
        own, other = ("fr", "en") if str(get_locale() or "fr")[:2] == "fr" else ("en", "fr")
        return func.coalesce(func.nullif(getattr(model, f"{name}_{own}"), ""), getattr(model, f"{name}_{other}"))
    target = known(target_of(columns[name]))
    if target is None:
        return getattr(model, name)
    inner = aliased(target.model)
    said = select(_text(inner, next(iter(called_by(target))))).where(inner.id == getattr(model, name), _readable(inner))
    return said.scalar_subquery()


def _readable(model: Any) -> ColumnElement[bool]:
    """Return the condition that this person may read a row: a union passes by the listener that adds it elsewhere."""
    scope, access = inspect(model).mapper.class_.__scope__, current()
    criteria = None if access.everything or isinstance(scope, Internal) else scope.criteria(model, access)
    return true() if criteria is None else criteria
