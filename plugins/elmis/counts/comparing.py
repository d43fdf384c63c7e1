"""A count beside the book: each line is compared with the book at the moment when it was counted, always anew."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select

from core.data.bulk import read_beside
from core.data.db import local
from plugins.elmis.counts.models import POSTED, Count, CountLine
from plugins.elmis.ledger import book
from plugins.elmis.ledger.book import Entry, Moment
from plugins.elmis.ledger.models import Observation
from plugins.elmis.ledger.observations import SAW, M

WHOLE = "the count was read by rights; its place is compared whole"


@dataclass(frozen=True)
class Compared:
    """A line and the book: `book` is None while it is not counted; `moved` was entered since the sheet was opened,
    `day` is all of the day of the counting, or since the day of the opening while it is not counted."""

    line: CountLine
    book: int | None
    moved: Sequence[Entry]
    day: Sequence[Entry] = ()

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
        """Return the movements of the day of which only a person knows whether they came before the counting."""
        return [one for one in self.day if one.recorded_at > self.since]

    @property
    def since(self) -> datetime:
        """Return from when on what was written down may have happened before or after the counting."""
        opened = self.line.count.created_at
        return opened if self.line.counted_at is None else min(opened, self.line.counted_at)

    def before(self, one: Entry) -> bool | None:
        """Return whether a movement came before the counting, as the book has it; None while it is not counted."""
        return None if self.moment is None else one.moment <= self.moment


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
    own = [one for one in entries if not one.of_a_count]
    if line.counted_at is None:
        day = [one for one in own if one.moment[0] >= local(count.created_at).date()]
    else:
        day = [one for one in own if one.moment[0] == moment_of(line.counted_at)[0]]
    return Compared(line, said, moved, day)


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
    """Return what late papers changed of the differences of a posted count, also of lots that it did not find; what was
    counted stayed."""
    if count.state != POSTED:
        return []
    own = [f"count:{line.id}" for line in count.lines]
    query = (
        select(M.lot_id, M.quantity, M.target_id, M.comment, M.recorded_at, M.user_label)
        .join(Observation.__table__, SAW.id == M.observation_id)
        .where(or_(SAW.uuid.in_(own), SAW.uuid.startswith(f"count:{count.id}/none:")), M.uuid != SAW.uuid)
        .order_by(M.id)
    )
    return [
        Later(lot, units if target == count.location_id else -units, said, at, by)
        for lot, units, target, said, at, by in read_beside(query, WHOLE)
    ]
