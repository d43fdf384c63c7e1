"""Goods arrive: they are counted against the delivery note; what came beyond it is recorded too."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select

from core.contract.entities import ref
from core.contract.ports import Words
from core.contract.words import _
from core.data.access import current
from core.data.db import db, today
from core.data.errors import Conflict, Invalid, Refused
from core.data.work import ask, emit, tell
from core.facilities.models import Facility
from core.files.services import attach
from core.files.taking import Content
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.catalogue.units import measured
from plugins.elmis.counts.meeting import Paper, placed
from plugins.elmis.formulas.lots import RECALLED
from plugins.elmis.ledger import months
from plugins.elmis.ledger.models import ADJUSTMENT, LOSS, QUARANTINE, RETURNING, TRANSIT
from plugins.elmis.ledger.moves import store_of
from plugins.elmis.ledger.services import Move, location, post
from plugins.elmis.lots.arrivals import arrive
from plugins.elmis.lots.lines import Header, Line
from plugins.elmis.orders.services import close_if_settled, step
from plugins.elmis.orders.shipping import expect
from plugins.elmis.promises.machines import DIFFERENCES, RECEIPT, SHIPMENT
from plugins.elmis.promises.models import Receipt, ReceiptExtra, ReceiptLine, Shipment, ShipmentLine
from plugins.elmis.promises.rights import both_sides
from plugins.elmis.recalls.services import arrived

KEPT = 20  # deliveries that a device takes along


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


@dataclass(frozen=True)
class Extra:
    """Goods that the note does not name: another lot, maybe in place of a line of it, or another product."""

    product: Product
    quantity: int
    lot: str = ""
    expiry: date | None = None
    instead_of: int | None = None  # id of a shipment line; so many of it are missing
    comment: str = ""
    lot_id: int | None = None  # where the lot is known


@dataclass(frozen=True)
class Arrival:
    """The day of the count, who took part, and what they remarked."""

    received_on: date | None = None
    commission: str = ""
    note: str = ""
    rest_later: bool = False  # what is not accounted for is still on its way
    store_id: int | None = None  # where the goods are put; None for the store that the sender named


def receive(
    receipt: Receipt, counted: Sequence[Counted], arrival: Arrival, extras: Sequence[Extra] = (),
    photos: Collection[Content] = (),
) -> Receipt:  # fmt: skip
    """Return the receipt, counted: accepted goods are in stock at once, differences go to the supplier.

    More than the note says is asked about, then recorded as an extra of the same lot. Raises Invalid with all faults
    by their place ("lines-0-accepted"), then Doubt with all questions, or Conflict when somebody was faster.
    """
    _count(receipt)
    shipment, day = receipt.shipment, arrival.received_on or today()
    if arrival.store_id is not None:
        shipment.store_id = store_of(shipment.facility, arrival.store_id).id
    waiting = {line.id: line for line in shipment.lines if line.in_transit}
    beyond = [_beyond(place, one, waiting) for place, one in enumerate(counted)]
    extras = [*extras, *(extra for extra in beyond if extra is not None)]
    counted = [
        replace(one, accepted=one.accepted - (more.quantity if more else 0))
        for one, more in zip(counted, beyond, strict=True)
    ]
    lots, faults = _lots(receipt, extras, day)
    try:
        months.check([(day, receipt.facility)], "received_on")
    except Refused as refusal:
        faults |= {"received_on": refusal.message}
    faults |= _faults_of_lines(counted, waiting, arrival.rest_later) | _faults_of_places(counted, extras, waiting)
    if shipment.shipped_on is not None and not shipment.shipped_on <= day <= today():
        faults = {"received_on": _("Enter a day from the shipment until today."), **faults}
    if faults:
        raise Invalid(faults)
    receipt.received_on, receipt.received_by = day, current().signed
    receipt.commission, receipt.note = arrival.commission, arrival.note
    attach(receipt, photos)
    found = [one for one in counted if one.total]
    _post(receipt, found, waiting)
    _write(receipt, found, waiting)
    came = _keep_extras(receipt, extras, lots)
    for one in found:
        came[waiting[one.line_id].lot_id] += one.accepted
    set_apart(receipt.facility, +came)
    _advance(receipt, day)
    return receipt


def awaited(facility: Facility) -> Sequence[Receipt]:
    """Return the deliveries that a facility is to count, the one that was sent first at first."""
    query = select(Receipt).join(Shipment).where(Shipment.facility_id == facility.id, Receipt.state == "expected")
    return db.session.scalars(query.order_by(Receipt.id).limit(KEPT)).all()


def _count(receipt: Receipt) -> None:
    """Take the step; Conflict names who was faster and where it stands."""
    try:
        RECEIPT.advance(receipt, "count")
    except Conflict:
        db.session.refresh(receipt)
        if receipt.state == "called_back":
            raise
        facts = {"person": receipt.received_by or _("Somebody"), "number": receipt.number}
        words = _(
            "%(person)s has recorded this delivery meanwhile: see %(number)s. Nothing of yours was added.", **facts
        )
        raise Conflict(words) from None


def _beyond(place: int, one: Counted, waiting: Mapping[int, ShipmentLine]) -> Extra | None:
    """Return what is accepted beyond a line, once the person says that so much really came."""
    line = waiting.get(one.line_id)
    more = one.accepted - line.in_transit if line is not None else 0
    if line is None or more <= 0 or one.total > one.accepted:
        return None
    facts = {"more": more, "lot": line.lot.number, "shipped": line.in_transit}
    ask(
        "receipt.beyond",
        _("%(more)s more than the %(shipped)s of the note, lot %(lot)s? They come into your stock, and the "
          "supplier is told that they left too.", **facts),
        about=f"{line.id}/{one.accepted}", field="accepted", line=place,
    )  # fmt: skip
    return Extra(line.product, more, comment=one.comment.strip(), lot_id=line.lot_id)


def _faults_of_lines(
    counted: Sequence[Counted], waiting: Mapping[int, ShipmentLine], rest_later: bool
) -> dict[str, Words]:  # fmt: skip
    """Return the faults of the lines that do not fit what was shipped, by their place."""
    errors: dict[str, Words] = {}
    if len({one.line_id for one in counted}) != len(counted) or {one.line_id for one in counted} - set(waiting):
        raise Refused(_("These lines are no longer those of the delivery. Reload the page."))
    for place, one in enumerate(counted):
        line = waiting[one.line_id]
        if fault := _fault(one, line, rest_later):
            named = {"product": line.product.name, "lot": line.lot.number, "fault": fault[1]}
            errors[f"lines-{place}-{fault[0]}"] = _("%(product)s, lot %(lot)s: %(fault)s", **named)
    forgotten = set(waiting) - {one.line_id for one in counted}
    if not errors and (not any(one.total for one in counted) or (forgotten and not rest_later)):
        errors["rest_later"] = _("Count every line, or say that the rest will come later.")
    on_its_way = sum(line.in_transit for line in waiting.values()) - sum(one.total for one in counted)
    if rest_later and not errors and not on_its_way:
        errors["rest_later"] = _(
            "Nothing is left to come later: all that was on the way is accounted for. Empty “Missing” where the rest "
            "is still on its way, or take this tick away."
        )
    return errors


def _faults_of_places(
    counted: Sequence[Counted], extras: Sequence[Extra], waiting: Mapping[int, ShipmentLine]
) -> dict[str, Words]:
    """Return where more of another lot came than is missing of the lot that it replaces."""
    missing = {one.line_id: one.missing for one in counted}
    replaced: dict[int, int] = {}
    errors: dict[str, Words] = {}
    for place, extra in enumerate(extras):
        if extra.instead_of is not None:
            replaced[extra.instead_of] = replaced.get(extra.instead_of, 0) + extra.quantity
            if replaced[extra.instead_of] > missing.get(extra.instead_of, 0):
                if (line := waiting.get(extra.instead_of)) is None:
                    raise Refused(_("These lines are no longer those of the delivery. Reload the page."))
                errors[f"extras-{place}-quantity"] = _(
                    "%(product)s, lot %(lot)s: only %(missing)s are missing.",
                    product=line.product.name,
                    lot=line.lot.number,
                    missing=measured(line.product, missing.get(extra.instead_of, 0)),
                )
    return errors


def _fault(one: Counted, line: ShipmentLine, rest_later: bool) -> tuple[str, Words] | None:
    """Return the field and the words of a line's fault, or None."""
    shipped, units = line.in_transit, measured(line.product, line.in_transit)
    if min(one.accepted, one.missing, one.damaged, one.refused) < 0 or one.total > shipped:
        words = _("%(shipped)s were on the way; together you entered %(total)s.", shipped=units, total=one.total)
        return "accepted", words
    if one.total < shipped and not rest_later:
        rest = shipped - one.total
        words = _(
            "%(shipped)s were on the way and %(total)s are accounted for. Say what became of the other %(rest)s, "
            "or tick that the rest will come later.", shipped=units, total=one.total, rest=rest,
        )  # fmt: skip
        return "missing", words
    if one.refused and not one.comment.strip():
        return "comment", _("Say why goods are refused.")
    return None


def _post(receipt: Receipt, counted: Iterable[Counted], waiting: Mapping[int, ShipmentLine]) -> None:
    """Post what became of the goods, each fate its own movement."""
    shipment = receipt.shipment
    with both_sides():  # losses and refusals are booked at the supplier, whose goods they still were
        transit, loss, back = (location(shipment.supplier, kind) for kind in (TRANSIT, LOSS, RETURNING))
        arrives = "transfer_in" if shipment.order_id is None else "delivery"
        moves = [
            Move(
                line.lot_id, units, transit.id, target, reason, receipt.received_on or today(), one.comment,
                document=receipt.number, document_ref=ref(receipt),
                counterpart=shipment.supplier.name if reason == arrives else shipment.facility.name,
                uuid=f"{receipt.number}/{line.id}/{reason}",
            )
            for one in counted
            for line in [waiting[one.line_id]]
            for units, reason, target in (
                (one.accepted, arrives, shelf_of(receipt, line.lot)),
                (one.missing, "missing_transit", loss.id),
                (one.damaged, "damaged_transit", loss.id),
                (one.refused, "refused_transit", back.id),
            )
            if units
        ]  # fmt: skip
        post(placed(moves, _paper(receipt)))


def _paper(receipt: Receipt) -> Paper:
    """Return what is asked of a receipt of the day of a count."""
    return Paper(receipt.received_on or today(), "received_on")


def shelf_of(receipt: Receipt, lot: Lot) -> int:
    """Return where a lot of a delivery is put: one that was recalled meanwhile goes into quarantine."""
    return into(receipt.facility, lot, receipt.shipment.store_id)


def into(facility: Facility, lot: Lot, store_id: int) -> int:
    """Return where a lot that comes into a store of a facility is put: a recalled one goes into quarantine."""
    return location(facility, QUARANTINE).id if lot.status == RECALLED else store_id


def set_apart(facility: Facility, units: Mapping[int, int]) -> None:
    """Tell of the recalled lots that came to a facility, {lot id: units}, and note them on their recalls."""
    for lot in db.session.scalars(select(Lot).where(Lot.id.in_(units), Lot.status == RECALLED)):
        facts = {"lot": lot.number, "product": lot.product.name, "units": units[lot.id]}
        tell(_("Lot %(lot)s of %(product)s is recalled: the %(units)s that came are in quarantine.", **facts))
        with both_sides():
            arrived(facility, lot, units[lot.id])


def _keep_extras(receipt: Receipt, extras: Sequence[Extra], lots: Sequence[Lot]) -> Counter[int]:
    """Book what came beyond the note into the receiver's stock, against the sender's account until he agrees.

    Return {lot id: units} of it.
    """
    moves, came = [], Counter[int]()
    with both_sides():
        account = location(receipt.supplier, ADJUSTMENT)
        for extra, lot in zip(extras, lots, strict=True):
            came[lot.id] += extra.quantity
            row = ReceiptExtra(
                receipt=receipt, product_id=extra.product.id, lot_id=lot.id, quantity=extra.quantity,
                instead_of_id=extra.instead_of, comment=extra.comment,
            )  # fmt: skip
            db.session.add(row)
            db.session.flush()
            moves.append(
                Move(
                    lot.id, extra.quantity, account.id, shelf_of(receipt, lot), "extra_received",
                    receipt.received_on or today(), extra.comment, document=receipt.number,
                    document_ref=ref(receipt), counterpart=receipt.supplier.name,
                    uuid=f"{receipt.number}/extra-{row.id}/extra_received",
                )
            )  # fmt: skip
        post(placed(moves, _paper(receipt)))
    return came


def _lots(receipt: Receipt, extras: Sequence[Extra], day: date) -> tuple[list[Lot], dict[str, Words]]:
    """Return the lots that came beyond the note, made when nobody knew them, and what is wrong with them by place."""
    found, faults = list[Lot](), dict[str, Words]()
    for place, extra in enumerate(extras):
        if extra.lot_id is not None:
            found.append(db.session.get_one(Lot, extra.lot_id))
            continue
        line = Line(extra.product, extra.quantity, extra.lot, extra.expiry)
        try:
            lot, _said = arrive(receipt.facility, Header(day, "receipt"), line, place)
            found.append(lot)
        except Refused as refusal:
            faults[f"extras-{place}-{refusal.field or 'lot'}"] = refusal.message
    return found, faults


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
        expect(shipment, day)
    db.session.expire(receipt, ["extras"])
    if receipt.extras or any(getattr(line, name) for line in receipt.lines for name in DIFFERENCES):
        RECEIPT.advance(receipt, "dispute")
        receipt.turn = "supplier"
    else:
        RECEIPT.advance(receipt, "confirm")
    close_if_settled(shipment.order)
    emit("elmis.order.received", shipment.order or shipment, number=receipt.number, state=receipt.state)
