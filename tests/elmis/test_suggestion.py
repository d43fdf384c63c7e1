"""The suggestion: the quantity, and the working that explains it."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from plugins.elmis.formulas.lots import Exclusion, LotStock, Usable, usable_stock
from plugins.elmis.formulas.policies import POLICIES, Cmm, cmm
from plugins.elmis.formulas.status import Levels
from plugins.elmis.formulas.suggestion import Coming, Inputs, Suggestion, line_difference, suggest
from tests.elmis.test_cmm import PICTURE

LEVELS = Levels.of(2, 4, 1)
INPUTS = Inputs(
    cmm=cmm(PICTURE),
    levels=LEVELS,
    usable=Usable.all_of(2882),
    in_transit=Coming(360, ("BL-00404",)),
    net_content=180,
)


def steps(found: Suggestion) -> dict:
    """Return what is shown, by code."""
    return {step.code: step.shown for step in found.working}


def test_the_picture() -> None:
    """Every number of "Pourquoi 5 400 ?" in look/order.png."""
    found = suggest(INPUTS)
    assert steps(found) == {
        "consumed": 5753,
        "stockout_days": 10,
        "cmm": 2140,
        "max_stock": 8560,
        "usable": 2882,
        "on_order": 0,
        "in_transit": 360,
        "owed": 0,
        "need": 5318,
        "rounded": 5400,
    }
    assert (found.quantity, found.packs, found.need, found.status) == (5400, 30, 5318, "low")
    assert str(found.in_packs) == "30 × 180"
    assert round(found.months_of_stock, 1) == Fraction(13, 10)


def test_the_maximum_is_rounded_up_from_the_exact_cmm() -> None:
    """4 × 2 139.835… is 8 559.34, hence 8 560: not 4 × 2 140 by luck, nor 4 × 2 139."""
    third = Cmm(Fraction(100, 3), "adjusted", (date(2026, 8, 1),), 100, 91, 0)
    assert suggest(replace(INPUTS, cmm=third, levels=Levels.of(1, 3))).max_stock == 100
    assert suggest(replace(INPUTS, cmm=third, levels=Levels.of(1, "2.5"))).max_stock == 84


def test_on_order_and_owed() -> None:
    found = suggest(replace(INPUTS, on_order=Coming(1000, ("CMD-7",)), owed=Coming(200)))
    assert found.need == 8560 - 2882 - 1000 - 360 + 200
    assert suggest(replace(INPUTS, on_order=Coming(9000))).quantity == 0


def test_excluded_lots_are_listed_with_their_reason() -> None:
    lots = [
        LotStock(1, 100, date(2026, 11, 1), number="A1"),
        LotStock(2, 50, number="B2", status="recalled"),
        LotStock(3, 40, number="C3"),
    ]
    usable = usable_stock(lots, INPUTS.cmm.value, date(2026, 11, 22))
    found = suggest(replace(INPUTS, usable=usable))
    left_out = [
        (step.facts["lot"], step.shown, step.facts["reason"]) for step in found.working if step.code == "excluded"
    ]
    assert left_out == [("A1", 100, "expired"), ("B2", 50, "recalled")]
    assert steps(found)["usable"] == 40


def test_openlmis_orders_against_the_stock_on_hand() -> None:
    """P = 2 170, H = round-half-up(2 170 × 2.5) = 5 425, I = 5 425 − 3 000; what is coming is not subtracted."""
    usable = Usable(2882, 3000, (Exclusion(1, 118, "expired", "A1"),))
    found = suggest(
        replace(INPUTS, cmm=cmm(PICTURE, "openlmis_v3"), levels=Levels.of(1, Decimal("2.5")), usable=usable)
    )
    assert (found.max_stock, found.need, found.packs) == (5425, 2425, 14)
    assert [step.code for step in found.working][3:] == ["max_stock", "on_hand", "need", "rounded"]
    odd = Cmm(Fraction(5), "openlmis_v3", (date(2026, 8, 1),), 5, 31, 0)
    assert suggest(replace(INPUTS, cmm=odd, levels=Levels.of(1, Fraction(5, 2)))).max_stock == 13  # 12.5


def test_without_a_cmm_nothing_is_guessed() -> None:
    found = suggest(replace(INPUTS, cmm=cmm([])))
    assert (found.quantity, found.packs, found.need, found.max_stock) == (0, 0, None, None)
    assert (found.flag, found.status, found.months_of_stock) == ("no_report", "no_cmm", None)
    assert steps(found)["cmm"] is None
    assert "need" not in steps(found)


def test_pack_threshold_and_zero() -> None:
    tiny = replace(INPUTS, usable=Usable.all_of(8560 - 360 - 3), threshold=5)
    assert suggest(tiny).packs == 0
    assert suggest(replace(tiny, zero_allowed=False)).packs == 1


AMOUNTS = st.integers(0, 10**6)


@st.composite
def inputs(draw: st.DrawFn) -> Inputs:
    """Return any inputs a requisition may have."""
    value = draw(st.none() | st.fractions(0, 10**5, max_denominator=200))
    month = (date(2026, 8, 1),) if value is not None else ()
    low, high = sorted([draw(st.fractions(0, 12, max_denominator=4)) for _ in range(2)])
    quantity, gone = draw(AMOUNTS), draw(AMOUNTS)
    return Inputs(
        cmm=Cmm(value, draw(st.sampled_from([*POLICIES])), month, 0, 31, 0, "" if month else "no_report"),
        levels=Levels.of(low, high),
        usable=Usable(quantity, quantity + gone, (Exclusion("x", gone, "expired"),) if gone else ()),
        on_order=Coming(draw(AMOUNTS)),
        in_transit=Coming(draw(AMOUNTS), ("BL-1", "BL-2")),
        owed=Coming(draw(AMOUNTS)),
        net_content=draw(st.integers(1, 2000)),
        threshold=draw(st.integers(0, 50)),
        zero_allowed=draw(st.booleans()),
    )


@given(inputs())
def test_never_negative_whole_packs_and_covering(given_: Inputs) -> None:
    found = suggest(given_)
    assert found.quantity == found.packs * given_.net_content >= 0
    assert found.quantity >= (found.need or 0) - given_.threshold
    if not found.need:
        assert found.quantity == 0


@given(inputs())
def test_the_working_adds_up_to_the_quantity(given_: Inputs) -> None:
    """The lines with a sign, from the maximum down, give the need: what is shown is what was computed."""
    found = suggest(given_)
    if found.need is None:
        return
    signs = {"−": -1, "+": 1}
    total = found.max_stock + sum(signs[step.sign] * step.shown for step in found.working if step.sign)
    assert steps(found)["need"] == max(0, total) == found.need
    assert found.working[-1].total and found.working[-1].shown == found.quantity


@given(inputs())
def test_the_snapshot_survives_json(given_: Inputs) -> None:
    found = suggest(given_)
    kept = Suggestion.from_dict(json.loads(json.dumps(found.to_dict())))
    assert kept == found and kept.working == found.working


@given(inputs(), st.integers(1, 10**5))
def test_more_coming_never_orders_more(given_: Inputs, more: int) -> None:
    coming = replace(given_, in_transit=Coming(given_.in_transit.quantity + more))
    assert suggest(coming).quantity <= suggest(given_).quantity


def test_every_line_has_words() -> None:
    excluded = Usable(0, 9, (Exclusion(1, 5, "expired", "A1"), Exclusion(2, 4, "held")))
    found = [
        *suggest(replace(INPUTS, usable=excluded)).working,
        *suggest(replace(INPUTS, cmm=cmm([]))).working,
        *suggest(replace(INPUTS, cmm=cmm(PICTURE, "openlmis_v3"))).working,
    ]
    words = [f"{step.label} {step.note}".strip() for step in found]
    assert words[:5] == [
        "Consumed in 3 months 08/2026, 09/2026, 10/2026",
        "Stock-out days out of 92",
        "CMM Adjusted for stock-out days",
        "Maximum stock, 4 months",
        "Not counted, lot A1 expired",
    ]
    assert "Not counted on hold" in words
    assert "CMM no CMM: no closed month has a report" in words


def test_line_balance() -> None:
    assert line_difference(100, 50, 30, -5, 115) == 0
    assert line_difference(100, 50, 30, -5, 110) == -5
    assert line_difference(0, 0, 0, 3, 4) == 1


def test_an_order_that_has_just_arrived_is_no_overstock() -> None:
    """Maximum 8,560, packs of 180: 2,882 and the 5,760 that came are 8,642; overstock begins above 8,739."""
    for usable, status in ((2882 + 360 + 5400, "adequate"), (8739, "adequate"), (8740, "overstock")):
        assert suggest(replace(INPUTS, usable=Usable.all_of(usable), in_transit=Coming())).status == status


def test_an_older_snapshot_is_read_as_it_was() -> None:
    """Lead time and least days came later than the first orders."""
    found = suggest(INPUTS)
    data = found.to_dict()
    del data["inputs"]["levels"]["lead_time_days"], data["inputs"]["cmm"]["least_days"]
    assert Suggestion.from_dict(data) == found
