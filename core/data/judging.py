"""The two listeners that apply the scopes: what a session reads is narrowed, what it writes is judged.

A view cannot forget them. Statements that pass by them are core.data.bulk's.
"""

from collections.abc import Iterator, Set
from dataclasses import replace
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Table, TextClause, UpdateBase, event, select
from sqlalchemy.orm import Mapper, ORMExecuteState, UOWTransaction, with_loader_criteria
from sqlalchemy.orm import Session as AnySession
from sqlalchemy.orm.attributes import get_history
from sqlalchemy.sql import visitors

from core.contract.ports import Words
from core.contract.words import _
from core.data import behalf
from core.data.access import FACILITY, Access, Internal, Scope, Within, acting, current, each_right, lacking
from core.data.db import Base, Session, db
from core.data.errors import NotAllowed

NARROWED = "amagara_narrowed"  # marks a statement that holds its criteria already
SEEN = "amagara_seen"  # marks a statement that the listener of reads has judged


class Unguarded(RuntimeError):
    """A statement that would pass by rights and trail: a fault of whoever wrote it, never of a person."""


_judged: WeakKeyDictionary[Any, Set[Any]] = WeakKeyDictionary()  # a statement never changes; many are run again


def scoped_entities(statement: Any) -> Set[Any]:
    """Return the scoped models whose tables occur anywhere in a statement, and their aliases."""
    if (known := _judged.get(statement)) is not None:
        return known
    by_table, found = models_by_table(), set()
    for each in visitors.iterate(statement):
        if isinstance(each, (UpdateBase, TextClause)):
            raise Unguarded(f"a select with {type(each).__name__}: core.data.bulk says how else")
        if isinstance(each, Table) and each.name in by_table:
            found.add(by_table[each.name])
        entity = each._annotations.get("parententity")
        if entity is not None and entity.is_aliased_class and entity.mapper.class_ in by_table.values():
            found.add(entity.entity)
    _judged[statement] = found
    return found


@cache
def models_by_table() -> dict[str, Any]:
    """Return {name of a table: its model} of all scoped models."""
    return {
        mapper.local_table.name: mapper.class_
        for mapper in Base.registry.mappers
        if isinstance(mapper.local_table, Table) and not isinstance(mapper.class_.__scope__, Internal)
    }


@event.listens_for(Mapper, "after_mapper_constructed")
def _another_model(_mapper: Any, _class: Any) -> None:
    models_by_table.cache_clear()
    _judged.clear()


@event.listens_for(Session, "do_orm_execute")
def _filter_reads(state: ORMExecuteState) -> None:
    """Add the criteria of every scoped table in the statement; never a lambda, they would leak."""
    if not state.is_orm_statement or state.is_from_statement:  # the engine judges words that came from elsewhere
        return
    state.update_execution_options(**{SEEN: True})
    if state.is_column_load or not state.is_select:
        return
    mark: Narrowed | None = state.execution_options.get(NARROWED)
    if mark is None or mark.statement is not state.statement or mark.rights != current().rights:
        state.statement = narrowed(state.statement)


class Narrowed:
    """The mark of a statement that holds the criteria of some rights; one made from it is another statement."""

    def __init__(self, rights: Any) -> None:
        self.rights: Any = rights
        self.statement: Any = None


def narrowed(statement: Any, access: Access | None = None) -> Any:
    """Return a select that leaves out the rows that an access, or that of the moment, may not read."""
    entities = scoped_entities(statement)
    access = (access or current()) if entities else None
    if access is None or access.everything:
        return statement
    for entity in entities:
        criteria = entity.__scope__.criteria(entity, access)
        if criteria is not None:  # an alias gets its own: SQLAlchemy would not carry a model's criteria over to it
            statement = statement.options(with_loader_criteria(entity, criteria))
    return statement


@event.listens_for(Session, "before_flush")
def _refuse_writes(session: AnySession, context: UOWTransaction, instances: Any) -> None:
    """Refuse rows outside the write scope, and any write that did not come through the door."""
    changed = [*session.new, *(obj for obj in session.dirty if session.is_modified(obj)), *session.deleted]
    if changed and session.info.get("work") is None:
        raise RuntimeError("rows are written only inside core.data.work.unit_of_work")
    judged: dict[int, bool] = {}  # lines of one document are judged once, with it
    with session.no_autoflush:
        for owner in (owner for row in changed for owner in _owners(row)):
            scope: Scope = owner.__scope__
            if isinstance(scope, Internal) or current().everything:
                continue
            if id(owner) not in judged:
                judged[id(owner)] = _allowed(scope, owner, current())
            if not judged[id(owner)]:
                raise NotAllowed(_outside(owner))


def _allowed(scope: Scope, owner: Any, access: Access) -> bool:
    """Return whether a row may be written; where a person's own rights do not reach, the trail says whose did."""
    if not access.lent:
        return scope.may_write(owner, access)
    return behalf.judged(access, lambda held: scope.may_write(owner, held))


def _outside(owner: Any) -> Words:
    """Return why a row may not be written: a right that is lacking at its place, or a rule of its own."""
    rights, place = each_right(owner.__scope__.write), owner.__scope__.facility_id(owner)
    found = db.session.connection().execute(select(FACILITY).where(FACILITY.c.id == place)).first() if place else None
    if rights and not any(current().can(right, found) for right in rights):
        return lacking(current(), rights[0], found)
    return _("You may not change this: it lies outside your rights.")


def _owners(obj: Any) -> Iterator[Any]:
    """Yield the document that a line belongs to, and the one that it is taken from; of any other row the row itself.

    A scope with a rule of its own judges itself.
    """
    parents = _parents(obj) if type(obj.__scope__) is Within else ()
    for parent in parents:
        yield from _owners(parent)
    if not parents:
        yield obj


def _parents(line: Any) -> list[Any]:
    """Return the parents of a line before and after the flush: whether its relationship or its column was set."""
    name = line.__scope__.parent
    link = line.__mapper__.relationships[name]
    column = line.__mapper__.get_property_by_column(link.local_remote_pairs[0][0]).key
    present = getattr(line, name)
    ids = {*get_history(line, column).deleted, getattr(line, column)} - {None, getattr(present, "id", None)}
    if not ids:
        return [] if present is None else [present]
    with acting(replace(current(), everything=True)):  # who may not see a document may not take its lines
        gone = [db.session.get(link.mapper.class_, each) for each in ids]
    return [each for each in (present, *gone) if each is not None]


def may_write(obj: Any, access: Access) -> bool:
    """Return whether a row may be written, as a flush would judge it: a line of a document as the document."""
    return all(owner.__scope__.may_write(owner, access) for owner in _owners(obj))
