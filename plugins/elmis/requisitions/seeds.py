"""The usual levels of approval of each kind of facility."""

from sqlalchemy import select

from core.data.db import db
from core.facilities.models import FacilityType
from plugins.elmis import reference
from plugins.elmis.requisitions.models import ApprovalLevel


def approval_levels() -> None:
    """Insert the usual levels, unless some were written already."""
    if db.session.scalar(select(ApprovalLevel.id).limit(1)) is not None:
        return
    types = dict(db.session.execute(select(FacilityType.code, FacilityType.id)).all())
    for row in reference.rows("approval_levels"):
        if type_id := types.get(row["facility_type"]):
            db.session.add(ApprovalLevel(type_id=type_id, position=int(row["position"]), place=row["place"]))
    db.session.flush()
