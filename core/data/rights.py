"""What one person (or the system) may do, and where; with what others have lent him beside his own.

A grant is a permission and a facility path ("/1/7/"); it covers the subtree.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, Integer, Select, String, column, false, or_, select, table, true

from core.contract.ports import Words
from core.data import behalf
from core.data.db import db
from core.data.errors import NotAllowed

FACILITY = table("core_facility", column("id", Integer), column("path", String), column("name", String))


@dataclass(frozen=True)
class Lent:
    """What a person may do for another, as long as he stands in for him."""

    user_id: int
    name: str
    rights: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Access:
    """What one person (or the system) may do, and where; frozen for the request."""

    user_id: int | None
    label: str
    grants: tuple[tuple[str, str], ...] = ()
    everything: bool = False
    request_id: str = ""
    origin: str = ""
    gives: tuple[tuple[str, str], ...] = ()  # rights that he may give to others, and does not hold himself
    token: str = ""  # the name of the token by which a program acts for him, and its number
    token_id: int | None = None
    service: bool = False  # he is no person, but the account of a program
    whole: frozenset[str] = frozenset()  # those of his paths below which every facility lies
    lent: tuple[Lent, ...] = ()  # rights of others, beside his own; he may not pass them on, nor does a token hold them
    paths_by_permission: Mapping[str, tuple[str, ...]] = field(init=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        paths: dict[str, set[str]] = {}
        for permission, path in (*self.grants, *(right for one in self.lent for right in one.rights)):
            paths.setdefault(permission, set()).add(path)
        object.__setattr__(self, "paths_by_permission", {name: _shortest(each) for name, each in paths.items()})

    @cached_property
    def rights(self) -> tuple[Any, ...]:
        """Return who may do what where, without what differs from request to request."""
        return self.user_id, self.everything, self.grants, self.gives, self.token_id, self.lent, self.whole

    @property
    def own_id(self) -> int | None:
        """Return whose own rows are read and written without a right: a person's, never those of a token's person."""
        return self.user_id if self.token_id is None else None

    @cached_property
    def own(self) -> "Access":
        """Return what he may do without what others have lent him."""
        return replace(self, lent=()) if self.lent else self

    def with_those(self, people: Collection[int]) -> "Access":
        """Return what he may do with his own rights and what some people have lent him."""
        return replace(self, lent=tuple(one for one in self.lent if one.user_id in people))

    def hands(self) -> "list[tuple[int | None, Access]]":
        """Return (person, access) of each in whose right he may act: himself first, then those he stands in for."""
        lent = ((one.user_id, replace(self, grants=(), gives=(), lent=(one,))) for one in self.lent)
        return [(self.user_id, self.own), *lent]

    def apart_from(self, people: Collection[int]) -> "Access":
        """Return what he may do where some people have acted who may not act again: nothing as one of them, nor for
        one of them. So whoever stands in for another may do neither what he nor what that one may not do."""
        if self.user_id in people and not self.everything:
            return replace(self, grants=(), gives=(), lent=())
        return replace(self, lent=tuple(one for one in self.lent if one.user_id not in people)) if self.lent else self

    @property
    def whom(self) -> Mapping[int, str]:
        """Return {person: name} of those for whom this transaction acts, as far as it has come."""
        return behalf.present() if self.lent else {}

    @property
    def signed(self) -> str:
        """Return his name as what he does now is signed: "Aline, for Jean" where he may do it for Jean alone."""
        return behalf.signed(self.label, self.whom)

    @classmethod
    def system(cls, label: str) -> "Access":
        """Return the access of the machine itself: seeds, jobs, commands."""
        return cls(None, label, everything=True, origin=label)

    def paths(self, permission: str) -> tuple[str, ...]:
        """Return the paths whose subtrees the permission covers, shortest first."""
        return ("/",) if self.everything else self.paths_by_permission.get(permission, ())

    def sees_all(self, permission: str) -> bool:
        """Return whether the permission covers every facility there is: no row of one need be looked at for it."""
        paths = self.paths(permission)
        return "/" in paths or not self.whole.isdisjoint(paths)

    def can(self, permission: str, facility: Any = None) -> bool:
        """Return whether the permission is held at a facility, or anywhere when None."""
        return self._noted(lambda held: held._covers(permission, facility), somewhere=facility is None)

    def can_at_one(self, permission: str, *facilities: Any) -> bool:
        """Return whether the permission is held at any of some facilities, by whomever's right at one of them."""
        return self._noted(lambda held: any(held._covers(permission, each) for each in facilities))

    def _noted(self, covers: "Callable[[Access], bool]", *, somewhere: bool = False) -> bool:
        """Return whether something is covered, and take down for whom this is done where his own rights do not."""
        found = covers(self)
        if found and self.lent:
            behalf.needed(self, covers, somewhere=somewhere)
        return found

    def _covers(self, permission: str, facility: Any) -> bool:
        paths = self.paths(permission)
        return bool(paths) if facility is None else any(facility.path.startswith(path) for path in paths)

    def may_give(self, permission: str, path: str = "") -> bool:
        """Return whether he holds a right at a path (anywhere when empty), or may give it without holding it; what
        was lent to him is not his to give."""
        paths = [*self.own.paths(permission), *(own for name, own in self.gives if name == permission)]
        return any(path.startswith(own) for own in paths) if path else bool(paths)

    def require(self, permission: str, facility: Any = None) -> None:
        """Raise NotAllowed unless the permission is held there."""
        if not self.can(permission, facility):
            raise NotAllowed(lacking(self, permission, facility))

    def can_everywhere(self, permission: str) -> bool:
        """Return whether the permission is held for the whole country: what is shared belongs to no place."""
        return self._noted(lambda held: held._covers_all(permission))

    def _covers_all(self, permission: str) -> bool:
        paths = self.paths(permission)
        if not paths or "/" in paths:
            return bool(paths)
        roots = select(FACILITY.c.path).where(FACILITY.c.path.not_like("/%/%/"))
        return set(db.session.connection().execute(roots).scalars()) <= set(paths)

    def facility_ids(self, permission: str) -> Select[Any]:
        """Return a select of the facility ids under the permission, for `reports` modules."""
        return select(FACILITY.c.id).where(self.covers(permission, FACILITY.c.path))

    def covers(self, permission: str, path: ColumnElement[str]) -> ColumnElement[bool]:
        """Return the SQL condition that a path lies under the permission."""
        paths = self.paths(permission)
        if "/" in paths:
            return true()
        return or_(*(path.startswith(each, autoescape=True) for each in paths)) if paths else false()


def lacking(access: Access, permission: str, facility: Any = None) -> Words:
    """Return the words for who lacks a right: the act, the place, and who may do it; the users' subject knows them."""
    words: Words = current_app.extensions["amagara.lacking"](access, permission, facility)
    return words


def _shortest(paths: Iterable[str]) -> tuple[str, ...]:
    kept: list[str] = []
    for path in sorted(paths, key=len):
        if not any(path.startswith(other) for other in kept):
            kept.append(path)
    return tuple(kept)
