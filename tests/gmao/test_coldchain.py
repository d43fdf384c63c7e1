"""Breaches of the cold chain: the alarms of WHO/PQS, gaps that prove nothing, and clocks that were set back."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.gmao.formulas.coldchain import Breach, ClockBack, Gap, Limit, Reading, in_order, watched

START = datetime(2026, 11, 1, tzinfo=UTC)
END = START + timedelta(hours=48)
HOUR = timedelta(hours=1)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def series(*temperatures: float | None, every: float = 1, first: float = 0) -> list[Reading]:
    """Return readings so many hours apart."""
    return [
        Reading(at(first + every * row), None if one is None else Decimal(str(one)))
        for row, one in enumerate(temperatures)
    ]


def test_ten_hours_above_8_degrees() -> None:
    found = watched(series(*[5] * 10, *[9] * 5, 12, *[8.1] * 4, *[5] * 29), START, END)
    assert found.breaches == (Breach("heat", at(10), at(20), Decimal(12), ends=True),)
    assert found.safe is False and found.gaps == ()
    short = watched(series(*[5] * 10, *[9] * 9, 8.0, *[5] * 29), START, END)  # 8.0 is not above 8
    assert short.safe is True


def test_one_hour_at_half_a_degree_of_frost() -> None:
    found = watched(series(*[3] * 10, *[-0.5] * 6, *[3] * 300, every=1 / 6), START, at(50))
    assert found.breaches == (Breach("frost", at(10 / 6), at(16 / 6), Decimal("-0.5"), ends=True),)
    assert watched(series(*[3] * 10, *[-0.5] * 5, *[3] * 300, every=1 / 6), START, at(50)).safe is True
    assert watched(series(*[-0.4] * 49), START, END).safe is True


def test_a_gap_is_no_breach_and_proves_no_safety() -> None:
    readings = [*series(*[9] * 6), *series(*[9] * 6, first=20), *series(*[5] * 23, first=26)]
    found = watched(readings, START, END)
    assert (found.breaches, found.gaps, found.safe) == ((), (Gap(at(5), at(20)),), None)
    assert watched([], START, END).gaps == (Gap(START, END),)
    late = watched(series(*[5] * 11, first=2), START, at(12))
    assert late.gaps == (Gap(START, at(2)),)
    fault = watched(series(5, 5, None, None, 5, 5), START, at(5))
    assert fault.gaps == (Gap(at(2), at(4)),)
    seldom = watched(series(*[5] * 9, every=6), START, END, longest=timedelta(hours=6))
    assert seldom.safe is True


def test_a_breach_that_nothing_shows_over() -> None:
    going = watched(series(5, *[9] * 48), START, END)
    assert going.breaches == (Breach("heat", at(1), at(48), Decimal(9), ends=False),)
    lost = watched([*series(*[9] * 12), *series(5, first=30)], START, at(30))
    assert lost.breaches == (Breach("heat", START, at(11), Decimal(9), ends=False),) and lost.safe is False


def test_a_breach_that_reaches_into_the_time_is_given_whole() -> None:
    readings = series(*[9] * 12, *[5] * 37)
    assert watched(readings, at(10), END).breaches == (Breach("heat", START, at(12), Decimal(9), ends=True),)
    assert watched(readings, at(12), END).safe is True


def test_limits_are_data() -> None:
    shake = Limit("hot", Decimal(25), timedelta(minutes=30))
    found = watched(series(20, 26, 26, 20, every=0.25), START, at(0.75), (shake,))
    assert [one.code for one in found.breaches] == ["hot"]


# --- the clock ---


def test_files_in_another_order_are_sorted() -> None:
    right = series(*range(20))
    assert in_order(right[::-1]) == in_order([*right[10:], *right[:10]]) == in_order([*right, *right[19:]]) == right
    assert in_order([]) == []


def test_a_clock_that_was_set_back_is_refused_with_its_row() -> None:
    with pytest.raises(ClockBack) as told:
        in_order([*series(5, 5, 5, 5), *series(9, 9, first=1.5)])
    assert (told.value.reason, told.value.row) == ("clock", 4)
    with pytest.raises(ClockBack) as told:
        in_order([*series(5, 5), Reading(at(1), Decimal(7))])
    assert (told.value.reason, told.value.row) == ("twice", 2)


TEMPERATURES = st.lists(st.sampled_from([5, 9, -1, None]), max_size=60)


def by_the_hour(temperatures: list, code: str) -> list[tuple[int, int]]:
    """Return from which hour to which one a breach lasted, as the definition says it, hour by hour."""
    beyond, least = (lambda one: one == 9, 10) if code == "heat" else (lambda one: one == -1, 1)
    found, since = [], None
    for hour, one in enumerate([*temperatures, None]):
        if since is not None and not (one is not None and beyond(one)):
            end = hour if hour < len(temperatures) else hour - 1
            found += [(since, end)] if end - since >= least else []
            since = None
        elif since is None and one is not None and beyond(one):
            since = hour
    return found


@given(TEMPERATURES)
def test_breaches_agree_with_the_definition(temperatures: list) -> None:
    found = watched(series(*temperatures), at(-1), at(100))
    for code in ("heat", "frost"):
        expected = [(at(first), at(last)) for first, last in by_the_hour(temperatures, code)]
        assert [(one.start, one.end) for one in found.breaches if one.code == code] == expected
    known = sum((gap.end - gap.start for gap in found.gaps), timedelta())
    standing = sum(1 for one in temperatures[:-1] if one is not None)
    assert known == timedelta(hours=101 - standing)
