"""Who holds what where, and the rule that nobody gives what he lacks.

A right is a permission name and a path ("/1/7/").
"""

import fnmatch
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from core.contract.plugins import permissions
from core.contract.ports import Permission, Words
from core.contract.words import _
from core.data.access import FACILITY, Access
from core.data.bulk import read_beside
from core.data.db import db
from core.users.rights.held import GRANT, JUDGED, ROLE, held_by

EDIT = "core.user.edit"


def expand(patterns: Iterable[str], known: Iterable[str]) -> set[str]:
    """Return the known permissions that the patterns name; "elmis.*" stands for all of a prefix, "*.view" of an end."""
    names = list(known)
    return {name for pattern in patterns for name in fnmatch.filter(names, pattern)}


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


def rights_of(
    user_id: int | None, known: Mapping[str, Permission], of: Callable[..., set[tuple[str, str]]] = effective
) -> set[tuple[str, str]]:
    """Return every (permission, path) that a person's grants give; `of` tells what one of them gives."""
    return given_by(held_by(user_id), known, of)


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
        any(path.startswith(own) for own in access.paths(permission)) for permission, path in rights
    )


def above(access: Access, user_id: int) -> bool:
    """Return whether an access could have made a person: it holds all that he holds, and may give it there."""
    if access.everything:
        return True
    held = rights_of(user_id, permissions())
    query = select(FACILITY.c.path).join(GRANT, GRANT.c.facility_id == FACILITY.c.id)
    paths = read_beside(query.where(GRANT.c.user_id == user_id), JUDGED).scalars()
    return holds(access, held | {(EDIT, path) for path in paths})


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


def in_words() -> dict[str, Words]:
    """Return the words of every name that a role may hold: a right, all of a plugin, all reading, all."""
    known = permissions()
    prefixes = dict.fromkeys(name.split(".")[0] for name in known)
    every = {f"{prefix}.*": _("all rights of %(plugin)s", plugin=prefix) for prefix in prefixes}
    return {"*": _("all rights"), "*.view": _("all rights to read"), **every, **{n: p.label for n, p in known.items()}}
