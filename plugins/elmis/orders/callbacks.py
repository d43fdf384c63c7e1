"""Goods on the way are called back: they are the sender's again as soon as he has them in hand."""

from collections.abc import Sequence

from core.contract.entities import ref
from core.data.access import current
from core.data.db import db, today
from core.data.states import record
from core.data.work import emit
from plugins.elmis.ledger.models import RETURNING, TRANSIT
from plugins.elmis.ledger.services import Move, location, post
from plugins.elmis.orders.services import close_if_settled, step
from plugins.elmis.promises.machines import RECEIPT, SHIPMENT
from plugins.elmis.promises.models import Order, Receipt, ReceiptLine, Shipment, ShipmentLine
from plugins.elmis.promises.rights import SEND, both_sides
from plugins.elmis.promises.services import Wanted, create


def call_back(shipment: Shipment, reason: str, again: bool = False) -> Receipt:
    """Return the receipt that says what comes back: all that is on the way; `again`: an order sends it anew."""
    current().require(SEND, shipment.supplier)
    SHIPMENT.advance(shipment, "call_back", reason)
    receipt = next(one for one in shipment.receipts if one.state == "expected")
    RECEIPT.advance(receipt, "call_back", reason)
    receipt.received_on, receipt.received_by = today(), current().signed
    moving = [(line, line.in_transit) for line in shipment.lines if line.in_transit]
    _turn_round(receipt, moving, reason)
    with both_sides():  # the lines of a receipt are the receiver's to write
        for line, units in moving:
            db.session.add(ReceiptLine(receipt=receipt, shipment_line=line, expected=units, refused=units))
            line.refused += units
        db.session.flush()
    if shipment.order is not None:
        step(shipment.order, "call_back", reason)
        if again:
            _send_again(shipment.order, moving)
        close_if_settled(shipment.order)
    emit("elmis.shipment.called_back", shipment, number=shipment.number)
    return receipt


def _turn_round(receipt: Receipt, moving: Sequence[tuple[ShipmentLine, int]], reason: str) -> None:
    """Post what is on the way to the goods that come back."""
    shipment = receipt.shipment
    transit, back = location(shipment.supplier, TRANSIT), location(shipment.supplier, RETURNING)
    post(
        [
            Move(
                line.lot_id, units, transit.id, back.id, "called_back", comment=reason, document=receipt.number,
                document_ref=ref(receipt), counterpart=shipment.facility.name,
                uuid=f"{receipt.number}/{line.id}/called_back",
            )
            for line, units in moving
        ]
    )  # fmt: skip


def _send_again(order: Order, moving: Sequence[tuple[ShipmentLine, int]]) -> Order:
    """Return a new order of what was called back."""
    units: dict[int, int] = {}
    for line, number in moving:
        units[line.order_line_id or 0] = units.get(line.order_line_id or 0, 0) + number
    wanted = [
        Wanted(line.product_id, line.requested, units[line.id], line.pack_size, line.unit_price)
        for line in order.lines
        if units.get(line.id)
    ]
    rest = create(
        order.supplier, order.facility, wanted, order.currency, urgent=order.urgent,
        requisition_id=order.requisition_id, rest_of_id=order.id,
    )  # fmt: skip
    record(rest, "create", "", "to_prepare", note=order.number)
    return rest
