"""What the pages and papers of an order show: its cycle, its lines and lots, its past."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from core.contract.ports import Words
from core.contract.words import _
from core.data.db import db, today
from core.data.errors import Missing
from core.data.states import Step as Taken
from core.web.pages import moment
from plugins.elmis.catalogue.recalls import proposed_lots
from plugins.elmis.formulas.lots import REASONS, LotStock, refusal
from plugins.elmis.promises.machines import CYCLE, ORDER, RECEIPT, SHIPMENT
from plugins.elmis.promises.models import (
    Allocation,
    Order,
    OrderLine,
    Receipt,
    ReceiptExtra,
    ReceiptLine,
    Shipment,
    ShipmentLine,
)

FATES = {  # of what was lost or refused on arrival: column, words
    "found": _("found later"), "left_behind": _("had not left the sender"), "taken_over": _("loss of the receiver"),
    "taken_back": _("taken back"), "spoilt": _("spoilt or not come back"), "returning": _("on the way back"),
}  # fmt: skip
PREPARED = ("allocated", "picked", "packed")  # states of an order with lots set aside, before it leaves
MACHINES = {"elmis.order": ORDER, "elmis.shipment": SHIPMENT, "elmis.receipt": RECEIPT}


@dataclass(frozen=True)
class Stage:
    """A step of the cycle, as the stepper draws it."""

    code: str
    label: Words
    detail: str = ""


@dataclass(frozen=True)
class Lot:
    """Units of a lot that were set aside or shipped."""

    number: str
    expiry: Any
    quantity: int
    why_not: Words = ""  # why it may not be given out
    doubted: bool = False  # its recall is proposed


@dataclass(frozen=True)
class Line:
    """A line of an order with what is on the way and its lots."""

    row: OrderLine
    in_transit: int
    lots: Sequence[Lot]


def order(id: int) -> Order:
    """Return an order with everything its page shows, or raise Missing."""
    return _found(
        Order, id, joinedload(Order.facility), joinedload(Order.supplier),
        selectinload(Order.lines).selectinload(OrderLine.product),
        selectinload(Order.lines).selectinload(OrderLine.allocations).selectinload(Allocation.lot),
        selectinload(Order.shipments).selectinload(Shipment.lines).selectinload(ShipmentLine.lot),
        selectinload(Order.shipments).selectinload(Shipment.receipts),
    )  # fmt: skip


def shipment(id: int) -> Shipment:
    """Return a shipment with everything its page shows, or raise Missing."""
    places = joinedload(Shipment.facility), joinedload(Shipment.supplier)
    lines = _shipment_parts(selectinload(Shipment.lines))
    return _found(Shipment, id, *places, *lines, selectinload(Shipment.receipts))


def receipt(id: int) -> Receipt:
    """Return a receipt with everything its page shows, or raise Missing."""
    whole = selectinload(Receipt.shipment)
    places = whole.joinedload(Shipment.facility), whole.joinedload(Shipment.supplier)
    lines = _shipment_parts(whole.selectinload(Shipment.lines))
    extras = selectinload(Receipt.extras)
    beside = extras.selectinload(ReceiptExtra.product), extras.selectinload(ReceiptExtra.lot)
    return _found(Receipt, id, *places, *lines, selectinload(Receipt.lines), *beside)


def _shipment_parts(lines: Any) -> list[Any]:
    return [lines.selectinload(part) for part in (ShipmentLine.product, ShipmentLine.lot, ShipmentLine.order_line)]


def labels_of(receipt: Receipt) -> str:
    """Return the lots that were accepted as the page of labels takes them, one label for each package; "" without."""
    taken: dict[int, int] = defaultdict(int)
    for line in receipt.lines:
        of = line.shipment_line
        taken[of.lot_id] += -(-line.accepted // max(of.product.pack_size, 1))
    for extra in receipt.extras:
        taken[extra.lot_id] += -(-extra.quantity // max(extra.product.pack_size, 1))
    return ",".join(f"{lot}x{count}" for lot, count in taken.items() if count)


def fates(line: ReceiptLine) -> list[tuple[str, Words, int]]:
    """Return (column, words, units) of what became since of the units of a counted line that were lost or refused."""
    return [(name, words, units) for name, words in FATES.items() if (units := getattr(line, name))]


def _found(model: Any, id: int, *options: Any) -> Any:
    row = db.session.get(model, id, options=options)
    if row is None:
        raise Missing(None)
    return row


def stages(steps: Sequence[Taken]) -> list[Stage]:
    """Return the cycle of an order, each step with the day it was taken."""
    days = {step.target: moment(step.at)[:5] for step in steps if step.entity == Order.__entity__}
    return [Stage(code, ORDER.states[code].label, days.get(code, "")) for code in CYCLE]


def stage(row: Order, steps: Sequence[Taken]) -> str:
    """Return the step of the cycle at which an order stands; a cancelled one stands where it was."""
    if row.state == "cancelled":
        taken = (step.source for step in steps if (step.entity, step.target) == (Order.__entity__, row.state))
        return next(taken, "to_prepare")
    return "shipped" if row.state in ("partly_received", "called_back") else row.state


def lines(row: Order) -> list[Line]:
    """Return the lines of an order with their lots: those shipped, else those set aside."""
    lots: dict[int, list[Lot]] = defaultdict(list)
    moving: dict[int, int] = defaultdict(int)
    asked = doubted(row)
    for sent in row.shipments:
        for part in sent.lines if sent.state not in ("packed", "cancelled") else ():
            lots[part.order_line_id or 0].append(Lot(part.lot.number, part.lot.expiry, part.quantity))
            moving[part.order_line_id or 0] += part.in_transit
    for line in row.lines:
        lots[line.id] += [
            Lot(part.lot.number, part.lot.expiry, part.quantity, why_not(part.lot), part.lot_id in asked)
            for part in line.allocations
        ]
    return [Line(line, moving[line.id], lots[line.id]) for line in row.lines]


def why_not(lot: Any) -> Words:
    """Return why a lot that is set aside may not be given out today, or an empty text."""
    why = refusal(LotStock(lot.id, 1, lot.expiry, lot.status, lot.vvm), today())
    return REASONS[why] if why else ""


def doubted(row: Order) -> set[int]:
    """Return the lots set aside for an order whose recall is proposed: they leave with a reason."""
    waiting = {part.lot_id for line in row.lines for part in line.allocations}
    return waiting & proposed_lots() if waiting else set()


def short(row: Order) -> list[OrderLine]:
    """Return the lines of a prepared order of which not everything is set aside."""
    return [line for line in row.lines if line.open > 0] if row.state in PREPARED else []


def rests(row: Order) -> Sequence[Order]:
    """Return the orders that bring what an order left owing."""
    return db.session.scalars(select(Order).where(Order.rest_of_id == row.id).order_by(Order.id)).all()
