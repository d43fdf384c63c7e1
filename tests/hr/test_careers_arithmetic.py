"""Seniority, retirement and WISN in numbers."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.hr.formulas import wisn
from plugins.hr.formulas.retirement import Rule, retirement
from plugins.hr.formulas.seniority import Served, seniority

DAY = timedelta(days=1)
DAYS = st.dates(date(2018, 1, 1), date(2024, 12, 31))
SPANS = st.lists(st.tuples(DAYS, st.integers(0, 900) | st.none()), max_size=5).map(
    lambda each: [Served(first, None if days is None else first + DAY * days) for first, days in each]
)


@pytest.mark.parametrize(
    ("periods", "on", "years", "months", "days"),
    [
        ([(date(2010, 3, 15), None)], date(2026, 3, 14), 16, 0, 0),
        ([(date(2010, 3, 15), None)], date(2026, 3, 13), 15, 11, 27),
        ([(date(2020, 2, 29), None)], date(2021, 2, 28), 1, 0, 1),
        ([(date(2010, 1, 1), date(2010, 12, 31)), (date(2010, 7, 1), date(2011, 6, 30))], date(2026, 1, 1), 1, 6, 0),
        ([(date(2010, 1, 1), date(2010, 1, 20)), (date(2015, 3, 1), date(2015, 3, 25))], date(2026, 1, 1), 0, 1, 15),
        ([(date(2030, 1, 1), None)], date(2026, 1, 1), 0, 0, 0),
    ],
)
def test_time_served_is_said_in_years_months_and_days(
    periods: list[tuple[date, date | None]], on: date, years: int, months: int, days: int
) -> None:
    found = seniority([Served(*one) for one in periods], on)
    assert (found.years, found.months, found.days) == (years, months, days)


def test_a_leave_without_pay_does_not_count() -> None:
    found = seniority([Served(date(2020, 1, 1))], date(2023, 12, 31), [Served(date(2021, 1, 1), date(2021, 12, 31))])
    assert found.periods == [(date(2020, 1, 1), date(2020, 12, 31)), (date(2022, 1, 1), date(2023, 12, 31))]
    assert (found.years, found.months, found.days, found.counted) == (3, 0, 0, 366 + 365 + 365)


def test_a_period_that_ends_before_it_begins_is_no_service() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        seniority([Served(date(2020, 1, 2), date(2020, 1, 1))], date(2026, 1, 1))


@given(periods=SPANS, gaps=SPANS, on=DAYS)
def test_each_day_served_counts_once(periods: list[Served], gaps: list[Served], on: date) -> None:
    def held(spans: list[Served], day: date) -> bool:
        return any(one.first <= day and (one.last is None or day <= one.last) for one in spans)

    each = [date(2018, 1, 1) + DAY * at for at in range((on - date(2018, 1, 1)).days + 1)]
    days = {day for day in each if held(periods, day) and not held(gaps, day)}
    found = seniority(periods, on, gaps)
    assert found.counted == len(days)
    assert {first + DAY * at for first, last in found.periods for at in range((last - first).days + 1)} == days
    assert 0 <= found.months < 12
    assert abs(found.years * 365.25 + found.months * 30.4 + found.days - len(days)) < 12


SIXTY = Rule("civil", 60, date(1990, 1, 1))


def test_retirement_is_the_birthday() -> None:
    found = retirement(date(1970, 11, 3), "civil", [SIXTY])
    assert found is not None
    assert (found.on, found.extended) == (date(2030, 11, 3), False)
    born_on_the_29th = retirement(date(1972, 2, 29), "civil", [Rule("civil", 61, date(1990, 1, 1))])
    assert born_on_the_29th is not None
    assert born_on_the_29th.on == date(2033, 2, 28)
    assert retirement(date(1970, 1, 1), "contract", [SIXTY]) is None


@pytest.mark.parametrize(
    ("birth", "on"),
    [
        (date(1967, 6, 30), date(2027, 6, 30)),  # sixty on the last day of the old law
        (date(1967, 7, 1), date(2029, 7, 1)),  # a day later the new one holds
        (date(1970, 1, 1), date(2032, 1, 1)),
    ],
)
def test_a_law_that_raises_the_age_holds_from_its_day(birth: date, on: date) -> None:
    law = [Rule("civil", 60, date(1990, 1, 1), date(2027, 6, 30)), Rule("civil", 62, date(2027, 7, 1))]
    found = retirement(birth, "civil", law)
    assert found is not None
    assert found.on == on


def test_a_law_that_lowers_the_age_retires_on_its_first_day_who_is_past_it() -> None:
    law = [Rule("civil", 62, date(1990, 1, 1), date(2027, 6, 30)), Rule("civil", 60, date(2027, 7, 1))]
    found = retirement(date(1966, 3, 1), "civil", law)
    assert found is not None
    assert (found.on, found.rule.age) == (date(2027, 7, 1), 60)


@pytest.mark.parametrize(
    ("until", "on", "extended"),
    [(date(2032, 11, 3), date(2032, 11, 3), True), (date(2029, 1, 1), date(2030, 11, 3), False)],
)
def test_an_extension_is_a_decision_with_a_day(until: date, on: date, extended: bool) -> None:
    found = retirement(date(1970, 11, 3), "civil", [SIXTY], until)
    assert found is not None
    assert (found.on, found.extended) == (on, extended)


@given(
    birth=st.dates(date(1950, 1, 1), date(2000, 12, 31)),
    ages=st.lists(st.integers(50, 70), min_size=1, max_size=3),
    turns=st.lists(st.dates(date(2000, 1, 1), date(2060, 12, 31)), min_size=2, max_size=2, unique=True).map(sorted),
)
def test_retirement_is_the_first_day_of_the_age_that_holds(birth: date, ages: list[int], turns: list[date]) -> None:
    """Against each day by itself: how old is he on it, and what does the law of that day say?"""
    starts = [date(1990, 1, 1), *turns][: len(ages)]
    ends = [*(each - DAY for each in starts[1:]), None]
    law = [Rule("civil", *each) for each in zip(ages, starts, ends, strict=True)]
    found = retirement(birth, "civil", law)
    day, years = max(date(1990, 1, 1), birth.replace(year=birth.year + 50, day=1)), 0
    while True:
        rule = next(one for one in law if one.first <= day and (one.last is None or day <= one.last))
        is_28_for_29 = (birth.month, birth.day) == (2, 29) and (day + DAY).month == 3
        years = day.year - birth.year - ((day.month, day.day + is_28_for_29) < (birth.month, birth.day))
        if years >= rule.age:
            break
        day += DAY
    assert found is not None
    assert found.on == day


def test_wisn_of_the_manual() -> None:
    """The example of the manual: 1,696 hours a year, a category factor of 1.143, half a post for a few: 1.64."""
    awt = wisn.available_hours(260, wisn.Absent(13, 18, 12, 5), 8)
    assert wisn.available_days(260, wisn.Absent(13, 18, 12, 5)) == 212
    assert awt == 1696
    found = wisn.required(awt, {"care": wisn.Activity(1696, 1)}, [Decimal("0.125")], [848])
    assert (found.services, found.iaf) == (1, Fraction(1, 2))
    assert round(float(found.caf), 3) == 1.143
    assert round(float(found.exact), 2) == 1.64
    assert found.whole == 2


def test_the_staff_of_several_activities_add_up() -> None:
    awt = Fraction(1696)
    work = {"visits": wisn.Activity(8480, Decimal("0.5")), "births": wisn.Activity(212, 6)}
    found = wisn.required(awt, work)
    assert found.standards == {"visits": 3392, "births": Fraction(848, 3)}
    assert found.by == {"visits": Fraction(5, 2), "births": Fraction(3, 4)}
    assert (found.exact, found.whole) == (Fraction(13, 4), 3)


@pytest.mark.parametrize(
    ("low", "high", "whole"),
    [
        ("1.0", "1.1", 1), ("1.11", "1.9", 2), ("2.0", "2.2", 2), ("2.21", "2.9", 3), ("3.0", "3.3", 3),
        ("3.31", "3.99", 4), ("4.0", "4.4", 4), ("4.41", "4.99", 5), ("5.0", "5.5", 5), ("5.51", "5.99", 6),
        ("6.0", "6.5", 6), ("12.51", "13.5", 13), ("0.01", "0.99", 1), ("0", "0", 0),
    ],
)  # fmt: skip
def test_staff_are_rounded_in_the_bands_of_the_manual(low: str, high: str, whole: int) -> None:
    for at in range(11):
        share = Fraction(low) + (Fraction(high) - Fraction(low)) * Fraction(at, 10)
        assert wisn.whole(share) == whole, share


def test_present_against_required_staff() -> None:
    assert wisn.ratio(3, Fraction(4)) == Fraction(3, 4)
    assert wisn.ratio(3, Fraction(0)) is None


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: wisn.available_hours(40, wisn.Absent(13, 18, 12, 5), 8),
        lambda: wisn.available_hours(260, wisn.Absent(13, 18, 12, 5), 0),
        lambda: wisn.standard(Fraction(1696), 0),
        lambda: wisn.category_factor([Decimal("0.6"), Decimal("0.4")]),
        lambda: wisn.category_factor([Decimal("-0.1")]),
    ],
)
def test_what_cannot_be_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"working|takes time|share"):
        wrong()  # type: ignore[operator]
