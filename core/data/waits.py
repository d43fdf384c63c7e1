"""Who holds the ball while a row is in a state, and until when: declared with the states, read by the core."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import reduce
from typing import Any

from core.contract.ports import Words
from core.contract.words import ngettext
from core.data.calendar import local, moment
from core.data.worktime import Calendar

PATHS = re.compile(r"%\(([\w.]+)\)")
DAYS, WORKING_DAYS, HOURS = "days", "working_days", "hours"


@dataclass(frozen=True)
class Within:
    """A time that is allowed: days end with their last minute, hours are hours of work."""

    number: int
    unit: str

    @property
    def works(self) -> bool:
        """Return whether a calendar is needed to count it."""
        return self.unit != DAYS

    @property
    def words(self) -> Words:
        """Return the time in words."""
        if self.unit == WORKING_DAYS:
            return ngettext("%(num)d working day", "%(num)d working days", self.number)
        if self.unit == HOURS:
            return ngettext("%(num)d hour of work", "%(num)d hours of work", self.number)
        return ngettext("%(num)d day", "%(num)d days", self.number)

    def after(self, start: datetime, calendar: Calendar) -> datetime:
        """Return the moment at which it is over."""
        if self.unit == HOURS:
            return calendar.moment_after(start, self.number)
        day = local(start).date()
        works = self.unit == WORKING_DAYS
        return end_of(calendar.working_day_after(day, self.number) if works else day + timedelta(days=self.number))


def end_of(day: date) -> datetime:
    """Return the last moment of a day in the facilities' time zone."""
    return moment(day, time.max)


def days(number: int) -> Within:
    """Return a time of so many days, whatever days they are."""
    return Within(number, DAYS)


def working_days(number: int) -> Within:
    """Return a time of so many working days of the place that holds the ball."""
    return Within(number, WORKING_DAYS)


def hours(number: int) -> Within:
    """Return a time of so many hours of work of the place that holds the ball."""
    return Within(number, HOURS)


@dataclass(frozen=True)
class Wait:
    """What is asked while a row is in a state, of whom, and until when.

    The ball is with whoever holds `right` at the place that `at` leads to from the row ("facility",
    "shipment.supplier"; where it leads nowhere, the country), but for the people whose ids `besides` leads to; or
    with the `person` whose id a column holds. It is there `within` a time, or until the day that `until` leads to;
    without either there is no deadline. When that passes, those who hold `escalates` at the next place above are told,
    and each working day later those one place further up.

    `task` and `action` are the title and the button in the inbox, `detail` its small line; in both "%(facility)s"
    stands for what a path leads to. Of more than a few the inbox says `many`, with "%(number)s", and leads to the list,
    narrowed to its ready-made `view`; `page` is where the button leads, the row's own page unless it is said. With
    `when` it concerns rows of which these columns have these values: of the waits of a state the first that fits
    counts.
    """

    task: Words
    action: Words
    right: str = ""
    at: str = "facility"
    person: str = ""
    within: Within | None = None
    until: str = ""
    detail: Words = ""
    when: Mapping[str, Any] = field(default_factory=dict)
    besides: str = ""
    escalates: str = ""
    view: str = ""
    many: Words = ""
    page: str = ""

    def __post_init__(self) -> None:
        if bool(self.right) == bool(self.person):
            raise ValueError("a wait is for a right at a place, or for a person")
        if self.within is not None and self.until:
            raise ValueError("a wait has a time that is allowed, or a day")

        if self.within is not None and not isinstance(self.within, Within):
            raise ValueError(f"within={self.within!r} is no time: days(5), working_days(5) or hours(5)")

    def fits(self, row: Any) -> bool:
        """Return whether it concerns a row that is in its state."""
        return all(getattr(row, column) == value for column, value in self.when.items())

    def told(self) -> set[str]:
        """Return the paths whose ends its texts name."""
        return {path for text in (self.task, self.detail) for path in PATHS.findall(str(text))}

    def paths(self) -> set[str]:
        """Return all paths from the row that it names."""
        ways = {self.person or self.at, self.until, self.besides}
        return {*self.told(), *self.when, *ways} - {""}


def follow(row: Any, path: str) -> Any:
    """Return what a path leads to from a row, None where it breaks off."""
    return reduce(lambda at, name: None if at is None else getattr(at, name), path.split("."), row)
