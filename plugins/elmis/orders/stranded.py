"""What a facility that closes would leave behind: goods in its hands, on the way, orders not yet sent, disputes.

Plain selects that no rights filter sees: whoever closes a facility must know of it, whatever else he may see.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select

from core.data.bulk import read_beside
from core.facilities.models import Facility
from core.facilities.stranded import WHY, Documents, named
from plugins.elmis.ledger.models import HELD, QUARANTINE, RETURNING, STORE, StockBalance, StockLocation
from plugins.elmis.promises.machines import BEFORE_SHIPPING, UNDERWAY
from plugins.elmis.promises.models import Order, Receipt, Shipment
from plugins.elmis.requisitions.models import Requisition
from plugins.elmis.requisitions.states import ON_THE_WAY, OPEN_TO_EDITS

WRITTEN = (*OPEN_TO_EDITS, *ON_THE_WAY)


@dataclass(frozen=True)
class Held:
    """What lies in a facility's hands: base units of all products together, and lots."""

    units: int
    lots: int


def _one(query: Any) -> Any:
    return read_beside(query, WHY).one()


def _held(facility: Facility, *kinds: str) -> Held:
    query = select(func.coalesce(func.sum(StockBalance.quantity), 0), func.count())
    query = query.join(StockLocation, StockLocation.id == StockBalance.location_id)
    units, lots = _one(query.where(HELD, StockBalance.facility_id == facility.id, StockLocation.kind.in_(kinds)))
    return Held(int(units), lots)


def held(facility: Facility) -> Held:
    """Return what lies in the stores and in quarantine."""
    return _held(facility, STORE, QUARANTINE)


def back(facility: Facility) -> int:
    """Return the refused units that are on their way back."""
    return _held(facility, RETURNING).units


def coming(facility: Facility) -> Documents:
    """Return the deliveries that are on the way to it."""
    return named(Shipment, Shipment.state.in_(UNDERWAY), Shipment.facility_id == facility.id)


def leaving(facility: Facility) -> Documents:
    """Return the deliveries of it that nobody has received yet."""
    return named(Shipment, Shipment.state.in_(UNDERWAY), Shipment.supplier_id == facility.id)


def orders(facility: Facility) -> Documents:
    """Return the orders for it, or from it, that have not been sent."""
    mine = or_(Order.facility_id == facility.id, Order.supplier_id == facility.id)
    return named(Order, Order.state.in_(BEFORE_SHIPPING), mine)


def disputes(facility: Facility) -> Documents:
    """Return the receipts of it, or of what it sent, about which the two sides do not agree yet."""
    mine = select(Shipment.id).where(or_(Shipment.facility_id == facility.id, Shipment.supplier_id == facility.id))
    return named(Receipt, Receipt.state == "disputed", Receipt.shipment_id.in_(mine))


def requests(facility: Facility) -> Documents:
    """Return the requisitions of it, proposed or written, of which no order was made yet."""
    return named(Requisition, Requisition.state.in_(WRITTEN), Requisition.facility_id == facility.id)
