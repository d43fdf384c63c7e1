"""Goods arrive: they are counted against the delivery note, and differences are settled with the supplier."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from core.contract.ports import Words
from core.contract.words import _
from core.data.access import current
from core.data.db import db, today
from core.data.errors import Invalid, Refused
from core.data.work import emit
from plugins.elmis.ledger.models import LOSS, TRANSIT
from plugins.elmis.ledger.services import Move, location, post
from plugins.elmis.orders.machines import DIFFERENCES, RECEIPT, SHIPMENT
from plugins.elmis.orders.models import Receipt, ReceiptLine, ShipmentLine
from plugins.elmis.orders.rights import on_behalf
from plugins.elmis.orders.services import close_if_settled, step
from plugins.elmis.orders.shipping import TRAVEL, expect


@dataclass(frozen=True)
class Counted:
    """What was found of a shipped lot, in base units; what is in none of the four is still on the way."""

    line_id: int
    accepted: int = 0
    missing: int = 0
    damaged: int = 0
    refused: int = 0
    comment: str = ""

    @property
    def total(self) -> int:
        """Return the units that are accounted for."""
        return self.accepted + self.missing + self.damaged + self.refused

    @property
    def differs(self) -> bool:
        """Return whether something is missing, damaged or refused."""
        return any(getattr(self, name) for name in DIFFERENCES)


@dataclass(frozen=True)
class Arrival:
    """The day of the count, who took part, and what they remarked."""

    received_on: date | None = None
    commission: str = ""
    note: str = ""
    rest_later: bool = False  # what is not accounted for is still on its way


def receive(receipt: Receipt, counted: Sequence[Counted], arrival: Arrival) -> Receipt:
    """Return the receipt, counted: accepted goods are in stock at once, differences go to the supplier.

    Raises Invalid with the faults by line ("lines-0-accepted"), or Conflict when somebody was faster.
    """
    RECEIPT.advance(receipt, "count")
    shipment, day = receipt.shipment, arrival.received_on or today()
    if shipment.shipped_on is not None and not shipment.shipped_on <= day <= today():
        raise Refused(_("Enter a day from the shipment until today."), field="received_on")
    waiting = {line.id: line for line in shipment.lines if line.in_transit}
    _check(counted, waiting, arrival.rest_later)
    receipt.received_on, receipt.received_by = day, current().label
    receipt.commission, receipt.note = arrival.commission, arrival.note
    found = [one for one in counted if one.total]
    _post(receipt, found, waiting)
    _write(receipt, found, waiting)
    _advance(receipt, day)
    return receipt


def _check(counted: Sequence[Counted], waiting: Mapping[int, ShipmentLine], rest_later: bool) -> None:
    """Raise Invalid for every line that does not fit what was shipped."""
    errors: dict[str, Words] = {}
    if len({one.line_id for one in counted}) != len(counted) or {one.line_id for one in counted} - set(waiting):
        raise Refused(_("These lines are no longer those of the delivery. Reload the page."))
    for place, one in enumerate(counted):
        if fault := _fault(one, waiting[one.line_id].in_transit, rest_later):
            errors[f"lines-{place}-{fault[0]}"] = fault[1]
    if errors:
        raise Invalid(errors)
    forgotten = set(waiting) - {one.line_id for one in counted}
    if not any(one.total for one in counted) or (forgotten and not rest_later):
        raise Refused(_("Count every line, or say that the rest will come later."), field="rest_later")


def _fault(one: Counted, shipped: int, rest_later: bool) -> tuple[str, Words] | None:
    """Return the field and the words of a line's fault, or None."""
    if min(one.accepted, one.missing, one.damaged, one.refused) < 0 or one.total > shipped:
        words = _("%(shipped)s were on the way; together you entered %(total)s.", shipped=shipped, total=one.total)
        return "accepted", words
    if one.total < shipped and not rest_later:
        rest = shipped - one.total
        words = _(
            "%(shipped)s were on the way and %(total)s are accounted for. Say what became of the other %(rest)s, "
            "or tick that the rest will come later.", shipped=shipped, total=one.total, rest=rest,
        )  # fmt: skip
        return "missing", words
    if one.refused and not one.comment.strip():
        return "comment", _("Say why goods are refused.")
    return None


def _post(receipt: Receipt, counted: Iterable[Counted], waiting: Mapping[int, ShipmentLine]) -> None:
    """Post what became of the goods, each fate its own movement."""
    shipment = receipt.shipment
    with on_behalf():  # losses and refusals are booked at the supplier, whose goods they still were
        transit, loss = location(shipment.supplier, TRANSIT), location(shipment.supplier, LOSS)
        arrives = "transfer_in" if shipment.order_id is None else "delivery"
        post(
            [
                Move(
                    line.lot_id, units, transit.id, target, reason, receipt.received_on or today(), one.comment,
                    document=receipt.number, document_ref=f"{receipt.__entity__}/{receipt.id}",
                    counterpart=shipment.supplier.name if reason == arrives else shipment.facility.name,
                    uuid=f"{receipt.number}/{line.id}/{reason}",
                )
                for one in counted
                for line in [waiting[one.line_id]]
                for units, reason, target in (
                    (one.accepted, arrives, shipment.store_id),
                    (one.missing, "missing_transit", loss.id),
                    (one.damaged, "damaged_transit", loss.id),
                    (one.refused, "refused_transit", line.location_id),
                )
                if units
            ]
        )  # fmt: skip


def _write(receipt: Receipt, counted: Iterable[Counted], waiting: Mapping[int, ShipmentLine]) -> None:
    """Keep the count on the receipt, and its sums on the shipment and the order."""
    for one in counted:
        line = waiting[one.line_id]
        facts = {name: getattr(one, name) for name in ("accepted", *DIFFERENCES)}
        db.session.add(
            ReceiptLine(
                receipt=receipt, shipment_line=line, expected=line.in_transit, comment=one.comment.strip(), **facts
            )
        )
        for name, units in facts.items():
            setattr(line, name, getattr(line, name) + units)
        if line.order_line is not None:
            line.order_line.received += one.accepted
    db.session.flush()


def _advance(receipt: Receipt, day: date) -> None:
    """Move shipment, order and receipt on: whole or in part, agreed or disputed."""
    shipment = receipt.shipment
    rest = any(line.in_transit for line in shipment.lines)
    action = "receive_part" if rest else "receive"
    SHIPMENT.advance(shipment, action)
    if shipment.order is not None:
        step(shipment.order, action)
    if rest:
        expect(shipment, day + TRAVEL)
    if any(getattr(line, name) for line in receipt.lines for name in DIFFERENCES):
        RECEIPT.advance(receipt, "dispute")
        receipt.turn = "supplier"
    else:
        RECEIPT.advance(receipt, "confirm")
    close_if_settled(shipment.order)
    emit("elmis.order.received", shipment.order or shipment, number=receipt.number, state=receipt.state)


def acknowledge(receipt: Receipt, reason: str = "") -> None:
    """The supplier agrees with the count: the receipt is confirmed."""
    _answer(receipt, "acknowledge", reason, "")


def contest(receipt: Receipt, reason: str) -> None:
    """The supplier disagrees, and says why: the receiver is to answer."""
    _answer(receipt, "contest", reason, "facility")


def answer(receipt: Receipt, reason: str) -> None:
    """The receiver stands by the count, and says why: the supplier is to answer."""
    _answer(receipt, "answer", reason, "supplier")


def withdraw(receipt: Receipt, reason: str) -> None:
    """The receiver gives way: the receipt is confirmed, what was booked stays and is explained."""
    _answer(receipt, "withdraw", reason, "")


def _answer(receipt: Receipt, action: str, reason: str, turn: str) -> None:
    RECEIPT.advance(receipt, action, reason)
    receipt.turn = turn
    db.session.flush()
    if not turn:
        close_if_settled(receipt.shipment.order)
    emit(f"elmis.receipt.{action}", receipt, number=receipt.number)


ANSWERS = {"acknowledge": acknowledge, "contest": contest, "answer": answer, "withdraw": withdraw}
