"""Working time: on which days and hours a place works, and what is counted in them. Plain values: no table is read.

A day is one of the facilities' time zone, a moment is aware and comes back in UTC.
"""

import re
from collections.abc import Set
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo

DAY = 24 * 60  # minutes
Span = tuple[int, int]  # from, to: minutes since midnight
HOURS = re.compile(r"(\d{1,2})(?:[:hH.](\d{2})?)? ?(?:-|–|—|à|to) ?(\d{1,2})(?:[:hH.](\d{2})?)?", re.ASCII)


def spans_of(text: str) -> tuple[Span, ...]:
    """Return the hours that a text stands for, "07:30-12:00 14:00-17:30", "24h", "" for none; ValueError says of what
    there is no sense to be made."""
    words = " ".join(text.replace(",", " ").replace(";", " ").split())
    if words.casefold() in ("24h", "24 h", "24h/24", "24/24"):
        return ((0, DAY),)
    found, rest = [], words
    while rest:
        hours = HOURS.match(rest)
        if hours is None:
            raise ValueError(rest)
        start, end = (int(hours[at]) * 60 + int(hours[at + 1] or 0) for at in (1, 3))
        if not start < end <= DAY or int(hours[2] or 0) > 59 or int(hours[4] or 0) > 59:
            raise ValueError(hours[0])
        found.append((start, end))
        rest = rest[hours.end() :].strip()
    found.sort()
    if any(one[1] > next_[0] for one, next_ in pairwise(found)):
        raise ValueError(words)
    return tuple(found)


def written(spans: tuple[Span, ...]) -> str:
    """Return hours as they are kept: "07:30-12:00 14:00-17:30"."""
    return " ".join("-".join(f"{at // 60:02}:{at % 60:02}" for at in span) for span in spans)


@dataclass(frozen=True)
class Week:
    """When a place works: the hours of each day, Monday first; `on_holidays` also on public holidays."""

    days: tuple[tuple[Span, ...], ...]
    on_holidays: bool = False

    @cached_property
    def minutes(self) -> tuple[int, ...]:
        """Return how many minutes are worked on each day of the week."""
        return tuple(sum(end - start for start, end in spans) for spans in self.days)


OFFICE = Week((spans_of("07:30-12:00 14:00-17:30"),) * 5 + ((), ()))  # where nobody has said otherwise
ALWAYS = Week((spans_of("24h"),) * 7, on_holidays=True)


@dataclass(frozen=True)
class Calendar:
    """The working time of one place; ValueError where a week has no hour of work at all."""

    week: Week = OFFICE
    holidays: Set[date] = field(default=frozenset())
    zone: ZoneInfo = field(default=ZoneInfo("Africa/Bujumbura"))

    def __post_init__(self) -> None:
        if not any(self.week.minutes):
            raise ValueError("a week without an hour of work")

    def is_working_day(self, day: date) -> bool:
        """Return whether there is work on a day."""
        return bool(self._spans(day))

    def working_day_after(self, day: date, number: int = 1) -> date:
        """Return the n-th working day after a day, which does not count itself."""
        return self._step(day, number, timedelta(days=1))

    def working_day_before(self, day: date, number: int = 1) -> date:
        """Return the n-th working day before a day, which does not count itself."""
        return self._step(day, number, timedelta(days=-1))

    def working_days_between(self, first: date, last: date) -> int:
        """Return how many working days come after the first day, the last one included; 0 when it comes before."""
        return self._count(first + timedelta(days=1), last, [int(bool(each)) for each in self.week.minutes])

    def moment_after(self, moment: datetime, hours: float) -> datetime:
        """Return the moment when so many hours of work have passed since a moment; the moment itself for none."""
        left, here = timedelta(hours=hours), moment.astimezone(self.zone)
        day, done = here.date(), _since_midnight(here)
        while left > timedelta():
            for start, end in ((timedelta(minutes=at) for at in span) for span in self._spans(day)):
                worked = end - max(start, done)
                if worked >= left:
                    return self._moment(day, max(start, done) + left)
                left -= max(worked, timedelta())
            day, done = day + timedelta(days=1), timedelta()
        return moment.astimezone(UTC)

    def hours_between(self, start: datetime, end: datetime) -> float:
        """Return how many hours of work lie between two moments; 0 when the second does not come later."""
        if end <= start:
            return 0.0
        first, last = start.astimezone(self.zone), end.astimezone(self.zone)
        whole = self._count(first.date(), last.date() - timedelta(days=1), self.week.minutes)
        seconds = whole * 60 - self._worked(first) + self._worked(last)
        return seconds / 3600

    def _spans(self, day: date) -> tuple[Span, ...]:
        free = day in self.holidays and not self.week.on_holidays
        return () if free else self.week.days[day.weekday()]

    def _step(self, day: date, number: int, one: timedelta) -> date:
        while number > 0:
            day += one
            number -= self.is_working_day(day)
        return day

    def _count(self, first: date, last: date, of_day: tuple[int, ...] | list[int]) -> int:
        """Return the sum of what each day of the week counts, from a day to a day, less that of holidays."""
        number = (last - first).days + 1
        if number <= 0:
            return 0
        weeks, rest = divmod(number, 7)
        total = weeks * sum(of_day) + sum(of_day[(first.weekday() + each) % 7] for each in range(rest))
        free = () if self.week.on_holidays else (day for day in self.holidays if first <= day <= last)
        return total - sum(of_day[day.weekday()] for day in free)

    def _worked(self, here: datetime) -> float:
        """Return how many seconds of its day were worked when a local moment is reached."""
        done = _since_midnight(here)
        spans = ((timedelta(minutes=start), timedelta(minutes=end)) for start, end in self._spans(here.date()))
        return sum((min(done, end) - start).total_seconds() for start, end in spans if done > start)

    def _moment(self, day: date, done: timedelta) -> datetime:
        return (datetime.combine(day, time(), self.zone) + done).astimezone(UTC)


def _since_midnight(here: datetime) -> timedelta:
    return timedelta(hours=here.hour, minutes=here.minute, seconds=here.second, microseconds=here.microsecond)
