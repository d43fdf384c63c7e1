"""A paper of the day of a count: only a person knows whether its goods moved before the count or after it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select

from core.contract.words import _
from core.data.access import current
from core.data.bulk import read_beside
from core.data.db import db, local, utcnow
from core.data.work import answer_to, choose, settle
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.counts.models import COUNTING, REVIEW, Count, CountLine
from plugins.elmis.ledger.models import Observation
from plugins.elmis.ledger.moves import Move

PLACE = "a count meets every other count of its place"
BEFORE, AFTER = "before", "after"
CHOICES = [(BEFORE, _("Before: the goods had moved when they were counted")), (AFTER, _("After the count"))]
CODE = "counted"
Key = tuple[int, int, date]  # location, lot, day


@dataclass(frozen=True)
class Met:
    """A count that saw a lot on a day: when, and its number."""

    at: datetime
    number: str


@dataclass(frozen=True)
class Paper:
    """What a question about a paper is asked of: its day, the stores it names, and the field that the day is in."""

    day: date
    places: Sequence[int]
    field: str = "occurred_on"

    @property
    def about(self) -> str:
        """Return what an answer holds for: this day in these stores."""
        return f"{self.day}/{'/'.join(map(str, sorted(set(self.places))))}"

    @property
    def said(self) -> str:
        """Return what the person has answered: "before", "after" or "" as long as nobody was asked."""
        return answer_to(CODE, self.about)


def placed(moves: Sequence[Move], paper: Paper, answer: str | None = None) -> list[Move]:
    """Return the moves of a paper, each before or after the last count of its day; asked of whoever writes it.

    Where nobody can be asked (a job, another system) they come after, and the ledger says so.
    """
    met = counts_of(moves)
    found = [(move, one) for move in moves if (one := _met(move, met))]
    if not found:
        return list(moves)
    answer = answer or _answer(found, paper)
    if not answer:
        return list(moves)
    times = {move.uuid: one.at - timedelta(microseconds=1) if answer == BEFORE else utcnow() for move, one in found}
    return [replace(move, happened_at=times.get(move.uuid, move.happened_at)) for move in moves]


def _answer(found: Sequence[tuple[Move, Met]], paper: Paper) -> str:
    lots = {
        row.id: row for row in db.session.scalars(select(Lot).where(Lot.id.in_({move.lot_id for move, _m in found})))
    }
    said = _ask([(lots[move.lot_id].product.name, lots[move.lot_id].number, met) for move, met in found], paper)
    settle()  # what comes next depends on the answer
    return said


def unplaced(place_id: int, product: Product, paper: Paper) -> bool:
    """Return whether a product was counted in a store that day and nobody has said yet whether before or after; asked.

    Before the count, other lots lay there than after it.
    """
    seen = Observation.__table__.c
    query = (
        select(seen.counted_at, seen.document, Lot.number)
        .join(Lot, Lot.id == seen.lot_id)
        .where(seen.location_id == place_id, seen.product_id == product.id, seen.counted_on == paper.day)
        .order_by(seen.counted_at.desc())
    )
    if paper.said or current().user_id is None:
        return False
    row = read_beside(query, PLACE).first()
    return row is not None and not _ask([(product.name, row.number, Met(row.counted_at, row.document))], paper)


def counts_of(moves: Iterable[Move]) -> Mapping[Key, Met]:
    """Return the last count of each lot in each store on the days of some moves, posted or still open."""
    moves = list(moves)
    places = {place for move in moves for place in (move.source_id, move.target_id)}
    lots, days = {move.lot_id for move in moves}, {move.occurred_on for move in moves}
    seen = Observation.__table__.c
    posted = select(seen.location_id, seen.lot_id, seen.counted_on, seen.counted_at, seen.document).where(
        seen.location_id.in_(places), seen.lot_id.in_(lots), seen.counted_on.in_(days)
    )
    found = {(row[0], row[1], row[2], row[3]): row[4] for row in read_beside(posted, PLACE)}
    line, count = CountLine.__table__.c, Count.__table__.c
    typed = (
        select(count.location_id, line.lot_id, line.counted_at, count.number)
        .join(Count.__table__, count.id == line.count_id)
        .where(count.location_id.in_(places), line.lot_id.in_(lots), count.state.in_((COUNTING, REVIEW)))
        .where(line.counted_at.is_not(None))
    )
    for place, lot, at, number in read_beside(typed, PLACE):
        found[place, lot, local(at).date(), at] = number
    return {key[:3]: Met(key[3], number) for key, number in sorted(found.items()) if key[2] in days}


def _met(move: Move, met: Mapping[Key, Met]) -> Met | None:
    sides = (move.source_id, move.target_id)
    return next((one for side in sides if (one := met.get((side, move.lot_id, move.occurred_on)))), None)


def _ask(found: Sequence[tuple[str, str, Met]], paper: Paper) -> str:
    """Return the answer for a whole paper, whose first lot and count are named; "" while it is asked."""
    if current().user_id is None:
        return ""
    product, lot, met = found[0]
    facts = {"product": product, "lot": lot, "moment": f"{local(met.at):%d/%m/%Y %H:%M}", "number": met.number}
    more = len({(name, number) for name, number, _met in found}) - 1
    words = (
        _(
            "%(product)s, lot %(lot)s, and %(more)s more were counted on %(moment)s (%(number)s). Was this before or "
            "after the count?", more=more, **facts,
        )
        if more
        else _("%(product)s, lot %(lot)s, was counted on %(moment)s (%(number)s). Was this before or after the count?",
               **facts)
    )  # fmt: skip
    return choose(CODE, words, CHOICES, about=paper.about, field=paper.field)
