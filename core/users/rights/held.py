"""Who holds which role where: the one place that reads grants. Rights are judged by all of them, seen or not.

A grant counts from its first day to its last, both included, in the facilities' time zone. That is asked each time
a person's rights are loaded: a nightly job that a power cut stops would prolong a right. So it is with an interim, by
which a person holds for another what that one holds himself, within its place and its days.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import (
    Boolean,
    Date,
    Integer,
    Select,
    String,
    Subquery,
    Text,
    and_,
    bindparam,
    case,
    cast,
    column,
    false,
    null,
    or_,
    select,
    table,
    union_all,
)

from core.data.access import FACILITY
from core.data.bulk import read_beside
from core.data.db import UTCDateTime, db, today
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
INTERIM = table(
    "core_interim", *(column(name, Integer) for name in ("id", "absent_id", "stand_in_id", "facility_id")),
    column("first_day", Date), column("last_day", Date), column("ended_at", UTCDateTime),
)  # fmt: skip
LENT_ROLE = table("core_interim_role", column("interim_id", Integer), column("role_id", Integer))
PERSON = table(
    "core_user",
    column("id", Integer),
    column("name", String),
    column("active", Boolean),
    column("service", Boolean),
    column("facility_id", Integer),
)
PLACE, ROOT = FACILITY.alias("place"), FACILITY.alias("root")
BELOW = "/%/%/"  # the path of whatever lies below another place
DAY = bindparam("day", type_=Date)
WHOLE = and_(  # the top of the country, beside which there is no other: its grant holds everywhere
    FACILITY.c.path.not_like(BELOW),
    ~select(ROOT.c.id).where(ROOT.c.path.not_like(BELOW), ROOT.c.id != FACILITY.c.id).correlate(FACILITY).exists(),
)
WHAT = ROLE.c.code, ROLE.c.permissions, ROLE.c.second_factor, ROLE.c.label_fr, ROLE.c.label_en
OWN = (
    select(
        GRANT.c.id.label("grant_id"), GRANT.c.user_id, GRANT.c.role_id, *WHAT, GRANT.c.facility_id, FACILITY.c.path,
        FACILITY.c.name.label("place"), GRANT.c.first_day, GRANT.c.last_day,
        cast(null(), Integer).label("for_id"), cast(null(), String).label("for_name"), WHOLE.label("whole"),
    )
    .join(ROLE, ROLE.c.id == GRANT.c.role_id)
    .join(FACILITY, FACILITY.c.id == GRANT.c.facility_id)
    .where(or_(GRANT.c.last_day.is_(None), GRANT.c.last_day >= DAY))
)  # fmt: skip


def _narrower(of_grant: Any, of_place: Any) -> Any:
    """Return what holds of an interim: the grant's where it lies within the interim's place, else the place's."""
    within = or_(PLACE.c.id.is_(None), FACILITY.c.path.startswith(PLACE.c.path))
    return case((within, of_grant), else_=of_place)


def _later(day: Any, other: Any) -> Any:
    """Return the later of a day, which may be empty, and another."""
    return case((day > other, day), else_=other)


def _earlier(day: Any, other: Any) -> Any:
    """Return the earlier of a day, which may be empty, and another."""
    return case((day < other, day), else_=other)


LENT = (
    select(
        GRANT.c.id.label("grant_id"), INTERIM.c.stand_in_id.label("user_id"), GRANT.c.role_id, *WHAT,
        _narrower(FACILITY.c.id, PLACE.c.id).label("facility_id"),
        _narrower(FACILITY.c.path, PLACE.c.path).label("path"),
        _narrower(FACILITY.c.name, PLACE.c.name).label("place"),
        _later(GRANT.c.first_day, INTERIM.c.first_day).label("first_day"),
        _earlier(GRANT.c.last_day, INTERIM.c.last_day).label("last_day"),
        INTERIM.c.absent_id.label("for_id"), PERSON.c.name.label("for_name"), false().label("whole"),
    )
    .join(LENT_ROLE, LENT_ROLE.c.interim_id == INTERIM.c.id)
    .join(GRANT, and_(GRANT.c.user_id == INTERIM.c.absent_id, GRANT.c.role_id == LENT_ROLE.c.role_id))
    .join(ROLE, ROLE.c.id == GRANT.c.role_id)
    .join(FACILITY, FACILITY.c.id == GRANT.c.facility_id)
    .join(PERSON, PERSON.c.id == INTERIM.c.absent_id)
    .outerjoin(PLACE, PLACE.c.id == INTERIM.c.facility_id)
    .where(
        INTERIM.c.ended_at.is_(None), INTERIM.c.last_day >= DAY, PERSON.c.active,
        or_(GRANT.c.last_day.is_(None), GRANT.c.last_day >= DAY),
        or_(
            PLACE.c.id.is_(None), FACILITY.c.path.startswith(PLACE.c.path), PLACE.c.path.startswith(FACILITY.c.path),
        ),
    )
)  # fmt: skip
ONE = bindparam("person", type_=Integer)
OF_PERSON = union_all(OWN.where(GRANT.c.user_id == ONE), LENT.where(INTERIM.c.stand_in_id == ONE))
OF_ALL = union_all(OWN, LENT)


def in_force(given: Any, day: date) -> bool:
    """Return whether a grant, or what an interim lends of one, counts on a day."""
    return (given.first_day or day) <= day <= (given.last_day or day)


def held_by(user_id: int | None) -> Sequence[Any]:
    """Return the holdings of a person that count today: role, place, days, and for whom he holds it.

    What he holds for another (`for_id`) is of that one's own grants alone, so that nothing is passed on.
    """
    day = today()
    return [row for row in held_or_coming(user_id) if in_force(row, day)]


def held_or_coming(user_id: int | None) -> Sequence[Any]:
    """Return the holdings of a person that count today or will later: whoever may do no less could have made him."""
    return read_beside(OF_PERSON, JUDGED, {"person": user_id, "day": today()}).all()


def own(held: Iterable[Any]) -> list[Any]:
    """Return those of some holdings that are a person's own."""
    return [row for row in held if row.for_id is None]


def held_by_each(user_ids: Iterable[int]) -> dict[int, list[Any]]:
    """Return {person: his holdings that count today} of some people, in one statement."""
    found: dict[int, list[Any]] = {user_id: [] for user_id in user_ids}
    held = holdings_today()
    for row in read_beside(select(held).where(held.c.user_id.in_(found)), JUDGED) if found else ():
        found[row.user_id].append(row)
    return found


def holdings_today() -> Subquery:
    """Return the holdings of everybody that count today, those held for another too, to join with."""
    held, day = OF_ALL.params(day=today()).subquery("all_held"), today()
    return select(held).where(or_(held.c.first_day.is_(None), held.c.first_day <= day)).subquery("held")


def grants_or_coming() -> Subquery:
    """Return everybody's own holdings that count today or will later, to join with."""
    return OWN.params(day=today()).subquery("held")


def paths_of(role_id: int) -> Sequence[str]:
    """Return the paths at which a role is held, or will be."""
    held = grants_or_coming()
    return read_beside(select(held.c.path).where(held.c.role_id == role_id), JUDGED).scalars().all()


def people_with(role_id: int) -> Select[Any]:
    """Return a select of the people to whom a role was given."""
    return select(GRANT.c.user_id).where(GRANT.c.role_id == role_id)


def places(user: Any) -> list[Facility]:
    """Return where a person works: his own facility, then those of what he holds."""
    query = select(Facility).where(Facility.id.in_({row.facility_id for row in held_by(user.id)}))
    found = {row.id: row for row in (user.facility, *db.session.scalars(query.order_by(Facility.path)))}
    return list(found.values())
