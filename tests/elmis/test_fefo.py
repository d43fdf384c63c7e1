"""Lots: first expiry first, what may not leave, what will expire unused, and fair shares."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.elmis.formulas.lots import Exclusion, LotStock, fefo, usable_stock
from plugins.elmis.formulas.rationing import Claim, ration

ON = date(2026, 11, 22)


def lot(name: str, quantity: int, days: int | None = None, **more: object) -> LotStock:
    """Return a lot that expires so many days from today."""
    expiry = None if days is None else ON + timedelta(days=days)
    return LotStock(name, quantity, expiry, number=name, **more)


def test_earliest_expiry_first_none_last() -> None:
    lots = [lot("none", 50), lot("late", 50, 400), lot("soon", 30, 20)]
    assert fefo(lots, 100, ON).picks == (("soon", 30), ("late", 50), ("none", 20))


def test_vvm_two_before_one_at_equal_expiry_only() -> None:
    lots = [lot("a1", 5, 60, vvm=1), lot("b2", 5, 60, vvm=2), lot("c1", 5, 30, vvm=1)]
    assert [name for name, _ in fefo(lots, 15, ON).picks] == ["c1", "b2", "a1"]


def test_refused_with_reason_and_shortfall() -> None:
    lots = [
        lot("old", 9, -1),
        lot("today", 4, 0),
        lot("held", 9, 90, status="held"),
        lot("back", 9, -5, status="recalled"),
        lot("warm", 9, 90, vvm=3),
        lot("empty", 0, 90),
    ]
    found = fefo(lots, 10, ON)
    assert found.picks == (("today", 4),)
    assert found.shortfall == 6
    reasons = {one.lot_id: one.reason for one in found.refused}
    assert reasons == {"old": "expired", "held": "held", "back": "recalled", "warm": "vvm"}
    assert all(str(one.label) for one in found.refused)


@pytest.mark.parametrize("quantity", [0, -3])
def test_nothing_asked_nothing_taken(quantity: int) -> None:
    assert fefo([lot("a", 5)], quantity, ON).picks == ()
    assert fefo([lot("a", 5)], quantity, ON).shortfall == 0


LOTS = st.lists(
    st.builds(
        lot,
        st.text("abcdef", min_size=6, max_size=6),
        st.integers(0, 400),
        st.none() | st.integers(-30, 300),
        status=st.sampled_from(["active", "active", "held", "recalled"]),
        vvm=st.sampled_from([None, 1, 2, 3]),
    ),
    max_size=8,
    unique_by=lambda one: one.lot_id,
)


@given(LOTS, st.integers(0, 2000), st.randoms())
def test_allocation(lots: list[LotStock], quantity: int, chance: object) -> None:
    found = fefo(lots, quantity, ON)
    assert sum(taken for _, taken in found.picks) + found.shortfall == quantity
    held = {one.lot_id: one.quantity for one in lots}
    assert all(0 < taken <= held[name] for name, taken in found.picks)
    assert not {name for name, _ in found.picks} & {one.lot_id for one in found.refused}
    chance.shuffle(lots)
    assert fefo(lots, quantity, ON) == found


# --- usable stock ---


def test_what_expires_before_it_is_consumed_is_left_out() -> None:
    # 61 a month is 2 a day. 10 days incl. today: 20 of 25; by day 20: 40 − 20 = 20 of 30; no expiry: all.
    lots = [lot("b", 30, 19), lot("a", 25, 9), lot("c", 100)]
    found = usable_stock(lots, Fraction(61), ON)
    assert found.quantity == 20 + 20 + 100
    assert found.on_hand == 155
    assert found.excluded == (Exclusion("a", 5, "will_expire", "a"), Exclusion("b", 10, "will_expire", "b"))


def test_of_a_lot_that_waits_behind_another_until_it_expires_nothing_is_used() -> None:
    found = usable_stock([lot("a", 20, 9), lot("b", 5, 9)], Fraction(61), ON)  # 2 a day: 20 until they expire
    assert found.quantity == 20
    assert found.excluded == (Exclusion("b", 5, "will_expire", "b"),)


def test_refused_lots_are_not_usable() -> None:
    lots = [lot("old", 9, -1), lot("held", 8, 90, status="held"), lot("good", 7, 90)]
    found = usable_stock(lots, None, ON)
    assert found.quantity == 7
    assert [(one.lot_id, one.quantity, one.reason) for one in found.excluded] == [
        ("old", 9, "expired"),
        ("held", 8, "held"),
    ]


@pytest.mark.parametrize("pace", [None, Fraction(0)])
def test_without_a_pace_nothing_is_foreseen_to_expire(pace: Fraction | None) -> None:
    assert usable_stock([lot("a", 500, 1)], pace, ON).quantity == 500


@given(LOTS, st.none() | st.fractions(0, 3000, max_denominator=100))
def test_usable_and_excluded_make_the_stock(lots: list[LotStock], pace: Fraction | None) -> None:
    found = usable_stock(lots, pace, ON)
    assert found.quantity + sum(one.quantity for one in found.excluded) == found.on_hand
    assert found.quantity >= 0 and all(one.quantity > 0 for one in found.excluded)
    assert found.quantity <= usable_stock(lots, None, ON).quantity


# --- rationing ---


def test_the_neediest_first_until_all_stand_equal() -> None:
    claims = [Claim("a", 80, 20, Fraction(40)), Claim("b", 80, 0, Fraction(40)), Claim("c", 80, 100, Fraction(20))]
    # level m: 40m − 20 + 40m = 100 → m = 1.5; c stands at 5 months
    assert ration(100, claims) == {"a": 40, "b": 60, "c": 0}
    assert ration(10, claims) == {"a": 0, "b": 10, "c": 0}
    assert ration(0, claims) == {"a": 0, "b": 0, "c": 0}
    assert ration(1000, claims) == {"a": 80, "b": 80, "c": 80}
    assert ration(10, []) == {}
    assert ration(10, [Claim("one", 1)]) == {"one": 1}


CLAIMS = st.lists(
    st.tuples(st.integers(0, 300), st.integers(0, 300), st.none() | st.fractions(0, 200, max_denominator=7)), max_size=8
)


@given(CLAIMS, st.integers(0, 2500))
def test_ration(rows: list, available: int) -> None:
    claims = [Claim(place, *row) for place, row in enumerate(rows)]
    shares = ration(available, claims)
    assert sum(shares.values()) == min(available, sum(claim.need for claim in claims))
    assert all(0 <= shares[claim.key] <= claim.need for claim in claims)
    # nobody who is still short stands more than a unit below anybody who was given something
    months = {claim.key: (claim.stock + shares[claim.key]) / claim.pace for claim in claims if claim.need}
    for short in (claim for claim in claims if shares[claim.key] < claim.need):
        for served in (claim for claim in claims if shares[claim.key] > 0):
            slack = 1 / short.pace + 1 / served.pace
            assert months[short.key] + slack >= months[served.key]
