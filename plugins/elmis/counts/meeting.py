"""A slip of the day of a count: only a person knows whether it came before the count or after it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select

from core.contract.words import _
from core.data.db import db, local, utcnow
from core.data.errors import Refused
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.counts.models import COUNTING, REVIEW, Count, CountLine
from plugins.elmis.ledger.models import Observation
from plugins.elmis.ledger.moves import Move

BEFORE, AFTER = "before", "after"
Key = tuple[int, int, date]  # location, lot, day


@dataclass(frozen=True)
class Met:
    """A count that saw a lot on a day: when, and its number."""

    at: datetime
    number: str


def placed(moves: Sequence[Move], answer: str | None) -> list[Move]:
    """Return the moves, each before or after the last count of its day; raises Refused when nobody said which."""
    met = counts_of(moves)
    found = [(move, one) for move in moves if (one := _met(move, met))]
    if found and answer not in (BEFORE, AFTER):
        raise _question(*found[0])
    times = {move.uuid: one.at - timedelta(microseconds=1) if answer == BEFORE else utcnow() for move, one in found}
    return [replace(move, happened_at=times.get(move.uuid, move.happened_at)) for move in moves]


def refuse_unplaced(place_id: int, product: Product, day: date) -> None:
    """Raise the question when a product was counted in a store on a day: before the count, other lots lay there."""
    seen = Observation.__table__.c
    query = (
        select(seen.counted_at, seen.document, Lot.number)
        .join(Lot, Lot.id == seen.lot_id)
        .where(seen.location_id == place_id, seen.product_id == product.id, seen.counted_on == day)
        .order_by(seen.counted_at.desc())
    )
    if row := db.session.connection().execute(query).first():
        raise _asked(product.name, row.number, Met(row.counted_at, row.document))


def counts_of(moves: Sequence[Move]) -> Mapping[Key, Met]:
    """Return the last count of each lot in each store on the days of some moves, posted or still open."""
    places = {place for move in moves for place in (move.source_id, move.target_id)}
    lots, days = {move.lot_id for move in moves}, {move.occurred_on for move in moves}
    seen = Observation.__table__.c
    posted = select(seen.location_id, seen.lot_id, seen.counted_on, seen.counted_at, seen.document).where(
        seen.location_id.in_(places), seen.lot_id.in_(lots), seen.counted_on.in_(days)
    )
    found = {(row[0], row[1], row[2], row[3]): row[4] for row in db.session.connection().execute(posted)}
    line, count = CountLine.__table__.c, Count.__table__.c
    typed = (
        select(count.location_id, line.lot_id, line.counted_at, count.number)
        .join(Count.__table__, count.id == line.count_id)
        .where(count.location_id.in_(places), line.lot_id.in_(lots), count.state.in_((COUNTING, REVIEW)))
        .where(line.counted_at.is_not(None))
    )
    for place, lot, at, number in db.session.connection().execute(typed):
        found[place, lot, local(at).date(), at] = number
    return {key[:3]: Met(key[3], number) for key, number in sorted(found.items()) if key[2] in days}


def _met(move: Move, met: Mapping[Key, Met]) -> Met | None:
    sides = (move.source_id, move.target_id)
    return next((one for side in sides if (one := met.get((side, move.lot_id, move.occurred_on)))), None)


def _question(move: Move, met: Met) -> Refused:
    lot = db.session.get(Lot, move.lot_id)
    product = None if lot is None else db.session.get(Product, lot.product_id)
    return _asked("" if product is None else product.name, "" if lot is None else lot.number, met)


def _asked(product: str, lot: str, met: Met) -> Refused:
    return Refused(
        _(
            "%(product)s, lot %(lot)s, was counted on %(moment)s (%(number)s). Say whether this was before or after.",
            product=product, lot=lot, moment=f"{local(met.at):%d/%m/%Y %H:%M}", number=met.number,
        ),
        field="counted",
    )  # fmt: skip
