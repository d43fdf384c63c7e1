"""Time served: the sum of the periods that count, overlaps counted once.

Source: reconstitution of careers in administrations of French tradition: each unbroken period counts in whole years,
months and days from date to date; of several together 30 days are a month and 12 months a year.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

DAY = timedelta(days=1)
MONTH = 30  # days, where those of several periods are added up


class Served(NamedTuple):
    """From a day to a day, both included; `last` None while it lasts."""

    first: date
    last: date | None = None


class Seniority(NamedTuple):
    """Time served: in years, months and days as it is said, in days as it was counted, and the periods behind it."""

    years: int
    months: int
    days: int
    counted: int
    periods: list[tuple[date, date]]


def union(periods: Iterable[Served], on: date) -> list[tuple[date, date]]:
    """Return the same days without any counted twice, up to a day; those that touch are one.

    ValueError for a period that ends before it begins.
    """
    found: list[tuple[date, date]] = []
    for one in sorted(periods, key=lambda each: each.first):
        if one.last is not None and one.last < one.first:
            raise ValueError(f"it ends ({one.last}) before it begins ({one.first})")
        last = min(one.last or on, on)
        if found and one.first <= found[-1][1] + DAY:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        elif one.first <= last:
            found.append((one.first, last))
    return found


def without(periods: Iterable[tuple[date, date]], gaps: Iterable[tuple[date, date]]) -> list[tuple[date, date]]:
    """Return periods without the days that do not count (a leave without pay); both are apart and in order."""
    left = list(periods)
    for start, end in gaps:
        before = [(first, min(last, start - DAY)) for first, last in left]
        after = [(max(first, end + DAY), last) for first, last in left]
        left = sorted((first, last) for first, last in {*before, *after} if first <= last)
    return left


def seniority(periods: Iterable[Served], on: date, gaps: Iterable[Served] = ()) -> Seniority:
    """Return the time served at the end of a day; `gaps` do not count."""
    counted = without(union(periods, on), union(gaps, on))
    spans = [relativedelta(last + DAY, first) for first, last in counted]
    over, days = divmod(sum(span.days for span in spans), MONTH) if len(spans) > 1 else (0, sum(s.days for s in spans))
    years, months = divmod(sum(span.years * 12 + span.months for span in spans) + over, 12)
    return Seniority(years, months, days, sum((last - first).days + 1 for first, last in counted), counted)
