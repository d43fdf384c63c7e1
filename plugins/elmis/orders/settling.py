"""What becomes of the differences of a receipt: agreed, contested, found, taken over, taken back. Stock follows."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from core.contract.entities import ref
from core.contract.words import _
from core.data.db import db, today
from core.data.errors import Invalid, Refused
from core.data.figures import grouped
from core.data.work import emit
from core.facilities.models import Facility
from plugins.elmis.catalogue.units import measured
from plugins.elmis.counts.meeting import Paper, placed
from plugins.elmis.ledger.balances import available
from plugins.elmis.ledger.models import ADJUSTMENT, LOSS, QUARANTINE, RETURNING
from plugins.elmis.ledger.services import Move, location, post
from plugins.elmis.orders.receiving import into, set_apart, shelf_of
from plugins.elmis.orders.services import close_if_settled
from plugins.elmis.promises.machines import RECEIPT
from plugins.elmis.promises.models import Receipt, ReceiptExtra, ReceiptLine
from plugins.elmis.promises.rights import both_sides

Units = Mapping[int, int]  # receipt line id → base units


def acknowledge(receipt: Receipt, reason: str = "") -> None:
    """The sender agrees with the count: what came beyond the note left his store, what it replaced never did."""
    _answer(receipt, "acknowledge", reason, "")
    replaced: dict[int, int] = {}
    for extra in open_extras(receipt):
        if extra.instead_of_id is not None:
            replaced[extra.instead_of_id] = replaced.get(extra.instead_of_id, 0) + extra.quantity
    _left_too(receipt)
    lines = {line.shipment_line_id: line for line in receipt.lines}
    _stay(receipt, {lines[key].id: min(units, lines[key].lost) for key, units in replaced.items() if key in lines})
    close_if_settled(receipt.shipment.order)


def contest(receipt: Receipt, reason: str) -> None:
    """The sender disagrees, and says why: the receiver is to answer."""
    _answer(receipt, "contest", reason, "facility")


def answer(receipt: Receipt, reason: str) -> None:
    """The receiver stands by the count, and says why: the sender is to answer."""
    _answer(receipt, "answer", reason, "supplier")


def withdraw(receipt: Receipt, reason: str, found: Units) -> None:
    """The receiver gives way: what was found is in his stock, what was not is his loss, no longer the sender's."""
    _answer(receipt, "withdraw", reason, "")
    _book_found(receipt, found, reason)
    moves = []
    with both_sides():
        theirs, ours = location(receipt.supplier, LOSS), location(receipt.facility, LOSS)
        for line in receipt.lines:
            if rest := line.lost:
                moves.append(_move(line, rest, theirs.id, ours.id, "loss_taken_over", reason))
                line.taken_over += rest
        post(moves)
        post(_placed(_withdrawn(receipt, reason), receipt.received_on), covers_shortage=True)  # it may be used up
        db.session.flush()
    close_if_settled(receipt.shipment.order)


def find(receipt: Receipt, reason: str, found: Units) -> None:
    """What was missing on arrival is found at the receiver: from the sender's losses into the receiver's stock."""
    _some(found)
    RECEIPT.advance(receipt, "find", reason)
    _book_found(receipt, found, reason)
    left = any(line.lost or line.returning for line in receipt.lines) or open_extras(receipt)
    if receipt.state == "disputed" and not left:
        _answer(receipt, "withdraw", reason, "")
        close_if_settled(receipt.shipment.order)
    emit("elmis.receipt.find", receipt, number=receipt.number)


def find_here(receipt: Receipt, reason: str, found: Units) -> None:
    """What was missing on arrival had not left: from the sender's losses back into his store."""
    _some(found)
    RECEIPT.advance(receipt, "find_here", reason)
    _stay(receipt, found, reason)
    emit("elmis.receipt.find_here", receipt, number=receipt.number)


@dataclass(frozen=True)
class Back:
    """What of a refused line the sender has in hand again: good, and spoilt or not come back."""

    line_id: int
    good: int = 0
    spoilt: int = 0


def take_back(receipt: Receipt, parts: Sequence[Back], reason: str = "") -> None:
    """The sender has the refused goods in hand: the good ones are in stock again, the others are his loss."""
    lines = {line.id: line for line in receipt.lines}
    if {part.line_id for part in parts} - lines.keys():
        raise Refused(_("These lines are no longer those of the delivery. Reload the page."))
    faults = {
        f"lines-{place}-good": _(
            "%(product)s, lot %(lot)s: only %(most)s are on the way back, not %(total)s.",
            product=line.product.name,
            lot=line.lot.number,
            most=measured(line.product, most),
            total=grouped(total),
        )
        for place, part in enumerate(parts)
        for line in [lines[part.line_id].shipment_line]
        for most, total in [(lines[part.line_id].returning, part.good + part.spoilt)]
        if total > most or min(part.good, part.spoilt) < 0
    }
    if faults:
        raise Invalid(faults)
    if not any(part.good or part.spoilt for part in parts):
        raise Refused(_("Enter a quantity for at least one line."))
    RECEIPT.advance(receipt, "take_back", reason)
    back, loss = location(receipt.supplier, RETURNING), location(receipt.supplier, LOSS)
    good, spoilt = [], []
    for part in parts:
        line = lines[part.line_id]
        if part.good:
            good.append(_move(line, part.good, back.id, _home(line), "return_accepted", reason))
        if part.spoilt:
            spoilt.append(_move(line, part.spoilt, back.id, loss.id, "return_lost", reason))
        line.taken_back += part.good
        line.spoilt += part.spoilt
    _bring(receipt.supplier, good, receipt.received_on)
    post(spoilt)
    db.session.flush()
    emit("elmis.receipt.take_back", receipt, number=receipt.number)


def _placed(moves: Sequence[Move], since: date | None) -> list[Move]:
    """Return the moves among the counts since a day: what is settled late may have lain, or been missing, there."""
    return placed(moves, Paper(today(), None, since))


def _bring(facility: Facility, moves: Sequence[Move], since: date | None) -> None:
    """Post what comes into the stores of a facility, and note what is recalled of it on its recalls."""
    post(_placed(moves, since))
    units = Counter[int]()
    for move in moves:
        units[move.lot_id] += move.quantity
    set_apart(facility, units)


def _some(found: Units) -> None:
    if not any(found.values()):
        raise Refused(_("Enter a quantity for at least one line."))


def _answer(receipt: Receipt, action: str, reason: str, turn: str) -> None:
    RECEIPT.advance(receipt, action, reason)
    receipt.turn = turn
    db.session.flush()
    emit(f"elmis.receipt.{action}", receipt, number=receipt.number)


def _chosen(receipt: Receipt, units: Units) -> Iterable[tuple[ReceiptLine, int]]:
    """Return (line, units) of what was entered; Invalid where it is more than is lost by now."""
    faults, lost = {}, {line.id: line.lost for line in receipt.lines}
    for place, (key, entered) in enumerate(units.items()):
        if not 0 <= entered <= lost.get(key, 0):
            words = _("%(most)s are missing; %(total)s were entered.", most=lost.get(key, 0), total=entered)
            faults[f"lines-{place}-found"] = words
    if faults:
        raise Invalid(faults)
    return [(line, units[line.id]) for line in receipt.lines if units.get(line.id)]


def _book_found(receipt: Receipt, found: Units, reason: str) -> None:
    chosen, moves = _chosen(receipt, found), []
    with both_sides():  # the loss was booked at the sender
        loss = location(receipt.supplier, LOSS)
        for line, units in chosen:
            moves.append(
                _move(line, units, loss.id, shelf_of(receipt, line.shipment_line.lot), "found_transit", reason)
            )
            line.found += units
            _account(line, units)
        _bring(receipt.facility, moves, receipt.received_on)
        db.session.flush()


def _account(line: ReceiptLine, units: int) -> None:
    """Take found units from what the shipment has as missing, then as damaged: they were accepted after all."""
    sent = line.shipment_line
    missing = min(units, sent.missing)
    sent.missing -= missing
    sent.damaged -= units - missing
    sent.accepted += units
    if sent.order_line is not None:
        sent.order_line.received += units


def _stay(receipt: Receipt, found: Units, reason: str = "") -> None:
    """Book units that never left back into the store they were to leave."""
    loss = location(receipt.supplier, LOSS)
    words = reason or str(_("The other lot was sent in its place."))
    moves = []
    for line, units in _chosen(receipt, found):
        moves.append(_move(line, units, loss.id, _home(line), "left_behind", words))
        line.left_behind += units
    _bring(receipt.supplier, moves, receipt.shipment.shipped_on)
    db.session.flush()


def _home(line: ReceiptLine) -> int:
    """Return where goods are put that the sender has again: the store that they were to leave, or quarantine."""
    sent = line.shipment_line
    return into(line.receipt.supplier, sent.lot, sent.location_id)


def is_left(receipt: Receipt, action: str) -> bool:
    """Return whether anything is left that could be found or taken back; other steps are always possible."""
    part = {"find": "lost", "find_here": "lost", "take_back": "returning"}.get(action)
    return part is None or any(getattr(line, part) for line in receipt.lines)


def open_extras(receipt: Receipt) -> list[ReceiptExtra]:
    """Return what came beyond the note and is not agreed on yet."""
    return [extra for extra in receipt.extras if extra.state == "open"]


def _left_too(receipt: Receipt) -> None:
    """Take what came beyond the note out of the sender's store; what his book lacks is his to explain."""
    account = location(receipt.supplier, ADJUSTMENT)
    moves = [
        _extra(extra, _from_where(receipt, extra), account.id, "extra_shipped", extra.comment)
        for extra in open_extras(receipt)
    ]
    post(_placed(moves, receipt.shipment.shipped_on), covers_shortage=True)
    for extra in open_extras(receipt):
        extra.state = "accepted"
    db.session.flush()


def _from_where(receipt: Receipt, extra: ReceiptExtra) -> int:
    """Return the store that the goods left: that of the line of the same product, else the main one."""
    same = [line.location_id for line in receipt.shipment.lines if line.product_id == extra.product_id]
    return same[0] if same else location(receipt.supplier).id


def _withdrawn(receipt: Receipt, reason: str) -> list[Move]:
    """Return the moves that take a surplus out of the receiver's stock again: it was a mistake of the count."""
    account, moves = location(receipt.supplier, ADJUSTMENT), []
    for extra in open_extras(receipt):
        moves.append(_extra(extra, _where(extra), account.id, "extra_withdrawn", reason))
        extra.state = "withdrawn"
    return moves


def _where(extra: ReceiptExtra) -> int:
    """Return where a surplus lies at the receiver: in the store, or in quarantine since its lot was recalled."""
    store, apart = extra.receipt.shipment.store_id, location(extra.receipt.facility, QUARANTINE).id
    return store if available(store, extra.lot_id) >= extra.quantity or not available(apart, extra.lot_id) else apart


def _extra(extra: ReceiptExtra, source: int, target: int, reason: str, comment: str) -> Move:
    receipt = extra.receipt
    return Move(
        extra.lot_id, extra.quantity, source, target, reason, comment=comment, document=receipt.number,
        document_ref=ref(receipt), counterpart=_other(receipt, reason).name,
        uuid=f"{receipt.number}/extra-{extra.id}/{reason}",
    )  # fmt: skip


def _other(receipt: Receipt, reason: str) -> Facility:
    return receipt.supplier if reason == "extra_withdrawn" else receipt.facility


def _move(line: ReceiptLine, units: int, source: int, target: int, reason: str, comment: str) -> Move:
    """Return the move of some units of a counted line."""
    receipt = line.receipt
    return Move(
        line.shipment_line.lot_id, units, source, target, reason, comment=comment, document=receipt.number,
        document_ref=ref(receipt), counterpart=receipt.facility.name,
    )  # fmt: skip


ANSWERS = {"contest": contest, "answer": answer}
