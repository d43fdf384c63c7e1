"""What the lists of deliveries say beside their rows."""

from sqlalchemy import or_, select

from core.data.bulk import read_beside
from core.facilities.models import Facility
from plugins.elmis.ledger.models import Movement, Reason

TOLD = "that a history came in is no secret of it"


def has_history(facility: Facility) -> bool:
    """Return whether deliveries to or from a facility came in with a history: they have movements, and no note here."""
    sides = or_(Movement.target_facility_id == facility.id, Movement.source_facility_id == facility.id)
    past = select(Movement.id).join(Reason, Reason.id == Movement.reason_id).where(
        sides, Movement.document_ref == "", Movement.document != "", Reason.code.in_(("delivery", "shipment"))
    )  # fmt: skip
    return read_beside(past.limit(1), TOLD).first() is not None
