"""When maintenance is due: month ends, leap days, days without work, meters, and windows that lose nothing."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from core.data.worktime import OFFICE, Calendar
from plugins.gmao.formulas.compliance import Scheduled, compliance, state_of, together, window
from plugins.gmao.formulas.meters import Reached, Reading, RunsBackwards, expected_on, ordered, reached
from plugins.gmao.formulas.recurrence import UNITS, Done, Every, Occurrence, Plan, occurrences
from plugins.gmao.formulas.workdays import SHIFTS, moved

YEAR = date(2026, 1, 1), date(2026, 12, 31)
# Labour day 2026 is a Friday, Independence day a Wednesday
BURUNDI = Calendar(OFFICE, frozenset({date(2026, 5, 1), date(2026, 7, 1)})).is_working_day


def monthly(first: date, number: int = 1, **more: object) -> Plan:
    return Plan(first, Every(number, "month"), **more)  # type: ignore[arg-type]


def days(found: list[Occurrence]) -> list[str]:
    return [f"{one.day:%m-%d}" for one in found]


def test_the_31st_clamps_and_comes_back() -> None:
    found = occurrences(monthly(date(2026, 1, 31)), date(2026, 1, 1), date(2026, 6, 30))
    assert days(found) == ["01-31", "02-28", "03-31", "04-30", "05-31", "06-30"]
    assert [one.number for one in found] == [1, 2, 3, 4, 5, 6]


def test_29_february_comes_back_in_leap_years() -> None:
    found = occurrences(Plan(date(2024, 2, 29), Every(1, "year")), date(2025, 1, 1), date(2028, 12, 31))
    assert [one.day.isoformat() for one in found] == ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]
    found = occurrences(monthly(date(2027, 10, 31), 4), date(2028, 1, 1), date(2028, 12, 31))
    assert days(found) == ["02-29", "06-30", "10-31"]


def test_every_two_weeks_from_a_thursday() -> None:
    found = occurrences(Plan(date(2026, 1, 1), Every(2, "week")), *YEAR)
    assert len(found) == 27 and {one.day.weekday() for one in found} == {3}
    assert days(found)[:3] == ["01-01", "01-15", "01-29"]
    assert days(occurrences(Plan(date(2026, 1, 1), Every(90, "day")), *YEAR)) == [
        "01-01",
        "04-01",
        "06-30",
        "09-28",
        "12-27",
    ]


def test_days_without_work_give_way() -> None:
    """The 1st of March 2026 is a Sunday, 1 May a holiday before a weekend, 1 July a holiday on a Wednesday."""
    plan = {shift: monthly(date(2026, 1, 1), shift=shift) for shift in SHIFTS}
    march = date(2026, 3, 1), date(2026, 7, 31)
    assert days(occurrences(plan["none"], *march, works=BURUNDI)) == ["03-01", "04-01", "05-01", "06-01", "07-01"]
    assert days(occurrences(plan["after"], *march, works=BURUNDI)) == ["03-02", "04-01", "05-04", "06-01", "07-02"]
    before = occurrences(plan["before"], *march, works=BURUNDI)
    assert days(before) == ["04-01", "04-30", "06-01", "06-30", "07-31"]  # that of 1 August moves in, of 1 March out
    assert [one.due.day for one in before] == [1] * 5
    assert days(occurrences(plan["after"], *march)) == days(occurrences(plan["none"], *march))  # it works every day
    with pytest.raises(ValueError, match="no working day"):
        occurrences(plan["after"], *march, works=lambda day: False)


def test_a_month_without_a_scheduler_loses_nothing() -> None:
    plan = monthly(date(2026, 1, 31), shift="after")
    missed = [one for one in occurrences(plan, *YEAR, works=BURUNDI) if one.day <= date(2026, 9, 30)]
    assert missed == occurrences(plan, date(2026, 1, 1), date(2026, 9, 30), works=BURUNDI)
    assert len(missed) == 9 and not any(one.forecast for one in missed)


def test_a_plan_ends_and_begins() -> None:
    plan = monthly(date(2026, 3, 31), until=date(2026, 5, 31))
    assert days(occurrences(plan, *YEAR)) == ["03-31", "04-30", "05-31"]
    assert occurrences(plan, date(2026, 1, 1), date(2026, 3, 30)) == []
    assert occurrences(plan, date(2026, 5, 1), date(2026, 4, 1)) == []
    late = occurrences(monthly(date(9999, 11, 30)), date(9999, 1, 1), date.max)
    assert days(late) == ["11-30", "12-30"]


def test_floating_counts_from_what_was_done() -> None:
    plan = monthly(date(2026, 1, 31), floating=True)
    done = [Done(date(2026, 2, 10)), Done(date(2026, 3, 31))]
    found = occurrences(plan, *YEAR, done=done)
    assert days(found)[:5] == ["01-31", "03-10", "04-30", "05-31", "06-30"]
    assert [one.forecast for one in found[:5]] == [False, False, False, True, True]
    assert [one.number for one in found] == list(range(1, 12))
    assert occurrences(plan, *YEAR, done=[*done[::-1], done[0]]) == found  # twice on one day is once


# --- by meter ---

GENERATOR = [Reading(date(2026, 1, 1), 1000), Reading(date(2026, 2, 1), 1124), Reading(date(2026, 3, 1), 1236)]


def test_a_generator_is_due_every_250_hours() -> None:
    """236 hours in 59 days are 4 a day; 1250 is 3½ days away, which is the fourth day."""
    plan = Plan(first_meter=1250, meter=250)
    found = occurrences(plan, *YEAR, readings=GENERATOR)
    assert found[0] == Occurrence(1, date(2026, 3, 5), date(2026, 3, 5), "meter", True)
    assert found[1].due == date(2026, 5, 6)  # 264 hours at 4 a day
    seen = occurrences(plan, *YEAR, readings=[*GENERATOR, Reading(date(2026, 4, 1), 1800)])
    assert [(one.due, one.forecast) for one in seen[:3]] == [
        (date(2026, 4, 1), False), (date(2026, 4, 1), False), (date(2026, 4, 1), False),
    ]  # fmt: skip
    assert seen[3].forecast and seen[3].due > date(2026, 4, 1)
    assert occurrences(plan, *YEAR, readings=GENERATOR[:1]) == []  # nothing says when


def test_a_meter_that_runs_backwards_is_told() -> None:
    with pytest.raises(RunsBackwards) as told:
        occurrences(Plan(first_meter=1, meter=1), *YEAR, readings=[*GENERATOR, Reading(date(2026, 3, 2), 900)])
    assert (told.value.before.value, told.value.after.value) == (1236, 900)
    assert ordered(GENERATOR[::-1]) == GENERATOR
    assert reached(GENERATOR, 1100) == Reached(date(2026, 2, 1), False)
    assert reached([GENERATOR[0], Reading(date(2026, 5, 1), 1000)], 1001) is None  # it stands still
    assert reached([Reading(date(2026, 1, 1), 0), Reading(date(2026, 12, 31), 1)], 10**9) is None
    assert expected_on(GENERATOR, date(2026, 3, 11)) == 1276 and expected_on([], date(2026, 3, 11)) is None


def test_a_window_far_into_a_meter_is_found_at_once() -> None:
    """A meter of kilometres with a plan of 1: half a million occurrences lie before the window."""
    readings = [Reading(date(2020, 1, 1), 0), Reading(date(2026, 1, 1), 500_000)]
    found = occurrences(Plan(first_meter=1, meter=1), date(2026, 6, 1), date(2026, 6, 1), readings=readings)
    pace = Fraction(500_000, 2192)
    assert len(found) == int(151 * pace) - int(150 * pace) == 228
    assert [one.number for one in found] == list(range(500_000 + int(150 * pace) + 1, 500_000 + int(151 * pace) + 1))


def test_whichever_comes_first() -> None:
    """A vehicle: every 6 months or 5 000 km, each from the last service."""
    plan = Plan(date(2026, 7, 1), Every(6, "month"), 15_000, 5000, floating=True)
    slow = [Reading(date(2026, 1, 1), 10_000), Reading(date(2026, 6, 1), 11_000)]
    assert [(one.due, one.by) for one in occurrences(plan, *YEAR, readings=slow)] == [(date(2026, 7, 1), "calendar")]
    fast = [Reading(date(2026, 1, 1), 10_000), Reading(date(2026, 3, 10), 15_200)]
    found = occurrences(plan, *YEAR, readings=fast, done=[Done(date(2026, 3, 20), 15_600)])
    assert (found[0].due, found[0].by, found[0].forecast) == (date(2026, 3, 10), "meter", False)
    assert (found[1].by, found[1].forecast) == ("meter", True)  # 5 400 km at 5 200 in 68 days
    assert found[1].due == date(2026, 3, 10) + timedelta(days=71)
    early = occurrences(plan, *YEAR, readings=slow, done=[Done(date(2026, 6, 1))])
    assert [one.due for one in early] == [date(2026, 7, 1), date(2026, 12, 1)]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"first": date(2026, 1, 1)},
        {"first_meter": 5},
        {"first_meter": 5, "meter": 0},
        {"first": date(2026, 1, 1), "every": Every(1, "day"), "shift": "nearest"},
        {"first": date(2026, 1, 1), "every": Every(1, "day"), "first_meter": 5, "meter": 5},
    ],
)
def test_a_plan_that_says_nothing_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        Plan(**wrong)


def test_an_interval_has_a_unit_and_a_number() -> None:
    for number, unit in ((0, "day"), (1, "fortnight")):
        with pytest.raises(ValueError, match="every"):
            Every(number, unit)
    assert Every(1, "month").days(date(2026, 1, 31)) == 28 and Every(90, "day").days(date(2026, 4, 1)) == 90


# --- against brute force ---

EVERY = st.builds(Every, st.integers(1, 20), st.sampled_from(UNITS))
DATES = st.dates(date(2023, 1, 1), date(2029, 12, 31))
CALENDARS = st.sets(st.integers(0, 6), min_size=1).map(lambda week: lambda day: day.weekday() in week and day.day != 15)


@given(DATES, EVERY, st.sampled_from(SHIFTS), CALENDARS, DATES, st.integers(0, 500))
def test_fixed_occurrences_agree_with_brute_force(
    first: date, every: Every, shift: str, works, start: date, length: int
) -> None:
    end = start + timedelta(days=length)
    step = {f"{every.unit}s": every.number}
    expected = []
    for times in range(3000):
        due = first + relativedelta(**{unit: times * number for unit, number in step.items()})
        if due > end + timedelta(days=30):
            break
        day = moved(due, shift, works)
        if start <= day <= end:
            expected.append((times + 1, due, day))
    found = occurrences(Plan(first, every, shift=shift), start, end, works=works)
    assert sorted((one.number, one.due, one.day) for one in found) == expected


def readings_of(first: date, steps: list[tuple[int, int]]) -> list[Reading]:
    found, value = [], 0
    for gap, more in steps:
        first, value = first + timedelta(days=gap), value + more
        found.append(Reading(first, value))
    return found


PLANS = st.one_of(
    st.builds(Plan, DATES, EVERY, floating=st.booleans(), shift=st.sampled_from(SHIFTS), until=st.none() | DATES),
    st.builds(Plan, first_meter=st.integers(0, 300), meter=st.integers(20, 300), floating=st.booleans()),
    st.builds(Plan, DATES, EVERY, st.integers(0, 300), st.integers(20, 300), st.just(True), st.sampled_from(SHIFTS)),
)
READINGS = st.builds(readings_of, DATES, st.lists(st.tuples(st.integers(0, 90), st.integers(0, 200)), max_size=6))
DONE = st.lists(st.builds(Done, DATES, st.none() | st.integers(0, 900)), max_size=6)


@given(PLANS, DONE, READINGS, CALENDARS, DATES, st.integers(0, 400), st.integers(0, 400))
def test_a_window_has_the_occurrences_of_its_halves(
    plan: Plan, done: list[Done], readings: list[Reading], works, start: date, one: int, other: int
) -> None:
    middle, end = start + timedelta(days=one), start + timedelta(days=one + other + 1)

    def within(first: date, last: date) -> list[Occurrence]:
        return occurrences(plan, first, last, done, readings, works)

    whole = within(start, end)
    assert whole == within(start, middle) + within(middle + timedelta(days=1), end)
    assert len({each.number for each in whole}) == len(whole)
    assert all(start <= each.day <= end for each in whole)
    if plan.shift != "none":
        assert all(works(each.day) for each in whole)


# --- done in time ---


def test_the_window_of_a_90_day_plan() -> None:
    due = date(2026, 4, 1)
    assert window(due, 90) == (date(2026, 3, 23), date(2026, 4, 10))
    assert window(due, 365) == (due - timedelta(days=36), due + timedelta(days=36))  # 36.5: within, never beyond
    assert window(due, 7) == (due, due)
    with pytest.raises(ValueError, match="interval"):
        window(due, 0)
    ends = {date(2026, 3, 22): "done_early", date(2026, 3, 23): "done_on_time", date(2026, 4, 10): "done_on_time",
            date(2026, 4, 11): "done_late"}  # fmt: skip
    today = date(2026, 6, 1)
    assert {day: state_of(Scheduled(1, due, 90, day), today) for day in ends} == ends


def test_compliance_leaves_out_and_lists_what_does_not_count() -> None:
    due = date(2026, 4, 1)
    cases = {
        "in time": Scheduled("in time", due, 90, date(2026, 4, 3)),
        "late": Scheduled("late", due, 90, date(2026, 5, 3)),
        "early": Scheduled("early", due, 90, date(2026, 1, 3)),
        "missed": Scheduled("missed", due, 90),
        "justified": Scheduled("justified", due, 90, justified=True),
        "gone": Scheduled("gone", due, 90, decommissioned=date(2026, 4, 10)),
        "gone later": Scheduled("gone later", due, 90, decommissioned=date(2026, 4, 11)),
        "justified and done": Scheduled("justified and done", due, 90, date(2026, 4, 1), justified=True),
        "other period": Scheduled("other period", date(2026, 7, 1), 90),
        "open": Scheduled("open", date(2026, 6, 28), 90),
    }
    found = compliance(cases.values(), date(2026, 4, 1), date(2026, 6, 30), date(2026, 7, 2))
    assert found.states == {
        "done_on_time": ("in time", "justified and done"), "done_early": ("early",), "done_late": ("late",),
        "missed": ("missed", "gone later"), "skipped_justified": ("justified",), "decommissioned": ("gone",),
        "open": ("open",),
    }  # fmt: skip
    assert (found.on_time, found.scheduled, found.rate) == (2, 6, Fraction(1, 3))
    assert together([found, found]).rate == Fraction(1, 3)
    assert compliance([], *YEAR, YEAR[0]).rate is None and together([]).rate is None
