"""What is ordered, on the way and owed, by product: for the suggestion, and for whoever asks.

Plain selects that no rights filter sees: the caller has asked for the right to see the facility's orders.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, select

from core.data.db import db
from core.facilities.models import Facility
from plugins.elmis.orders.machines import BEFORE_SHIPPING, UNDERWAY
from plugins.elmis.orders.models import Order, OrderLine, Shipment, ShipmentLine

Row = tuple[int, int, str]  # product id, base units, number of the document
LEFT = OrderLine.ordered - OrderLine.shipped - OrderLine.cancelled - OrderLine.backordered
MOVING = (
    ShipmentLine.quantity - ShipmentLine.accepted - ShipmentLine.missing - ShipmentLine.damaged - ShipmentLine.refused
)


def on_order(facility: Facility) -> list[Row]:
    """Return what was ordered for a facility and has not left yet."""
    return _rows(_waiting().where(Order.facility_id == facility.id))


def owed(depot: Facility) -> list[Row]:
    """Return what a depot still owes to others."""
    return _rows(_waiting().where(Order.supplier_id == depot.id))


def in_transit(facility: Facility) -> list[Row]:
    """Return what is on the way to a facility."""
    query = (
        select(ShipmentLine.product_id, func.sum(MOVING), Shipment.number)
        .join(Shipment, Shipment.id == ShipmentLine.shipment_id)
        .where(Shipment.facility_id == facility.id, Shipment.state.in_(UNDERWAY), MOVING > 0)
        .group_by(ShipmentLine.product_id, Shipment.number)
        .order_by(Shipment.number)
    )
    return _rows(query)


def _waiting() -> Any:
    return (
        select(OrderLine.product_id, func.sum(LEFT), Order.number)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.state.in_(BEFORE_SHIPPING), LEFT > 0)
        .group_by(OrderLine.product_id, Order.number)
        .order_by(Order.number)
    )


def _rows(query: Any) -> list[Row]:
    found: Iterable[Any] = db.session.connection().execute(query)
    return [(product, int(units), number) for product, units, number in found]
