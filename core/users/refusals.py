"""What a person is told who lacks a right: which act it is, in his language, and who may do it there."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Boolean, Integer, String, column, select, table

from core.contract.plugins import permissions
from core.contract.ports import Words
from core.contract.words import _, label_of
from core.data.access import FACILITY, Access
from core.data.bulk import read_beside
from core.data.db import db
from core.users import rights

USER = table(
    "core_user",
    column("id", Integer),
    column("name", String),
    column("active", Boolean),
    column("facility_id", Integer),
)
ROLE = table(
    "core_role", column("id", Integer), *(column(name, String) for name in ("permissions", "label_fr", "label_en"))
)
TOLD = "whoever lacks a right is told who holds it, by name alone"
NAMED = 3  # people, else roles, that are named


def lacking(access: Access, right: str, facility: Any = None) -> Words:
    """Return the words for a person who lacks a right at a place, or everywhere when None."""
    known = permissions().get(right)
    act: Words = _("Change what lies outside your rights") if known is None else known.label
    facts = {"act": act, "who": _who(access, right, facility)}
    if facility is None:
        return _("This needs a right that you do not hold: “%(act)s”. %(who)s", **facts)
    return _("%(place)s: you do not hold the right “%(act)s” there. %(who)s", place=facility.name, **facts)


def _who(access: Access, right: str, facility: Any) -> Words:
    """Return who may do it at a place, or where the person works: people, else the roles that give the right."""
    people = holders(right, facility.path if facility is not None else _home(access))
    if people:
        named = ", ".join(f"{name} ({role})" for name, role in people[:NAMED])
        return _("Those who may: %(people)s.", people=named)
    roles = _roles(right)
    if roles:
        return _("The role that gives it: %(roles)s.", roles=", ".join(roles[:NAMED]))
    return _("Ask the administrator of your district for it.")


def holders(right: str, path: str, besides: Collection[int] = ()) -> list[tuple[str, str]]:
    """Return (name, role) of those who hold a right at a path, but for some people, whoever is nearest first."""
    return [(name, role) for name, role, _path in holders_at(right, [path], besides)[0]]


def holders_at(right: str, paths: Sequence[str], besides: Collection[int] = ()) -> list[list[tuple[str, str, str]]]:
    """Return, for each path, (name, role, path of the grant) of those who hold a right there, but for some people,
    whoever is nearest first."""
    above = {path[: end + 1] for path in paths for end, sign in enumerate(path) if sign == "/" and end}
    query = (
        select(USER.c.name, ROLE.c.label_fr, ROLE.c.label_en, ROLE.c.permissions, FACILITY.c.path)
        .join(rights.GRANT, rights.GRANT.c.user_id == USER.c.id)
        .join(ROLE, ROLE.c.id == rights.GRANT.c.role_id)
        .join(FACILITY, FACILITY.c.id == rights.GRANT.c.facility_id)
        .where(USER.c.active, FACILITY.c.path.in_(above), USER.c.id.not_in(besides))
    )
    rows = read_beside(query, TOLD).all() if above else []
    known = permissions()
    fitting = [row for row in rows if (right, row.path) in rights.usable(row.permissions.split(), row.path, known)]
    nearest = sorted(fitting, key=lambda row: (-len(row.path), row.name))
    return [_once(row for row in nearest if path.startswith(row.path)) for path in paths]


def _once(rows: Iterable[Any]) -> list[tuple[str, str, str]]:
    """Return (name, role, path) of each person once, by the first of the rows."""
    found: dict[str, tuple[str, str, str]] = {}
    for row in rows:
        found.setdefault(row.name, (row.name, label_of(row), row.path))
    return list(found.values())


def _home(access: Access) -> str:
    query = select(FACILITY.c.path).join(USER, USER.c.facility_id == FACILITY.c.id).where(USER.c.id == access.user_id)
    return str(read_beside(query, TOLD).scalar() or "")


def _roles(right: str) -> list[str]:
    """Return the labels of the roles that give a right, the narrowest first."""
    rows = db.session.connection().execute(select(ROLE)).all()
    known = permissions()
    given = [
        ({name for name, _path in rights.usable(row.permissions.split(), "/", known)}, label_of(row)) for row in rows
    ]
    return [label for names, label in sorted(given, key=lambda pair: len(pair[0])) if right in names]
