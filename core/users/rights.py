"""Who holds what where, and the rule that nobody gives what he lacks.

A right is a permission name and a path ("/1/7/"). The scopes at the end hold the
rule under every page, job and command.
"""

import fnmatch
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Integer, String, Text, bindparam, column, or_, select, table
from sqlalchemy.orm.attributes import get_history

from core.contract.plugins import permissions
from core.contract.ports import Permission, Words
from core.contract.words import _
from core.data.access import FACILITY, Access, At, Everyone, Within, coming
from core.data.bulk import read_beside
from core.data.db import db

JUDGED = "rights are judged by all grants, seen or not"
GRANT = table("core_grant", *(column(name, Integer) for name in ("id", "user_id", "role_id", "facility_id")))
ROLE = table(
    "core_role", column("id", Integer), column("code", String), column("permissions", Text),
    column("facility_id", Integer), column("second_factor", Boolean),
)  # fmt: skip
EDIT = "core.user.edit"
OWN = {
    "name", "email", "phone", "language", "theme", "density", "password_hash", "version", "last_seen_at",
}  # fmt: skip


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


HELD = (
    select(ROLE.c.permissions, FACILITY.c.path, GRANT.c.facility_id, ROLE.c.second_factor)
    .join(GRANT, GRANT.c.role_id == ROLE.c.id)
    .join(FACILITY, FACILITY.c.id == GRANT.c.facility_id)
    .where(GRANT.c.user_id == bindparam("person"))
)


def held_by(user_id: int | None) -> Sequence[Any]:
    """Return (permissions of the role, path, facility id, whether it asks for a second factor) of a person's grants."""
    return read_beside(HELD.params(person=user_id), JUDGED).all()


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


def at_the_door(label: str, user_id: int | None = None) -> Access:
    """Return the access of a public page: it knows the people, and writes for nobody but the person who is named."""
    return Access(user_id, label, (("core.user.view", "/"),), origin=label)


@dataclass(frozen=True, init=False)
class Person(At):
    """A user: read with the right at the facility, or oneself; changed by who holds no less than he does."""

    def criteria(self, model: Any, access: Access) -> ColumnElement[bool] | None:
        """Return: readable at the facility, or oneself."""
        covered = super().criteria(model, access)
        return None if covered is None else or_(covered, model.id == access.user_id)

    def may_write(self, obj: Any, access: Access) -> bool:
        """Return whether the change is one of a person's own choices, or made by somebody with no less."""
        changed = {each.key for each in obj.__mapper__.column_attrs if get_history(obj, each.key).has_changes()}
        if obj.id and obj.id == access.user_id and changed <= OWN:
            return True
        return super().may_write(obj, access) and (obj.id is None or above(access, obj.id))


@dataclass(frozen=True)
class Given(Within):
    """A grant: seen with its user; given and taken by who holds all of it there."""

    write: str = EDIT

    def may_write(self, obj: Any, access: Access) -> bool:
        """Return whether the giver may change this user, and holds all that the role gives there."""
        role_id, facility_id = obj.role_id or obj.role.id, obj.facility_id or obj.facility.id
        user = obj.user
        editable = user is not None and At("facility_id", read=self.write, write=self.write).may_write(user, access)
        rights = role_rights(role_id, path := path_of(facility_id)) | {(self.write, path)}
        editable = editable and path.startswith(place_of_role(role_id))
        if user is not None and user.id is not None and user.id == access.user_id:
            editable = editable and holds_himself(access, rights)
        return editable and holds(access, rights) and (user.id is None or above(access, user.id))


@dataclass(frozen=True)
class Bundle(Everyone):
    """A role: changed at its place by who holds all it gave and will give, wherever it is granted."""

    write: str

    def may_write(self, obj: Any, access: Access) -> bool:
        """Return whether it belongs to this person's place, and no right is given or taken that he lacks."""
        places = {*get_history(obj, "facility_id").deleted, coming(obj, "facility_id")}
        if not all(self._may_shape(access, place) for place in places):
            return False
        before = (get_history(obj, "permissions").deleted or ("",))[0] or ""
        names = expand([*before.split(), *(obj.permissions or "").split()], permissions())
        if not all(access.may_give(name) for name in {*names, self.write}):
            return False
        query = select(FACILITY.c.path).join(GRANT, GRANT.c.facility_id == FACILITY.c.id)
        paths = read_beside(query.where(GRANT.c.role_id == obj.id), JUDGED).scalars().all()
        given = [effective(names, path, permissions()) | {(self.write, path)} for path in paths]
        return holds(access, set().union(*given))

    def _may_shape(self, access: Access, place: int | None) -> bool:
        """Return whether roles of a place, or of the whole country, may be changed."""
        if place is None:
            return access.can_everywhere(self.write)
        return holds(access, {(self.write, path_of(place))})


def in_words() -> dict[str, Words]:
    """Return the words of every name that a role may hold: a right, all of a plugin, all reading, all."""
    known = permissions()
    prefixes = dict.fromkeys(name.split(".")[0] for name in known)
    every = {f"{prefix}.*": _("all rights of %(plugin)s", plugin=prefix) for prefix in prefixes}
    return {"*": _("all rights"), "*.view": _("all rights to read"), **every, **{n: p.label for n, p in known.items()}}
