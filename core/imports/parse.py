"""Reading cells: a text comes in, a value goes out, or Refused says in words what is wrong.

Every parser is `(text, reading) -> value`; `text(80)`, `whole(0)` and `amount(...)` make one.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from core.contract.words import _
from core.data.errors import Refused

DATE_FORMATS = {
    "iso": _("2025-04-03 (year, month, day)"),
    "dmy": _("03/04/2025 is 3 April"),
    "mdy": _("03/04/2025 is 4 March"),
}
TRUE = {"true", "t", "yes", "y", "oui", "o", "vrai", "1", "x", "actif", "active"}
FALSE = {"false", "f", "no", "n", "non", "faux", "0", "inactif", "inactive"}
ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
SLASHED = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})", re.ASCII)
NUMBER = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,20})?", re.ASCII)
POINT = re.compile(r"(?:SRID=\d{1,6};)?POINT ?\(\s*(-?[\d.]{1,20})[ ,]+(-?[\d.]{1,20})\s*\)", re.ASCII | re.IGNORECASE)
SPACES = dict.fromkeys(map(ord, " \u00a0\u202f\u2009'’"))


@dataclass(frozen=True)
class Reading:
    """How this file is to be read: `dates` is iso, dmy or mdy, empty when nobody chose."""

    dates: str = ""
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def plain(text: str) -> str:
    """Return a text in small letters without accents, blanks or signs: for comparing."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if letter.isalnum())


def text(length: int = 200) -> Callable[[str, Reading], str]:
    """Return a parser of a line of text, refused when it is longer than its column."""

    def parse(value: str, reading: Reading) -> str:
        if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in value):
            raise Refused(_("This text holds a character that cannot be shown (a line break or a control sign)."))
        if len(value) > length:
            raise Refused(
                _("This text has %(given)s characters; %(most)s are possible.", given=len(value), most=length)
            )
        return value

    return parse


def whole(minimum: int = 0, maximum: int = 10**12) -> Callable[[str, Reading], int]:
    """Return a parser of whole numbers; "1 200", "1 200,00" and "1200.0" are read, 1.5 is refused."""

    def parse(value: str, reading: Reading) -> int:
        number = _number(value)
        if number != number.to_integral_value():
            raise Refused(_("A whole number is needed."))
        _within(number, minimum, maximum)
        return int(number)

    return parse


def amount(minimum: Any = 0, maximum: Any = 10**12) -> Callable[[str, Reading], Decimal]:
    """Return a parser of decimal numbers, with a comma or a point."""

    def parse(value: str, reading: Reading) -> Decimal:
        number = _number(value)
        _within(number, minimum, maximum)
        return number

    return parse


def degrees(limit: int) -> Callable[[str, Reading], float]:
    """Return a parser of a latitude (90) or longitude (180)."""
    decimal = amount(-limit, limit)
    return lambda value, reading: float(decimal(value, reading))


def _number(value: str) -> Decimal:
    """Return a number written with blanks, a comma or a point; two kinds of separators are refused as unclear."""
    packed = value.translate(SPACES)
    if packed.count(",") == 1 and "." not in packed:
        packed = packed.replace(",", ".")
    if not NUMBER.fullmatch(packed):
        raise Refused(_("This is not a number."))
    try:
        return Decimal(packed)
    except InvalidOperation:
        raise Refused(_("This is not a number.")) from None


def _within(number: Decimal, minimum: Any, maximum: Any) -> None:
    if number < minimum or number > maximum:
        raise Refused(_("The number must lie between %(low)s and %(high)s.", low=minimum, high=maximum))


def boolean(value: str, reading: Reading) -> bool:
    """Return yes or no in the words of several languages."""
    word = plain(value)
    if word in TRUE or word in FALSE:
        return word in TRUE
    raise Refused(_("Write yes or no."))


def day(value: str, reading: Reading) -> date:
    """Return a date: 2025-04-03 always, 03/04/2025 once somebody has said how it is meant."""
    if found := ISO.fullmatch(value):
        return _date(*found.groups()[:3])
    found = SLASHED.fullmatch(value)
    if found is None:
        raise Refused(_("This is not a date. Write 2025-04-03 or 03/04/2025."))
    first, second, year = found.groups()
    if reading.dates == "dmy":
        return _date(year, second, first)
    if reading.dates == "mdy":
        return _date(year, first, second)
    raise Refused(_("Choose whether the day or the month comes first in the dates of this file."))


def expiry(value: str, reading: Reading) -> date:
    """Return an expiry date; a month alone ("2027-03", "03/2027") means its last day."""
    from calendar import monthrange

    found = re.fullmatch(r"(\d{4})-(\d{1,2})", value) or re.fullmatch(r"(\d{1,2})/(\d{4})", value)
    if found is None:
        return day(value, reading)
    year, month = sorted(map(int, found.groups()), reverse=True)
    if not 1 <= month <= 12:
        raise Refused(_("This day does not exist."))
    return _date(year, month, monthrange(year, month)[1])


def _date(year: Any, month: Any, number: Any) -> date:
    try:
        found = date(int(year), int(month), int(number))
    except ValueError:
        raise Refused(_("This day does not exist.")) from None
    if not 1850 <= found.year <= 2200:
        raise Refused(_("This year is not plausible."))
    return found


def date_format(values: Iterable[str]) -> str | None:
    """Return the only way the dates of a column can be meant, or None when somebody must choose."""
    found = [match.groups() for value in values if (match := SLASHED.fullmatch(value))]
    if not found:
        return "iso"
    days_first = any(int(first) > 12 for first, _month, _year in found)
    return "dmy" if days_first and all(int(month) <= 12 for _day, month, _year in found) else None


def choice(words: Mapping[str, Iterable[str]]) -> Callable[[str, Reading], str]:
    """Return a parser of one of a few values, {value: other words for it}; letter case and accents do not count."""
    known = {plain(word): value for value, others in words.items() for word in (value, *others)}

    def parse(value: str, reading: Reading) -> str:
        if plain(value) in known:
            return known[plain(value)]
        raise Refused(_("This is not one of: %(values)s.", values=", ".join(words)))

    return parse


def point(value: str, reading: Reading) -> tuple[float, float]:
    """Return (latitude, longitude) of "POINT(lon lat)"."""
    found = POINT.fullmatch(value)
    try:
        longitude, latitude = (float(number) for number in found.groups()) if found else (None, None)
    except ValueError:
        longitude = latitude = None
    if longitude is None or latitude is None:
        raise Refused(_("Write the place as POINT(longitude latitude)."))
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise Refused(_("This place does not lie on the earth."))
    return latitude, longitude
