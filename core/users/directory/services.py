"""Who is who, and who may do what where: name, function and place of people, which everyone signed in may read.

The accounts themselves are seen by those with the right alone. Plugins ask here; nothing else of a person is told.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Boolean, Integer, String, column, or_, select, table

from core.contract.plugins import permissions
from core.contract.words import label_of
from core.data.access import FACILITY
from core.data.bulk import read_beside
from core.data.search import clean, matches
from core.users.rights import rules
from core.users.rights.held import holdings_today

USER = table(
    "core_user", column("id", Integer), *(column(name, String) for name in ("name", "login")),
    column("active", Boolean), column("facility_id", Integer),
)  # fmt: skip
TOLD = "name, function and place of people are no secret among colleagues"
NAMED = 3  # people, else roles, that are named


class Colleague(NamedTuple):
    """A person as others know him."""

    user_id: int
    name: str
    place_id: int
    place: str


def colleagues(text: str = "", facility: Any = None) -> list[Colleague]:
    """Return the people with an account, by name: all, or those whose name or place holds some words, or who belong to
    a facility and what lies below it."""
    query = select(USER.c.id, USER.c.name, USER.c.facility_id, FACILITY.c.name.label("place")).where(USER.c.active)
    query = query.join(FACILITY, FACILITY.c.id == USER.c.facility_id).order_by(USER.c.name, USER.c.login)
    if words := clean(text):
        query = query.where(or_(matches(words, USER.c.name), matches(words, FACILITY.c.name)))
    if facility is not None:
        query = query.where(FACILITY.c.path.startswith(facility.path, autoescape=True))
    return [Colleague(*row) for row in read_beside(query, TOLD)]


def functions(people: Collection[Colleague]) -> dict[int, list[str]]:
    """Return {person's id: the roles that he holds, each with its place where that is not his own}."""
    held = holdings_today()
    query = select(held).where(held.c.user_id.in_([one.user_id for one in people])).order_by(held.c.grant_id)
    found, home = dict[int, list[str]](), {one.user_id: one.place_id for one in people}
    for row in read_beside(query, TOLD) if people else ():
        label = label_of(row) if row.facility_id == home[row.user_id] else f"{label_of(row)}, {row.place}"
        found.setdefault(row.user_id, []).append(label)
    return found


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


def holders_at(
    right: str, paths: Sequence[str], besides: Collection[int] = (),
    of: Callable[..., set[tuple[str, str]]] = rules.usable,
) -> list[list[Holder]]:  # fmt: skip
    """Return, for each path, those who hold a right there, but for some people, whoever is nearest first; `of` tells
    which rights a grant gives."""
    above = {path[: end + 1] for path in paths for end, sign in enumerate(path) if sign == "/" and end}
    held = holdings_today()
    query = select(
        USER.c.id, USER.c.login, USER.c.name, held.c.label_fr, held.c.label_en, held.c.permissions, held.c.path,
        held.c.place,
    ).join(held, held.c.user_id == USER.c.id)  # fmt: skip
    query = query.where(USER.c.active, held.c.path.in_(above), USER.c.id.not_in(besides))
    rows = read_beside(query, TOLD).all() if above else []
    known = permissions()
    fitting = [row for row in rows if (right, row.path) in of(row.permissions.split(), row.path, known)]
    nearest = sorted(fitting, key=lambda row: (-len(row.path), row.name, row.login))
    return [_once(row for row in nearest if path.startswith(row.path)) for path in paths]


def nearest(right: str, *paths: str, besides: Collection[int] = ()) -> list[int]:
    """Return the ids of those who hold a right at some paths, of each the nearest, but for some people: whom it
    concerns first of all. Who holds "all rights" looks after the system: work of a trade is his where a role names it.
    """
    found = holders_at(right, paths, besides, rules.usable if right.startswith("core.") else rules.by_name)
    return list(dict.fromkeys(one.user_id for people in found for one in people if one.path == people[0].path))


def holding(right: str) -> list[int]:
    """Return the ids of those who hold a right anywhere: whom a matter of the system concerns."""
    held = holdings_today()
    query = select(USER.c.id, held.c.permissions, held.c.path).join(held, held.c.user_id == USER.c.id)
    query = query.where(USER.c.active)
    known = permissions()
    able = {row.id for row in read_beside(query, TOLD)
            if (right, row.path) in rules.usable(row.permissions.split(), row.path, known)}  # fmt: skip
    return sorted(able)


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
