"""What is ordered, on the way and owed, by product: for the suggestion, and for whoever asks.

Plain selects that no rights filter sees: the caller has asked for the right to see the facility's orders.
Each gives rows of (product id, base units, number of the document).
"""

from typing import Any

from sqlalchemy import func, select

from plugins.elmis.promises.machines import BEFORE_SHIPPING, UNDERWAY
from plugins.elmis.promises.models import Order, OrderLine, Shipment, ShipmentLine

LEFT = OrderLine.ordered - OrderLine.shipped - OrderLine.cancelled - OrderLine.backordered
MOVING = (
    ShipmentLine.quantity - ShipmentLine.accepted - ShipmentLine.missing - ShipmentLine.damaged - ShipmentLine.refused
)


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


def _waiting() -> Any:
    return (
        select(OrderLine.product_id, func.sum(LEFT), Order.number)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.state.in_(BEFORE_SHIPPING), LEFT > 0)
        .group_by(OrderLine.product_id, Order.number)
    )
