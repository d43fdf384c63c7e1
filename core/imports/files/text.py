"""CSV: in UTF-8, UTF-16 or Windows-1252, separated by comma, semicolon or tab."""

import codecs
import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .cells import CELL, Line, Marked, Unfit, _

HEAD = 65_536
DELIMITERS = {",": _("comma"), ";": _("semicolon"), "\t": _("tab")}
QUOTED = re.compile(r"'+ *[=+\-@\t\r]")  # what our exports make of a text that a spreadsheet would compute
GOOD, BAD = re.compile("[\u0080-\ud7ff\ue000-\U0010ffff]"), re.compile("[\udc80-\udcff]")
TWICE = re.compile("[ÃÂ][\u0080-\u00bf‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€")  # UTF-8 that was read as Windows-1252
# Sérum, hôpital, reçu, à of a Mac (SŽrum, h™pital, ˆ) and of MS-DOS (S‚rum, h“pital, re‡u) that were read so
ELSEWHERE = re.compile("[a-z][Ž‚ˆŠ]|[a-z][‰‹ƒ„†‡™“][a-z]|(?<= )ˆ(?= )")
SIGNS = re.compile("[‚ƒ„…†‡ˆ‰Š‹ŒŽ‘“”•–—˜™š›žŸ·ø¡ËÏ]")  # their accents, where one such word stands in a file
WINDOWS, FOREIGN = _("letters of Windows"), _("letters of a Mac or of MS-DOS")  # as a person calls them
LETTERS = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "cp1252": WINDOWS}
SURE = ("utf-8-sig", "utf-16")
SEPARATOR = re.compile(r'\ufeff?"?sep=([,;\t])"?[,;\s]*', re.IGNORECASE)  # a first line of spreadsheets, no heading


def lines_of(path: Path) -> tuple[dict[str, Any], Iterator[Line]]:
    """Return how a CSV file is read, in words, and its lines."""
    encoding = encoding_of(path)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        first = file.readline(HEAD)
    said = SEPARATOR.fullmatch(first)
    delimiter = said[1] if said else max(DELIMITERS, key=first.count)
    damage = damage_of(path, encoding)
    letters = FOREIGN if damage is SIGNS else LETTERS[encoding]
    note = _("CSV, %(encoding)s, separated by %(delimiter)s", encoding=letters, delimiter=DELIMITERS[delimiter])
    return note, _lines(path, encoding, delimiter, damage, int(bool(said)))


def damage_of(path: Path, encoding: str) -> re.Pattern[str] | None:
    """Return what tells damaged letters: nothing where a mark says the encoding; more in a file whose words show that
    it was written by a Mac or by MS-DOS, which no mark tells from Windows-1252."""
    if encoding in SURE:
        return None
    if encoding == "cp1252":
        with path.open(encoding=encoding, errors="replace", newline="") as file:
            while part := file.read(2**16):
                if ELSEWHERE.search(part):
                    return SIGNS
    return TWICE


def encoding_of(path: Path) -> str:
    """Return the encoding: what the mark says, UTF-8 if (nearly) all letters fit it, else Windows-1252."""
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    good = bad = 0
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        while part := file.read(2**16):
            if not part.isascii():
                good += len(GOOD.findall(part))
                bad += len(BAD.findall(part))
    if bad <= good:
        return "utf-8"  # a few damaged letters are refused where they stand
    if bad > 10 * good:
        return "cp1252"
    raise Unfit(_("The letters of this file cannot be read. Save it again as “CSV UTF-8”."))


def _lines(path: Path, encoding: str, delimiter: str, damage: re.Pattern[str] | None, passed: int) -> Iterator[Line]:
    """Yield the lines below those that are passed over; a line is counted where it begins, since quoted cells may hold
    line breaks."""
    csv.field_size_limit(CELL)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        for _passed in range(passed):
            file.readline()
        reader, start = csv.reader(file, delimiter=delimiter, strict=True), 1 + passed
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise _broken(str(error), start, reader.line_num + passed) from None
            yield start, [_cell(cell, damage) for cell in cells]
            start = reader.line_num + 1 + passed


def _broken(error: str, start: int, end: int) -> Unfit:
    if "limit" in error and end == start:
        return Unfit(_("Line %(line)s: a cell holds more than %(most)s characters.", line=start, most=CELL))
    if "limit" in error:
        return Unfit(
            _(
                "Line %(line)s: a quotation mark is opened and not closed, or a cell holds more than "
                "%(most)s characters.",
                line=start, most=CELL,
            )
        )  # fmt: skip
    return Unfit(_("Line %(line)s: a quotation mark is missing or stands in the wrong place.", line=start))


def _cell(cell: str, damage: re.Pattern[str] | None) -> str:
    """Return a cell without the apostrophe of our exports; damaged letters are marked."""
    if not cell or cell.isascii():
        return cell[1:] if cell[:1] == "'" and QUOTED.match(cell) else cell
    if "\ufffd" in cell or (damage is not None and damage.search(cell)):
        return Marked(cell[:200], "letters")
    return cell[1:] if cell[0] == "'" and QUOTED.match(cell) else cell
