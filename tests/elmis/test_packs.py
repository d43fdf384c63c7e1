"""Packs: rounding, and the presentation of a quantity."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.elmis.formulas.packs import in_packs, packs_from

SIZES, QUANTITIES = st.integers(1, 5000), st.integers(-100, 10**7)


@pytest.mark.parametrize(
    "quantity,size,threshold,zero_allowed,packs",
    [
        (5318, 180, 0, True, 30),  # the picture: 29.54 packs
        (5220, 180, 0, True, 29),
        (5221, 180, 0, True, 30),
        (5221, 180, 1, True, 29),
        (5222, 180, 1, True, 30),
        (0, 180, 0, False, 0),
        (-7, 180, 0, False, 0),
        (3, 180, 5, True, 0),
        (3, 180, 5, False, 1),
        (6, 180, 5, True, 1),
        (12, 1, 0, True, 12),
    ],
)
def test_packs_from(quantity: int, size: int, threshold: int, zero_allowed: bool, packs: int) -> None:
    assert packs_from(quantity, size, threshold, zero_allowed) == packs


@given(QUANTITIES, SIZES)
def test_never_below_the_need_nor_a_pack_above(quantity: int, size: int) -> None:
    ordered = packs_from(quantity, size) * size
    assert max(0, quantity) <= ordered < max(0, quantity) + size


@given(st.integers(1, 10**7), SIZES, st.integers(0, 5000), st.booleans())
def test_at_most_the_threshold_is_left_out(quantity: int, size: int, threshold: int, zero_allowed: bool) -> None:
    packs = packs_from(quantity, size, threshold, zero_allowed)
    assert quantity - packs * size <= threshold
    assert packs >= (not zero_allowed)


@given(st.integers(0, 10**9), SIZES)
def test_presentation_round_trips(quantity: int, size: int) -> None:
    packs = in_packs(quantity, size)
    assert packs.quantity == quantity
    assert 0 <= packs.rest < size


@pytest.mark.parametrize("quantity,text", [(3012, "3 × 1000 + 12"), (3000, "3 × 1000"), (12, "12"), (0, "0")])
def test_words(quantity: int, text: str) -> None:
    assert str(in_packs(quantity, 1000)) == text


def test_impossible() -> None:
    with pytest.raises(ValueError, match="at least one"):
        packs_from(5, 0)
    with pytest.raises(ValueError, match="below 0"):
        in_packs(-1, 10)
