"""Who is who, and who may do what where: name, function and place of people, which everyone signed in may read.

The accounts themselves are seen by those with the right alone. Plugins ask here; nothing else of a person is told.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Boolean, Integer, String, column, func, or_, select, table

from core.contract.plugins import permissions
from core.contract.words import _, label_of
from core.data.access import FACILITY
from core.data.bulk import read_beside
from core.data.search import clean, fold, folded, matches
from core.users.rights import rules
from core.users.rights.held import holdings_today

USER = table(
    "core_user", column("id", Integer), *(column(name, String) for name in ("name", "login")),
    column("active", Boolean), column("service", Boolean), column("facility_id", Integer),
)  # fmt: skip
PERSONS = USER.c.active & ~USER.c.service  # no program is asked, told or waited for
TOLD = "name, function and place of people are no secret among colleagues"
NAMED = 3  # people, else roles, that are named


class Colleague(NamedTuple):
    """A person as others know him."""

    user_id: int
    name: str
    place_id: int
    place: str

    @property
    def id(self) -> int:
        """Return the number of the person, by which a form names him."""
        return self.user_id


PEOPLE = (
    select(USER.c.id, USER.c.name, USER.c.facility_id, FACILITY.c.name.label("place"))
    .join(FACILITY, FACILITY.c.id == USER.c.facility_id)
    .where(PERSONS)
    .order_by(USER.c.name, USER.c.login)
)


def colleague(user_id: int) -> Colleague | None:
    """Return a person with an account, or None."""
    row = read_beside(PEOPLE.where(USER.c.id == user_id), TOLD).first()
    return None if row is None else Colleague(*row)


def colleague_named(text: str) -> Colleague | None:
    """Return the only person of a name, or the one of a number ("#12"); None when there is none, or several."""
    typed = clean(text)
    if typed.startswith("#") and typed[1:].isascii() and typed[1:].isdecimal() and len(typed) < 18:
        return colleague(int(typed[1:]))
    rows = read_beside(PEOPLE.where(fold(USER.c.name) == folded(typed)).limit(2), TOLD).all()
    return Colleague(*rows[0]) if len(rows) == 1 else None


def colleagues(text: str = "", facility: Any = None, limit: int | None = None) -> list[Colleague]:
    """Return the people with an account, by name: all, or those whose name or place holds some words, or who belong to
    a facility and what lies below it."""
    query = PEOPLE.limit(limit)
    if words := clean(text):
        query = query.where(or_(matches(words, USER.c.name), matches(words, FACILITY.c.name)))
    if facility is not None:
        query = query.where(FACILITY.c.path.startswith(facility.path, autoescape=True))
    return [Colleague(*row) for row in read_beside(query, TOLD)]


def names(ids: Collection[int]) -> dict[int, str]:
    """Return {number: name} of people, also of those who may no longer sign in."""
    query = select(USER.c.id, USER.c.name).where(USER.c.id.in_(ids))
    return {row.id: row.name for row in read_beside(query, TOLD)} if ids else {}


def functions(people: Collection[Colleague]) -> dict[int, list[str]]:
    """Return {person's id: the roles that he holds today, each with its place where that is not his own, and with the
    person in whose stead he holds it}."""
    held = holdings_today()
    query = select(held).where(held.c.user_id.in_([one.user_id for one in people])).order_by(held.c.grant_id)
    found, home = dict[int, list[str]](), {one.user_id: one.place_id for one in people}
    for row in read_beside(query, TOLD) if people else ():
        label = label_of(row) if row.facility_id == home[row.user_id] else f"{label_of(row)}, {row.place}"
        found.setdefault(row.user_id, []).append(_for_whom(label, row))
    return found


def _for_whom(label: str, row: Any) -> str:
    """Return a role as its holder bears it: by himself, or in the stead of another."""
    return label if row.for_name is None else str(_("%(role)s, for %(whom)s", role=label, whom=row.for_name))


def named(people: Sequence[tuple[str, str]]) -> list[str]:
    """Return the first few of some (name, role), each in words."""
    return [f"{name} ({role})" for name, role in people[:NAMED]]


class Holder(NamedTuple):
    """Who holds a right: `role` says in what capacity, of two people of one name also where; `path` is the grant's.

    `hand` is the person whose right it is: where two people share one, one of them alone counts.
    """

    name: str
    role: str
    path: str
    user_id: int
    hand: int


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
        held.c.place, held.c.for_id, held.c.for_name,
    ).join(held, held.c.user_id == USER.c.id)  # fmt: skip
    query = query.where(PERSONS, held.c.path.in_(above), USER.c.id.not_in(besides))
    query = query.where(func.coalesce(held.c.for_id, 0).not_in(besides))
    fitting = [row for row in (read_beside(query, TOLD) if above else ()) if _gives(row, right, of)]
    nearest = sorted(fitting, key=lambda row: (-len(row.path), row.for_id is not None, row.name, row.login))
    return [_once(row for row in nearest if path.startswith(row.path)) for path in paths]


def nearest(right: str, *paths: str, besides: Collection[int] = ()) -> list[int]:
    """Return the ids of those who hold a right at some paths, of each the nearest, but for some people: whom it
    concerns first of all. Who holds "all rights" looks after the system: work of a trade is his where a role names it.
    """
    found = holders_at(right, paths, besides, rules.usable if right.startswith("core.") else rules.by_name)
    return list(dict.fromkeys(one.user_id for people in found for one in people if one.path == people[0].path))


def foremost(rights: Iterable[str], path: str) -> list[int]:
    """Return the ids of those who hold one of some rights nearest to a path, as `nearest` does of one."""
    held = [one for right in rights for one in holders_at(right, [path], of=rules.by_name)[0]]
    closest = max((len(one.path) for one in held), default=0)
    return list(dict.fromkeys(one.user_id for one in held if len(one.path) == closest))


def holding(right: str) -> list[int]:
    """Return the ids of those who hold a right anywhere: whom a matter of the system concerns."""
    held = holdings_today()
    query = select(USER.c.id, held.c.permissions, held.c.path, held.c.for_id)
    query = query.join(held, held.c.user_id == USER.c.id).where(PERSONS)
    return sorted({row.id for row in read_beside(query, TOLD) if _gives(row, right, rules.usable)})


def _gives(row: Any, right: str, of: Callable[..., set[tuple[str, str]]]) -> bool:
    """Return whether a holding gives a right; what is personal is not held in the stead of another."""
    known = permissions()
    kept = row.for_id is not None and right in known and known[right].personal
    return not kept and (right, row.path) in of(row.permissions.split(), row.path, known)


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
            return _for_whom(label_of(row), row)
        told = row.place if posts[row.name, label_of(row), row.path] < 2 else row.login
        return _for_whom(f"{label_of(row)}, {told}", row)

    return [Holder(row.name, capacity(row), row.path, row.id, row.for_id or row.id) for row in found.values()]
