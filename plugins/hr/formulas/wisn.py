"""How many staff a workload needs: WISN, the Workload Indicators of Staffing Need of the World Health Organization.

Source: WISN user's manual (WHO, 2010; revised edition 2023), chapters on available working time, workload standards,
allowance factors and staff requirements. The result keeps its decimals; `whole` is what the manual rounds it to.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

Number = int | Decimal | Fraction
BAND = 5  # from here on half a post more is rounded down, as below by tenths: 1.1, 2.2, 3.3, 4.4, 5.5


class Absent(NamedTuple):
    """Days on which somebody does not work in a year: B, C, D and E of the manual."""

    holidays: Number
    annual: Number
    sick: Number
    other: Number


class Activity(NamedTuple):
    """A health service activity: how often it is done in a year, and how long one takes, in hours."""

    volume: Number
    hours: Number


class Required(NamedTuple):
    """The staff that is needed, and all it comes from: `by` is that of each activity."""

    awt: Fraction
    standards: dict[str, Fraction]
    by: dict[str, Fraction]
    services: Fraction
    caf: Fraction
    iaf: Fraction
    exact: Fraction
    whole: int


def _sum(numbers: Iterable[Number]) -> Fraction:
    return sum((Fraction(each) for each in numbers), Fraction(0))


def available_days(possible: Number, absent: Absent) -> Fraction:
    """Return the days of a year on which somebody works: A − (B + C + D + E); ValueError where none are left."""
    days = Fraction(possible) - _sum(absent)
    if days <= 0:
        raise ValueError("no working day is left in the year")
    return days


def available_hours(possible: Number, absent: Absent, hours: Number) -> Fraction:
    """Return the available working time of a year in hours: the days × F, the hours of a day."""
    if hours <= 0:
        raise ValueError("a working day has hours")
    return available_days(possible, absent) * Fraction(hours)


def standard(awt: Fraction, hours: Number) -> Fraction:
    """Return the standard workload: how often one person can do an activity in a year."""
    if hours <= 0:
        raise ValueError("an activity takes time")
    return awt / Fraction(hours)


def category_factor(shares: Iterable[Number]) -> Fraction:
    """Return the category allowance factor: 1 ÷ (1 − Σ of the shares of working time that all staff give to it)."""
    left = 1 - _sum(shares)
    if not 0 < left <= 1:
        raise ValueError("support activities of all take a share of the working time, less than all of it")
    return 1 / left


def individual_factor(hours: Iterable[Number], awt: Fraction) -> Fraction:
    """Return the individual allowance factor: the hours a year that some staff give to it ÷ available working time."""
    return _sum(hours) / awt


def required(
    awt: Fraction, activities: Mapping[str, Activity], shares: Iterable[Number] = (), hours: Iterable[Number] = (),
) -> Required:  # fmt: skip
    """Return the staff that is needed: H × category factor + individual factor, H = Σ volume ÷ standard workload."""
    standards = {name: standard(awt, one.hours) for name, one in activities.items()}
    by = {name: Fraction(one.volume) / standards[name] for name, one in activities.items()}
    services, caf, iaf = sum(by.values(), Fraction(0)), category_factor(shares), individual_factor(hours, awt)
    exact = services * caf + iaf
    return Required(awt, standards, by, services, caf, iaf, exact, whole(exact))


def whole(staff: Fraction) -> int:
    """Return a number of staff as the manual rounds it: down to 1.1, 2.2, 3.3, 4.4 and 5.5 (then half), else up."""
    down = staff.__floor__()
    return down if staff - down <= Fraction(min(down, BAND), 10) else down + 1


def ratio(present: Number, needed: Fraction) -> Fraction | None:
    """Return present ÷ needed staff: below 1 there are too few; None where none are needed."""
    return Fraction(present) / needed if needed else None
