"""Straight-line depreciation by fiscal year, prorata from the first day of use, which counts.

Each year takes (cost − residual value) × days ÷ days of the useful life, rounded to the unit of account, a half
upwards; the last one takes what is left, so that the sum is exact. Days are counted by one of two conventions:

- 360: months of 30 days (the 31st counts as the 30th), as French-speaking accountants do;
- 365: the days of the calendar without 29 February, so that each full year is one annuity.

The value is the same at the end of the life by both. The convention and the beginning of the fiscal year are data.
"""

from calendar import isleap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from core.data.exact import Number, exact, rounded

CONVENTIONS = (360, 365)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Asset:
    """What is depreciated: cost and residual value in one currency with so many `places`, useful life in years.

    `year_begins` month and day of the fiscal year, (7, 1) for one from July to June.
    """

    cost: Number
    years: int
    used_from: date
    residual: Number = 0
    convention: int = 360
    year_begins: tuple[int, int] = (1, 1)
    places: int = 0

    def __post_init__(self) -> None:
        if self.convention not in CONVENTIONS:
            raise ValueError(f"a year has 360 or 365 days, not {self.convention}")
        if self.years < 1 or not 0 <= exact(self.residual) <= exact(self.cost):
            raise ValueError("a useful life of a year or more, and 0 ≤ residual value ≤ cost")
        if self.year_begins == (2, 29):
            raise ValueError("a fiscal year cannot begin on 29 February")

    @property
    def base(self) -> Fraction:
        """Return what is depreciated in all."""
        return exact(self.cost) - exact(self.residual)


class Year(NamedTuple):
    """One fiscal year: its first and last day, the days depreciated, their amount, all amounts so far, what is left."""

    first: date
    last: date
    days: int
    amount: Decimal
    total: Decimal
    value: Decimal


def schedule(asset: Asset) -> tuple[Year, ...]:
    """Return the fiscal years of an asset's useful life, the first one from the day of use."""
    life = asset.years * asset.convention
    found: list[Year] = []
    done, total = 0, Decimal(0)
    for first, following in _years(asset):
        days = min(days_between(first, following, asset.convention), life - done)
        done += days
        left = rounded(asset.base, asset.places) - total
        amount = left if done == life else min(left, rounded(asset.base * days / life, asset.places))
        total += amount
        value = rounded(exact(asset.cost), asset.places) - total
        found.append(Year(first, following - DAY, days, amount, total, value))
        if done == life:
            break
    return tuple(found)


def value_on(asset: Asset, day: date) -> Decimal:
    """Return the value in the books at the end of a day, to the unit of account; the cost before the first use."""
    life = asset.years * asset.convention
    used = days_between(asset.used_from, day + DAY, asset.convention) if day >= asset.used_from else 0
    return rounded(exact(asset.cost) - asset.base * min(used, life) / life, asset.places)


def days_between(first: date, following: date, convention: int) -> int:
    """Return the days from one day, which counts, to another, which does not, by the convention."""
    if convention == 360:
        months = (following.year - first.year) * 12 + following.month - first.month
        return months * 30 + min(following.day, 30) - min(first.day, 30)
    leap = sum(1 for year in range(first.year, following.year + 1) if _leap_day_within(year, first, following))
    return (following - first).days - leap


def _leap_day_within(year: int, first: date, following: date) -> bool:
    return isleap(year) and first <= date(year, 2, 29) < following


def _years(asset: Asset) -> Iterator[tuple[date, date]]:
    """Yield the first day of each fiscal year that the asset lives in, and that of the one after."""
    first, (month, day) = asset.used_from, asset.year_begins
    following = date(first.year, month, day)
    while True:
        if following > first:
            yield first, following
            first = following
        following = date(following.year + 1, month, day)
