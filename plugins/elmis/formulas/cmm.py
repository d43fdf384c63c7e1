"""The months a CMM is computed from: consumption, eligible days and stock-out days.

A stock-out day is a calendar day of the facility's time zone on which the product's stock that may be given out
(neither expired nor held), summed over all its lots, was zero for the whole day. Eligible days begin at the later of
the facility's opening and the product's first receipt there, and skip unreported months.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

DAY = timedelta(days=1)
DAYS_A_MONTH = Fraction(61, 2)  # 30.5, the month of the CMM

Change = tuple[date, int]  # the day, and by how much the facility's stock changed (base units)


class DayRange(NamedTuple):
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """Return how many days there are; 0 if it ends before it begins."""
        return max(0, (self.last - self.first).days + 1)

    def overlap(self, other: "DayRange") -> int:
        """Return how many days the two have in common."""
        return DayRange(max(self.first, other.first), min(self.last, other.last)).days


NO_DAY = DayRange(date.max, date.min)


class MonthRecord(NamedTuple):
    """One product in one facility in one calendar month; `consumption` in base units.

    `additional` is Z of the `openlmis_v3` policy: patients to come, beyond what was consumed.
    """

    month: date
    reported: bool
    consumption: int
    eligible_days: int
    stockout_days: int
    additional: int = 0


@dataclass(frozen=True)
class History:
    """What is known of a product in a facility; the order of `changes` and `consumed` is irrelevant.

    `changes` are those of the facility's stock that may be given out, over all its stores (a move between two of its
    own stores is none), beginning after a stock of `opening` units; a lot leaves it on its last usable day. `consumed`
    are day and quantity of movements whose reason counts as consumption, reversals negative. `reported` holds the
    first days of the months with a report; None says that all months have one. `first_receipt` is the day of the
    first positive change if it is not given.
    """

    changes: Collection[Change] = ()
    consumed: Collection[Change] = ()
    opened: date | None = None
    first_receipt: date | None = None
    reported: Collection[date] | None = None
    opening: int = 0
    additional: Mapping[date, int] = field(default_factory=dict)

    @property
    def begins(self) -> date | None:
        """Return the first eligible day, or None if the product was never received."""
        received = self.first_receipt or self.first_seen
        return max(self.opened, received) if self.opened and received else received

    @property
    def first_seen(self) -> date | None:
        """Return the day the stock first rose; the beginning of time if there was an opening stock."""
        if self.opening > 0:
            return date.min
        return min((day for day, change in self.changes if change > 0), default=None)


def month_of(day: date) -> DayRange:
    """Return the calendar month of a day."""
    following = (day.replace(day=1) + 31 * DAY).replace(day=1)
    return DayRange(day.replace(day=1), following - DAY)


@lru_cache(maxsize=100)  # the same for each product of a page
def closed_months(as_of: date, count: int) -> tuple[DayRange, ...]:
    """Return the last `count` months that ended before the day, oldest first."""
    months, day = [], as_of
    for _step in range(count):
        day = month_of(day).first - DAY
        months.append(month_of(day))
    return tuple(months[::-1])


def stockout_ranges(changes: Iterable[Change], within: DayRange, opening: int = 0) -> list[DayRange]:
    """Return the spans of days, inside `within`, on which the stock was zero for the whole day.

    A day that begins at zero and receives anything is no stock-out day, whatever is issued later that
    day; nor is the day on which the last unit leaves. `opening` is the stock before the first change.
    """
    days: dict[date, int] = defaultdict(int)
    receiving = set()
    for day, change in changes:
        days[day] += change
        if change > 0:
            receiving.add(day)
    order = sorted(days)
    balances = accumulate((days[day] for day in order), initial=opening)
    ranges, since = [], within.first
    for day, before in zip(order, balances, strict=False):
        # from `since` to the day before this one nothing moved: the stock was `before`
        stays_out = before <= 0 and day not in receiving
        if before <= 0:
            ranges.append(DayRange(since, day if stays_out else day - DAY))
        since = day + DAY
    if opening + sum(days.values()) <= 0:
        ranges.append(DayRange(since, within.last))
    return joined(clipped(ranges, within))


def clipped(ranges: Iterable[DayRange], within: DayRange) -> list[DayRange]:
    """Return the parts of the ranges that lie inside `within`."""
    parts = (DayRange(max(one.first, within.first), min(one.last, within.last)) for one in ranges)
    return [part for part in parts if part.days]


def joined(ranges: Iterable[DayRange]) -> list[DayRange]:
    """Return the same days with ranges that touch made one."""
    whole: list[DayRange] = []
    for one in sorted(ranges):
        if whole and one.first <= whole[-1].last + DAY:
            whole[-1] = DayRange(whole[-1].first, max(one.last, whole[-1].last))
        else:
            whole.append(one)
    return whole


def month_records(history: History, as_of: date, months: int = 12) -> list[MonthRecord]:
    """Return one record for each of the last closed months before `as_of`, oldest first.

    A day that does not count brings no consumption either; no day counts without a report or before the first receipt.
    """
    window, begins = closed_months(as_of, months), history.begins
    outs = _outs(history, DayRange(window[0].first, window[-1].last))
    consumed: dict[date, int] = defaultdict(int)
    for day, quantity in history.consumed:
        if begins is None or day >= begins:
            consumed[day if day.day == 1 else day.replace(day=1)] += quantity
    return [record(history, month, consumed.get(month.first, 0), outs, begins) for month in window]


def _outs(history: History, span: DayRange) -> Sequence[DayRange]:
    """Return the spans of days on which there was nothing; what was there and never changed needs no look."""
    if history.opening > 0 and not history.changes:
        return ()
    return stockout_ranges(history.changes, span, history.opening)


def record(
    history: History, month: DayRange, consumed: int, outs: Iterable[DayRange], begins: date | None
) -> MonthRecord:  # fmt: skip
    """Return the record of one month; `begins` is the first day that counts."""
    reported = history.reported is None or month.first in history.reported
    if not reported or begins is None or begins > month.last:
        eligible = NO_DAY
    else:
        eligible = month if begins <= month.first else DayRange(begins, month.last)
    return MonthRecord(
        month.first, reported, consumed, eligible.days, sum([out.overlap(eligible) for out in outs]) if outs else 0,
        history.additional.get(month.first, 0) if history.additional else 0,
    )  # fmt: skip
