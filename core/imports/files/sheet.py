"""XLSX: the one visible sheet that holds anything, its cells counted before they are built, its hidden lines not
passed over, its numbers told apart from what the sheet shows of them."""

import re
import zipfile
from collections.abc import Collection, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet._reader import WorkSheetParser

from .cells import COLUMNS, Line, Marked, Unfit, _, damaged, too_long

ENTRIES, UNPACKED, STRINGS, RATIO = 2_000, 512 * 2**20, 96 * 2**20, 200
SHEET_LINES, WIDEST, TEXT, NAMED = 2**20, 16_384, 4_000_000, 5
EXACT = 10**15  # a spreadsheet keeps fifteen figures of a number
ESCAPED = re.compile(r"_x((?!D[89A-F])[0-9A-F]{4})_", re.ASCII | re.IGNORECASE)
ROW, CELL = re.compile(rb"<(?:\w+:)?row\b"), re.compile(rb"<(?:\w+:)?c[ >]")
HOLDS = re.compile(rb"<(?:\w+:)?(?:v|is|f)[ >]")  # a value, a text, a formula
UNSEEN = re.compile(r"\[[^\]]*\]|_.|\*.")  # colours and languages, and what a number format does about widths
AS_IT_IS = re.compile(r"general|@|[#?, \u00a0\u202f\\]*[0#?]?[ \\]*", re.IGNORECASE)  # shows the digits of a number
SMALLEST = 1  # points of height, below which nobody sees a line


def lines_of(path: Path) -> tuple[dict[str, Any], Iterator[Line]]:
    """Return which sheet is read, in words, and its lines."""
    refuse_bomb(path)
    sheets: Any = ReadOnlyWorksheet
    sheets._get_size = lambda sheet: None  # it would build every cell to learn the size
    try:
        book = openpyxl.load_workbook(path.open("rb"), read_only=True, keep_links=False, rich_text=True)
        names = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
        filled = [name for name in names if _holds(book, name)]
    except MemoryError:
        raise
    except Exception as error:  # a damaged or hostile file fails in many ways, all mean the same
        raise damaged() from error
    if not names:
        raise Unfit(_("The file has no sheet."))
    if len(filled) > 1:
        raise Unfit(
            _(
                "%(number)s sheets of the file hold something (%(names)s), and one is read. Save each as a file of its "
                "own, or hide those that are no list.",
                number=len(filled), names=", ".join(filled[:NAMED]) + (", …" if len(filled) > NAMED else ""),
            )
        )  # fmt: skip
    name = (filled or names)[0]
    return _("XLSX, sheet “%(name)s”", name=name), _lines(book, name)


def _holds(book: Any, name: str) -> bool:
    """Return whether a sheet holds any value."""
    end = b""
    with book._archive.open(book[name]._worksheet_path) as file:
        while part := file.read(2**16):
            if HOLDS.search(end + part):
                return True
            end = part[-40:]
    return False


def _lines(book: Any, name: str) -> Iterator[Line]:
    """Yield the lines; those that are hidden and hold something are refused when all are known."""
    sheet = book[name]
    try:
        with book._archive.open(sheet._worksheet_path) as file:
            parser: Any = WorkSheetParser(
                Counted(file), sheet._shared_strings, epoch=book.epoch, date_formats=book._date_formats,
                timedelta_formats=book._timedelta_formats,
            )  # fmt: skip
            yield from _with_gaps(parser, _shows(book))
    except (Unfit, MemoryError):
        raise
    except Exception as error:
        raise damaged() from error


def _shows(book: Any) -> set[int]:
    """Return the styles in which a whole number is shown otherwise than by its digits: 00123, 12.00, LOT-7."""
    formats = [_format(book, style.numFmtId) for style in book._cell_styles]
    return {number for number, each in enumerate(formats) if not AS_IT_IS.fullmatch(UNSEEN.sub("", each.split(";")[0]))}


def _format(book: Any, number: int) -> str:
    """Return a number format; one that the file does not define shows digits."""
    own = number - BUILTIN_FORMATS_MAX_SIZE
    if own < 0:
        return BUILTIN_FORMATS.get(number, "General")
    return str(book._number_formats[own]) if own < len(book._number_formats) else "General"


def _with_gaps(parser: Any, shows: Collection[int]) -> Iterator[Line]:
    last, hidden = 0, []
    for number, cells in parser.parse():
        if number > SHEET_LINES:  # a row number of a thousand million would be counted up to
            raise too_long()
        for missing in range(last + 1, number):
            yield missing, []
        last = number
        line = _texts(cells, shows)
        if _unseen(parser.row_dimensions.pop(str(number), {})) and any(line):
            hidden.append(number)
        yield number, line
    if hidden:
        shown = ", ".join(map(str, hidden[:NAMED])) + (" …" if len(hidden) > NAMED else "")
        raise Unfit(
            _(
                "%(number)s lines are hidden in the sheet, such as line %(lines)s: a filter, perhaps. "
                "Show them all, or delete them.",
                number=len(hidden), lines=shown,
            )
        )  # fmt: skip


def _unseen(row: dict[str, str]) -> bool:
    """Return whether a line is hidden, or so low that nobody sees it."""
    try:
        return row.get("hidden") in ("1", "true") or float(row.get("ht", SMALLEST)) < SMALLEST
    except ValueError:
        return False


def _texts(cells: list[dict[str, Any]], shows: Collection[int]) -> list[str]:
    """Return the cells of a row at their places."""
    line: list[str] = []
    for cell in cells:
        column = cell["column"]
        if not 0 < column <= COLUMNS + 1:
            column = COLUMNS + 2  # one too many is enough to know
        line += [""] * (column - len(line))
        line[column - 1] = text_of(cell, cell.get("style_id") in shows)
    return line


def text_of(cell: dict[str, Any], otherwise: bool = False) -> str:
    """Return a cell as text: dates as 2025-04-03, whole numbers without a point; more is marked, and also a number
    that the sheet shows `otherwise` than by its digits."""
    value = cell["value"]
    if value is None:
        return ""
    if cell["data_type"] in ("f", "e"):
        said = f"{get_column_letter(cell['column'])}{cell['row']}: {getattr(value, 'text', value)}"
        return Marked(said[:80], "formula")
    if isinstance(value, datetime):
        midnight = value.time() == datetime.min.time()
        return Marked(value.date().isoformat() if midnight else value.isoformat(sep=" "), "date")
    if isinstance(value, date):
        return Marked(value.isoformat(), "date")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        digits = _digits(value)
        return Marked(digits, "shown") if otherwise and not isinstance(digits, Marked) else digits
    return unescaped(str(value))


def unescaped(text: str) -> str:
    """Return a text whose signs that XML cannot hold were written as _x000D_; half a pair is no sign, and stays."""
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _digits(value: float) -> str:
    """Return the digits of a number; one with more than a spreadsheet keeps is marked."""
    if not -EXACT < value < EXACT:
        return Marked(repr(value), "digits")
    return str(int(value)) if int(value) == value else Marked(repr(value), "decimals")


class Counted:
    """A sheet as it is read, its cells and letters counted before the parser builds them."""

    def __init__(self, file: Any) -> None:
        self.file, self.cells, self.letters = file, 0, 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes; a row of more cells than a sheet has columns, or an endless cell, is refused."""
        part: bytes = self.file.read(size if size > 0 else 2**16)
        self.letters = 0 if b"<" in part else self.letters + len(part)
        if self.letters > TEXT:
            raise Unfit(_("A cell of the sheet holds more than %(most)s characters.", most=TEXT))
        for number, piece in enumerate(ROW.split(part)):
            self.cells = len(CELL.findall(piece)) + (0 if number else self.cells)
            if self.cells > WIDEST:
                raise Unfit(_("A line of the sheet has more than %(most)s cells.", most=WIDEST))
        return part


def refuse_bomb(path: Path) -> None:
    """Raise Unfit when an archive would unpack to more than a list can need, or is locked."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise damaged() from error
    names = {entry.filename for entry in entries}
    if any(entry.flag_bits & 1 for entry in entries):
        raise Unfit(_("The file is protected by a password. Save it without one."))
    if "content.xml" in names and "xl/workbook.xml" not in names:
        raise Unfit(_("This kind of file cannot be read. Save the list as CSV or XLSX."))
    if "xl/workbook.xml" not in names or len(names) != len(entries):
        raise damaged()
    packed, unpacked = sum(entry.compress_size for entry in entries), sum(entry.file_size for entry in entries)
    strings = sum(entry.file_size for entry in entries if "sharedstrings" in entry.filename.lower())
    bomb = unpacked > 10 * 2**20 and unpacked > RATIO * max(packed, 1)
    if len(entries) > ENTRIES or unpacked > UNPACKED or strings > STRINGS or bomb:
        raise Unfit(_("The file would unpack to far more than its size: it was not opened."))
