"""What is known of the past of a piece, turned into the spans that the formulas want, and its hours in one pass.

- It is in use while its life says so, from its first day in service on: lent it serves elsewhere; in store, proposed
  for disposal, disposed of or lost it is not asked to work.
- What was said of its working order holds until something else is said; of before nobody knows.
- It is down while it does not work or cannot be repaired. One time down may change its reason; it stays one failure.
  It is planned work while a planned order says that it is being worked on, and nothing else was said before.
- A time down belongs to the place where the piece stood then.

`measured` gives the hours of `formulas.downtime.availability` of `record` by one pass over the events: a country has
60,000 of them. A test compares the two.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import zip_longest
from typing import NamedTuple

from core.data.calendar import moment
from plugins.gmao.equipment.models import BEYOND, DOWN, UNKNOWN
from plugins.gmao.equipment.states import IN_USE
from plugins.gmao.formulas.downtime import Availability, Down, Record
from plugins.gmao.formulas.spans import Closed, Span, common, hours_of, union

STOPPED = frozenset((DOWN, BEYOND))
REPAIRING = frozenset((None, "in_repair", "temperature_breach", "other"))  # nothing is waited for
ZERO = timedelta()


class Said(NamedTuple):
    """What was said of the working order at a moment; `planned` when planned work takes it out of use."""

    at: datetime
    status: str
    because: str | None = None
    planned: bool = False


class Turn(NamedTuple):
    """A change of its life: at a moment, from one state to another."""

    at: datetime
    source: str
    target: str


class Stay(NamedTuple):
    """Where it stood, from one moment to another; None before and after all that is known."""

    start: datetime | None
    end: datetime | None
    facility_id: int


@dataclass
class Past:
    """One piece: its state now, its first day in service, the turns of its life, what was said, where it stood."""

    state: str
    since: date | None = None
    said: list[Said] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)

    def say(self, one: Said) -> None:
        """Add what was said next; of two things at one moment the later one holds."""
        if self.said and self.said[-1].at == one.at:
            self.said.pop()
        self.said.append(one)

    @property
    def begin(self) -> datetime | None:
        """Return when it came into use, as far as anybody knows: its day, else the first that was heard of it."""
        if self.since is not None:
            return first_moment(self.since)
        heard = [each.at for each in self.said[:1]] + [each.at for each in self.turns if each.target in IN_USE][:1]
        return min(heard, default=None)

    def service(self) -> list[Span]:
        """Return the times in use; the last one may last."""
        begin = self.begin
        if begin is None:
            return []
        edges = [begin, *(turn.at for turn in self.turns)]
        states = [self.turns[0].source if self.turns else self.state, *(turn.target for turn in self.turns)]
        ends: list[datetime | None] = [*edges[1:], None]
        spans = (
            Span(max(start, begin), end)
            for start, end, state in zip(edges, ends, states, strict=True)
            if state in IN_USE
        )
        return [span for span in spans if span.end is None or span.start < span.end]

    def lasted(self, start: datetime, end: datetime, places: Iterable[int] | None = None) -> Closed:
        """Return the times in use from one moment to another, at some places alone if they are named."""
        if start >= end:
            return []
        if not self.turns and not self.stays:  # most pieces of a country, in a quarter of the time
            begin = self.begin
            if begin is None or begin >= end or self.state not in IN_USE:
                return []
            return [(max(start, begin), end)]
        lasted = common([(start, end)], union(self.service(), end))
        if places is None or not self.stays:
            return lasted
        wanted = set(places)
        there = [(stay.start or start, stay.end or end) for stay in self.stays if stay.facility_id in wanted]
        return common(lasted, union((Span(*each) for each in there if each[0] < each[1]), end))


@lru_cache(maxsize=20_000)
def first_moment(day: date) -> datetime:
    """Return the first moment of a day, in the facilities' time; days come by the thousand, and few are new."""
    return moment(day, time())


def segments(past: Past) -> Iterable[tuple[Said, datetime | None]]:
    """Yield what was said with the moment until which it held, None while it holds."""
    return zip_longest(past.said, (each.at for each in past.said[1:]))


def record(past: Past, lasted: Closed) -> Record:
    """Return what the formulas want to know of a piece that was in use at these times."""
    downs: list[Down] = []
    unknown: list[Span] = []
    waits: dict[str, list[Span]] = {}
    run: Down | None = None
    if lasted and (not past.said or past.said[0].at > lasted[0][0]):
        unknown.append(Span(lasted[0][0], past.said[0].at if past.said else None))
    for one, end in segments(past):
        span = Span(one.at, end)
        if one.status == UNKNOWN:
            unknown.append(span)
        if one.status not in STOPPED:
            run = None
            continue
        failure = not one.planned if run is None else run.failure or not one.planned
        if run is not None and run.failure == failure:
            downs.pop()
            run = Down(Span(run.span.start, end), failure)
        else:
            run = Down(span, failure)
        downs.append(run)
        if one.because not in REPAIRING:
            waits.setdefault(one.because or "", []).append(span)
    return Record([Span(*each) for each in lasted], downs, unknown, waits)


class Sums:
    """The hours of one piece or of several, as they add up; `figures` are those of the formulas."""

    __slots__ = ("down", "failures", "planned", "required", "restoring", "unknown", "waits")

    def __init__(self) -> None:
        self.required = self.down = self.planned = self.unknown = self.restoring = ZERO
        self.failures = 0
        self.waits: dict[str, timedelta] = {}

    def add(self, other: "Sums") -> None:
        """Add the hours of another one."""
        self.required += other.required
        self.unknown += other.unknown
        if other.down or other.failures:
            self.down += other.down
            self.planned += other.planned
            self.restoring += other.restoring
            self.failures += other.failures
            for why, waited in other.waits.items():
                self.waits[why] = self.waits.get(why, ZERO) + waited

    @property
    def waiting(self) -> timedelta:
        """Return the time of waiting; a piece waits for one thing at a time."""
        return sum(self.waits.values(), ZERO)

    def figures(self) -> Availability:
        """Return them as the formulas do, in hours."""
        return Availability(
            hours_of(self.required), hours_of(self.down), hours_of(self.planned), hours_of(self.unknown), self.failures,
            hours_of(self.restoring), hours_of(self.waiting),
            {why: hours_of(waited) for why, waited in sorted(self.waits.items())},
        )  # fmt: skip


def measured(past: Past, lasted: Closed) -> Sums:
    """Return the hours of a piece that was in use at these times, in one pass over what was said."""
    sums = Sums()
    total = _within(lasted, None, None)
    said = past.said
    sums.unknown = _within(lasted, None, said[0].at) if said else total
    failed = counted = False  # the time down that is running: whether it is a failure, and began in the period
    for place, one in enumerate(said):
        if one.status not in STOPPED:
            failed = counted = False
            if one.status != UNKNOWN:
                continue
        end = said[place + 1].at if place + 1 < len(said) else None
        lay = _within(lasted, one.at, end)
        if one.status == UNKNOWN:
            sums.unknown += lay
            continue
        if not failed and not one.planned:
            failed, counted = True, any(start <= one.at < stop for start, stop in lasted)
            sums.failures += counted
        sums.down += lay
        if not failed:
            sums.planned += lay
        elif counted:
            sums.restoring += lay
        if lay and one.because not in REPAIRING:
            why = one.because or ""
            sums.waits[why] = sums.waits.get(why, ZERO) + lay
    sums.required = total - sums.unknown
    return sums


def _within(lasted: Sequence[tuple[datetime, datetime]], start: datetime | None, end: datetime | None) -> timedelta:
    """Return how much of some times lies between two moments, None for no limit."""
    found = ZERO
    for begin, stop in lasted:
        begin = begin if start is None or begin > start else start
        stop = stop if end is None or stop < end else end
        if begin < stop:
            found += stop - begin
    return found
