"""Which days a leave takes, and when service is resumed.

Source: leave in working days leaves out weekends and public holidays of the place, leave in calendar days counts each
day (maternity, sickness). Whether there is work on a day is the calendar's to say (`core.data.worktime.Calendar`).
"""

from collections.abc import Callable
from datetime import date, timedelta

WORKING, CALENDAR = "working", "calendar"
UNITS = (WORKING, CALENDAR)
DAY = timedelta(days=1)
LONGEST = 3 * 366  # days: no leave is longer, nor a calendar without work

Works = Callable[[date], bool]


def days_of(first: date, last: date, unit: str, works: Works) -> list[date]:
    """Return the days that a leave takes, from its first day to its last; ValueError for another unit.

    Between Friday and Monday leave in working days takes two, in calendar days four.
    """
    if unit not in UNITS:
        raise ValueError(f"leave is counted in working or calendar days, not {unit}")
    each = (first + DAY * number for number in range((last - first).days + 1))
    return [day for day in each if unit == CALENDAR or works(day)]


def last_day(first: date, number: int, unit: str, works: Works) -> date:
    """Return the last day of a leave of so many days that begins on a day; ValueError for less than one."""
    if number < 1:
        raise ValueError("a leave takes a day at least")
    day = first
    for _each in range(LONGEST):
        number -= unit == CALENDAR or works(day)
        if not number:
            return day
        day += DAY
    raise ValueError("the calendar has too few days of work")


def resumed_on(last: date, works: Works) -> date:
    """Return the day of the return to service: the first day of work after the last one of a leave."""
    day = last + DAY
    for _each in range(LONGEST):
        if works(day):
            return day
        day += DAY
    raise ValueError("the calendar has no day of work")
