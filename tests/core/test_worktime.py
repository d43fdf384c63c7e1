"""Working days and hours, against a count that walks them one by one."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.worktime import ALWAYS, DAY, OFFICE, Calendar, Week, spans_of, written

ZONE = ZoneInfo("Africa/Bujumbura")
FIRST = date(2026, 1, 1)
QUARTER = 15
days = st.integers(0, 40).map(lambda number: FIRST + timedelta(days=number))
marks = st.lists(st.integers(0, DAY // QUARTER), max_size=4, unique=True).map(sorted)
hours = marks.map(lambda at: tuple((a * QUARTER, b * QUARTER) for a, b in zip(at[::2], at[1::2], strict=False)))
weeks = st.builds(Week, st.tuples(*[hours] * 7), st.booleans()).filter(lambda week: any(week.minutes))
calendars = st.builds(Calendar, weeks, st.frozensets(days, max_size=12))
moments = st.builds(
    lambda day, minute: datetime.combine(day, time(), ZONE) + timedelta(minutes=minute * QUARTER),
    days, st.integers(0, DAY // QUARTER - 1),
)  # fmt: skip


def works(calendar, moment):
    """Return whether the quarter of an hour from a moment on is worked: the slow way, by looking at the clock."""
    here = moment.astimezone(ZONE)
    at = here.hour * 60 + here.minute
    free = here.date() in calendar.holidays and not calendar.week.on_holidays
    return not free and any(start <= at < end for start, end in calendar.week.days[here.weekday()])


@given(calendars, days, st.integers(1, 9))
def test_the_nth_working_day_is_the_nth_that_a_walk_meets(calendar, day, number):
    met, walked = [], day
    while len(met) < number:
        walked += timedelta(days=1)
        if any(
            works(calendar, datetime.combine(walked, time(), ZONE) + timedelta(minutes=at)) for at in range(0, DAY, 15)
        ):
            met.append(walked)
    found = calendar.working_day_after(day, number)
    assert found == met[-1]
    assert calendar.working_days_between(day, found) == number
    assert calendar.working_day_before(found + timedelta(days=1)) == found


@given(calendars, days, days)
def test_working_days_between_two_days_are_those_a_walk_counts(calendar, first, last):
    walk = (first + timedelta(days=each) for each in range(1, (last - first).days + 1))
    assert calendar.working_days_between(first, last) == sum(calendar.is_working_day(day) for day in walk)


@given(calendars, moments, moments)
def test_hours_between_two_moments_are_those_a_walk_counts(calendar, start, end):
    quarters, walked = 0, start
    while walked < end:
        quarters += works(calendar, walked)
        walked += timedelta(minutes=QUARTER)
    assert calendar.hours_between(start, end) == quarters / 4


@given(calendars, moments, st.integers(1, 60))
def test_so_many_hours_after_is_where_a_walk_arrives(calendar, start, quarters):
    walked, left = start, quarters
    while left:
        left -= works(calendar, walked)
        walked += timedelta(minutes=QUARTER)
    found = calendar.moment_after(start, quarters / 4)
    assert found == walked and found.tzinfo is UTC
    assert calendar.hours_between(start, found) == quarters / 4


@given(hours)
def test_hours_are_read_as_they_are_written(spans):
    assert spans_of(written(spans)) == spans


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("7h30-12h, 14h-17h30", ((450, 720), (840, 1050))),
        ("07:30–12:00 ; 14 à 17:30", ((450, 720), (840, 1050))),
        ("14:00-17:30 07:30-12:00", ((450, 720), (840, 1050))),
        ("24h/24", ((0, DAY),)),
        ("19:00-24:00", ((1140, DAY),)),
        ("  ", ()),
    ],
)
def test_hours_are_read_as_people_write_them(text, spans):
    assert spans_of(text) == spans


@pytest.mark.parametrize(
    "text", ["12:00-07:30", "07:30", "matin", "07:30-12:00 11:00-13:00", "08:00-25:00", "08:75-12:00"]
)
def test_hours_without_sense_are_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        spans_of(text)


def test_a_week_of_the_office_with_a_feast_that_was_announced():
    """Friday 13 March 2026, 17:00; Friday 20 is Eid: half an hour today, then Monday."""
    calendar = Calendar(OFFICE, frozenset({date(2026, 3, 20)}))
    friday = datetime(2026, 3, 13, 15, 0, tzinfo=UTC)  # 17:00 in Bujumbura
    assert calendar.moment_after(friday, 1) == datetime(2026, 3, 16, 6, 0, tzinfo=UTC)
    assert calendar.moment_after(friday, 0.5) == datetime(2026, 3, 13, 15, 30, tzinfo=UTC)  # closing time, not Monday
    assert calendar.working_day_after(date(2026, 3, 19)) == date(2026, 3, 23)
    assert Calendar(ALWAYS, calendar.holidays).working_day_after(date(2026, 3, 19)) == date(2026, 3, 20)


def test_a_day_begins_at_midnight_of_the_facilities_and_not_of_utc():
    calendar = Calendar(Week((spans_of("24h"), *[()] * 6)))  # Mondays alone
    sunday = datetime(2026, 3, 15, 21, 30, tzinfo=UTC)
    assert calendar.moment_after(sunday, 1) == datetime(2026, 3, 15, 23, 0, tzinfo=UTC)


def test_a_week_without_an_hour_of_work_is_no_calendar():
    with pytest.raises(ValueError, match="without an hour"):
        Calendar(Week(((),) * 7, on_holidays=True))
