"""Meters: hours run, kilometres, cycles; when a meter reached a figure, or will."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple


class Reading(NamedTuple):
    """What a meter showed on a day, in its own unit; a meter that replaced another goes on from the other's figure."""

    day: date
    value: int


class Reached(NamedTuple):
    """The day on which a meter reached a figure; `expected` when no reading shows it yet."""

    day: date
    expected: bool


class RunsBackwards(ValueError):
    """A reading is below an earlier one: `before` and `after` are the two."""

    def __init__(self, before: Reading, after: Reading) -> None:
        super().__init__(f"{after.value} on {after.day} is below {before.value} on {before.day}")
        self.before, self.after = before, after


def ordered(readings: Sequence[Reading]) -> list[Reading]:
    """Return readings by day; RunsBackwards if one is below an earlier one. Of two on one day the larger is later."""
    found = sorted(readings)
    for before, after in pairwise(found):
        if after.value < before.value:
            raise RunsBackwards(before, after)
    return found


def reached(readings: Sequence[Reading], value: int) -> Reached | None:
    """Return when ordered readings first show a figure, else when it is expected at the mean pace since the first one.

    None when nothing says so: fewer than two days of readings, or a meter that stands still.
    """
    seen = next((reading.day for reading in readings if reading.value >= value), None)
    if seen is not None:
        return Reached(seen, expected=False)
    pace = pace_of(readings)
    if not pace:
        return None
    days = (value - readings[-1].value) / pace
    try:
        return Reached(readings[-1].day + timedelta(days=-(-days.numerator // days.denominator)), expected=True)
    except OverflowError:
        return None


def pace_of(readings: Sequence[Reading]) -> Fraction | None:
    """Return units a day over all ordered readings; None with fewer than two days of them."""
    if not readings or readings[-1].day == readings[0].day:
        return None
    return Fraction(readings[-1].value - readings[0].value, (readings[-1].day - readings[0].day).days)


def value_on(readings: Sequence[Reading], day: date) -> int | None:
    """Return the last figure read up to a day; None before the first reading."""
    return max((reading.value for reading in readings if reading.day <= day), default=None)


def expected_on(readings: Sequence[Reading], day: date) -> int | None:
    """Return the figure on a day: the last one read up to it, after all readings the one expected at their pace."""
    if readings and day > readings[-1].day and (pace := pace_of(readings)):
        return readings[-1].value + int(pace * (day - readings[-1].day).days)
    return value_on(readings, day)


class Shown(NamedTuple):
    """What stood on a meter; `replaced`: it is the first figure of one that took the place of another."""

    day: date
    value: int
    replaced: bool = False


class RunsTooFast(RunsBackwards):
    """A meter ran more than it can in the days between two readings."""


def continued(shown: Sequence[Shown], per_day: int | None = None) -> list[Reading]:
    """Return what meters showed in their order, as if one meter had gone on: what a new one shows first adds nothing.

    Raises RunsBackwards, or RunsTooFast beyond so many units a day.
    """
    found: list[Reading] = []
    total, before = 0, None
    for one in shown:
        step = one.value if before is None else 0 if one.replaced else one.value - before.value
        if before is not None and not one.replaced:
            pair = Reading(before.day, before.value), Reading(one.day, one.value)
            if step < 0:
                raise RunsBackwards(*pair)
            if per_day is not None and step > per_day * ((one.day - before.day).days + 1):
                raise RunsTooFast(*pair)
        total, before = total + step, one
        found.append(Reading(one.day, total))
    return found


def used(readings: Sequence[Reading], first: date, last: date) -> int | None:
    """Return how many units ran from the day before a period to its end, by ordered readings.

    None where nobody read the meter in the period, or before it: what is not read is not known.
    """
    before = value_on(readings, first - timedelta(days=1))
    within = [reading.value for reading in readings if first <= reading.day <= last]
    return None if before is None or not within else max(within) - before
