"""Goods that were set aside are needed elsewhere: the order loses them, and is told why."""

from sqlalchemy import select

from core.data.db import db, utcnow
from core.data.states import record
from core.data.work import emit
from plugins.elmis.promises.machines import SHIPMENT
from plugins.elmis.promises.models import Allocation, Order, OrderLine
from plugins.elmis.promises.rights import both_sides

TAKEN = "take"  # the step in an order's history


def take(location_id: int, lot_id: int, units: int, note: str, reason: str = "") -> list[Order]:
    """Return the orders that lose units of a lot set aside in a store, the one that is needed last first.

    A packed order is unpacked: its delivery note is void. The order goes back to who prepares it, with
    the slip and lot (`note`), and the reason that a person gave.
    """
    with both_sides():
        parts = _parts(location_id, lot_id)
        orders: dict[int, Order] = {}
        for part in parts:
            taken = min(part.quantity, units)
            if not taken:
                break
            units -= taken
            part.line.allocated -= taken
            part.quantity -= taken
            if not part.quantity:
                part.quantity = taken  # a row that goes is not written with a quantity it may not have
                db.session.delete(part)
            orders[part.line.order_id] = part.line.order
        db.session.flush()
        for order in orders.values():
            _tell(order, note, reason)
    return list(orders.values())


def _parts(location_id: int, lot_id: int) -> list[Allocation]:
    """Return what is set aside of a lot in a store, with the orders locked: urgent and early ones last."""
    query = (
        select(Allocation)
        .join(OrderLine, OrderLine.id == Allocation.line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Allocation.location_id == location_id, Allocation.lot_id == lot_id)
        .order_by(Order.urgent, Order.needed_on.desc(), Order.id.desc())
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(query))


def _tell(order: Order, note: str, reason: str) -> None:
    """Send an order back to who prepares it: its packages are open again, its history says why."""
    for line in order.lines:
        db.session.expire(line, ["allocations"])
    for shipment in order.shipments:
        if shipment.state == "packed":
            SHIPMENT.advance(shipment, "unpack")
    before = order.state
    order.state = "allocated" if any(line.allocated for line in order.lines) else "to_prepare"
    order.moved_at = utcnow()
    record(order, TAKEN, before, order.state, reason, note, anew=True)
    emit("elmis.order.lots_taken", order, number=order.number, reason=_why(note, reason))


def _why(note: str, reason: str) -> str:
    """Return in one line what took the lots, and what the person gave as the reason."""
    return ": ".join(filter(None, (note, reason)))
