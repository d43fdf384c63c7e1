"""Days of leave in words."""

from decimal import Decimal
from fractions import Fraction

from babel.numbers import format_decimal

from core.contract.words import locale


def said(days: Fraction | Decimal | int) -> str:
    """Return a number of days as it is written here, to the hundredth: "12,5"."""
    exact = Fraction(days)
    return format_decimal(Decimal(exact.numerator) / Decimal(exact.denominator), format="#,##0.##", locale=locale())
