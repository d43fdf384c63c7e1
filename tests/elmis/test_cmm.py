"""Stock-out days, eligible days and the CMM by each policy, computed by hand."""

import random
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.exact import exact
from plugins.elmis.formulas.cmm import DayRange, History, MonthRecord, closed_months, month_records, stockout_ranges
from plugins.elmis.formulas.policies import POLICIES, Cmm, cmm
from plugins.elmis.formulas.status import STATUSES, Levels, months_of_stock, stock_status

AUGUST, SEPTEMBER, OCTOBER = date(2026, 8, 1), date(2026, 9, 1), date(2026, 10, 1)
AS_OF = date(2026, 11, 22)
JUNE = DayRange(date(2026, 6, 1), date(2026, 6, 30))


def full(month: date, consumption: int, out: int = 0, days: int | None = None) -> MonthRecord:
    """Return a reported month, all of its days eligible."""
    length = (month.replace(day=28) + timedelta(days=4)).replace(day=1) - month
    return MonthRecord(month, True, consumption, length.days if days is None else days, out)


# The line of look/order.png: 5 753 consumed from August to October, 10 of 92 days out of stock.
PICTURE = [full(AUGUST, 1900, 4), full(SEPTEMBER, 1853, 6), full(OCTOBER, 2000)]


def test_the_picture() -> None:
    found = cmm(PICTURE)
    assert found.value == Fraction(5753, 82) * Fraction(61, 2)  # 2 139.84, shown as 2 140
    assert (found.consumption, found.eligible_days, found.stockout_days) == (5753, 92, 10)
    assert (found.months_used, found.flag) == ((AUGUST, SEPTEMBER, OCTOBER), "")


def test_each_policy_by_hand() -> None:
    assert cmm(PICTURE, "simple").value == Fraction(5753, 3)
    assert cmm(PICTURE, "msh").value == Fraction(5753) / (3 - Fraction(10) / Fraction(61, 2))
    # N: ceil(1900·30/26) = 2193, ceil(1853·30/24) = 2317, 2000; P = ceil(6510 / 3)
    assert cmm(PICTURE, "openlmis_v3").value == 2170


def test_openlmis_month_that_was_out_throughout_keeps_its_consumption() -> None:
    months = [full(AUGUST, 7, 31), full(SEPTEMBER, 8, 30), full(OCTOBER, 10, 15)]
    assert cmm(months, "openlmis_v3").value == 12  # (7 + 8 + 20) / 3 = 11.67
    patients = MonthRecord(OCTOBER, True, 10, 31, 15, additional=5)
    assert cmm([*months[:2], patients], "openlmis_v3").value == 14  # (7 + 8 + 25) / 3 = 13.33


def test_the_depot_that_opened_late() -> None:
    """A depot open for 3 of 6 months with 515 issued has 171.67, not 85.83."""
    closed = [MonthRecord(date(2026, month, 1), True, 0, 0, 0) for month in (5, 6, 7)]
    issued = [full(AUGUST, 170), full(SEPTEMBER, 175), full(OCTOBER, 170)]
    for policy in ("simple", "msh"):
        found = cmm([*closed, *issued], policy, months=6)
        assert found.value == Fraction(515, 3)
        assert found.flag == "few_months"
    found = cmm([*closed, *issued], "adjusted", months=6)
    assert found.value == Fraction(515, 92) * Fraction(61, 2)  # by its 92 days: 170.73
    assert cmm([*closed, *issued], "openlmis_v3", months=6).value == 172


def test_months_without_report_are_skipped_not_counted_as_zero() -> None:
    july = full(date(2026, 7, 1), 310)
    silent = MonthRecord(SEPTEMBER, False, 0, 0, 0)
    found = cmm([july, full(AUGUST, 310), silent, full(OCTOBER, 310)])
    assert found.months_used == (july.month, AUGUST, OCTOBER)
    assert found.value == Fraction(930, 93) * Fraction(61, 2) == 305


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(
    "records,flag",
    [
        ([], "no_report"),
        ([MonthRecord(OCTOBER, False, 90, 0, 0)], "no_report"),
        ([MonthRecord(OCTOBER, True, 0, 0, 0)], "never_received"),
    ],
)
def test_no_cmm_is_flagged_never_zero(policy: str, records: list[MonthRecord], flag: str) -> None:
    found = cmm(records, policy)
    assert (found.value, found.flag) == (None, flag)
    assert str(found.reason).startswith("no CMM")


@pytest.mark.parametrize("policy", ["adjusted", "msh"])
def test_out_of_stock_throughout(policy: str) -> None:
    found = cmm([full(AUGUST, 0, 31), full(SEPTEMBER, 0, 30), full(OCTOBER, 0, 31)], policy)
    assert (found.value, found.flag) == (None, "always_out")


def test_a_product_nobody_takes_has_a_cmm_of_zero() -> None:
    assert cmm([full(AUGUST, 0), full(SEPTEMBER, 0), full(OCTOBER, 0)]).value == 0


def test_no_older_month_is_used_than_it_takes_to_have_enough_days_in_stock() -> None:
    found = cmm([full(AUGUST, 900), full(SEPTEMBER, 300), full(OCTOBER, 60, 25)], months=1, least_days=15)
    assert (found.months_used, found.flag) == ((SEPTEMBER, OCTOBER), "older_months")  # 6 days, then 36
    assert found.value == Fraction(360, 36) * Fraction(61, 2) == 305


def test_an_unknown_policy_is_an_error() -> None:
    with pytest.raises(KeyError):
        cmm(PICTURE, "guess")


# --- stock-out days ---


def day(number: int) -> date:
    return date(2026, 6, number)


@pytest.mark.parametrize(
    "changes,opening,expected",
    [
        ([], 0, [(1, 30)]),
        ([], 5, []),
        ([(day(10), -5)], 5, [(11, 30)]),  # the day the last unit leaves had stock
        ([(day(10), -5), (day(20), 7)], 5, [(11, 19)]),
        ([(day(10), 4), (day(10), -4)], 0, [(1, 9), (11, 30)]),  # received and issued the same day
        ([(date(2026, 5, 2), 5), (date(2026, 5, 20), -5), (day(3), 1)], 0, [(1, 2)]),
        ([(date(2026, 7, 4), 5)], 0, [(1, 30)]),
        ([(day(1), -5), (day(30), 5)], 5, [(2, 29)]),
        ([(day(5), 3), (day(6), -1), (day(7), -2), (day(8), 0)], 0, [(1, 4), (8, 30)]),
    ],
)
def test_stockout_days(changes: list, opening: int, expected: list) -> None:
    found = stockout_ranges(changes, JUNE, opening)
    assert found == [DayRange(day(first), day(last)) for first, last in expected]


def by_the_day(changes: list, within: DayRange, opening: int) -> int:
    """Count stock-out days as the definition is written, a day at a time."""
    out = 0
    for number in range(within.days):
        today = within.first + timedelta(days=number)
        before = opening + sum(change for when, change in changes if when < today)
        received = any(change > 0 for when, change in changes if when == today)
        out += before <= 0 and not received
    return out


CHANGES = st.lists(st.tuples(st.dates(date(2026, 5, 15), date(2026, 7, 15)), st.integers(-5, 5)), max_size=25)


@given(CHANGES, st.integers(0, 6), st.randoms())
def test_stockout_days_agree_with_the_definition(changes: list, opening: int, chance: random.Random) -> None:
    found = stockout_ranges(changes, JUNE, opening)
    assert sum(one.days for one in found) == by_the_day(changes, JUNE, opening)
    assert all(before.last < after.first - timedelta(days=1) for before, after in pairwise(found))
    mixed = list(changes)
    chance.shuffle(mixed)
    assert stockout_ranges(mixed, JUNE, opening) == found


# --- months ---


def test_closed_months_end_before_the_day() -> None:
    assert [month.first for month in closed_months(AS_OF, 3)] == [AUGUST, SEPTEMBER, OCTOBER]
    assert closed_months(date(2026, 3, 1), 1) == (DayRange(date(2026, 2, 1), date(2026, 2, 28)),)
    assert [month.days for month in closed_months(date(2028, 3, 31), 3)] == [31, 31, 29]


def test_eligible_days_begin_at_the_later_of_opening_and_first_receipt() -> None:
    changes = [(date(2026, 9, 11), 100), (date(2026, 10, 6), -100)]
    consumed = [(date(2026, 10, 6), 100)]
    records = month_records(History(changes, consumed, opened=date(2026, 8, 15)), AS_OF, 3)
    assert [one.eligible_days for one in records] == [0, 20, 31]
    assert [one.stockout_days for one in records] == [0, 0, 25]
    assert [one.consumption for one in records] == [0, 0, 100]
    assert cmm(records).value == Fraction(100, 26) * Fraction(61, 2)
    late = month_records(History(changes, consumed, opened=date(2026, 10, 1)), AS_OF, 3)
    assert [one.eligible_days for one in late] == [0, 0, 31]


def test_opening_stock_counts_from_the_beginning() -> None:
    records = month_records(History([(date(2026, 9, 11), 5)], opening=10), AS_OF, 3)
    assert [one.eligible_days for one in records] == [31, 30, 31]
    never = month_records(History(), AS_OF, 3)
    assert [one.eligible_days for one in never] == [0, 0, 0]


def test_reversals_are_netted_and_unreported_months_have_no_days() -> None:
    consumed = [(date(2026, 8, 3), 50), (date(2026, 8, 4), -20), (date(2026, 9, 1), 30)]
    records = month_records(History((), consumed, opening=500, reported={AUGUST, OCTOBER}), AS_OF, 3)
    assert [one.consumption for one in records] == [30, 30, 0]
    assert [(one.reported, one.eligible_days) for one in records] == [(True, 31), (False, 0), (True, 31)]
    assert cmm(records).consumption == 30


@given(CHANGES, st.randoms())
def test_the_order_of_events_is_irrelevant(changes: list, chance: random.Random) -> None:
    consumed = [(when, -change) for when, change in changes if change < 0]
    mixed, mixed_consumed = list(changes), list(consumed)
    chance.shuffle(mixed)
    chance.shuffle(mixed_consumed)
    as_of = date(2026, 8, 3)
    assert month_records(History(mixed, mixed_consumed), as_of) == month_records(History(changes, consumed), as_of)


MONTHS = st.lists(st.integers(0, 10_000), min_size=1, max_size=6)


@given(MONTHS)
def test_policies_agree_without_stockouts(consumptions: list[int]) -> None:
    """Without stock-outs they are one mean; `adjusted` differs only by months not being 30.5 days long."""
    records = [full(date(2026, 1 + place, 1), taken) for place, taken in enumerate(consumptions)]
    found = {policy: cmm(records, policy, months=6) for policy in POLICIES}
    mean = found["simple"].value
    assert found["msh"].value == mean
    assert mean <= found["openlmis_v3"].value < mean + 1
    days = found["adjusted"].eligible_days
    assert found["adjusted"].value * days == mean * len(records) * Fraction(61, 2)


@given(
    st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 31)), min_size=1, max_size=3), st.sampled_from([*POLICIES])
)
def test_a_stockout_never_lowers_a_cmm(months: list, policy: str) -> None:
    records = [full(date(2026, 8 + place, 1), taken, min(out, 30)) for place, (taken, out) in enumerate(months)]
    whole = [full(one.month, one.consumption) for one in records]
    found = cmm(records, policy).value
    assert found is None or found >= cmm(whole, policy).value


def test_round_trip() -> None:
    for found in (cmm(PICTURE), cmm([])):
        assert Cmm.from_dict(found.to_dict()) == found


# --- months of stock and state ---

LEVELS = Levels.of(2, 4, 1)


@pytest.mark.parametrize(
    "usable,status",
    [
        (0, "stock_out"),
        (99, "below_emergency"),
        (100, "low"),
        (199, "low"),
        (200, "adequate"),
        (400, "adequate"),
        (401, "overstock"),
    ],
)
def test_status(usable: int, status: str) -> None:
    hundred = Cmm(Fraction(100), "adjusted")
    assert stock_status(usable, hundred, LEVELS) == status
    assert STATUSES[status].shape


def test_status_without_a_cmm() -> None:
    assert stock_status(0, Cmm(None, "adjusted", flag="never_received"), LEVELS) == "no_cmm"
    assert stock_status(0, Cmm(None, "adjusted", flag="always_out"), LEVELS) == "stock_out"
    assert stock_status(5, Cmm(None, "adjusted", flag="no_report"), LEVELS) == "no_cmm"
    assert stock_status(5, Cmm(Fraction(0), "adjusted"), LEVELS) == "overstock"
    assert stock_status(0, Cmm(Fraction(0), "adjusted"), LEVELS) == "stock_out"


def test_months_of_stock() -> None:
    assert months_of_stock(2882, cmm(PICTURE).value) == Fraction(2882) / (Fraction(5753, 82) * Fraction(61, 2))
    assert months_of_stock(10, None) is None
    assert months_of_stock(10, Fraction(0)) is None


def test_levels_must_rise_and_be_exact() -> None:
    with pytest.raises(ValueError, match="rise"):
        Levels.of(4, 2)
    with pytest.raises(TypeError):
        exact(1.5)
