"""Who holds what where, and the rule that nobody gives what he lacks.

A right is a permission name and a path ("/1/7/").
"""

import fnmatch
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from core.contract.plugins import permissions
from core.contract.ports import Permission, Words
from core.contract.words import _
from core.data.access import FACILITY, Access, Lent
from core.data.bulk import read_beside
from core.data.db import db
from core.data.errors import Refused
from core.users.rights.held import JUDGED, PERSON, ROLE, held_by, held_or_coming, holdings_today, own

EDIT, ROLES = "core.user.edit", "core.role.edit"


def expand(patterns: Iterable[str], known: Iterable[str]) -> set[str]:
    """Return the known permissions that the patterns name; "elmis.*" stands for all of a prefix, "*.view" of an end."""
    names = tuple(known)
    return set().union(*(_named(pattern, names) for pattern in patterns))


@lru_cache(500)  # the patterns of a country's roles, looked at for each page
def _named(pattern: str, names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(fnmatch.filter(names, pattern))


def effective(patterns: Iterable[str], path: str, known: Mapping[str, Permission]) -> set[tuple[str, str]]:
    """Return the rights that a role gives at a path: those on what the country shares count at its top alone."""
    top = path.count("/") <= 2
    return {(name, path) for name in expand(patterns, known) if top or not known[name].national}


def usable(patterns: Iterable[str], path: str, known: Mapping[str, Permission]) -> set[tuple[str, str]]:
    """Return the rights of a role at a path that its holder may use himself: who has all rights, because he looks
    after the system, gives those of a profession to others."""
    named = by_name(patterns, path, known)
    return {right for right in effective(patterns, path, known) if not known[right[0]].professional or right in named}


def by_name(patterns: Iterable[str], path: str, known: Mapping[str, Permission]) -> set[tuple[str, str]]:
    """Return the rights of a role at a path that it names, or whose plugin it names: "*" names none."""
    return effective([each for each in patterns if each != "*"], path, known)


def lent_by(
    held: Iterable[Any], known: Mapping[str, Permission], of: Callable[..., set[tuple[str, str]]] = usable
) -> tuple[Lent, ...]:
    """Return what some holdings let their holder do for others; what is personal nobody does for another."""
    found: dict[tuple[int, str], set[tuple[str, str]]] = {}
    for row in held:
        if row.for_id is not None:
            given = of(row.permissions.split(), row.path, known)
            found.setdefault((row.for_id, row.for_name), set()).update(r for r in given if not known[r[0]].personal)
    return tuple(Lent(*who, tuple(sorted(rights))) for who, rights in sorted(found.items()) if rights)


def given_by(
    held: Sequence[Any], known: Mapping[str, Permission], of: Callable[..., set[tuple[str, str]]] = effective
) -> set[tuple[str, str]]:
    """Return every (permission, path) that these grants give."""
    return set().union(*(of(row.permissions.split(), row.path, known) for row in held))


def holds(access: Access, rights: Iterable[tuple[str, str]]) -> bool:
    """Return whether an access covers all these rights."""
    return access.everything or all(access.may_give(permission, path) for permission, path in rights)


def holds_himself(access: Access, rights: Iterable[tuple[str, str]]) -> bool:
    """Return whether a person may use all these rights: what he only may give, he does not give himself."""
    return access.everything or all(
        any(path.startswith(mine) for mine in access.own.paths(permission)) for permission, path in rights
    )


def above(access: Access, user_id: int) -> bool:
    """Return whether an access could have made a person: it holds all that he holds, and may give it there."""
    if access.everything:
        return True
    held, known = held_or_coming(user_id), permissions()  # else a link of today would open what he holds from tomorrow
    lent = {right for one in lent_by(held, known) for right in one.rights}
    return holds(access, given_by(own(held), known) | lent | {(EDIT, row.path) for row in held})


def lasting(access: Access, last_day: date | None) -> Access:
    """Return what of an access lasts to a day, or without end: nobody gives for longer than he holds himself."""
    known, held = permissions(), own(held_by(access.user_id)) if access.user_id else []
    long = [row for row in held if row.last_day is None or (last_day is not None and row.last_day >= last_day)]
    if access.everything or len(long) == len(held):
        return access
    ending = {of: given_by(held, known, of) - given_by(long, known, of) for of in (usable, effective)}
    grants = tuple(right for right in access.grants if right not in ending[usable])
    return replace(
        access, grants=grants, gives=tuple(right for right in access.gives if right not in ending[effective])
    )


def ends_on(user_id: int | None) -> date | None:
    """Return the last day of a person's holdings that end, None where none does."""
    return max((row.last_day for row in own(held_by(user_id)) if row.last_day), default=None)


def administrators() -> set[int]:
    """Return the people with an account who may change users and roles everywhere, today and without end."""
    held = holdings_today()
    query = select(held.c.user_id, held.c.permissions).join(PERSON, PERSON.c.id == held.c.user_id)
    query = query.where(PERSON.c.active, ~PERSON.c.service)
    query = query.where(held.c.last_day.is_(None), held.c.path.not_like("/%/%/"))  # so no interim
    known = permissions()
    return {
        row.user_id for row in read_beside(query, JUDGED) if expand(row.permissions.split(), known) >= {EDIT, ROLES}
    }


@contextmanager
def an_administrator_stays() -> Iterator[None]:
    """Refuse what is done in this block when it takes the last administrator of the country away, or lets him end."""
    before = administrators()
    yield
    db.session.flush()
    if before and not administrators():
        raise Refused(
            _("This would leave nobody who may change users and roles everywhere, without end. Make another first.")
        )


def role_rights(role_id: int, path: str) -> set[tuple[str, str]]:
    """Return the rights that a role gives at a path."""
    patterns = db.session.connection().execute(select(ROLE.c.permissions).where(ROLE.c.id == role_id)).scalar() or ""
    return effective(patterns.split(), path, permissions())


def place_of_role(role_id: int) -> str:
    """Return the path of the place that a role belongs to: "/" when it is the whole country's."""
    query = select(FACILITY.c.path).join(ROLE, ROLE.c.facility_id == FACILITY.c.id).where(ROLE.c.id == role_id)
    return str(db.session.connection().execute(query).scalar() or "/")


def path_of(facility_id: int) -> str:
    """Return the path of a facility."""
    query = select(FACILITY.c.path).where(FACILITY.c.id == facility_id)
    return str(db.session.connection().execute(query).scalar() or "")


def home_of(user_id: int) -> str:
    """Return the path of the facility that a person belongs to."""
    query = select(FACILITY.c.path).join(PERSON, PERSON.c.facility_id == FACILITY.c.id).where(PERSON.c.id == user_id)
    return str(read_beside(query, JUDGED).scalar() or "")


def in_words() -> dict[str, Words]:
    """Return the words of every name that a role may hold: a right, all of a plugin, all reading, all."""
    known = permissions()
    prefixes = dict.fromkeys(name.split(".")[0] for name in known)
    every = {f"{prefix}.*": _("all rights of %(plugin)s", plugin=prefix) for prefix in prefixes}
    return {"*": _("all rights"), "*.view": _("all rights to read"), **every, **{n: p.label for n, p in known.items()}}
