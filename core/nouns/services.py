"""What the page of a row says: its columns in words, what can be done with it, and what became of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import inspect

from core.contract.entities import Entity
from core.contract.plugins import entities
from core.contract.ports import Words
from core.contract.words import _
from core.data.naming import called_by
from core.journal import services as journal
from core.journal.names import NOTHING, Names, Value, column_label, is_shown

FEW = 4  # changes that a line of the history names


@dataclass(frozen=True)
class Event:
    """Something that happened to a row: what, by whom and when, what was changed, and why."""

    title: Words
    user: str
    at: datetime
    note: str
    reason: str


def facts(obj: Any) -> list[tuple[Words, Value]]:
    """Return (label, value) of the columns of a row that say something to people; names are read in one statement.

    A reference to a row that is not for this person says nothing: what it is about stands in words where he needs it.
    """
    entity, names, kept = _entity(obj), Names(), dict(_kept(obj))
    for column, value in kept.items():
        names.want_value(entity.name, column, value)
    told = {column: value for column, value in kept.items() if not names.hides(entity.name, column, value)}
    said = ((column_label(entity, column), names.shown(entity.name, column, value)) for column, value in told.items())
    return [(label, value) for label, value in said if value != NOTHING]


def _entity(obj: Any) -> Entity:
    entity = entities().of(obj)
    assert entity is not None, f"{type(obj).__name__} is no entity"
    return entity


def _kept(obj: Any) -> Iterator[tuple[str, Any]]:
    """Yield (column, value as the trail keeps it) of what has a label or refers to another row."""
    entity = _entity(obj)
    above = {"state", *called_by(entity)}  # stand in the head of the page; a reference leads on, and stands here too
    for attribute in inspect(type(obj)).column_attrs:
        column, value = attribute.columns[0], getattr(obj, attribute.key)
        told = "label" in column.info or column.foreign_keys
        if told and (column.name not in above or column.foreign_keys) and is_shown(entity, column.name):
            yield column.name, value.isoformat() if hasattr(value, "isoformat") else value


def past(obj: Any, limit: int = 20) -> list[Event]:
    """Return what became of a row, the latest first, for whoever may read it: a step says its state, a change what
    was changed."""
    return [_event(line) for line in journal.of(obj, limit)]


def _event(line: journal.Line) -> Event:
    changes = () if line.stepped or line.made else line.changes
    told = [str(_("%(what)s: %(old)s → %(new)s", what=one.label, old=one.old, new=one.new)) for one in changes[:FEW]]
    rest = [str(_("and %(number)s more", number=len(changes) - FEW))] if len(changes) > FEW else []
    return Event(
        line.action, line.user, line.at, "; ".join([*told, *rest, *([line.note] if line.note else [])]), line.reason
    )
