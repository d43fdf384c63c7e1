"""Spans of time: their union, what they have in common, and what is left. Ends do not belong to a span."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

HOUR = timedelta(hours=1)
MICROSECOND = timedelta(microseconds=1)


class Span(NamedTuple):
    """From one moment to another, which no longer belongs to it; `end` None while it lasts."""

    start: datetime
    end: datetime | None = None

    def closed(self, now: datetime) -> "Span":
        """Return it with an end: one that still lasts goes to `now`. ValueError if it ends before it begins."""
        if self.end is not None and self.end < self.start:
            raise ValueError(f"it ends ({self.end}) before it begins ({self.start})")
        return Span(self.start, max(self.start, now) if self.end is None else self.end)


Closed = list[tuple[datetime, datetime]]  # sorted, apart from one another, none empty


def union(spans: Iterable[Span], now: datetime) -> Closed:
    """Return the same time without anything counted twice; what still lasts goes to `now`."""
    whole: Closed = []
    for start, end in sorted((one.start, one.closed(now).end or now) for one in spans):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        elif start < end:
            whole.append((start, end))
    return whole


def common(one: Closed, other: Closed) -> Closed:
    """Return the time that lies in both unions."""
    found, i, j = [], 0, 0
    while i < len(one) and j < len(other):
        start, end = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if start < end:
            found.append((start, end))
        if one[i][1] <= other[j][1]:
            i += 1
        else:
            j += 1
    return found


def without(one: Closed, other: Closed) -> Closed:
    """Return the time of the first union that does not lie in the second."""
    left = []
    for start, end in one:
        for begin, stop in other:
            if stop <= start or begin >= end:
                continue
            if start < begin:
                left.append((start, begin))
            start = max(start, stop)
        if start < end:
            left.append((start, end))
    return left


def hours(spans: Closed) -> Fraction:
    """Return how many hours a union has, exact to the microsecond."""
    return hours_of(sum((end - start for start, end in spans), timedelta()))


def hours_of(duration: timedelta) -> Fraction:
    """Return a duration in hours, exact to the microsecond."""
    return Fraction(duration // MICROSECOND, HOUR // MICROSECOND)
