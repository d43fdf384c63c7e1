"""Figures are rounded as on paper wherever they are shown, and written in the language of the page."""

from decimal import Decimal
from fractions import Fraction

import pytest
from flask_babel import force_locale

from core.contract.words import decimal_of
from core.data.figures import grouped
from core.web.pages import number


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
