"""An import at work: the lines of a file become rows, are looked at, and are written."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from core.contract.words import _
from core.data.errors import Conflict, Doubt, Refused
from core.imports.files.cells import Line
from core.imports.importer import Field, Importer, Refusal, Report, Row, Stale
from core.imports.mapping import Mapped, resolve, samples_of
from core.imports.parse import Reading, plain, refuse_spoilt
from core.imports.readers import Table, kinds

TOLD_EVERY, ATTEMPTS = 1000, 3
Door = Callable[[Callable[[], Report]], None]  # opens the one unit of work, runs what is given, keeps its report


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def look(importer: Importer, table: Table, mapped: Mapped, report: Report) -> Any:
    """Return the importer's plan after reading every row; the report says what would happen. Writes nothing."""
    return importer.prepare(rows(importer, table, mapped, report), report)


def write(importer: Importer, table: Table, mapped: Mapped, report: Report, door: Door) -> None:
    """Write a whole file through the door, all or nothing, or raise Refused; Doubt when a question is open.

    Before the door is opened, the file is read and looked at, so that nobody waits for it. A lasting plan serves inside
    too, and is made again when somebody recorded something at the same places meanwhile; any other is made afresh
    there, from rows that are read already.
    """
    if not importer.lasting:
        report = report.again()
        read = list(rows(importer, table, mapped, report))
        importer.prepare(iter(read), report)
        refuse_if_any(report)
        _settle(report)
        return door(partial(_write, importer, read, report))
    for _attempt in range(ATTEMPTS):
        report = report.again()
        plan = look(importer, table, mapped, report)
        try:
            refuse_if_any(report)
            _settle(report)
            return door(partial(_apply, importer, plan, (), report))
        except Stale:
            continue
        finally:
            importer.forget(plan)
    raise Conflict(_("Others are recording at the same places just now. Nothing was imported: try again in a moment."))


def _write(importer: Importer, read: Sequence[Row], looked: Report) -> Report:
    """Return the report of rows that were written as things stand now, whatever others did since the look at them."""
    report = looked.again()
    report.lines = looked.lines
    plan = importer.prepare(iter(read), report)
    refuse_if_any(report)
    _settle(report)
    return _apply(importer, plan, read, report)


def _settle(report: Report) -> None:
    """Keep with the report what the person has answered; a Doubt bears the report, so that it can be shown."""
    try:
        report.agreed = report.settle()
    except Doubt as doubt:
        doubt.facts["report"] = report
        raise


def _apply(importer: Importer, plan: Any, read: Sequence[Row], report: Report) -> Report:
    importer.apply(plan, iter(read), report)
    refuse_if_any(report)
    return report


def refuse_if_any(report: Report) -> None:
    """Raise Refused when a line was refused: then nothing of the file is taken."""
    if report.refused:
        raise Refused(
            _("%(number)s lines were refused; nothing was imported.", number=len(report.refused_lines)), report=report
        )


class Cells:
    """Turns the cells of lines into values, by the mapping: a column at a time, each of its texts once."""

    def __init__(self, importer: Importer, columns: Sequence[str], mapped: Mapped) -> None:
        position, self.width = {column: number for number, column in enumerate(columns)}, len(columns)
        self.sources = {name: position[column] for column, name in mapped.columns.items()}
        names = dict.fromkeys([*self.sources, *(name for name, words in mapped.values.items() if words.get(""))])
        self.fields = [found for name in names if (found := importer.field(name))]
        self.names = [each.name for each in self.fields]
        self.known = {each.name: resolve(each.choices) for each in self.fields if each.choices}
        self.words = mapped.values
        self.reading = Reading(mapped.dates, mapped.values, mapped.decimals)
        self.required = [each.name for each in importer.fields if each.required]

    def rows(self, lines: Sequence[Line]) -> Iterator[Row | list[Refusal]]:
        """Yield the row of each line, or why it is refused."""
        columns = list(zip_longest(*(cells for _line, cells in lines), fillvalue=""))
        empty = ("",) * len(lines)
        given = [columns[at] if (at := self.sources.get(name, len(columns))) < len(columns) else empty
                 for name in self.names]  # fmt: skip
        read = [self._read(*each) for each in zip(self.fields, given, strict=True)]
        doubted = len(columns) > self.width or self._doubted(read)
        for line, raw, values in zip(lines, _across(given, lines), _across(read, lines), strict=True):
            row = Row(line[0], dict(zip(self.names, values)), dict(zip(self.names, raw)))  # noqa: B905 (names many times)
            yield (doubted and self._refusals(row, line[1])) or row

    def _read(self, field: Field, column: Sequence[str]) -> list[Any]:
        """Return what the cells of a column say; a marked one is not what its text is."""
        if kinds(column) != {str}:
            return [self._said(field, cell) for cell in column]
        said = {cell: self._said(field, cell) for cell in dict.fromkeys(column)}
        return [said[cell] for cell in column]

    def _doubted(self, read: Sequence[Sequence[Any]]) -> bool:
        """Return whether a cell of these columns could not be read, or a value is lacking."""
        found = dict(zip(self.names, map(kinds, read), strict=True))
        lacking = any(type(None) in found.get(name, {type(None)}) for name in self.required)
        return lacking or any(issubclass(kind, Refused) for kind in set().union(*found.values()))

    def _refusals(self, row: Row, cells: Sequence[str]) -> list[Refusal]:
        """Return why a line cannot be taken."""
        if any(cells[self.width :]):
            return [Refusal(row.line, "", "", _("This line has more cells than there are headings."))]
        wrong = [(name, why.message) for name, why in row.values.items() if isinstance(why, Refused)]
        return [Refusal(row.line, name, row.raw[name][:200], words) for name, words in wrong] + [
            Refusal(row.line, name, "", _("A value is needed here.")) for name in self.required if row[name] is None
        ]

    def _said(self, field: Field, cell: str) -> Any:
        """Return what a cell says, or the Refused by which it says nothing."""
        try:
            return self._value(field, cell)
        except Refused as why:
            return why

    def _value(self, field: Field, cell: str) -> Any:
        refuse_spoilt(cell)
        meant: Mapping[str, str] = self.words.get(field.name, {})
        text = meant.get(cell, cell) or meant.get("", "")
        if not text:
            return None
        if field.choices is None:
            return field.parse(text, self.reading)
        value = self.known[field.name].get(plain(text))
        if value is None:
            raise Refused(_("“%(value)s” is not known here. Say in the mapping what it means.", value=text[:80]))
        return value


def _across(columns: Sequence[Sequence[Any]], lines: Sequence[Line]) -> Iterable[tuple[Any, ...]]:
    """Return columns as lines."""
    return zip(*columns, strict=True) if columns else [()] * len(lines)


def rows(importer: Importer, table: Table, mapped: Mapped, report: Report) -> Iterator[Row]:
    """Yield the rows of a file that can be read; the others go to the report."""
    cells_of = Cells(importer, table.columns, mapped)
    samples = [_whole(each, cells_of.names) for each in samples_of(importer)]
    seen: dict[int, int] = {}
    passed = 0
    for number, found in enumerate(chain.from_iterable(map(cells_of.rows, table.parts())), 1):
        report.lines = number - passed
        if report.progress and number % TOLD_EVERY == 0:
            report.progress(number)
        if isinstance(found, list):
            for refusal in found:
                report.add(refusal)
        elif found.raw in samples:
            passed += 1  # the example of the template was left in the file
            report.lines -= 1
        elif first := _first_with_key(importer, found, seen):
            report.refuse(found, importer.key[0], _("Line %(line)s has the same key already.", line=first))
        else:
            yield found


def _whole(sample: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """Return an example line as a file with the columns of these names holds it."""
    return dict.fromkeys(names, "") | {name: text for name, text in sample.items() if text}


def _first_with_key(importer: Importer, row: Row, seen: dict[int, int]) -> int | None:
    """Return the earlier line with the key of this row; only hashes are kept, so that long files fit."""
    key = tuple(row[name] for name in importer.key)
    if not key or None in key:
        return None
    first = seen.setdefault(hash(key), row.line)
    return None if first == row.line else first
