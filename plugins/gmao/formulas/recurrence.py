"""When maintenance is due, by calendar, by meter, or by whichever comes first.

- Fixed: every n days, weeks, months or years from the first due day. Each occurrence is reckoned from that day, so that
  the 31st clamps to the end of a month and is the 31st again in the next one that has it; 29 February likewise.
- Floating: the next one is due n days, weeks, months or years, or so many units of the meter, after the last was done.
- A day on which nobody works gives way to the one before or after it, as the plan says.

Occurrences follow from the plan, what was done and what was read, for whatever window is asked for, and never from
today: a month without a scheduler loses nothing, and two windows that meet give what their whole gives. That an
occurrence was not done stops none of those after it; in a floating plan these are forecasts.
"""

from calendar import monthrange
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import NamedTuple

from plugins.gmao.formulas.meters import Reading, expected_on, ordered, reached, value_on
from plugins.gmao.formulas.workdays import AFTER, DAY, NONE, SHIFTS, Works, always, moved

DAYS = {"day": 1, "week": 7}
MONTHS = {"month": 1, "year": 12}
UNITS = (*DAYS, *MONTHS)
CALENDAR, METER = "calendar", "meter"


@dataclass(frozen=True, slots=True)
class Every:
    """An interval: so many days, weeks, months or years."""

    number: int
    unit: str

    def __post_init__(self) -> None:
        if self.unit not in UNITS or self.number < 1:
            raise ValueError(f"every {self.number} {self.unit}")

    def after(self, start: date, times: int = 1) -> date | None:
        """Return the day so many intervals after another, in its month's end if need be; None after the year 9999."""
        try:
            if self.unit in DAYS:
                return start + timedelta(days=times * self.number * DAYS[self.unit])
            year, month = divmod(start.year * 12 + start.month - 1 + times * self.number * MONTHS[self.unit], 12)
            return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
        except (OverflowError, ValueError):
            return None

    def before(self, start: date, day: date) -> int:
        """Return how many times the interval fits in before a day, from 0: no later occurrence is skipped by it."""
        if self.unit in DAYS:
            return max(0, (day - start).days // (self.number * DAYS[self.unit]))
        months = (day.year - start.year) * 12 + day.month - start.month
        return max(0, months // (self.number * MONTHS[self.unit]) - 1)

    def days(self, due: date) -> int:
        """Return how many days long the interval that begins on a day is; the window of compliance is a share of it."""
        following = self.after(due)
        return (following - due).days if following else (date.max - due).days


class Done(NamedTuple):
    """Maintenance that was done: the day, and the figure of the meter if somebody read it."""

    day: date
    meter: int | None = None


class Occurrence(NamedTuple):
    """One maintenance of a plan: its number from 1, the day that the plan says, and `day`, on which somebody works.

    `by` "calendar" or "meter". `forecast`: it moves when an earlier one is done, or the meter runs faster or slower.
    """

    number: int
    due: date
    day: date
    by: str = CALENDAR
    forecast: bool = False


@dataclass(frozen=True)
class Plan:
    """When maintenance is due: `first` and `every` by calendar, `first_meter` and `meter` by units of a meter, or both.

    `floating` counts from what was done; whichever comes first always does, as two series that run on by themselves
    have no first. `until` is the last day that may be due.
    """

    first: date | None = None
    every: Every | None = None
    first_meter: int | None = None
    meter: int | None = None
    floating: bool = False
    shift: str = NONE
    until: date | None = None

    def __post_init__(self) -> None:
        if (self.first is None) != (self.every is None) or (self.first_meter is None) != (self.meter is None):
            raise ValueError("a first occurrence and an interval belong together")
        if self.every is None and self.meter is None:
            raise ValueError("a plan counts days, a meter or both")
        if self.every is not None and self.meter is not None and not self.floating:
            raise ValueError("whichever comes first counts from what was done")
        if self.meter is not None and self.meter < 1:
            raise ValueError(f"every {self.meter} units")
        if self.shift not in SHIFTS:
            raise ValueError(f"a shift is one of {', '.join(SHIFTS)}, not {self.shift}")


Due = tuple[date, str, bool]  # the day, by what, whether it is a forecast


def occurrences(
    plan: Plan, first: date, last: date, done: Collection[Done] = (), readings: Sequence[Reading] = (),
    works: Works = always,
) -> list[Occurrence]:  # fmt: skip
    """Return what falls on the days from first to last, both included, in their order.

    `works` says of a day whether the place works. Raises RunsBackwards for a meter that does, ValueError for a calendar
    without a working day in a year.
    """
    kept = ordered(readings) if plan.meter else []
    past = enumerate(_done(plan, done, kept) if plan.floating else (), 1)
    found = [Occurrence(each, due, moved(due, plan.shift, works), by, soon) for each, (due, by, soon) in past]
    for number, (due, by, forecast) in _open(plan, _edge(plan, first, works), len(found) + 1, done, kept):
        one = Occurrence(number, due, moved(due, plan.shift, works), by, forecast)
        if one.day > last:
            break
        found.append(one)
    within = [one for one in found if first <= one.day <= last and (plan.until is None or one.due <= plan.until)]
    return sorted(within, key=lambda one: (one.day, one.number))


def _edge(plan: Plan, first: date, works: Works) -> date:
    """Return the earliest day that may move into a window that begins on `first`."""
    if plan.shift != AFTER or first == date.min:
        return first
    return moved(first - DAY, "before", works) + DAY


def _open(
    plan: Plan, edge: date, number: int, done: Collection[Done], readings: Sequence[Reading]
) -> Iterator[tuple[int, Due]]:
    """Yield what is due and not done, by number; of a fixed calendar only from a little before the edge on."""
    if plan.floating:
        yield from zip(count(number), _following(plan, done, readings), strict=False)
    elif plan.every and plan.first:
        for times in count(plan.every.before(plan.first, edge)):
            due = plan.every.after(plan.first, times)
            if due is None:
                return
            yield times + 1, (due, CALENDAR, False)
    elif plan.meter and plan.first_meter is not None:
        passed = (expected_on(readings, edge - DAY) or 0) - plan.first_meter  # due before the edge: not asked for
        for times in count(max(0, passed // plan.meter)):
            hit = reached(readings, plan.first_meter + times * plan.meter)
            if hit is None:
                return
            yield times + 1, (hit.day, METER, hit.expected)


def _completions(done: Collection[Done]) -> list[Done]:
    """Return what was done in its order; twice on one day is once."""
    return sorted({one.day: one for one in sorted(done, key=lambda one: (one.day, one.meter or 0))}.values())


def _done(plan: Plan, done: Collection[Done], readings: Sequence[Reading]) -> Iterator[Due]:
    """Yield when each maintenance of a floating plan that was done had been due."""
    calendar, figure = plan.first, plan.first_meter
    for one in _completions(done):
        hit = reached(readings, figure) if figure is not None else None
        known = hit is not None and not hit.expected and hit.day <= one.day
        if known and hit and (calendar is None or hit.day < calendar):
            yield hit.day, METER, False
        else:
            yield (calendar, CALENDAR, False) if calendar else (one.day, METER, False)
        calendar = plan.every.after(one.day) if plan.every else None
        figure = _next_figure(plan, one, figure, readings)


def _next_figure(plan: Plan, one: Done, figure: int | None, readings: Sequence[Reading]) -> int | None:
    """Return the figure at which the next maintenance is due, after one that was due at `figure`."""
    if plan.meter is None or figure is None:
        return None
    shown = value_on(readings, one.day) if one.meter is None else one.meter
    return (figure if shown is None else shown) + plan.meter


def _following(plan: Plan, done: Collection[Done], readings: Sequence[Reading]) -> Iterator[Due]:
    """Yield what a floating plan has open, then its forecasts, each as if the one before it were done when due."""
    base, times, figure = plan.first, 0, plan.first_meter
    for one in _completions(done):
        base, times, figure = one.day, 1, _next_figure(plan, one, figure, readings)
    opened = False
    while True:
        calendar = plan.every.after(base, times) if plan.every and base else None
        hit = reached(readings, figure) if figure is not None else None
        if hit and (calendar is None or hit.day < calendar):
            yield hit.day, METER, opened or hit.expected
            shown = value_on(readings, hit.day) if not hit.expected else figure
            base, times = hit.day, 1
        elif calendar:
            yield calendar, CALENDAR, opened
            shown = expected_on(readings, calendar)
            times += 1
        else:
            return
        opened = True
        if figure is not None and plan.meter:
            figure = (figure if shown is None else shown) + plan.meter
