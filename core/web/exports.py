"""A whole list as a file: CSV, XLSX or JSON, row by row in bounded memory, with no cell that computes."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from tempfile import TemporaryFile
from typing import IO, Any

import xlsxwriter
from markupsafe import Markup

from core.contract.words import _
from core.data import figures
from core.data.calendar import local
from core.data.errors import Refused

FORMULA = ("=", "+", "-", "@", "\t", "\r")
TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
EXACT = 10**15  # a spreadsheet keeps fifteen figures of a number
LONGEST = 32767
MOST_ROWS = 1_048_575  # of a sheet, its heads apart; the library drops the others without a word


def write(kind: str, heads: Sequence[str], rows: Iterable[Sequence[Any]], language: str) -> IO[bytes]:
    """Return a temporary file with the heads and the rows, rewound."""
    file = TemporaryFile()  # noqa: SIM115 (the response closes it)
    if kind == "csv":
        _csv(file, heads, rows, language)
    elif kind == "json":
        _json(file, heads, rows)
    else:
        _xlsx(file, heads, rows)
    file.seek(0)
    return file


def _csv(file: Any, heads: Sequence[str], rows: Iterable[Sequence[Any]], language: str) -> None:
    """Write UTF-8 with a mark, so that spreadsheets see it; French ones want semicolons and decimal commas."""
    french = language == "fr"
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    writer = csv.writer(text, delimiter=";" if french else ",")
    writer.writerow([_cell(head, french) for head in heads])
    for row in rows:
        writer.writerow([_cell(value, french) for value in row])
    text.detach()


def _cell(value: Any, french: bool) -> str:
    """Return the text of a cell; a text that a spreadsheet would compute is quoted."""
    value = _plain(value)
    if isinstance(value, str):  # its own apostrophes count too, so that one can be taken off again
        return f"'{value}" if value.lstrip("'").lstrip(" ").startswith(FORMULA) else value
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, (Decimal, float)):
        return figures.written(Decimal(str(value)), "," if french else ".")
    return str(value)


def _plain(value: Any) -> Any:
    """Return a str, int, float, Decimal, date or naive local datetime."""
    if value is None:
        return ""
    if isinstance(value, Markup):
        return value.striptags()
    if isinstance(value, datetime):
        return local(value).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, (int, float, Decimal, date)) and not isinstance(value, bool):
        return value
    return str(value).encode("utf-8", "replace").decode()  # half a pair is no letter, and no file can hold it


def _json(file: Any, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a list of objects, one a line; figures with decimals are texts, so that they stay exact."""
    file.write(b"[")
    for number, row in enumerate(rows):
        cells = {name: _bare(value) for name, value in zip(names, row, strict=True)}
        line = json.dumps(cells, ensure_ascii=False, default=str)
        file.write((b",\n" if number else b"\n") + line.encode("utf-8", "replace"))
    file.write(b"\n]\n")


def _bare(value: Any) -> Any:
    """Return a value as JSON keeps it: nothing is null, a moment names its zone."""
    if isinstance(value, datetime) and value.tzinfo:
        return local(value).isoformat()
    return None if value is None else _plain(value)


def _xlsx(file: Any, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    book = xlsxwriter.Workbook(
        file,
        {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
    )
    sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
    formats: dict[type, Any] = {
        date: book.add_format({"num_format": "dd/mm/yyyy"}),
        datetime: book.add_format({"num_format": "dd/mm/yyyy hh:mm"}),
    }
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(len(heads) - 1, 0), 18)
    for place, head in enumerate(heads):
        sheet.write_string(0, place, head, bold)
    for number, row in enumerate(rows, 1):
        if number > MOST_ROWS:
            raise Refused(_("This list is too long for a spreadsheet. Narrow it by a filter, or choose CSV."))
        for place, value in enumerate(row):
            _write(sheet, number, place, _plain(value), formats)
    book.close()


def _write(sheet: Any, row: int, place: int, value: Any, formats: dict[type, Any]) -> None:
    """Write one cell by its type; what a spreadsheet cannot keep exactly is a text."""
    if isinstance(value, date) and value.year >= 1900:
        sheet.write_datetime(row, place, value, formats[type(value)])
    elif isinstance(value, (int, float, Decimal)) and -EXACT < value < EXACT:
        sheet.write_number(row, place, value)
    elif value != "":
        sheet.write_string(row, place, str(value)[:LONGEST])
