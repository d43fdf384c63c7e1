"""Exact numbers: fractions made, rounded and carried through JSON without loss."""

from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

Number = int | Fraction | Decimal | str

DAYS_A_MONTH = Fraction(61, 2)  # 30.5, the month of the CMM


def exact(number: Number) -> Fraction:
    """Return the number as a fraction; `str` may be "2.5" or "5/2". Anything inexact raises TypeError."""
    if not isinstance(number, Number):
        raise TypeError(f"an exact number is needed, not {number!r}")
    return Fraction(number)


def half_up(number: Fraction) -> int:
    """Return the nearest integer, a half upwards (as on paper, not to the even neighbour)."""
    return floor(number + Fraction(1, 2))


def up(number: Fraction) -> int:
    """Return the smallest integer that is not below the number."""
    return ceil(number)


def rounded(number: Fraction, places: int = 2) -> Decimal:
    """Return the number as a Decimal with so many places, a half upwards: for the eye only."""
    return Decimal(half_up(number * 10**places)).scaleb(-places)


def dumped(number: Fraction | None) -> str | None:
    """Return the number as JSON carries it: "175473/82"."""
    return None if number is None else str(number)


def loaded(text: str | None) -> Fraction | None:
    """Return the number that `dumped` wrote."""
    return None if text is None else Fraction(text)
