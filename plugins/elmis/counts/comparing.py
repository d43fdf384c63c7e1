"""A count beside the book: each line is compared with the book at the moment when it was counted, always anew."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from core.data.db import db, local
from plugins.elmis.counts.models import POSTED, Count, CountLine
from plugins.elmis.ledger import book
from plugins.elmis.ledger.book import Entry, Moment
from plugins.elmis.ledger.models import Observation
from plugins.elmis.ledger.observations import SAW, M


@dataclass(frozen=True)
class Compared:
    """A line and the book: `book` is None while it is not counted; `moved` was entered since the sheet was opened."""

    line: CountLine
    book: int | None
    moved: Sequence[Entry]

    @property
    def difference(self) -> int | None:
        """Return counted − book, or None while it is not counted."""
        return None if self.line.counted is None or self.book is None else self.line.counted - self.book

    @property
    def moment(self) -> Moment | None:
        """Return when it was counted, as the book orders it."""
        return None if self.line.counted_at is None else moment_of(self.line.counted_at)

    @property
    def movable(self) -> Sequence[Entry]:
        """Return the movements of which only a person knows whether they came before or after the counting."""
        opened = moment_of(self.line.count.created_at)
        return [one for one in self.moved if one.moment > opened and local(one.moment[1]).date() == one.moment[0]]

    @property
    def place(self) -> str:
        """Return after which movable movement the line was counted: its id, "0" before all, "" when not counted."""
        if self.moment is None:
            return ""
        passed = [one.id for one in self.movable if one.moment <= self.moment]
        return str(passed[-1] if passed else 0)


def moment_of(at: datetime) -> Moment:
    """Return a moment as the book orders it: its day here, then the moment."""
    return local(at).date(), at


def compare(count: Count) -> list[Compared]:
    """Return the lines of a count beside the book, in two statements."""
    lots = [line.lot_id for line in count.lines]
    since = _first_day(count)
    eve, entries = book.before(count.location_id, lots, since), book.entries(count.location_id, lots, since)
    return [_compared(line, eve.get(line.lot_id, 0), entries.get(line.lot_id, ()), count) for line in count.lines]


def _first_day(count: Count) -> date:
    moments = [count.created_at, *(line.counted_at for line in count.lines if line.counted_at)]
    return min(local(each).date() for each in moments)


def _compared(line: CountLine, eve: int, entries: Sequence[Entry], count: Count) -> Compared:
    moved = [one for one in entries if one.recorded_at > count.created_at and not one.of_a_count]
    said = None if line.counted_at is None else eve + _until(entries, moment_of(line.counted_at))
    return Compared(line, said, moved)


def _until(entries: Iterable[Entry], moment: Moment) -> int:
    return sum(one.units for one in entries if one.moment <= moment)


@dataclass(frozen=True, slots=True)
class Later:
    """A difference that a late paper added to a posted count: the line, signed units, what for, when and by whom."""

    lot_id: int
    units: int
    comment: str
    recorded_at: datetime
    by: str


def later(count: Count) -> list[Later]:
    """Return what late papers changed of the differences of a posted count; what was counted stayed."""
    if count.state != POSTED:
        return []
    query = (
        select(M.lot_id, M.quantity, M.target_id, M.comment, M.recorded_at, M.user_label)
        .join(Observation.__table__, SAW.id == M.observation_id)
        .where(SAW.uuid.in_([f"count:{line.id}" for line in count.lines]), M.uuid != SAW.uuid)
        .order_by(M.id)
    )
    return [
        Later(lot, units if target == count.location_id else -units, said, at, by)
        for lot, units, target, said, at, by in db.session.connection().execute(query)
    ]
