"""Availability, MTBF, MTTR, waiting, the functional rate and the corrective delay, against figures worked by hand."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.exact import rounded
from plugins.gmao.formulas.delays import Fault, corrective_delay
from plugins.gmao.formulas.downtime import NOTHING, Down, Record, availability, together
from plugins.gmao.formulas.functional import functional
from plugins.gmao.formulas.spans import Span, common, hours, union, without

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 12, 1, tzinfo=UTC)


def at(hour: float) -> datetime:
    return START + timedelta(hours=hour)


def span(first: float, last: float | None = None) -> Span:
    return Span(at(first), None if last is None else at(last))


HALF_YEAR = Span(START, START + timedelta(days=181))
SERVICE = [Span(datetime(2020, 5, 1, tzinfo=UTC))]


def test_the_example_of_the_design() -> None:
    """181 days, three failures of 144 hours together: MTBF 1400 h, MTTR 48 h, availability 0.966851."""
    downs = [Down(span(100, 148)), Down(span(1000, 1072)), Down(span(4000, 4024))]
    found = availability(HALF_YEAR, Record(SERVICE, downs), NOW)
    assert (found.required, found.down, found.failures) == (4344, 144, 3)
    assert (found.mtbf, found.mttr) == (1400, 48)
    assert rounded(found.availability, 6) == rounded(Fraction("0.966851"), 6)


def test_without_a_failure_mtbf_and_mttr_are_unknown_and_planned_work_is_none() -> None:
    found = availability(HALF_YEAR, Record(SERVICE, [Down(span(10, 14), failure=False)]), NOW)
    assert (found.mtbf, found.mttr, found.failures) == (None, None, 0)
    assert (found.planned, found.down, found.up) == (4, 4, 4340)
    both = [Down(span(10, 14), failure=False), Down(span(12, 20))]  # it failed while it was maintained
    found = availability(HALF_YEAR, Record(SERVICE, both), NOW)
    assert (found.planned, found.restoring, found.down) == (2, 8, 10)


def test_what_still_lasts_counts_to_now_and_the_future_does_not() -> None:
    found = availability(HALF_YEAR, Record(SERVICE, [Down(span(90))]), at(100))
    assert (found.required, found.down, found.mttr, found.mtbf) == (100, 10, 10, 90)
    before = availability(HALF_YEAR, Record(SERVICE, [Down(span(90))]), at(-5))
    assert before == NOTHING and before.availability is None


def test_required_time_is_that_in_service() -> None:
    record = Record([span(-500, 50), span(200, 300)], [Down(span(40, 60)), Down(span(250, 260))])
    found = availability(Span(START, at(1000)), record, NOW)
    assert (found.required, found.down, found.failures) == (150, 20, 2)
    assert availability(HALF_YEAR, Record(), NOW).availability is None


def test_a_failure_counts_where_it_began() -> None:
    downs = [Down(span(-20, 10)), Down(span(500, 506))]
    found = availability(Span(START, at(1000)), Record(SERVICE, downs), NOW)
    assert (found.down, found.failures, found.restoring, found.mttr) == (16, 1, 6, 6)
    only = availability(Span(START, at(1000)), Record(SERVICE, downs[:1]), NOW)
    assert (only.down, only.mttr, only.mtbf) == (10, None, None)


def test_unknown_time_is_neither_up_nor_down() -> None:
    record = Record(SERVICE, [Down(span(95, 110))], unknown=[span(0, 100)])
    found = availability(Span(START, at(200)), record, NOW)
    assert (found.required, found.unknown, found.down, found.up) == (105, 95, 15, 90)


def test_waiting_is_apart_from_repair() -> None:
    waits = {"needs_part": [span(12, 30), span(20, 40)], "awaiting_vendor": [span(35, 60)]}
    found = availability(HALF_YEAR, Record(SERVICE, [Down(span(10, 50))], waits=waits), NOW)
    assert found.waits == {"needs_part": 28, "awaiting_vendor": 15}
    assert (found.waiting, found.repairing, found.down) == (38, 2, 40)


def test_pieces_together() -> None:
    one = availability(HALF_YEAR, Record(SERVICE, [Down(span(0, 44))], waits={"a": [span(0, 4)]}), NOW)
    other = availability(HALF_YEAR, Record(SERVICE, waits={"b": []}), NOW)
    whole = together([one, other])
    assert (whole.required, whole.failures, whole.mtbf, whole.mttr) == (8688, 1, 8644, 44)
    assert whole.waits == {"a": 4, "b": 0} and together([]) == NOTHING


def test_an_end_before_its_beginning_is_refused() -> None:
    with pytest.raises(ValueError, match="before it begins"):
        availability(HALF_YEAR, Record(SERVICE, [Down(span(10, 5))]), NOW)


HOURS = st.integers(0, 60)
SPANS = st.lists(
    st.tuples(HOURS, st.none() | HOURS).map(lambda two: span(two[0], None if two[1] is None else sum(two))), max_size=8
)


def by_the_hour(spans: list[Span]) -> set[int]:
    """Return the hours that lie in any of the spans, as the definition says; those that last go to hour 100."""
    return {
        hour for one in spans for hour in range(200) if one.start <= at(hour) < (one.end or max(one.start, at(100)))
    }


@given(SPANS, SPANS)
def test_unions_agree_with_counting_hours(one: list[Span], other: list[Span]) -> None:
    a, b = union(one, at(100)), union(other, at(100))
    assert hours(a) == len(by_the_hour(one))
    assert hours(common(a, b)) == len(by_the_hour(one) & by_the_hour(other))
    assert hours(without(a, b)) == len(by_the_hour(one) - by_the_hour(other))


@given(SPANS, SPANS, SPANS, st.integers(0, 70), st.integers(0, 70))
def test_figures_agree_with_counting_hours(
    service: list[Span], downs: list[Span], unknown: list[Span], first: int, length: int
) -> None:
    record = Record(service, [Down(each, failure=bool(n % 2)) for n, each in enumerate(downs)], unknown)
    found = availability(span(first, first + length), record, at(100))
    required = by_the_hour(service) & set(range(first, min(100, first + length)))
    down = required & by_the_hour(downs)
    left = required & by_the_hour(unknown) - down
    assert (found.required, found.down, found.unknown) == (len(required - left), len(down), len(left))
    assert found.planned == len(down - by_the_hour(downs[1::2]))
    assert 0 <= found.down <= found.required


# --- how much works ---


def test_the_functional_rate_counts_what_is_known() -> None:
    found = functional(["functional"] * 60 + ["needs_attention"] * 4 + ["not_functional"] * 30 + ["unserviceable"] * 6
                       + ["unknown"] * 50 + [""] * 50)  # fmt: skip
    assert (found.working, found.needs_attention, found.failed, found.unknown) == (64, 4, 36, 100)
    assert (found.rate, found.coverage) == (Fraction(64, 100), Fraction(1, 2))
    assert functional(["unknown"]).rate is None and functional([]).coverage is None
    assert (functional(["functional"]).coverage, functional(["unknown"]).coverage) == (1, 0)
    with pytest.raises(ValueError, match="broken"):
        functional(["broken"])


# --- how long it takes ---


def test_the_corrective_delay() -> None:
    faults = [Fault(at(0), at(24 * days)) for days in (1, 3, 4, 412)]
    found = corrective_delay([*faults, Fault(at(0)), Fault(at(240))], at(24 * 20))
    assert (found.restored, found.mean, found.median) == (4, 105, Fraction(7, 2))
    assert found.open_days == (20, 10)
    assert [corrective_delay(faults[:number], NOW).median for number in (1, 2, 3)] == [1, 2, 3]
    nothing = corrective_delay([Fault(at(48))], at(24))
    assert (nothing.mean, nothing.median, nothing.open_days) == (None, None, (0,))
    with pytest.raises(ValueError, match="before it was reported"):
        corrective_delay([Fault(at(5), at(4))], NOW)
