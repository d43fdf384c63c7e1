"""Rights, once, below the views: who may read and write which rows.

Every model names its scope in `__scope__`; core.data.judging applies it to what a session
reads and writes. Reading or writing a scoped row with no access set fails.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    inspect,
    or_,
    select,
)
from sqlalchemy.orm import MANYTOONE, Mapper
from sqlalchemy.orm.attributes import get_history
from sqlalchemy.orm.base import PASSIVE_NO_INITIALIZE

from core.contract.words import _
from core.data.db import Base, db
from core.data.errors import NotAllowed
from core.data.rights import FACILITY, Access, Lent, lacking

__all__ = [
    "FACILITY", "NOBODY", "Access", "At", "Everyone", "Internal", "Lent", "Open", "Place", "Rights", "Scope", "Within",
    "acting", "also", "coming", "current", "each_right", "lacking",
]  # fmt: skip

Rights = str | tuple[str, ...]
NOBODY: tuple[str, ...] = ()  # no person writes these rows: only the machine itself


def each_right(rights: Rights) -> tuple[str, ...]:
    """Return the names of rights of which any one is enough."""
    return (rights,) if isinstance(rights, str) else rights


class Scope:
    """How rows of a model are seen and written; the subclasses are the only kinds.

    `write` is always named: one right, any of several, or NOBODY.
    """

    write: Rights

    def criteria(self, model: Any, access: Access) -> ColumnElement[bool] | None:
        """Return the condition on readable rows, or None for all."""
        return None

    def may_write(self, obj: Any, access: Access) -> bool:
        """Return whether this row, as it was and as it will be, may be written."""
        return any(access.can(right) for right in each_right(self.write))

    def facility_id(self, obj: Any) -> int | None:
        """Return the facility whose audit stream keeps this row's trail."""
        return None


@dataclass(frozen=True)
class Internal(Scope):
    """Kept by the core for itself (sessions, audit, counters): no listener."""

    write = NOBODY


@dataclass(frozen=True)
class Everyone(Scope):
    """Reference data: everyone signed in reads; `write` is needed for the whole country to change it."""

    write: Rights

    def may_write(self, obj: Any, access: Access) -> bool:
        """Return whether the permission is held for the whole country."""
        return any(access.can_everywhere(right) for right in each_right(self.write))


@dataclass(frozen=True)
class Place(Scope):
    """The facility itself: everyone signed in reads; `write` is needed above it."""

    write: Rights

    def may_write(self, obj: Any, access: Access) -> bool:
        """Return whether the permission covers its path before and after."""
        paths = [path for path in (*get_history(obj, "path").deleted, obj.path) if path]
        return any(
            access.can(right) and all(any(path.startswith(own) for own in access.paths(right)) for path in paths)
            for right in each_right(self.write)
        )

    def facility_id(self, obj: Any) -> int | None:
        """Return its own id."""
        return int(obj.id) if obj.id else None


@dataclass(frozen=True, init=False)
class At(Scope):
    """Rows that belong to one or more facilities: visible and writable from any of them."""

    columns: tuple[str, ...]
    read: str
    write: Rights
    own: str | None

    def __init__(self, *columns: str, read: str, write: Rights, own: str | None = None) -> None:
        for name, value in (("columns", columns or ("facility_id",)), ("read", read), ("write", write), ("own", own)):
            object.__setattr__(self, name, value)

    def criteria(self, model: Any, access: Access) -> ColumnElement[bool] | None:
        """Return: one of the facility columns lies under the read permission (or the row is one's own)."""
        if "/" in access.paths(self.read) or (access.sees_all(self.read) and self._somewhere(model)):
            return None
        ids = access.facility_ids(self.read)
        clauses = [getattr(model, name).in_(ids) for name in self.columns]
        if self.own and access.own_id is not None:
            clauses.append(getattr(model, self.own) == access.own_id)
        return or_(*clauses)

    def _somewhere(self, model: Any) -> bool:
        """Return whether each row has a facility: one that has none is not seen by whoever sees all facilities."""
        return any(not inspect(model).mapper.columns[name].nullable for name in self.columns)

    def may_write(self, obj: Any, access: Access) -> bool:
        """Return whether one facility before the change, and one after it, is covered."""
        if self.own and obj.id and access.own_id is not None and getattr(obj, self.own) == access.own_id:
            return True
        after = {coming(obj, name) for name in self.columns}
        before = {
            (get_history(obj, name).deleted or (getattr(obj, name) or coming(obj, name),))[0] for name in self.columns
        }
        sides = [after] if before == after else [before, after]
        return any(all(_covers_any(access, right, ids) for ids in sides) for right in each_right(self.write))

    def facility_id(self, obj: Any) -> int | None:
        """Return the first facility of the row."""
        return next((value for name in self.columns if (value := getattr(obj, name))), None)


@dataclass(frozen=True, init=False)
class Open(At):
    """Rows of facilities that everyone signed in reads, because others have to name them."""

    def __init__(self, *columns: str, write: str) -> None:
        super().__init__(*columns, read=write, write=write)

    def criteria(self, model: Any, access: Access) -> ColumnElement[bool] | None:
        """Return None: all are readable."""
        return None


@dataclass(frozen=True)
class Within(Scope):
    """Lines of a document: seen and written as their parent, named by the relationship."""

    parent: str
    home: str = ""  # the parent's attribute with the facility whose trail keeps the row, where it is not its first
    write: Rights = NOBODY  # by itself: the parent says

    def criteria(self, model: Any, access: Access) -> ColumnElement[bool] | None:
        """Return: the parent is readable."""
        link = model.__mapper__.relationships[self.parent]
        outer = link.mapper.class_
        inner = outer.__scope__.criteria(outer, access)
        (child, target), *_rest = link.local_remote_pairs
        own = getattr(model, model.__mapper__.get_property_by_column(child).key)
        return None if inner is None else own.in_(select(target).where(inner))

    def may_write(self, obj: Any, access: Access) -> bool:
        """Return whether the parent may be written."""
        parent = getattr(obj, self.parent)
        return parent is not None and bool(parent.__scope__.may_write(parent, access))

    def facility_id(self, obj: Any) -> int | None:
        """Return the parent's facility, or the one of its two sides that the row belongs to."""
        parent = getattr(obj, self.parent)
        if parent is not None and self.home:
            return coming(parent, self.home)
        return None if parent is None else parent.__scope__.facility_id(parent)


def coming(obj: Any, name: str) -> int | None:
    """Return the id that a column will hold after the flush, also when only its relationship was set."""
    for link in _links(obj.__mapper__, name):
        added = get_history(obj, link, PASSIVE_NO_INITIALIZE).added
        if added:
            return None if added[0] is None else added[0].id
    value: int | None = getattr(obj, name)
    return value


@cache
def _links(mapper: Any, name: str) -> list[str]:
    """Return the names of the relationships that fill a column."""
    return [
        link.key
        for link in mapper.relationships
        if link.direction is MANYTOONE
        and any(mapper.get_property_by_column(each).key == name for each in link.local_columns)
    ]


def _covers_any(access: Access, permission: str, ids: Iterable[int | None]) -> bool:
    """Return whether one of the facilities lies under the permission."""
    held, asked = access.paths(permission), []
    if "/" in held:
        return True
    for each in filter(None, ids):
        if (path := path_read(each)) is None:
            asked.append(each)
        elif any(path.startswith(own) for own in held):
            return True
    if not asked:
        return False
    wanted = select(FACILITY.c.id).where(FACILITY.c.id.in_(asked), access.covers(permission, FACILITY.c.path))
    return db.session.connection().execute(wanted).first() is not None


def path_read(facility_id: int) -> str | None:
    """Return the path of a facility as this transaction has read it; None when it did not, or is about to change it."""
    row = db.session().identity_map.get(_facilities().identity_key_from_primary_key((facility_id,)))
    state = None if row is None else inspect(row)
    if state is None or "path" in state.unloaded or "path" in state.committed_state:
        return None
    return str(state.dict["path"])


@cache
def _facilities() -> Mapper[Any]:
    """Return the mapper of the facilities, which the data floor knows by their table alone."""
    return next(each for each in Base.registry.mappers if each.local_table.description == FACILITY.name)


def current() -> Access:
    """Return the access of this request, task or command; NotAllowed when nobody is known."""
    access: Access | None = db.session().info.get("access")
    if access is None:
        raise NotAllowed(_("Please sign in."))
    return access


@contextmanager
def also(*rights: str) -> Iterator[None]:
    """Give this person some rights everywhere for the length of a block: a step that was allowed has its effect at
    places where he holds none. The trail names him all the same."""
    access = current()
    with acting(replace(access, grants=(*access.grants, *((right, "/") for right in rights)))):
        yield


@contextmanager
def acting(access: Access) -> Iterator[Access]:
    """Give the session this access for the length of a block."""
    info = db.session().info
    before = info.get("access")
    info["access"] = access
    try:
        yield access
    finally:
        info["access"] = before
