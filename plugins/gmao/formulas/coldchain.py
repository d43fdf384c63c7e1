"""Breaches of the cold chain in a series of temperature readings.

A breach is a time without a break beyond a limit that lasts at least as long as the limit says. Those set here are the
alarms of WHO/PQS for 30-day temperature recorders (E006/TR06): above +8 °C for 10 hours, −0.5 °C or less for 1 hour.

A reading stands until the next one. Where that comes later than the recorder's interval allows, and where a reading has
no temperature, nothing is known: such a gap ends whatever was going on, is no breach, and proves no safety either.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple


class Reading(NamedTuple):
    """A temperature in °C at a moment; None where the sensor gave none."""

    at: datetime
    celsius: Decimal | None


class Limit(NamedTuple):
    """Above this temperature, or at or below it (`above` False), for so long."""

    code: str
    celsius: Decimal
    lasting: timedelta
    above: bool = True

    def beyond(self, celsius: Decimal) -> bool:
        """Return whether a temperature is beyond it."""
        return celsius > self.celsius if self.above else celsius <= self.celsius


LIMITS = (
    Limit("heat", Decimal(8), timedelta(hours=10)),
    Limit("frost", Decimal("-0.5"), timedelta(hours=1), above=False),
)
LONGEST = timedelta(hours=1)  # between two readings; loggers read every 10 to 60 minutes


class Breach(NamedTuple):
    """A time beyond a limit: `worst` the temperature furthest beyond it; `ends` False if nothing shows it over."""

    code: str
    start: datetime
    end: datetime
    worst: Decimal
    ends: bool


class Gap(NamedTuple):
    """A time of which nothing is known."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Watched:
    """What a series of readings says of a time: its breaches, and the gaps in it."""

    breaches: tuple[Breach, ...]
    gaps: tuple[Gap, ...]

    @property
    def safe(self) -> bool | None:
        """Return whether there was no breach; None while a gap leaves it open."""
        return False if self.breaches else None if self.gaps else True


class ClockBack(ValueError):
    """Readings that cannot be put in order: `reason` "clock" when the clock was set back among them, "twice" when two
    temperatures stand at one moment; `row` the first such reading, from 0."""

    def __init__(self, reason: str, row: int) -> None:
        super().__init__(f"{reason} at {row}")
        self.reason, self.row = reason, row


def in_order(readings: Sequence[Reading]) -> list[Reading]:
    """Return readings by time, the same one twice once.

    Files that run backwards, or whose parts were joined in another order, are sorted. Parts that lie over one another
    in time are those of a clock that was set back: which moment is true cannot be known, and ClockBack is raised.
    """
    runs = sorted(_runs(readings), key=lambda run: (readings[run[0]].at, readings[run[-1]].at))
    for before, after in pairwise(runs):
        if readings[after[0]].at < readings[before[-1]].at:
            raise ClockBack("clock", max(before[0], after[0]))
    kept: list[Reading] = []
    for row in (row for run in runs for row in run):
        if kept and kept[-1].at == readings[row].at:
            if kept[-1].celsius != readings[row].celsius:
                raise ClockBack("twice", row)
        else:
            kept.append(readings[row])
    return kept


def watched(
    readings: Sequence[Reading], start: datetime, end: datetime, limits: Collection[Limit] = LIMITS,
    longest: timedelta = LONGEST,
) -> Watched:  # fmt: skip
    """Return what readings in their order say of a time; a breach that reaches into it is given whole."""
    found = [breach for limit in limits for breach in _breaches(readings, limit, longest)]
    touching = (one for one in found if one.start < end and one.end > start)
    gaps = (Gap(max(one.start, start), min(one.end, end)) for one in _gaps(readings, start, end, longest))
    ordered = sorted(touching, key=lambda one: one.start)
    return Watched(tuple(ordered), tuple(one for one in gaps if one.start < one.end))


def _runs(readings: Sequence[Reading]) -> list[list[int]]:
    """Return the rows in runs whose time does not fall; a file that falls throughout is one run, turned round."""
    if all(before.at >= after.at for before, after in pairwise(readings)):
        return [list(range(len(readings)))[::-1]] if readings else []
    runs = [[0]]
    for row in range(1, len(readings)):
        if readings[row].at < readings[row - 1].at:
            runs.append([])
        runs[-1].append(row)
    return runs


def _breaches(readings: Sequence[Reading], limit: Limit, longest: timedelta) -> Iterator[Breach]:
    """Yield the breaches of one limit."""
    going: list[Reading] = []
    for one in [*readings, None]:
        beyond = one is not None and one.celsius is not None and limit.beyond(one.celsius)
        near = one is not None and (not going or one.at - going[-1].at <= longest)
        if going and not (beyond and near):
            known = one is not None and near
            end = one.at if one is not None and known else going[-1].at
            if end - going[0].at >= limit.lasting:
                worst = [each.celsius for each in going if each.celsius is not None]
                over = known and one is not None and one.celsius is not None
                yield Breach(limit.code, going[0].at, end, max(worst) if limit.above else min(worst), over)
            going = []
        if beyond and one is not None:
            going.append(one)


def _gaps(readings: Iterable[Reading], start: datetime, end: datetime, longest: timedelta) -> Iterator[Gap]:
    """Yield the times in which nothing is known, joined where they touch."""
    since: datetime | None = start  # when knowledge ended; None while there is some
    last: Reading | None = None
    for one in readings:
        if last is not None and since is None and one.at - last.at > longest:
            since = last.at
        if one.celsius is None:
            since = one.at if since is None else since
        elif since is not None:
            yield Gap(since, one.at)
            since = None
        last = one
    if since is None and last is not None:
        since = last.at
    yield Gap(since if since is not None else start, end)
