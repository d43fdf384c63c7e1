"""Which facilities the demonstration fills."""

from collections.abc import Sequence

from sqlalchemy import select

from core.data.db import db
from core.facilities.country import FOCUS
from core.facilities.models import Facility, FacilityType


def places_of(size: str) -> Sequence[Facility]:
    """Return the open facilities of `seed demo --size SIZE`, by their codes: of its district, or of the country."""
    query = select(Facility).join(FacilityType, FacilityType.id == Facility.type_id).where(Facility.closed_on.is_(None))
    if size == "district":
        home = db.session.scalars(select(Facility).where(Facility.code == FOCUS)).one()
        query = query.where(Facility.path.startswith(home.path))
    return db.session.scalars(query.order_by(Facility.code)).all()
