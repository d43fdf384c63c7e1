"""Opening, filling and posting a count."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from core.contract.words import _
from core.data.access import current
from core.data.db import db, today
from core.data.errors import Refused
from core.data.numbers import next_number
from core.data.states import record
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Product
from plugins.elmis.counts.models import COUNTING, MACHINE, REVIEW, Count, CountLine
from plugins.elmis.ledger import balances
from plugins.elmis.ledger.models import ADJUSTMENT, STORE, StockBalance
from plugins.elmis.ledger.services import Move, location, post
from plugins.elmis.store.services import Line, received_lot


@dataclass(frozen=True)
class Counted:
    """What was found of a line: a quantity in base units, and the reason of a difference."""

    quantity: int | None
    comment: str = ""


def start(facility: Facility, product_ids: list[int] | None = None) -> Count:
    """Return a new count with a line for each lot of the store (or of the chosen products)."""
    current().require("elmis.count.post", facility)
    open_one = select(Count.number).where(Count.facility_id == facility.id, Count.state.in_([COUNTING, REVIEW]))
    if number := db.session.scalar(open_one):
        raise Refused(_("The count %(number)s is still open. Post or cancel it first.", number=number))
    count = Count(
        number=next_number("INV", facility), facility=facility, counted_on=today(), created_by=current().label
    )
    db.session.add(count)
    store = location(facility, STORE)
    query = select(StockBalance).where(StockBalance.location_id == store.id, StockBalance.quantity > 0)
    if product_ids:
        query = query.where(StockBalance.product_id.in_(product_ids))
    for balance in db.session.scalars(query.order_by(StockBalance.product_id, StockBalance.lot_id)):
        count.lines.append(CountLine(product_id=balance.product_id, lot_id=balance.lot_id, expected=balance.quantity))
    record(count, "start", "", COUNTING)
    return count


def add_line(count: Count, product: Product, lot: str, expiry: date | None) -> CountLine:
    """Return the line of a lot that was found on the shelf and is not on the sheet."""
    _must_be(count, COUNTING)
    found = received_lot(Line(product, 1, lot, expiry))
    line = next((each for each in count.lines if each.lot_id == found.id), None)
    if line is None:
        there = balances.available(location(count.facility, STORE).id, found.id)
        line = CountLine(product_id=product.id, lot_id=found.id, expected=there)
        count.lines.append(line)
        db.session.flush()
    return line


def fill(count: Count, found: Mapping[int, Counted]) -> None:
    """Keep what was counted, by line id; what the ledger says is taken at that moment."""
    _must_be(count, COUNTING)
    store = location(count.facility, STORE)
    for line in count.lines:
        if line.id in found:
            entry = found[line.id]
            if entry.quantity is not None and entry.quantity != line.counted:
                line.expected = balances.available(store.id, line.lot_id)
            line.counted, line.comment = entry.quantity, entry.comment.strip()
    db.session.flush()


def finish(count: Count) -> None:
    """Close the counting: every line must be counted, every difference explained."""
    missing = [line for line in count.lines if line.counted is None]
    if missing:
        raise Refused(_("%(n)s lines are not counted yet. Enter 0 where nothing was found.", n=len(missing)))
    MACHINE.advance(count, "review")


def post_count(count: Count) -> int:
    """Post the differences and return how many lines differed; the day's other movements stay as they are.

    The difference was taken when the line was counted, so what moved since is not counted twice.
    """
    unexplained = [line for line in count.lines if line.difference and not line.comment]
    if unexplained:
        raise Refused(_("%(n)s differences have no reason yet.", n=len(unexplained)))
    MACHINE.advance(count, "post")
    store, account = location(count.facility, STORE), location(count.facility, ADJUSTMENT)
    moves = []
    for line in count.lines:
        difference = line.difference or 0
        line.posted = difference
        if difference:
            sides = (account.id, store.id) if difference > 0 else (store.id, account.id)
            reason = "count_excess" if difference > 0 else "count_shortage"
            moves.append(
                Move(
                    line.lot_id,
                    abs(difference),
                    *sides,
                    reason,
                    count.counted_on,
                    line.comment,
                    count.number,
                    f"elmis.count/{count.id}",
                    uuid=f"count:{line.id}",
                )
            )
    post(moves)
    return len(moves)


def _must_be(count: Count, state: str) -> None:
    if count.state != state:
        raise Refused(_("This count is no longer open."))


def products_of(what: str) -> list[int] | None:
    """Return the products that a choice names, or None for all."""
    flags = {"tracers": Product.tracer, "cold": Product.cold}
    return list(db.session.scalars(select(Product.id).where(flags[what]))) if what in flags else None
