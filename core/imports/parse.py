"""Reading cells: a text comes in, a value goes out, or Refused says in words what is wrong.

Every parser is `(text, reading) -> value`; `text(80)`, `whole(0)` and `amount(...)` make one.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core.contract.ports import Words
from core.contract.words import _
from core.data import figures
from core.data.calendar import local, month_end
from core.data.errors import Refused
from core.imports.files.cells import Marked

DATE_FORMATS = {
    "iso": _("2025-04-03 (year, month, day)"),
    "dmy": _("03/04/2025 is 3 April"),
    "mdy": _("03/04/2025 is 4 March"),
}
TRUE = {"true", "t", "yes", "y", "oui", "o", "vrai", "1", "x", "actif", "active"}
FALSE = {"false", "f", "no", "n", "non", "faux", "0", "inactif", "inactive"}
ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?", re.ASCII)
SLASHED = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})", re.ASCII)
# what spreadsheets and their scripts write where a text was: 1.23E+19, twenty digits as a float, midnight of a day
ROUNDED = re.compile(
    r"\d(?:[.,]\d+)?E\+\d{2,3}|\d{16,}[.,]0+|\d{4}-\d\d-\d\d[T ]00:00:00(?:[.,]0+)?", re.ASCII | re.IGNORECASE
)
POINT = re.compile(r"(?:SRID=\d{1,6};)?POINT ?\(\s*(-?[\d.]{1,20})[ ,]+(-?[\d.]{1,20})\s*\)", re.ASCII | re.IGNORECASE)


SPOILT: Mapping[str, Callable[[str], Words]] = {
    "formula": lambda cell: _("Cell %(cell)s holds a formula or an error. Put its value there.", cell=cell),
    "letters": lambda cell: _("Letters of this text are damaged. Type it again, and save the list as “CSV UTF-8”."),
    "digits": lambda cell: _(
        "A spreadsheet keeps fifteen figures of a number: the last ones are lost. "
        "Give the column the format Text, then type the number again."
    ),
    "long": lambda cell: _("This text has %(given)s characters: more than any field holds.", given=cell),
    "shape": lambda cell: SHAPES[cell],
}

SHAPES: Mapping[str, Words] = {
    "unread": _("This outline cannot be read. Write POLYGON or MULTIPOLYGON, or a polygon of GeoJSON."),
    "degrees": _(
        "The coordinates of this outline are no degrees. Save it in WGS 84 (EPSG:4326), "
        "the longitude before the latitude."
    ),
    "flat": _("This outline encloses nothing."),
}


@dataclass(frozen=True)
class Reading:
    """How this file is to be read: `dates` is iso, dmy or mdy, `decimals` "," or "."; empty when nobody chose."""

    dates: str = ""
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    decimals: str = ""


def refuse_spoilt(cell: str) -> None:
    """Raise Refused when a cell of the file holds no value that could be read."""
    if isinstance(cell, Marked) and cell.why in SPOILT:
        raise Refused(SPOILT[cell.why](str(cell)))


def plain(text: str) -> str:
    """Return a text in small letters without accents, blanks or signs: for comparing."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if letter.isalnum())


def text(length: int = 200, lines: bool = False, numbers: bool = False) -> Callable[[str, Reading], str]:
    """Return a parser of a text, of several lines or one, refused when it is longer than its column.

    A sheet's number that it shows otherwise, or with decimals, is no code: 00123 came in as 123, 12.10 as 12.1. Where
    `numbers` or sentences stand, decimals are taken.
    """
    allowed = "\n\t" if lines else ""
    spoilt = ("date", "shown") if lines or numbers else ("date", "shown", "decimals")

    def parse(value: str, reading: Reading) -> str:
        if getattr(value, "why", "") in spoilt or ROUNDED.fullmatch(value):
            raise Refused(
                _(
                    "The spreadsheet has made a date or a rounded number of this text. "
                    "Give the column the format Text, then type it again."
                )
            )
        value = unicodedata.normalize("NFC", value.replace("\r\n", "\n") if lines else value)
        if not value.isprintable() and any(
            unicodedata.category(letter) in ("Cc", "Cs") and letter not in allowed for letter in value
        ):
            raise Refused(_("This text holds a character that cannot be shown (a line break or a control sign)."))
        if len(value) > length:
            raise Refused(
                _("This text has %(given)s characters; %(most)s are possible.", given=len(value), most=length)
            )
        return str(value)

    return parse


TYPED = ("number", "decimals", "shown")


class Number:
    """A parser of numbers between two bounds, whole or with decimals; see `core.data.figures`."""

    def __init__(self, minimum: Any, maximum: Any, whole: bool) -> None:
        self.minimum, self.maximum, self.whole = minimum, maximum, whole

    def __call__(self, value: str, reading: Reading) -> Any:
        """Return the number of a cell, an int when it must be whole."""
        typed = getattr(value, "why", "") in TYPED  # by the spreadsheet itself: its point is no question
        number = Decimal(value) if typed else figures.number(value, reading.decimals, self.maximum)
        if self.whole and number != number.to_integral_value():
            raise Refused(_("A whole number is needed."))
        if number < self.minimum or number > self.maximum:
            raise Refused(_("The number must lie between %(low)s and %(high)s.", low=self.minimum, high=self.maximum))
        return int(number) if self.whole else number

    def unclear(self, value: str) -> bool:
        """Return whether a cell holds a number that can be read in two ways."""
        return not isinstance(value, Marked) and figures.unclear(value, self.maximum)


def whole(minimum: int = 0, maximum: int = 10**12) -> Number:
    """Return a parser of whole numbers; "1 200", "1 200,00" and "1200.0" are read, 1.5 is refused."""
    return Number(minimum, maximum, True)


def amount(minimum: Any = 0, maximum: Any = 10**12) -> Number:
    """Return a parser of decimal numbers, with a comma or a point."""
    return Number(minimum, maximum, False)


def degrees(limit: int) -> Callable[[str, Reading], float]:
    """Return a parser of a latitude (90) or longitude (180)."""
    decimal = amount(-limit, limit)
    return lambda value, reading: float(decimal(value, reading))


def boolean(value: str, reading: Reading) -> bool:
    """Return yes or no in the words of several languages."""
    word = plain(value)
    if word in TRUE or word in FALSE:
        return word in TRUE
    raise Refused(_("Write yes or no."))


def day(value: str, reading: Reading) -> date:
    """Return a date: 2025-04-03 always, 03/04/2025 once somebody has said how it is meant.

    A moment with a zone is the day it was here.
    """
    if found := ISO.fullmatch(value):
        return _date(*found.groups())
    if MOMENT.fullmatch(value):
        return _day_of(value)
    found = SLASHED.fullmatch(value)
    if found is None:
        raise Refused(_("This is not a date. Write 2025-04-03 or 03/04/2025."))
    first, second, year = found.groups()
    if reading.dates == "dmy":
        return _date(year, second, first)
    if reading.dates == "mdy":
        return _date(year, first, second)
    raise Refused(_("Choose whether the day or the month comes first in the dates of this file."))


def _day_of(moment: str) -> date:
    try:
        found = datetime.fromisoformat(moment)
        found = local(found) if found.tzinfo else found
    except (ValueError, OverflowError):
        raise Refused(_("This day or time does not exist.")) from None
    return _date(found.year, found.month, found.day)


def expiry(value: str, reading: Reading) -> date:
    """Return an expiry date; a month alone ("2027-03", "03/2027") means its last day."""
    month = month_end(value)
    return day(value, reading) if month is None else _date(month.year, month.month, month.day)


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
