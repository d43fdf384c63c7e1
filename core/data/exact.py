"""Exact numbers: fractions made, rounded and carried through JSON without loss."""

from decimal import Decimal
from fractions import Fraction
from math import ceil

Number = int | Fraction | Decimal | str


def exact(number: Number) -> Fraction:
    """Return the number as a fraction; `str` may be "2.5" or "5/2". Anything inexact raises TypeError."""
    if not isinstance(number, Number):
        raise TypeError(f"an exact number is needed, not {number!r}")
    return Fraction(number)


def half_up(number: Fraction | int) -> int:
    """Return the nearest integer, a half upwards (as on paper, not to the even neighbour)."""
    return (2 * number.numerator + number.denominator) // (2 * number.denominator)


def up(number: Fraction) -> int:
    """Return the smallest integer that is not below the number."""
    return ceil(number)


def up_of(number: Fraction, times: Fraction) -> int:
    """Return the product of two numbers rounded up, without making a fraction of it."""
    return -(-number.numerator * times.numerator // (number.denominator * times.denominator))


def rounded(number: Fraction | int, places: int = 2) -> Decimal:
    """Return the number as a Decimal with so many places, a half upwards: for the eye only."""
    tens, below = 10**places, number.denominator
    return Decimal((2 * tens * number.numerator + below) // (2 * below)).scaleb(-places)


def dumped(number: Fraction | int | None) -> str | None:
    """Return the number as JSON carries it: "175473/82"."""
    return None if number is None else str(number)


def loaded(text: str | None) -> Fraction | None:
    """Return the number that `dumped` wrote."""
    return None if text is None else Fraction(text)
