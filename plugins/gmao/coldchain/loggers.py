"""Files of temperature loggers, whoever made them: the layouts that are known are data (`data/loggers.csv`).

A file is text: some lines that name the logger, a line of headings, and a line a reading. Comma, semicolon or tab stand
between cells; a comma or a point before decimals; °C or °F by the heading, by a line above it, or in each cell. Times
are those of the place unless the file names its offset from UTC.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import cache
from typing import Any

from core.contract.ports import Words
from core.contract.words import _
from core.data.calendar import moment
from core.data.errors import Refused
from plugins.gmao import reference
from plugins.gmao.formulas.coldchain import Reading

MOST_LINES, HEAD, CELL = 120_000, 60, 200
ROLES = ("serial", "moment", "date", "time", "temperature", "unit", "zone")
CELSIUS, FAHRENHEIT = "C", "F"
UNITS = {CELSIUS: "°C", FAHRENHEIT: "°F"}
DAY_FIRST, MONTH_FIRST = "dmy", "mdy"
NOTHING = {"", "-", "--", "---", "n/a", "na", "nan", "err", "error", "no sensor", "open"}  # no sensor
DEGREES = re.compile(r"([+-]?\d{1,3})(?:[.,](\d{1,4}))?\s*(?:°?\s*([CF]))?", re.ASCII | re.IGNORECASE)
DAY = re.compile(r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})", re.ASCII)
CLOCK = re.compile(r"(\d{1,2})[:h.](\d{2})(?:[:.](\d{2}))?(?:[.,]\d+)?\s*(?:([ap])\.?m\.?)?", re.ASCII | re.IGNORECASE)
OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+-])?(\d{1,2})?(?::?(\d{2}))?", re.ASCII | re.IGNORECASE)
ZONED = re.compile(r"(.*\d)\s*(Z|[+-]\d{2}:?\d{2})", re.ASCII)


@dataclass(frozen=True)
class Layout:
    """How a logger calls things: {role: its words}, and the words by which its files are known."""

    logger: str
    signs: Sequence[str]
    words: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Fault:
    """A cell that cannot be read, and why."""

    line: int
    heading: str
    why: Words


@dataclass
class Sheet:
    """A file, understood: the logger and its serial number, its readings and the line of each, and what is wrong."""

    logger: str = ""
    serial: str = ""
    readings: list[Reading] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


@cache
def layouts() -> tuple[Layout, ...]:
    """Return the layouts that are known, the most special ones first."""
    return tuple(
        Layout(row["logger"], _split(row["sign"]), {role: _split(row[role]) for role in ROLES})
        for row in reference.rows("loggers")
    )


def _split(text: str) -> list[str]:
    return [word for word in text.split("|") if word]


def read(data: bytes, dates: str = "", unit: str = "", since: int | None = None) -> Sheet:
    """Return what a file says, from a line on; `dates` ("dmy", "mdy") and `unit` ("C", "F") where it does not say.

    Raises Refused at `file` for what is no such file, at `dates` or `unit` where only a person knows.
    """
    rows = _rows(data)
    known = next((found for each in layouts() if (found := _heading(each, rows))), None)
    if known is None:
        raise Refused(_("No line of this file names a time and a temperature. Export the readings as CSV."), "file")
    layout, at, columns = known
    above = {role: _said(layout, role, rows[:at]) for role in ("serial", "unit", "zone")}
    heading = rows[at][1]
    sheet = Sheet(layout.logger, _serial(layout, above["serial"], heading, rows, at))
    body = [(line, cells) for line, cells in rows[at + 1 :] if line >= (since or 0)]
    unit = unit or _unit(above["unit"]) or _unit(heading[columns["temperature"]])
    reader = _Reader(columns, heading, dates or _order(body, columns), unit, _offset(above["zone"]))
    for line, cells in body:
        try:
            sheet.readings.append(reader.reading(cells))
            sheet.lines.append(line)
        except _Wrong as wrong:
            sheet.faults.append(Fault(line, wrong.heading, wrong.why))
    if not sheet.readings and not sheet.faults:
        raise Refused(_("This file holds no readings."), "file")
    return sheet


def _rows(data: bytes) -> list[tuple[int, list[str]]]:
    """Return (line, cells) of all lines that hold something."""
    text = _text(data)
    if "\0" in text:
        raise Refused(_("This is no text. Export the readings of the logger as CSV."), "file")
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        raise Refused(_("At most %(most)s lines. Divide the file.", most=MOST_LINES), "file")
    delimiter = max(";\t,", key=lambda sign: sum(min(line.count(sign), 9) for line in lines[:HEAD]))
    rows = []
    for number, line in enumerate(lines, 1):
        cells = next(csv.reader([line[: 40 * CELL]], delimiter=delimiter), [])
        cells = [cell.strip()[:CELL] for cell in cells]
        if any(cells):
            rows.append((number, cells))
    return rows


def _text(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _heading(layout: Layout, rows: Sequence[tuple[int, list[str]]]) -> tuple[Layout, int, dict[str, int]] | None:
    """Return the place of the headings and the column of each role, where a file is of a layout."""
    top = rows[:HEAD]
    text = " ".join(_plain(cell) for _line, cells in top for cell in cells)
    if layout.signs and not any(sign in text for sign in layout.signs):
        return None
    for at, (_line, cells) in enumerate(top):
        columns = {role: found for role in ROLES if (found := _column(layout.words[role], cells)) is not None}
        if "temperature" in columns and ("moment" in columns or {"date", "time"} <= columns.keys()):
            return layout, at, columns
    return None


def _column(words: Sequence[str], cells: Sequence[str]) -> int | None:
    """Return the first column whose heading is one of some words, or begins with it: "Temperature (°C)"."""
    for word in words:
        for at, cell in enumerate(cells):
            if (plain := _plain(cell)) == word or re.match(re.escape(word) + r"[\s(\[°]", plain):
                return at
    return None


def _plain(cell: str) -> str:
    return " ".join(cell.casefold().split()).strip(":")


def _said(layout: Layout, role: str, rows: Sequence[tuple[int, list[str]]]) -> str:
    """Return what the lines above the headings say of a role: "Serial number;1604", or "Serial number: 1604"."""
    for _line, cells in rows:
        for at, cell in enumerate(cells):
            name, colon, rest = cell.partition(":")
            if _plain(name) in layout.words[role]:
                found = rest.strip() if colon and rest.strip() else next((each for each in cells[at + 1 :] if each), "")
                if found:
                    return found
    return ""


def _serial(
    layout: Layout, above: str, heading: Sequence[str], rows: Sequence[tuple[int, list[str]]], at: int
) -> str:  # fmt: skip
    """Return the serial number of the logger: of the lines above, else of a column of its own."""
    column = _column(layout.words["serial"], heading)
    if above or column is None:
        return above
    return next((cells[column] for _line, cells in rows[at + 1 :] if len(cells) > column and cells[column]), "")


def _unit(text: str) -> str:
    """Return the unit that a text names, or ""."""
    plain = _plain(text)
    if re.search(r"°\s*f|fahrenheit|\bdeg\s*f|[(\[]\s*f\s*[)\]]|^f$", plain):
        return FAHRENHEIT
    return CELSIUS if re.search(r"°\s*c|celsius|\bdeg\s*c|[(\[]\s*c\s*[)\]]|^c$", plain) else ""


def _offset(text: str) -> timezone | None:
    """Return the zone that a file names by its offset from UTC, or None: its times are those of the place."""
    found = OFFSET.fullmatch(text.strip())
    if not text.strip() or found is None:
        return None
    minutes = 60 * int(found[2] or 0) + int(found[3] or 0)
    return timezone(timedelta(minutes=-minutes if found[1] == "-" else minutes)) if minutes < 24 * 60 else None


def _order(body: Sequence[tuple[int, Sequence[str]]], columns: Mapping[str, int]) -> str:
    """Return how days are written, as far as they show it: no month is above 12, and no American writes points."""
    column = columns.get("date", columns.get("moment", 0))
    found = [each for _line, cells in body if len(cells) > column and (each := DAY.match(cells[column]))]
    if any(int(each[1]) > 12 or each[2] == "." for each in found if int(each[1]) < 100):
        return DAY_FIRST
    return MONTH_FIRST if any(int(each[3]) > 12 for each in found if int(each[1]) < 100) else ""


class _Wrong(Exception):
    """A cell that cannot be read."""

    def __init__(self, heading: str, why: Words) -> None:
        super().__init__(heading)
        self.heading, self.why = heading, why


@dataclass(frozen=True)
class _Reader:
    """How the lines of one file are read."""

    columns: Mapping[str, int]
    heading: Sequence[str]
    dates: str
    unit: str
    zone: timezone | None

    def reading(self, cells: Sequence[str]) -> Reading:
        """Return the reading of a line."""
        if len(cells) > len(self.heading) and any(cells[len(self.heading) :]):
            raise _Wrong("", _("More cells than headings: is a comma the decimal sign and the separator too?"))
        return Reading(self._at(cells), self._celsius(self._cell(cells, "temperature")))

    def _cell(self, cells: Sequence[str], role: str) -> str:
        at = self.columns[role]
        return cells[at] if at < len(cells) else ""

    def _named(self, role: str) -> str:
        return self.heading[self.columns[role]]

    def _at(self, cells: Sequence[str]) -> datetime:
        if "moment" in self.columns:
            name, text = self._named("moment"), self._cell(cells, "moment")
        else:
            name, text = self._named("date"), f"{self._cell(cells, 'date')} {self._cell(cells, 'time')}"
        zone, found = self.zone, ZONED.fullmatch(text.strip())
        if found and ":" in found[1]:
            text, zone = found[1], UTC if found[2] == "Z" else _offset(found[2])
        day, _blank, clock = text.strip().replace("T", " ", 1).partition(" ")
        on, at = self._day(name, day), _time(name, clock.strip())
        return moment(on, at) if zone is None else datetime.combine(on, at, zone).astimezone(UTC)

    def _day(self, name: str, text: str) -> date:
        found = DAY.fullmatch(text)
        if found is None:
            raise _Wrong(name, _("“%(text)s” is no day.", text=text[:40]))
        first, _sign, second, third = found.groups()
        if len(first) == 4:
            parts = first, second, third
        elif not self.dates:
            words = _("Are days written day first (03/04 is 3 April), or month first? Choose it below.")
            raise Refused(words, "dates")
        else:
            parts = (third, second, first) if self.dates == DAY_FIRST else (third, first, second)
        year, month, day = map(int, parts)
        try:
            return date(2000 + year if year < 100 else year, month, day)
        except ValueError:
            raise _Wrong(name, _("There is no day “%(text)s”.", text=text[:40])) from None

    def _celsius(self, text: str) -> Decimal | None:
        name = self._named("temperature")
        if text.casefold().strip() in NOTHING:
            return None
        found = DEGREES.fullmatch(text.replace("\u2212", "-").strip())
        if found is None:
            raise _Wrong(name, _("“%(text)s” is no temperature.", text=text[:40]))
        unit = (found[3] or self.unit).upper()
        if not unit:
            raise Refused(_("The file does not say whether its degrees are °C or °F. Choose it below."), "unit")
        return celsius(Decimal(f"{found[1]}.{found[2] or 0}"), unit)


def _time(name: str, text: str) -> time:
    found = CLOCK.fullmatch(text)
    if found is None:
        raise _Wrong(name, _("“%(text)s” is no time of the day.", text=text[:40]))
    hour, half = int(found[1]), (found[4] or "").lower()
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    try:
        return time(hour, int(found[2]), int(found[3] or 0))
    except ValueError:
        raise _Wrong(name, _("“%(text)s” is no time of the day.", text=text[:40])) from None


def celsius(value: Decimal, unit: str) -> Decimal:
    """Return a temperature in °C, to a hundredth; half a hundredth goes to the even one."""
    return ((value - 32) * 5 / 9 if unit == FAHRENHEIT else value).quantize(Decimal("0.01"))


def told(faults: Sequence[Fault]) -> Iterator[Any]:
    """Yield faults in words, each with its line and heading."""
    for one in faults:
        place = {"line": one.line, "heading": one.heading, "why": one.why}
        yield _("Line %(line)s, %(heading)s: %(why)s", **place) if one.heading else _("Line %(line)s: %(why)s", **place)
