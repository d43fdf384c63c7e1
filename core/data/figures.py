"""Figures as people write them, read by one rule in forms and in files, in French and in English.

Blanks and apostrophes stand between thousands, a comma or a point before decimals. Up to three digits, a comma or a
point, and three digits more may mean either: that is never guessed.
"""

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from babel.numbers import get_decimal_symbol, get_group_symbol, get_minus_sign_symbol

from core.contract.words import _
from core.data.errors import Refused

BLANKS = str.maketrans(dict.fromkeys("\t\u00a0\u2007\u2009\u202f'’", " ") | {"\u2212": "-"})
PLAIN = re.compile(r"(?P<whole>\d{1,30})(?:[.,](?P<rest>\d{0,20}))?", re.ASCII)
SPACED = re.compile(r"(?P<whole>\d{1,3}(?: \d{3}){1,9})(?:[.,](?P<rest>\d{0,20}))?", re.ASCII)
EITHER = re.compile(r"[1-9]\d{0,2}[.,]\d{3}", re.ASCII)


SIGNS = {"BIF": "FBu", "USD": "$", "EUR": "€"}  # of currencies


def rounded(value: Any, places: int) -> Decimal:
    """Return a figure with so many decimals, a half upwards: 152.5 is 153 wherever it is read."""
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    return exact.quantize(_last_place(places), ROUND_HALF_UP)


@cache
def _last_place(places: int) -> Decimal:
    return Decimal(1).scaleb(-places)


@cache
def _signs(locale: Any) -> tuple[str, str, str]:
    return get_group_symbol(locale), get_decimal_symbol(locale), get_minus_sign_symbol(locale)


def spoken(value: int | Decimal, decimals: int | None, locale: Any) -> str:
    """Return a figure with the signs of a language: as many decimals as it has, or `decimals`. It is what Babel writes,
    which reads its pattern at each of a thousand figures."""
    thousands, point, minus = _signs(locale)
    whole, _point, rest = (f"{abs(value):,f}" if isinstance(value, Decimal) else f"{abs(value):,d}").partition(".")
    rest = rest.rstrip("0") if decimals is None else rest.ljust(decimals, "0")
    below = value.is_signed() if isinstance(value, Decimal) else value < 0
    return f"{minus if below else ''}{whole.replace(',', thousands)}{point + rest if rest else ''}"


def grouped(value: int | Decimal) -> str:
    """Return a figure with its thousands apart."""
    return f"{rounded(value, 0):,f}".replace(",", "\N{NO-BREAK SPACE}")


class Unclear(Refused):
    """A number that can be read in two ways."""


def number(text: str, decimals: str = "", most: object = None) -> Decimal:
    """Return the number that a text stands for; Refused when it is none, Unclear when it may be either of two.

    `decimals` is the sign before decimals ("," or ".") once somebody has said which. Beyond `most`, the largest
    that can be meant here, thousands are out of the question.
    """
    sign, body = _signed(text)
    if EITHER.fullmatch(body):
        return sign * _either(body, decimals, most)
    for form in (PLAIN, SPACED):
        if found := form.fullmatch(body):
            whole = re.sub(r"\D", "", found["whole"])
            return sign * Decimal(f"{whole}.{found['rest']}" if found["rest"] else whole)
    raise Refused(_("This is not a number."))


def _signed(text: str) -> tuple[int, str]:
    plain = text.translate(BLANKS).strip()
    sign = -1 if plain.startswith("-") else 1
    return sign, plain[1:].lstrip() if plain[:1] in ("+", "-") else plain


def _either(body: str, decimals: str, most: object) -> Decimal:
    thousands, small = Decimal(re.sub(r"\D", "", body)), Decimal(body.replace(",", "."))
    if decimals:
        return small if decimals in body else thousands
    if isinstance(most, (int, Decimal)) and thousands > most:
        return small
    raise Unclear(
        _(
            "“%(text)s” may mean %(thousands)s or %(small)s. Write %(thousands)s, or %(small)s.",
            text=body, thousands=thousands, small=written(small.normalize(), ","),
        )
    )  # fmt: skip


def unclear(text: str, most: object = None) -> bool:
    """Return whether a text is a number that can be read in two ways."""
    try:
        number(text, "", most)
    except Unclear:
        return True
    except Refused:
        return False
    return False


def written(value: Decimal, mark: str = ".") -> str:
    """Return the digits of a number so that it is read back as it is: 1.125 is written 1.1250."""
    text = f"{value:f}".replace(".", mark)
    return f"{text}0" if EITHER.fullmatch(text.lstrip("-")) else text
