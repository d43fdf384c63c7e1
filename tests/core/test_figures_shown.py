"""Figures are rounded as on paper wherever they are shown, and written in the language of the page."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from flask_babel import force_locale

from core.contract.words import decimal_of
from core.data.calendar import local
from core.data.figures import grouped, rounded
from core.web.pages import LANGUAGES, day, moment, number


@pytest.mark.parametrize(("value", "decimals", "shown"), [
    (152.5, 0, "153"), (Decimal("0.25"), 1, "0,3"), (Decimal("2.5"), 0, "3"), (float(Fraction(305, 2)), 0, "153"),
    (1570, None, "1 570"), (Decimal("12.5"), None, "12,5"),
])  # fmt: skip
def test_a_half_is_rounded_upwards_as_in_the_working(app, value, decimals, shown):
    """The list of an order said 152 of a CMM of 152.5, its working 153."""
    with app.test_request_context(), force_locale("fr"):
        assert number(value, decimals).replace("\N{NARROW NO-BREAK SPACE}", " ") == shown
    assert grouped(Decimal("1152.5")).endswith("153")


def test_a_number_within_a_sentence_is_written_in_its_language(app):
    for language, shown in (("fr", "3,47"), ("en", "3.47")):
        with app.test_request_context(), force_locale(language):
            assert str(decimal_of("3.47")) == shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_figure_is_what_babel_writes(app, language):
    """Babel reads its pattern at each figure, too slow for a list: our own must be its equal."""
    rng = Random(7)
    whole = [0, 1, -1, 999, 1000, -1000, 12345, 10**15, *(rng.randrange(-(10**n), 10**n) for n in range(1, 19))]
    broken = [Decimal(rng.randrange(-(10**9), 10**9)).scaleb(-rng.randrange(5)) for _n in range(500)]
    with app.test_request_context(), force_locale(language):
        for value in [*whole, *map(Decimal, whole), *broken]:
            for decimals, pattern in ((None, None), (0, "#,##0"), (1, "#,##0.0"), (3, "#,##0.000")):
                plain = value if isinstance(value, int) else rounded(value, 3 if decimals is None else decimals)
                assert number(value, decimals) == format_decimal(plain, format=pattern, locale=language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_day_and_a_moment_are_what_babel_writes(app, language):
    """Summer and winter, the turn of a year and a year of three digits."""
    moments = [datetime(y, m, d, h, 59, tzinfo=UTC) for y, m, d in ((2026, 12, 31), (2024, 2, 29), (987, 1, 1))
               for h in (0, 9, 22, 23)]  # fmt: skip
    with app.test_request_context(), force_locale(language):
        for value in moments:
            assert day(value.date()) == format_date(value.date(), "dd/MM/yyyy", locale=language)
            assert moment(value) == format_datetime(local(value), "dd/MM/yyyy HH:mm", locale=language)
