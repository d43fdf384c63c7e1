"""Who holds which role where: the one place that reads grants. Rights are judged by all of them, seen or not.

A grant counts from its first day to its last, both included, in the facilities' time zone. That is asked each time
a person's rights are loaded: a nightly job that a power cut stops would prolong a right.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    Integer,
    Select,
    String,
    Subquery,
    Text,
    bindparam,
    column,
    or_,
    select,
    table,
)

from core.data.access import FACILITY
from core.data.bulk import read_beside
from core.data.db import db, today
from core.facilities.models import Facility

JUDGED = "rights are judged by all grants, seen or not"
GRANT = table(
    "core_grant", *(column(name, Integer) for name in ("id", "user_id", "role_id", "facility_id")),
    column("first_day", Date), column("last_day", Date),
)  # fmt: skip
ROLE = table(
    "core_role", column("id", Integer), column("permissions", Text), column("facility_id", Integer),
    column("second_factor", Boolean), *(column(name, String) for name in ("code", "label_fr", "label_en")),
)  # fmt: skip
HOLDINGS = (
    select(
        GRANT.c.id.label("grant_id"), GRANT.c.user_id, GRANT.c.role_id, ROLE.c.permissions, ROLE.c.second_factor,
        ROLE.c.label_fr, ROLE.c.label_en, GRANT.c.facility_id, FACILITY.c.path, FACILITY.c.name.label("place"),
        GRANT.c.first_day, GRANT.c.last_day,
    )
    .join(ROLE, ROLE.c.id == GRANT.c.role_id)
    .join(FACILITY, FACILITY.c.id == GRANT.c.facility_id)
)  # fmt: skip


def not_over(day: Any) -> ColumnElement[bool]:
    """Return the condition on grants that count on a day, or will later."""
    return or_(GRANT.c.last_day.is_(None), GRANT.c.last_day >= day)


def in_force(given: Any, day: date) -> bool:
    """Return whether a grant counts on a day."""
    return (given.first_day or day) <= day <= (given.last_day or day)


OF_PERSON = HOLDINGS.where(GRANT.c.user_id == bindparam("person"), not_over(bindparam("day", type_=Date)))


def held_by(user_id: int | None) -> Sequence[Any]:
    """Return the holdings of a person that count today: role, place, days."""
    day = today()
    return [row for row in held_or_coming(user_id) if in_force(row, day)]


def held_or_coming(user_id: int | None) -> Sequence[Any]:
    """Return the holdings of a person that count today or will later: whoever may do no less could have made him."""
    return read_beside(OF_PERSON, JUDGED, {"person": user_id, "day": today()}).all()


def held_by_each(user_ids: Iterable[int]) -> dict[int, list[Any]]:
    """Return {person: his holdings that count today} of some people, in one statement."""
    found: dict[int, list[Any]] = {user_id: [] for user_id in user_ids}
    held = holdings_today()
    for row in read_beside(select(held).where(held.c.user_id.in_(found)), JUDGED) if found else ():
        found[row.user_id].append(row)
    return found


def holdings_today() -> Subquery:
    """Return the holdings of everybody that count today, to join with."""
    day = today()
    begun = or_(GRANT.c.first_day.is_(None), GRANT.c.first_day <= day)
    return HOLDINGS.where(begun, not_over(day)).subquery("held")


def holdings_or_coming() -> Subquery:
    """Return the holdings of everybody that count today or will later, to join with."""
    return HOLDINGS.where(not_over(today())).subquery("held")


def paths_of(role_id: int) -> Sequence[str]:
    """Return the paths at which a role is held, or will be."""
    held = holdings_or_coming()
    return read_beside(select(held.c.path).where(held.c.role_id == role_id), JUDGED).scalars().all()


def people_with(role_id: int) -> Select[Any]:
    """Return a select of the people to whom a role was given."""
    return select(GRANT.c.user_id).where(GRANT.c.role_id == role_id)


def places(user: Any) -> list[Facility]:
    """Return where a person works: his own facility, then those of his grants."""
    query = select(Facility).where(Facility.id.in_({row.facility_id for row in held_by(user.id)}))
    found = {row.id: row for row in (user.facility, *db.session.scalars(query.order_by(Facility.path)))}
    return list(found.values())
