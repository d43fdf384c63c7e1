"""The papers of an order: picking list, delivery note, goods received note, each with a code that finds it again."""

from collections import Counter
from decimal import Decimal

from flask import Response

from core.contract.words import _
from core.data.states import history
from core.web.documents import answer, paper
from core.web.timeline import events
from plugins.elmis.formulas.lots import first_out
from plugins.elmis.orders import display
from plugins.elmis.promises.models import Order, Receipt, Shipment


def picking_list(order: Order) -> bytes:
    """Return the list to walk the shelves with: by store, first expiry first, a box to tick for each."""
    parts = [part for line in order.lines for part in line.allocations]
    parts.sort(key=lambda part: (part.location.name, part.line.position, first_out(part.lot)))
    return paper(
        "elmis/orders/picking.html", _("Picking list"), order.number, order.supplier.name, order=order, parts=parts,
        why_not=display.why_not, doubted=display.doubted(order), short=display.short(order),
    )  # fmt: skip


def delivery_note(shipment: Shipment) -> bytes:
    """Return the delivery note that travels with the goods."""
    known = [line.amount for line in shipment.lines if line.amount is not None]
    total = sum(known, Decimal(0)) if known else None
    sent = Counter[int]()
    for line in shipment.lines:
        sent[line.order_line_id or 0] += line.quantity
    ordered = shipment.order.lines if shipment.order else []
    return paper(
        "elmis/orders/note.html", _("Delivery note"), shipment.number, shipment.supplier.name, shipment=shipment,
        total=total, currency=shipment.order.currency if shipment.order else None, sent_units=sent,
        undelivered=[line for line in ordered if line.ordered > sent[line.id]],
        rests=", ".join(row.number for row in display.rests(shipment.order)) if shipment.order else "",
    )  # fmt: skip


def received_note(receipt: Receipt) -> bytes:
    """Return the goods received note: what was counted, or lines to write on while it is expected."""
    counted = {line.shipment_line_id: line for line in receipt.lines}
    waiting = [line for line in receipt.shipment.lines if line.id in counted or (line.in_transit and not counted)]
    return paper(
        "elmis/orders/receipt_paper.html", _("Goods received note"), receipt.number, receipt.facility.name,
        receipt=receipt, lines=waiting, counted=counted, fates=display.fates,
        events=events(history(receipt), receipt)[::-1],
    )  # fmt: skip


def show(number: str, content: bytes) -> Response:
    """Return a paper as an answer."""
    return answer(number, content)
