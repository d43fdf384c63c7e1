"""What is ordered, on the way and owed, by product: for the suggestion, and for whoever asks.

Plain selects that no rights filter sees: the caller has asked for the right to see the facility's orders.
Each gives rows of (product id, base units, number of the document).
"""

from typing import Any

from sqlalchemy import func, or_, select, union_all

from core.data.bulk import read_beside
from core.data.db import today
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.ledger import givable
from plugins.elmis.ledger.models import STORE, Movement, Reason, StockBalance, StockLocation
from plugins.elmis.orders.machines import BEFORE_SHIPPING, UNDERWAY
from plugins.elmis.orders.models import Allocation, Order, OrderLine, Shipment, ShipmentLine

TOLD = "what a supplier has is told to whoever approves"
LEFT = OrderLine.ordered - OrderLine.shipped - OrderLine.cancelled - OrderLine.backordered
MOVING = (
    ShipmentLine.quantity - ShipmentLine.accepted - ShipmentLine.missing - ShipmentLine.damaged - ShipmentLine.refused
)


def has_history(facility: Facility) -> bool:
    """Return whether deliveries to or from a facility came in with a history: they have movements, and no note here."""
    sides = or_(Movement.target_facility_id == facility.id, Movement.source_facility_id == facility.id)
    past = select(Movement.id).join(Reason, Reason.id == Movement.reason_id).where(
        sides, Movement.document_ref == "", Movement.document != "", Reason.code.in_(("delivery", "shipment"))
    )  # fmt: skip
    return read_beside(past.limit(1), TOLD).first() is not None


def on_order(facility_id: Any) -> Any:
    """Return the select of what was ordered for a facility and has not left yet."""
    return _waiting().where(Order.facility_id == facility_id)


def owed(depot_id: Any) -> Any:
    """Return the select of what a depot still owes to others."""
    return _waiting().where(Order.supplier_id == depot_id)


def in_transit(facility_id: Any) -> Any:
    """Return the select of what is on the way to a facility."""
    return (
        select(ShipmentLine.product_id, func.sum(MOVING), Shipment.number)
        .join(Shipment, Shipment.id == ShipmentLine.shipment_id)
        .where(Shipment.facility_id == facility_id, Shipment.state.in_(UNDERWAY), MOVING > 0)
        .group_by(ShipmentLine.product_id, Shipment.number)
    )


def free_stock(depot: Facility) -> dict[int, int]:
    """Return {product id: what a depot may give out and has not set aside for an order}, in one statement."""
    mine = (StockLocation.facility_id == depot.id, StockLocation.kind == STORE, givable.usable(today()))
    there = select(StockBalance.product_id, StockBalance.quantity).join_from(
        StockBalance, StockLocation, StockLocation.id == StockBalance.location_id
    )
    aside = select(Lot.product_id, -Allocation.quantity).join_from(
        Allocation, StockLocation, StockLocation.id == Allocation.location_id
    )
    parts = (
        there.join(Lot, Lot.id == StockBalance.lot_id).where(*mine, StockBalance.quantity > 0),
        aside.join(Lot, Lot.id == Allocation.lot_id).where(*mine),
    )
    both = union_all(*parts).subquery()
    query = select(both.c.product_id, func.sum(both.c.quantity)).group_by(both.c.product_id)
    return {product: max(0, int(units)) for product, units in read_beside(query, TOLD)}


def _waiting() -> Any:
    return (
        select(OrderLine.product_id, func.sum(LEFT), Order.number)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.state.in_(BEFORE_SHIPPING), LEFT > 0)
        .group_by(OrderLine.product_id, Order.number)
    )
