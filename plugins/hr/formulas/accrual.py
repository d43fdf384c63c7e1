"""Leave that is earned: the credit of each period of a leave year.

Source: the rule of earned leave that payroll systems share (credit of a period = annual ÷ number of periods), with the
first and the last period by the days served in it; the figures of a country are data, not code.
"""

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

PERIODS = (12, 4, 2, 1)  # a year: by the month, the quarter, the half-year, or whole
ROUNDINGS = {"none": None, "quarter": Fraction(1, 4), "half": Fraction(1, 2), "whole": Fraction(1)}
DAY = timedelta(days=1)


class Period(NamedTuple):
    """A part of a leave year, both days included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """Return how many days it has."""
        return (self.last - self.first).days + 1


class Credit(NamedTuple):
    """What a period gives: `exact` before rounding, for `served` of its days; it can be taken from `on`."""

    period: Period
    served: int
    exact: Fraction
    amount: Fraction
    on: date


def year_of(day: date, month: int = 1) -> Period:
    """Return the leave year in which a day lies, of years that begin on the first of a month."""
    start = date(day.year if day.month >= month else day.year - 1, month, 1)
    return Period(start, date(start.year + 1, month, 1) - DAY)


def periods_of(year: Period, number: int) -> list[Period]:
    """Return a leave year in so many periods of whole months; ValueError for a number other than 12, 4, 2 and 1."""
    if number not in PERIODS:
        raise ValueError(f"a leave year has 12, 4, 2 or 1 periods, not {number}")
    starts = [_month_after(year.first, 12 // number * each) for each in range(number + 1)]
    return [Period(first, following - DAY) for first, following in pairwise(starts)]


def _month_after(first: date, months: int) -> date:
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)


def rounded(days: Fraction, rounding: str) -> Fraction:
    """Return days to the nearest quarter, half or whole day, from the middle upwards; exact for "none"."""
    step = ROUNDINGS[rounding]
    return days if step is None else (days / step + Fraction(1, 2)).__floor__() * step


def credit(
    annual: Fraction, number: int, rounding: str, period: Period, joined: date, left: date | None = None,
    ahead: bool = True,
) -> Credit | None:  # fmt: skip
    """Return what a period gives to somebody who served from `joined` to `left`; None who served no day of it.

    Annual ÷ number of periods × days served ÷ days of the period. `ahead`: it may be taken from the first day served
    on; else from the last day of the period.
    """
    first, last = max(joined, period.first), min(left or period.last, period.last)
    served = (last - first).days + 1
    if served <= 0:
        return None
    exact = annual / number * Fraction(served, period.days)
    return Credit(period, served, exact, rounded(exact, rounding), first if ahead else period.last)
