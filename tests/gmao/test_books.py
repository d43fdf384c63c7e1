"""Depreciation, survival of donations, and the check character of the national tag, against published figures."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise, takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.exact import rounded
from plugins.gmao.formulas.depreciation import Asset, days_between, schedule, value_on
from plugins.gmao.formulas.survival import Piece, curve, survival
from plugins.gmao.formulas.tags import MOST, SIGNS, BadTag, check_of, number_of, read, tag_of, tags

# --- depreciation ---


def test_first_and_last_year_are_parts_by_months_of_30_days() -> None:
    """10 000 over 5 years from 1 July: half an annuity, four whole ones, half."""
    found = schedule(Asset(10_000, 5, date(2026, 7, 1)))
    assert [int(year.amount) for year in found] == [1000, 2000, 2000, 2000, 2000, 1000]
    assert [year.days for year in found] == [180, 360, 360, 360, 360, 180]
    assert (found[0].first, found[0].last, found[-1].last) == (
        date(2026, 7, 1), date(2026, 12, 31), date(2031, 12, 31),
    )  # fmt: skip
    assert (found[-1].total, found[-1].value) == (10_000, 0)


def test_from_15_april_there_are_256_days_of_360_and_261_of_365() -> None:
    by_months = schedule(Asset(30_000, 4, date(2026, 4, 15)))
    assert (by_months[0].days, int(by_months[0].amount)) == (256, 5333)  # 7 500 × 256/360 = 5 333.33
    by_days = schedule(Asset(30_000, 4, date(2026, 4, 15), convention=365, places=2))
    assert (by_days[0].days, by_days[0].amount) == (261, Decimal("5363.01"))  # 7 500 × 261/365
    assert [int(year.amount) for year in by_days[1:4]] == [
        7500
    ] * 3  # 2028 has 29 February, and no more than the others
    assert by_days[-1].amount == Decimal("30000") - 3 * 7500 - Decimal("5363.01")


def test_a_fiscal_year_from_july_and_a_residual_value() -> None:
    found = schedule(Asset(12_000, 3, date(2026, 4, 1), residual=3000, year_begins=(7, 1)))
    assert [(year.last, int(year.amount), int(year.value)) for year in found] == [
        (date(2026, 6, 30), 750, 11_250), (date(2027, 6, 30), 3000, 8250), (date(2028, 6, 30), 3000, 5250),
        (date(2029, 6, 30), 2250, 3000),
    ]  # fmt: skip


def test_the_last_day_of_a_year_is_one_day() -> None:
    assert schedule(Asset(360, 1, date(2026, 12, 31)))[0].days == 1
    assert days_between(date(2026, 1, 31), date(2026, 2, 1), 360) == 1
    assert days_between(date(2028, 2, 28), date(2028, 3, 1), 365) == 1


def test_the_value_on_a_day() -> None:
    asset = Asset(3600, 10, date(2026, 1, 1))
    assert value_on(asset, date(2025, 12, 31)) == 3600
    assert value_on(asset, date(2026, 1, 1)) == 3599
    assert value_on(asset, date(2026, 12, 31)) == schedule(asset)[0].value == 3240
    assert value_on(asset, date(2040, 1, 1)) == 0


@pytest.mark.parametrize(
    "wrong",
    [{"convention": 366}, {"years": 0}, {"residual": 11}, {"residual": -1}, {"year_begins": (2, 29)}],
)
def test_assets_that_cannot_be_are_refused(wrong: dict) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        Asset(**{"cost": 10, "years": 5, "used_from": date(2026, 1, 1)} | wrong)


@given(
    st.integers(0, 10**10), st.integers(1, 25), st.dates(date(2000, 1, 1), date(2050, 1, 1)),
    st.sampled_from([360, 365]), st.integers(1, 12), st.integers(0, 2),
)  # fmt: skip
def test_depreciation_is_exact_in_sum(cost, years, used_from, convention, month, places) -> None:
    found = schedule(Asset(cost, years, used_from, convention=convention, year_begins=(month, 1), places=places))
    assert sum(year.amount for year in found) == cost == found[-1].total
    assert sum(year.days for year in found) == years * convention
    assert all(year.amount >= 0 and year.days <= convention for year in found)
    assert all(after.first == before.last + timedelta(days=1) for before, after in pairwise(found))
    assert len(found) in (years, years + 1)


# --- survival ---

# Remission in weeks under 6-mercaptopurine, Freireich et al., Blood 21, 1963: the example of most textbooks.
ENDED, SERVING = [6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
FREIREICH = [(week, True) for week in ENDED] + [(week, False) for week in SERVING]


def test_the_published_curve() -> None:
    found = curve(FREIREICH)
    assert [(step.days, step.at_risk, step.ended, str(rounded(step.share, 3))) for step in found.steps] == [
        (6, 21, 3, "0.857"), (7, 17, 1, "0.807"), (10, 15, 1, "0.753"), (13, 12, 1, "0.690"), (16, 11, 1, "0.627"),
        (22, 7, 1, "0.538"), (23, 6, 1, "0.448"),
    ]  # fmt: skip
    assert found.at(5) == 1 and found.at(9) == found.steps[1].share
    assert found.at(35) == found.steps[-1].share and found.at(36) is None


def test_donations_after_1_3_and_5_years() -> None:
    today = date(2026, 11, 30)
    pieces = [
        Piece(date(2020, 1, 1), date(2021, 7, 1), today),
        Piece(date(2020, 1, 1), None, today),
        Piece(date(2021, 1, 1), date(2023, 6, 1), today),
        Piece(date(2025, 12, 1), None, today),  # a gift of this year says nothing of five
    ]
    assert [(one.years, one.share, one.at_risk) for one in survival(pieces)] == [
        (1, 1, 3), (3, Fraction(1, 3), 1), (5, Fraction(1, 3), 1),
    ]  # fmt: skip
    assert [one.share for one in survival(pieces[3:])] == [None, None, None]
    assert [one.share for one in survival([pieces[0]])] == [1, 0, 0]  # what has ended stays so
    assert [one.share for one in survival([])] == [None, None, None]
    with pytest.raises(ValueError, match="before it was received"):
        survival([Piece(today, date(2026, 1, 1), today)])


@given(st.lists(st.integers(0, 50), min_size=1), st.integers(0, 60))
def test_without_anything_still_serving_it_is_the_share_that_lived_longer(times: list[int], days: int) -> None:
    lived = Fraction(sum(1 for each in times if each > days), len(times))
    assert curve((each, True) for each in times).at(days) == lived


# --- the national tag ---


def test_published_check_characters_of_mod_37_2() -> None:
    """ISBT 128 protects donation numbers by it: the examples of its technical specification."""
    assert check_of("G123498654321") == "H"
    assert check_of("A999914123456") == "N"


def test_tags_are_read_as_they_were_made() -> None:
    assert next(tags()) == (0, "000001")
    made = list(takewhile(lambda pair: pair[0] < 3700, tags()))
    assert 0.9 < len(made) / 3700 < 0.94 and tag_of(1) is None  # its check character would be one of I, O and *
    for number, tag in made:
        assert (number_of(tag), read(f" {tag[:3].lower()}-{tag[3:]} ")) == (number, tag)
    for number in (-1, MOST):
        with pytest.raises(ValueError, match="tags are"):
            tag_of(number)


@pytest.mark.parametrize(
    "text,reason", [("", "length"), ("00002Y0", "length"), ("0000Ü2", "sign"), ("00002X", "check")]
)
def test_why_a_text_is_no_tag(text: str, reason: str) -> None:
    with pytest.raises(BadTag) as told:
        read(text)
    assert told.value.reason == reason


def test_letters_that_look_like_figures_are_read_as_these() -> None:
    assert read("oOo02y") == "00002Y"
    assert number_of("OOOIZI") == 34 + SIGNS.index("Z")


TAGS = st.integers(0, MOST - 1).map(tag_of).filter(bool)


@given(TAGS, st.integers(0, 5), st.sampled_from(SIGNS))
def test_every_wrong_sign_is_found(tag: str, place: int, sign: str) -> None:
    wrong = tag[:place] + sign + tag[place + 1 :]
    assert wrong == tag or not _is_tag(wrong)


@given(TAGS, st.integers(0, 5), st.integers(1, 2))
def test_every_exchange_of_near_signs_is_found(tag: str, place: int, apart: int) -> None:
    signs = list(tag)
    if place + apart < len(signs):
        signs[place], signs[place + apart] = signs[place + apart], signs[place]
    assert "".join(signs) == tag or not _is_tag("".join(signs))


def _is_tag(text: str) -> bool:
    try:
        return bool(read(text))
    except BadTag:
        return False
