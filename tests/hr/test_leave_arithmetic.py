"""Leave in numbers: what is earned, what is left of it, which days it takes."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.worktime import OFFICE, Calendar
from plugins.hr.formulas.accrual import ROUNDINGS, Period, credit, periods_of, rounded, year_of
from plugins.hr.formulas.leavedays import CALENDAR, WORKING, days_of, last_day, resumed_on
from plugins.hr.formulas.lots import Balance, Earned, Taken, balance

DAY = timedelta(days=1)
# Labour day 2026 is a Friday, Independence day a Wednesday
HOLIDAYS = frozenset({date(2026, 5, 1), date(2026, 7, 1)})
WORKS = Calendar(OFFICE, HOLIDAYS).is_working_day
DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))


def test_a_leave_year_begins_where_the_law_says() -> None:
    assert year_of(date(2026, 12, 1)) == Period(date(2026, 1, 1), date(2026, 12, 31))
    assert year_of(date(2026, 12, 1), 7) == Period(date(2026, 7, 1), date(2027, 6, 30))
    assert year_of(date(2026, 6, 30), 7) == Period(date(2025, 7, 1), date(2026, 6, 30))


def test_periods_are_whole_months() -> None:
    year = year_of(date(2026, 9, 1), 7)
    assert [one.days for one in periods_of(year, 12)] == [31, 31, 30, 31, 30, 31, 31, 28, 31, 30, 31, 30]
    assert periods_of(year, 4)[1] == Period(date(2026, 10, 1), date(2026, 12, 31))
    assert periods_of(year, 2)[1] == Period(date(2027, 1, 1), date(2027, 6, 30))
    assert periods_of(year, 1) == [year]
    with pytest.raises(ValueError, match="not 3"):
        periods_of(year, 3)


@pytest.mark.parametrize(
    ("annual", "number", "joined", "rounding", "exact", "amount"),
    [
        (18, 12, date(2020, 1, 1), "none", Fraction(3, 2), Fraction(3, 2)),  # a whole month of 18 days a year
        (20, 12, date(2020, 1, 1), "none", Fraction(5, 3), Fraction(5, 3)),
        (20, 12, date(2020, 1, 1), "quarter", Fraction(5, 3), Fraction(7, 4)),
        (20, 12, date(2020, 1, 1), "half", Fraction(5, 3), Fraction(3, 2)),
        (20, 12, date(2020, 1, 1), "whole", Fraction(5, 3), Fraction(2)),
        (18, 12, date(2026, 4, 16), "none", Fraction(3, 4), Fraction(3, 4)),  # 15 of the 30 days of April
        (24, 4, date(2026, 5, 2), "none", 6 * Fraction(60, 91), 6 * Fraction(60, 91)),
        (22, 2, date(2026, 6, 30), "quarter", Fraction(11, 181), Fraction(0)),
        (20, 1, date(2026, 12, 31), "none", Fraction(20, 365), Fraction(20, 365)),
    ],
)
def test_the_credit_of_a_period(
    annual: int, number: int, joined: date, rounding: str, exact: Fraction, amount: Fraction
) -> None:
    period = next(
        one for one in periods_of(year_of(date(2026, 1, 1)), number)
        if one.first <= max(joined, date(2026, 4, 1)) <= one.last
    )  # fmt: skip
    found = credit(Fraction(annual), number, rounding, period, joined)
    assert found is not None
    assert (found.exact, found.amount) == (exact, amount)


def test_a_credit_may_be_taken_ahead_or_once_it_is_earned() -> None:
    april = Period(date(2026, 4, 1), date(2026, 4, 30))
    ahead, after = (credit(Fraction(24), 12, "none", april, date(2026, 4, 11), None, each) for each in (True, False))
    assert ahead is not None
    assert after is not None
    assert (ahead.on, after.on, ahead.amount) == (date(2026, 4, 11), date(2026, 4, 30), Fraction(4, 3))
    assert credit(Fraction(24), 12, "none", april, date(2026, 5, 1)) is None
    gone = credit(Fraction(24), 12, "none", april, date(2020, 1, 1), date(2026, 4, 15))
    assert gone is not None
    assert gone.amount == 1
    assert credit(Fraction(24), 12, "none", april, date(2020, 1, 1), date(2026, 3, 31)) is None


@given(
    annual=st.fractions(0, 60, max_denominator=4), number=st.sampled_from((12, 4, 2, 1)), month=st.integers(1, 12),
    joined=DAYS, left=DAYS,
)  # fmt: skip
def test_credits_give_each_day_its_share(annual: Fraction, number: int, month: int, joined: date, left: date) -> None:
    """Against each day by itself: a day served gives annual ÷ number ÷ the days of its period."""
    year = year_of(date(2026, 7, 1), month)
    total = Fraction(0)
    for period in periods_of(year, number):
        found = credit(annual, number, "none", period, joined, left)
        each = [period.first + DAY * at for at in range(period.days)]
        served = sum(joined <= day <= left for day in each)
        assert (0 if found is None else found.exact) == annual / number * Fraction(served, len(each))
        total += 0 if found is None else found.exact
    assert total <= annual


@given(st.fractions(0, 60, max_denominator=360), st.sampled_from(list(ROUNDINGS)))
def test_rounding_is_to_the_nearest_step_and_up_from_the_middle(days: Fraction, rounding: str) -> None:
    found, step = rounded(days, rounding), ROUNDINGS[rounding]
    if step is None:
        assert found == days
    else:
        assert (found / step).denominator == 1
        assert -step / 2 < found - days <= step / 2


def earned(year: int, amount: int, expires: date | None, most: int | None = None) -> Earned:
    carried = None if most is None else Fraction(most)
    return Earned(date(year, 1, 1), date(year, 12, 31), expires, Fraction(amount), carried)


def test_the_oldest_lot_goes_first_and_expires_alone() -> None:
    lots = [earned(2025, 20, date(2026, 3, 31)), earned(2026, 20, date(2027, 3, 31))]
    taken = [Taken(date(2025, 8, 3), Fraction(12)), Taken(date(2026, 2, 2), Fraction(5))]
    found = balance(lots, taken, date(2026, 3, 31))
    assert [lot.left for lot in found.lots] == [3, 20]
    found = balance(lots, taken, date(2026, 4, 1))
    assert [(lot.taken, lot.expired, lot.left) for lot in found.lots] == [(17, 3, 0), (0, 0, 20)]
    assert (found.credited, found.taken, found.expired, found.left) == (40, 17, 3, 20)


def test_no_more_is_carried_than_may_be() -> None:
    lots = [earned(2025, 20, date(2026, 12, 31), 10), earned(2026, 20, date(2027, 12, 31), 10)]
    taken = [Taken(date(2025, 8, 3), Fraction(6))]
    found = balance(lots, taken, date(2026, 1, 1))
    assert [(lot.cut, lot.left) for lot in found.lots] == [(4, 10), (0, 20)]
    assert balance(lots, taken, date(2025, 12, 31)).left == 14


def test_nothing_is_carried_where_the_year_is_the_end() -> None:
    lots = [earned(2025, 20, date(2025, 12, 31)), earned(2026, 20, date(2026, 12, 31))]
    assert balance(lots, [], date(2025, 12, 31)).left == 20
    assert balance(lots, [], date(2026, 1, 1)).left == 20


def test_leave_in_advance_is_owed_and_made_good_by_the_next_credit() -> None:
    lots = [earned(2026, 20, None), earned(2027, 20, None)]
    taken = [Taken(date(2026, 12, 28), Fraction(25), "CG-1")]
    found = balance(lots, taken, date(2026, 12, 31))
    assert (found.owed, found.left, found.short[0].by) == (5, -5, "CG-1")
    found = balance(lots, taken, date(2027, 1, 1))
    assert (found.owed, found.left, found.taken) == (0, 15, 25)


@st.composite
def ledgers(draw: st.DrawFn) -> tuple[list[Earned], list[Taken]]:
    amounts, lots = st.integers(0, 12).map(lambda each: Fraction(each, 2)), []
    most = {year: draw(st.none() | amounts) for year in range(2024, 2029)}
    for on in draw(st.lists(DAYS, max_size=6)):
        ends, held = year_of(on).last, draw(st.none() | st.integers(0, 500))
        expires = None if held is None else ends + DAY * held
        lots.append(Earned(on, ends, expires, draw(amounts), most[on.year]))
    return lots, [Taken(on, draw(amounts), at) for at, on in enumerate(draw(st.lists(DAYS, max_size=6)))]


def day_by_day(lots: list[Earned], taken: list[Taken], on: date) -> list[Fraction]:
    """Return [left, expired, owed] by living through each day: what ends in the night, then credits, then leave."""
    left: list[list] = []  # [lot, rest]
    owed = expired = Fraction(0)
    day = date(2024, 1, 1)
    while day <= on:
        night = day - DAY
        for end in {one[0].year_ends for one in left if one[0].year_ends <= night and one[0].most is not None}:
            mine = [one for one in left if one[0].year_ends == end]
            while sum(one[1] for one in mine) > mine[0][0].most:
                next(one for one in mine if one[1])[1] -= Fraction(1, 2)
                expired += Fraction(1, 2)
        for one in left:
            if one[0].expires is not None and one[0].expires <= night:
                expired, one[1] = expired + one[1], Fraction(0)
        for lot in (each for each in lots if each.on == day):
            paid = min(owed, lot.amount)
            owed -= paid
            left.append([lot, lot.amount - paid])
        for each in (one for one in taken if one.on == day):
            rest = each.amount
            for one in left:
                share = min(rest, one[1])
                one[1], rest = one[1] - share, rest - share
            owed += rest
        day += DAY
    return [sum((one[1] for one in left), Fraction(0)), expired, owed]


@given(ledgers(), DAYS)
def test_lots_come_out_as_if_each_day_were_lived_through(found: tuple[list[Earned], list[Taken]], on: date) -> None:
    lots, taken = found
    state: Balance = balance(lots, taken, on)
    left, expired, owed = day_by_day(lots, taken, on)
    assert (state.left + state.owed, state.expired, state.owed) == (left, expired, owed)
    assert state.credited - state.taken - state.expired == state.left
    assert state.taken == sum((one.amount for one in taken if one.on <= on), Fraction(0))
    assert all(lot.left >= 0 for lot in state.lots)


def test_weekends_and_holidays_take_no_working_day() -> None:
    assert len(days_of(date(2026, 4, 27), date(2026, 5, 4), WORKING, WORKS)) == 5  # 1 May, a Friday, and a weekend
    assert len(days_of(date(2026, 4, 27), date(2026, 5, 4), CALENDAR, WORKS)) == 8
    assert days_of(date(2026, 5, 1), date(2026, 5, 3), WORKING, WORKS) == []
    assert days_of(date(2026, 5, 4), date(2026, 5, 1), CALENDAR, WORKS) == []
    assert last_day(date(2026, 4, 27), 5, WORKING, WORKS) == date(2026, 5, 4)
    assert last_day(date(2026, 1, 1), 98, CALENDAR, WORKS) == date(2026, 4, 8)  # fourteen weeks of maternity
    assert resumed_on(date(2026, 4, 30), WORKS) == date(2026, 5, 4)
    with pytest.raises(ValueError, match="working or calendar"):
        days_of(date(2026, 5, 1), date(2026, 5, 3), "weeks", WORKS)
    with pytest.raises(ValueError, match="a day at least"):
        last_day(date(2026, 5, 1), 0, WORKING, WORKS)
    with pytest.raises(ValueError, match="too few"):
        last_day(date(2026, 5, 1), 1, WORKING, lambda _day: False)
    with pytest.raises(ValueError, match="no day of work"):
        resumed_on(date(2026, 5, 1), lambda _day: False)


@given(first=DAYS, number=st.integers(1, 120), unit=st.sampled_from((WORKING, CALENDAR)), free=st.frozensets(DAYS))
def test_the_last_day_is_the_one_by_which_the_days_are_taken(
    first: date, number: int, unit: str, free: frozenset[date]
) -> None:
    works = Calendar(OFFICE, free).is_working_day
    last = last_day(first, number, unit, works)
    assert len(days_of(first, last, unit, works)) == number
    assert len(days_of(first, last - DAY, unit, works)) == number - 1
    if unit == WORKING:
        assert Calendar(OFFICE, free).working_days_between(first - DAY, last) == number
    back = resumed_on(last, works)
    assert works(back)
    assert not days_of(last + DAY, back - DAY, WORKING, works)
