"""When the turn of recurring work comes: on the days of its plan, or on the working days beside them."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count

from core.contract.ports import LAST, Recurring
from core.data.calendar import local, moment
from core.data.worktime import Calendar

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AWAY = timedelta(days=31)  # a turn is moved by less


def turn_after(
    entry: Recurring, now: datetime, base: date | None = None, calendar: Calendar | None = None
) -> tuple[datetime, date | None]:  # fmt: skip
    """Return (moment, its day in the plan) of the next turn after a moment, none before the one of `base`."""
    if entry.every is not None:
        return EPOCH + ((now - EPOCH) // entry.every + 1) * entry.every, None
    for day in _days(entry, base or local(now).date() - AWAY):
        if (at := moment_of(entry, day, calendar)) > now:
            return at, day
    raise AssertionError("days do not end")


def moment_of(entry: Recurring, day: date, calendar: Calendar | None) -> datetime:
    """Return when the turn of a day in the plan comes."""
    assert entry.at is not None
    if calendar is not None and entry.working and not calendar.is_working_day(day):
        before = entry.working == "before"
        day = calendar.working_day_before(day) if before else calendar.working_day_after(day)
    return moment(day, entry.at)


def _days(entry: Recurring, first: date) -> Iterator[date]:
    """Yield the days of the plan, from a day on."""
    if entry.day is None:
        each = 1 if entry.weekday is None else 7
        start = first if entry.weekday is None else first + timedelta(days=(entry.weekday - first.weekday()) % 7)
        yield from (start + timedelta(days=number * each) for number in count())
    for number in count(first.year * 12 + first.month - 1):
        year, month = number // 12, number % 12 + 1
        last = monthrange(year, month)[1]
        day = date(year, month, last if entry.day == LAST else min(entry.day or last, last))
        if day >= first:
            yield day
