"""What a facility that closes would leave behind: goods in its hands, on the way, and orders not yet sent.

Plain selects that no rights filter sees: whoever closes a facility must know of it, whatever else he may see.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select

from core.data.bulk import read_beside
from core.facilities.models import Facility
from plugins.elmis.ledger.models import HELD, QUARANTINE, RETURNING, STORE, StockBalance, StockLocation
from plugins.elmis.orders.machines import BEFORE_SHIPPING, UNDERWAY
from plugins.elmis.orders.models import Order, Shipment


@dataclass(frozen=True)
class Held:
    """What lies in a facility's hands: base units of all products together, and lots."""

    units: int
    lots: int


def _one(query: Any) -> Any:
    return read_beside(query, "a facility is not closed over what the one who closes it may not see").one()


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


def coming(facility: Facility) -> int:
    """Return how many deliveries are on the way to it."""
    return _shipments(Shipment.facility_id == facility.id)


def leaving(facility: Facility) -> int:
    """Return how many deliveries of it nobody has received yet."""
    return _shipments(Shipment.supplier_id == facility.id)


def _shipments(mine: Any) -> int:
    return int(_one(select(func.count(Shipment.id)).where(Shipment.state.in_(UNDERWAY), mine))[0])


def orders(facility: Facility) -> int:
    """Return how many orders for it, or from it, have not been sent."""
    mine = or_(Order.facility_id == facility.id, Order.supplier_id == facility.id)
    return int(_one(select(func.count(Order.id)).where(Order.state.in_(BEFORE_SHIPPING), mine))[0])
