"""The risk number, the frequency that follows from it, electrical safety, and the score for replacement."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.gmao.formulas.replacement import (
    WEIGHTS,
    Share,
    age,
    condition,
    cost,
    criticality,
    ranked,
    score,
    support,
)  # fmt: skip
from plugins.gmao.formulas.risk import BANDS, Band, Frequency, Risk, frequency, history
from plugins.gmao.formulas.safety import (
    FAIL,
    NOT_DONE,
    PASS,
    REMARK,
    Instrument,
    Limit,
    Verdict,
    in_base,
    overall,
    verdict,
)  # fmt: skip

DAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    "function,physical,maintenance,em,months",
    [
        (10, 5, 5, 20, 3),  # ventilator
        (9, 4, 3, 16, 6),  # electrosurgical unit
        (6, 3, 3, 12, 12),  # electrocardiograph
        (5, 3, 3, 11, None),  # laboratory analyser: not in the programme
        (2, 1, 1, 4, None),
    ],
)
def test_em_and_its_band(function: int, physical: int, maintenance: int, em: int, months: int | None) -> None:
    risk = Risk(function, physical, maintenance)
    assert (risk.em, risk.in_programme, frequency(risk).months) == (em, em >= 12, months)


def test_history_moves_equipment_in_and_out_of_the_programme() -> None:
    assert Risk(5, 3, 3, history=2).in_programme and not Risk(6, 3, 3, history=-1).in_programme


def test_the_manual_wins_over_the_band_and_bands_are_data() -> None:
    risk = Risk(10, 5, 5)
    assert frequency(risk, manual=1) == Frequency(1, "manual")
    assert frequency(risk, (Band(12, 12), Band(20, 1))) == Frequency(1, "band")
    assert frequency(Risk(2, 1, 1), BANDS, manual=24).months == 24
    assert frequency(Risk(2, 1, 1)) == Frequency(None, "none")
    with pytest.raises(ValueError, match="0 months"):
        frequency(risk, manual=0)


def test_what_a_history_weighs() -> None:
    """WHO 2011: +2 more than one in 6 months, +1 one in 6 to 9, 0 one in 9 to 18, −1 one in 18 to 30, −2 fewer."""
    assert [history(failures, 36) for failures in (7, 6, 5, 4, 3, 2, 1)] == [2, 1, 1, 0, 0, -1, -2]
    assert [history(0, months) for months in (0, 8, 9, 18, 29, 30)] == [None, None, 0, -1, -1, -2]
    with pytest.raises(ValueError, match="negative"):
        history(-1, 12)


@pytest.mark.parametrize("scores", [(11, 1, 1), (2, 0, 1), (2, 1, 6), (2, 1, 1, 3)])
def test_scores_beyond_their_scale_are_refused(scores: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"is .* to"):
        Risk(*scores)


# --- electrical safety: limits of IEC 62353:2014, table 2, direct method ---

EARTH = Limit("Ω", most=Decimal("0.3"))
CLASS_I = Limit("µA", most=Decimal(500), remark=Decimal(450))
CARDIAC = Limit("µA", most=Decimal(50))
INSULATION = Limit("MΩ", least=Decimal(2), remark=Decimal("2.2"))
TESTER = Instrument(date(2026, 1, 15), date(2027, 1, 14))


@pytest.mark.parametrize(
    "value,unit,limit,expected",
    [
        ("0.3", "Ω", EARTH, Verdict(PASS)),
        ("301", "mΩ", EARTH, Verdict(FAIL, "above")),
        ("0.45", "mA", CLASS_I, Verdict(PASS)),
        ("451", "μA", CLASS_I, Verdict(REMARK, "near")),  # the Greek letter
        ("0.5001", "mA", CLASS_I, Verdict(FAIL, "above")),
        ("50", "µA", CARDIAC, Verdict(PASS)),
        ("1999", "kΩ", INSULATION, Verdict(FAIL, "below")),
        ("2.1", "MΩ", INSULATION, Verdict(REMARK, "near")),
        ("70", "MΩ", INSULATION, Verdict(PASS)),
        (None, "µA", CARDIAC, Verdict(NOT_DONE, "not_measured")),
        ("1", "µA", None, Verdict(NOT_DONE, "no_limit")),
        ("1", "µA", Limit("µA"), Verdict(NOT_DONE, "no_limit")),
    ],
)
def test_verdicts(value: str | None, unit: str, limit: Limit | None, expected: Verdict) -> None:
    assert verdict(value, unit, limit, TESTER, DAY) == expected


def test_units_are_exact() -> None:
    shown = {unit: in_base("1.5", unit)[0] for unit in ("µΩ", "mΩ", "Ω", "kΩ", "MΩ", " Ω ")}
    assert shown == {
        "µΩ": Fraction(3, 2_000_000), "mΩ": Fraction(3, 2000), "Ω": Fraction(3, 2), "kΩ": 1500, "MΩ": 1_500_000,
        " Ω ": Fraction(3, 2),
    }  # fmt: skip


def test_a_lapsed_calibration_never_passes_and_still_fails() -> None:
    for instrument, reason in (
        (TESTER._replace(until=date(2026, 11, 29)), "calibration"),
        (TESTER._replace(calibrated=date(2026, 12, 1)), "calibration"),
        (Instrument(None, date(2027, 1, 1)), "calibration"),
        (None, "no_instrument"),
    ):
        assert verdict("20", "µA", CARDIAC, instrument, DAY) == Verdict(NOT_DONE, reason)
        assert verdict("70", "µA", CARDIAC, instrument, DAY) == Verdict(FAIL, "above")
    assert verdict("20", "µA", CARDIAC, TESTER._replace(until=DAY), DAY) == Verdict(PASS)


def test_units_that_do_not_compare_are_refused() -> None:
    for unit in ("MΩ", "A·s", ""):
        with pytest.raises(ValueError, match=r"compare|unit"):
            verdict("1", unit, CARDIAC, TESTER, DAY)
    with pytest.raises(TypeError, match="exact"):
        verdict(0.1, "µA", CARDIAC, TESTER, DAY)  # type: ignore[arg-type]


def test_a_test_is_as_good_as_its_worst_value() -> None:
    assert overall([]) == NOT_DONE
    assert overall([Verdict(PASS), Verdict(REMARK, "near")]) == REMARK
    assert overall([Verdict(REMARK, "near"), Verdict(NOT_DONE, "calibration")]) == NOT_DONE
    assert overall([Verdict(FAIL, "above"), Verdict(NOT_DONE, "calibration")]) == FAIL


# --- what to replace first ---


def test_a_score_shows_its_terms() -> None:
    shares = {
        "condition": condition("not_functional", 2, 365),
        "age": age(date(2020, 11, 30), 8, DAY),
        "cost": cost(2_000_000, 10_000_000),
        "support": support(date(2025, 1, 1), True, DAY),
        "criticality": criticality(16),
    }
    found = score(shares)
    points = {term.code: term.points for term in found.terms}
    assert points == {
        "condition": 30 * Fraction(3, 4), "age": 25 * Fraction(2191 * 4, 1461 * 8), "cost": 4, "support": 15,
        "criticality": Fraction(15, 2),
    }  # fmt: skip
    assert found.value == found.least == found.most == sum(points.values()) and found.unknown == ()
    assert dict(found.terms[0].share.facts) == {"status": "not_functional", "failures": 2, "days": 365}


def test_what_is_unknown_makes_a_range() -> None:
    found = score({"age": age(None, 8, DAY), "cost": cost(0, 10), "support": support(None, True, DAY)})
    assert (found.value, found.least, found.most) == (None, 0, 65)
    assert found.unknown == ("condition", "age", "criticality")
    half = condition("needs_attention", None, None)
    assert (half.least, half.most) == (Fraction(1, 2), 1)
    assert condition("unserviceable", None, None).known  # nothing could be worse
    assert condition("functional", 3, 365).most == Fraction(3 * 1461, 365 * 16)  # the worse of the two
    assert condition("unknown", 0, 365).known is False
    assert cost(5, None).known is False and cost(5, 0).known is False and support(None, False, DAY).known is False


def test_shares_stay_between_0_and_1() -> None:
    assert age(date(1990, 1, 1), 8, DAY).most == 1 and age(date(2030, 1, 1), 8, DAY).most == 0
    assert cost(99, 10).most == 1 and criticality(3).most == 0 and criticality(21).most == 1
    assert [support(day, True, DAY).most for day in (DAY, date(2028, 11, 29), date(2029, 6, 1))] == [
        Fraction(1, 2), Fraction(1, 2), 0,
    ]  # fmt: skip


def test_weights_are_data_that_sum_to_100() -> None:
    assert sum(WEIGHTS.values()) == 100
    assert score({"age": age(date(1990, 1, 1), 5, DAY)}, {"age": 100}).value == 100
    for weights in ({"age": 99}, {"age": 120, "cost": -20}):
        with pytest.raises(ValueError, match="100"):
            score({}, weights)
    with pytest.raises(ValueError, match="colour"):
        score({"colour": criticality(4)})


def test_what_is_known_to_be_bad_comes_before_what_nobody_knows() -> None:
    bad = score({"condition": condition("unserviceable", None, None), "age": age(date(1990, 1, 1), 5, DAY)})
    good = score({code: Share(Fraction(0), Fraction(0)) for code in WEIGHTS})
    assert ranked({"good": good, "unknown": score({}), "bad": bad}) == ["bad", "unknown", "good"]


@given(st.dictionaries(st.sampled_from(list(WEIGHTS)), st.fractions(0, 1).map(lambda part: Share(part, part))))
def test_a_score_lies_between_0_and_100(shares: dict) -> None:
    found = score(shares)
    assert 0 <= found.least <= found.most <= 100
    assert found.most - found.least == sum(WEIGHTS[code] for code in found.unknown)
