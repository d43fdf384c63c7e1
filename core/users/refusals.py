"""What a person is told who lacks a right: which act it is, in his language, and who may do it there."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

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
    column("login", String),
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
        return _("Those who may: %(people)s.", people=", ".join(named(people)))
    roles = _roles(right)
    if roles:
        return _("The role that gives it: %(roles)s.", roles=", ".join(roles[:NAMED]))
    return _("Ask the administrator of your district for it.")


def named(people: Sequence[tuple[str, str]]) -> list[str]:
    """Return the first few of some (name, role), each in words."""
    return [f"{name} ({role})" for name, role in people[:NAMED]]


class Holder(NamedTuple):
    """Who holds a right: `role` says in what capacity, of two people of one name also where; `path` is the grant's."""

    name: str
    role: str
    path: str
    user_id: int


def holders(right: str, path: str, besides: Collection[int] = ()) -> list[tuple[str, str]]:
    """Return (name, role) of those who hold a right at a path, but for some people, whoever is nearest first."""
    return [(one.name, one.role) for one in holders_at(right, [path], besides)[0]]


def holders_at(right: str, paths: Sequence[str], besides: Collection[int] = ()) -> list[list[Holder]]:
    """Return, for each path, those who hold a right there, but for some people, whoever is nearest first."""
    above = {path[: end + 1] for path in paths for end, sign in enumerate(path) if sign == "/" and end}
    query = (
        select(USER.c.id, USER.c.login, USER.c.name, ROLE.c.label_fr, ROLE.c.label_en, ROLE.c.permissions,
               FACILITY.c.path, FACILITY.c.name.label("place"))
        .join(rights.GRANT, rights.GRANT.c.user_id == USER.c.id)
        .join(ROLE, ROLE.c.id == rights.GRANT.c.role_id)
        .join(FACILITY, FACILITY.c.id == rights.GRANT.c.facility_id)
        .where(USER.c.active, FACILITY.c.path.in_(above), USER.c.id.not_in(besides))
    )  # fmt: skip
    rows = read_beside(query, TOLD).all() if above else []
    known = permissions()
    fitting = [row for row in rows if (right, row.path) in rights.usable(row.permissions.split(), row.path, known)]
    nearest = sorted(fitting, key=lambda row: (-len(row.path), row.name, row.login))
    return [_once(row for row in nearest if path.startswith(row.path)) for path in paths]


def _once(rows: Iterable[Any]) -> list[Holder]:
    """Return each person once, by the first of the rows; people of one name are told apart by their place, or else by
    the name they sign in with."""
    found: dict[int, Any] = {}
    for row in rows:
        found.setdefault(row.id, row)
    names = Counter(row.name for row in found.values())
    posts = Counter((row.name, label_of(row), row.path) for row in found.values())

    def capacity(row: Any) -> str:
        if names[row.name] < 2:
            return label_of(row)
        return f"{label_of(row)}, {row.place if posts[row.name, label_of(row), row.path] < 2 else row.login}"

    return [Holder(row.name, capacity(row), row.path, row.id) for row in found.values()]


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
