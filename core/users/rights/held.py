"""Who holds which role where, as tables: rights are judged by all grants, seen or not."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Boolean, Integer, String, Text, bindparam, column, select, table

from core.data.access import FACILITY
from core.data.bulk import read_beside
from core.data.db import db
from core.facilities.models import Facility

JUDGED = "rights are judged by all grants, seen or not"
GRANT = table("core_grant", *(column(name, Integer) for name in ("id", "user_id", "role_id", "facility_id")))
ROLE = table(
    "core_role", column("id", Integer), column("code", String), column("permissions", Text),
    column("facility_id", Integer), column("second_factor", Boolean),
)  # fmt: skip
HELD = (
    select(ROLE.c.permissions, FACILITY.c.path, GRANT.c.facility_id, ROLE.c.second_factor)
    .join(GRANT, GRANT.c.role_id == ROLE.c.id)
    .join(FACILITY, FACILITY.c.id == GRANT.c.facility_id)
    .where(GRANT.c.user_id == bindparam("person"))
)


def held_by(user_id: int | None) -> Sequence[Any]:
    """Return (permissions of the role, path, facility id, whether it asks for a second factor) of a person's grants."""
    return read_beside(HELD.params(person=user_id), JUDGED).all()


HELD_BY_EACH = (
    select(GRANT.c.user_id, ROLE.c.permissions, FACILITY.c.path)
    .join(ROLE, ROLE.c.id == GRANT.c.role_id)
    .join(FACILITY, FACILITY.c.id == GRANT.c.facility_id)
    .where(GRANT.c.user_id.in_(bindparam("people", expanding=True)))
)


def held_by_each(user_ids: Iterable[int]) -> dict[int, list[Any]]:
    """Return {person: (permissions of the role, path) of the grants} of some people, in one statement."""
    found: dict[int, list[Any]] = {user_id: [] for user_id in user_ids}
    for row in read_beside(HELD_BY_EACH.params(people=list(found)), JUDGED) if found else ():
        found[row.user_id].append(row)
    return found


def places(user: Any) -> list[Facility]:
    """Return where a person works: his own facility, then those of his grants."""
    query = select(Facility).where(Facility.id.in_({row.facility_id for row in held_by(user.id)}))
    found = {row.id: row for row in (user.facility, *db.session.scalars(query.order_by(Facility.path)))}
    return list(found.values())
