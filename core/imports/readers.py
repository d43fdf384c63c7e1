"""Files as lines of text cells: CSV, XLSX and JSON, read as a stream and never trusted.

`open_table(path, name)` gives a `Table`: its columns, and `rows()`, which reads the file
again from its start each time it is called and yields (line number, cells).
"""

import codecs
import csv
import json
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils import get_column_letter

from core.contract.ports import Words
from core.contract.words import _
from core.data.errors import Refused

Line = tuple[int, list[str]]
COLUMNS, LINES, SHEET_LINES, HEAD, HEADING_WITHIN = 200, 2_000_000, 2**20, 65_536, 100
ENTRIES, UNPACKED, STRINGS, RATIO = 2_000, 512 * 2**20, 96 * 2**20, 200
DELIMITERS = {",": _("comma"), ";": _("semicolon"), "\t": _("tab")}


class Unreadable(str):
    """A cell that holds no value but a formula or an error; the text is what stood there."""


@dataclass(frozen=True)
class Table:
    """A file, understood: its columns, how it was read, and its lines."""

    columns: Sequence[str]
    note: Words
    rows: Callable[[], Iterator[Line]]


def open_table(path: Path, name: str) -> Table:
    """Return the table in a file, chosen by what it is and not only by its name; Refused says why not."""
    with path.open("rb") as file:
        head = file.read(4096)
    if not head.strip(b"\xef\xbb\xbf \t\r\n\0"):
        raise Refused(_("The file is empty."), "file")
    if head.startswith(b"PK\x03\x04"):
        return _xlsx(path)
    if head.startswith((b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b", b"\x89PNG", b"GIF8", b"\xff\xd8\xff")):
        raise Refused(_("This kind of file cannot be read. Save the list as CSV or XLSX."), "file")
    if name.lower().endswith(".json") or head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return _json(path)
    return _csv(path)


# CSV


def _csv(path: Path) -> Table:
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        first = file.readline(HEAD)
    delimiter = max(DELIMITERS, key=first.count)

    def rows(width: int) -> Iterator[Line]:
        with path.open(encoding=encoding, newline="") as file:
            yield from _csv_lines(file, delimiter)

    words = {"encoding": encoding.upper().replace("-SIG", ""), "delimiter": DELIMITERS[delimiter]}
    return _table(rows, _("CSV, %(encoding)s, separated by %(delimiter)s", **words))


def _csv_lines(file: Any, delimiter: str) -> Iterator[Line]:
    """Yield the lines; a line is counted where it begins, since quoted cells may hold line breaks."""
    reader, start = csv.reader(file, delimiter=delimiter, strict=True), 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            message = _("Line %(line)s: a quotation mark is missing or stands in the wrong place.", line=start)
            raise Refused(message, "file") from None
        yield start, [_unquoted(cell) for cell in cells]
        start = reader.line_num + 1


def _unquoted(cell: str) -> str:
    """Return a cell without the apostrophe that our own exports put before a dangerous sign."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@") else cell


def _encoding(path: Path) -> str:
    """Return the encoding of a text file: what its mark says, UTF-8 if all of it fits, else Windows (cp1252)."""
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    elif head.startswith(codecs.BOM_UTF8):
        candidates = ["utf-8-sig"]
    else:
        candidates = ["utf-8", "cp1252"]
    for encoding in candidates:
        if _fits(path, encoding):
            return encoding
    raise Refused(_("The letters of this file cannot be read. Save it again as “CSV UTF-8”."), "file")


def _fits(path: Path, encoding: str) -> bool:
    """Return whether a file can be read so; control signs say that it is no text."""
    try:
        with path.open(encoding=encoding, newline="") as file:
            while part := file.read(2**16):
                if any(sign in part for sign in "\0\x01\x02\x03\x04\x05\x06\x07\x08"):
                    return False
    except (UnicodeDecodeError, UnicodeError):
        return False
    return True


# XLSX


def _xlsx(path: Path) -> Table:
    refuse_bomb(path)
    try:
        with path.open("rb") as file:  # a name without .xlsx would be refused
            book = openpyxl.load_workbook(file, read_only=True, keep_links=False)
            names = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
    except Exception as error:  # a damaged or hostile file fails in many ways, all mean the same
        raise _damaged() from error
    if not names:
        raise Refused(_("The file has no sheet."), "file")
    note = _("XLSX, sheet “%(name)s”", name=names[0])
    return _table(lambda width: _xlsx_lines(path, names[0], width), note)


def _damaged() -> Refused:
    return Refused(_("The file cannot be read: it is damaged, or not what its name says."), "file")


def _xlsx_lines(path: Path, name: str, width: int) -> Iterator[Line]:
    try:
        with path.open("rb") as file:
            sheet = openpyxl.load_workbook(file, read_only=True, keep_links=False)[name]
            sheet.reset_dimensions()  # what the file says of its size may be a lie
            for number, cells in enumerate(sheet.iter_rows(max_col=width), 1):
                if number > SHEET_LINES:  # a row number of a thousand million would be counted up to
                    raise _too_long()
                yield number, [_xlsx_text(cell) for cell in cells]
    except Refused:
        raise
    except Exception as error:
        raise _damaged() from error


def _too_long() -> Refused:
    return Refused(_("The file has more than %(most)s lines.", most=LINES), "file")


def _xlsx_text(cell: Any) -> str:
    """Return a cell as text: dates as 2025-04-03, whole numbers without a point."""
    value = cell.value
    if value is None:
        return ""
    if cell.data_type in ("f", "e"):
        return Unreadable(f"{get_column_letter(cell.column)}{cell.row}: {getattr(value, 'text', value)}"[:80])
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return str(value)


def refuse_bomb(path: Path) -> None:
    """Raise Refused when an archive would unpack to more than a list can need."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise _damaged() from error
    names = {entry.filename for entry in entries}
    if "xl/workbook.xml" not in names or len(names) != len(entries):
        raise _damaged()
    packed, unpacked = sum(entry.compress_size for entry in entries), sum(entry.file_size for entry in entries)
    strings = sum(entry.file_size for entry in entries if "sharedstrings" in entry.filename.lower())
    bomb = unpacked > 10 * 2**20 and unpacked > RATIO * max(packed, 1)
    if len(entries) > ENTRIES or unpacked > UNPACKED or strings > STRINGS or bomb:
        raise Refused(_("The file would unpack to far more than its size: it was not opened."), "file")


# JSON


def _json(path: Path) -> Table:
    """Return the table of a JSON list of objects, alone or under one name as DHIS2 writes it."""
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Refused(_("This is not well-formed JSON in UTF-8."), "file") from error
    kind = "JSON"
    if isinstance(found, dict):
        lists = {name: value for name, value in found.items() if isinstance(value, list) and value}
        kind = "organisationUnits" if "organisationUnits" in lists else next(iter(lists), kind)
        found = lists.get(kind)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Refused(_("The file holds no list of objects, such as “organisationUnits”."), "file")
    flat = [_flat(each) for each in found]
    columns = list(dict.fromkeys(name for each in flat for name in each))

    def rows(width: int) -> Iterator[Line]:
        yield 0, columns
        for number, each in enumerate(flat, 1):
            yield number, [each.get(name, "") for name in columns]

    return _table(rows, _("JSON, list “%(name)s”", name=kind))


def _flat(record: dict[str, Any], prefix: str = "") -> dict[str, str]:
    """Return {"parent.id": "…"}; a GeoJSON point becomes POINT(lon lat), other lists are left out."""
    found: dict[str, str] = {}
    for name, value in record.items():
        if isinstance(value, dict) and value.get("type") == "Point":
            found[prefix + name] = f"POINT({' '.join(map(str, (value.get('coordinates') or ())[:2]))})"
        elif isinstance(value, dict) and not prefix:
            found |= _flat(value, f"{name}.")
        elif isinstance(value, bool):
            found[prefix + name] = "true" if value else "false"
        elif value is not None and not isinstance(value, (dict, list)):
            found[prefix + name] = str(value)
    return found


# what all kinds share


def _table(source: Callable[[int], Iterator[Line]], note: Words) -> Table:
    """Return the table; its first filled line holds the headings. `source` is told how many cells matter."""
    head = next((cells for _line, cells in _filled(islice(source(COLUMNS + 1), HEADING_WITHIN))), None)
    if head is None:
        raise Refused(_("The file is empty."), "file")
    while head and not head[-1]:
        head = head[:-1]
    if len(head) > COLUMNS:
        raise Refused(_("The file has more than %(most)s columns.", most=COLUMNS), "file")
    columns = _headings(head)

    def rows() -> Iterator[Line]:
        lines = _filled(source(len(columns) + 1))
        next(lines)
        for number, (line, cells) in enumerate(lines, 1):
            if number > LINES:
                raise _too_long()
            yield line, cells

    return Table(columns, note, rows)


def _filled(lines: Iterator[Line]) -> Iterator[Line]:
    """Yield the lines that hold anything, their cells without blanks around."""
    for line, cells in lines:
        trimmed = [cell if isinstance(cell, Unreadable) else cell.strip(" \t\u00a0\u202f\r\n") for cell in cells]
        if any(trimmed):
            yield line, trimmed


def _headings(head: Sequence[str]) -> list[str]:
    """Return the names of the columns; an empty one is named by its letter, a name given twice is refused."""
    names = [str(name)[:120] or f"({get_column_letter(number)})" for number, name in enumerate(head, 1)]
    twice = next((name for number, name in enumerate(names) if name in names[:number]), None)
    if twice:
        raise Refused(_("Two columns are called “%(name)s”. Give each its own heading.", name=twice), "file")
    return names
