"""Days that move off those on which nobody works."""

from collections.abc import Callable
from datetime import date, timedelta

DAY = timedelta(days=1)
FURTHEST = 366  # days: a calendar with a longer gap than that is wrong

Works = Callable[[date], bool]


def always(day: date) -> bool:
    """Return True: a place that works every day."""
    return True


NONE, BEFORE, AFTER = "none", "before", "after"
SHIFTS = (NONE, BEFORE, AFTER)


def moved(day: date, shift: str, works: Works) -> date:
    """Return the day itself if there is work, else the nearest working day before or after it.

    The shift "none" leaves it where it is. ValueError for another shift, and when no day within a year is worked on.
    """
    if shift not in SHIFTS:
        raise ValueError(f"a shift is one of {', '.join(SHIFTS)}, not {shift}")
    if shift == NONE:
        return day
    step = -DAY if shift == BEFORE else DAY
    for _each in range(FURTHEST):
        if works(day):
            return day
        day += step
    raise ValueError("the calendar has no working day in a year")
