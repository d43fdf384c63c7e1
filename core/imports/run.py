"""An import at work: the lines of a file become rows, are looked at, and are written."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from core.contract.words import _
from core.data.errors import Conflict, Doubt, Refused
from core.imports.importer import Field, Importer, Refusal, Report, Row, Stale
from core.imports.mapping import Mapped, resolve, samples_of
from core.imports.parse import Reading, plain, refuse_spoilt
from core.imports.readers import Table

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
    """Turns the cells of a line into values, by the mapping."""

    def __init__(self, importer: Importer, columns: Any, mapped: Mapped) -> None:
        position = {column: number for number, column in enumerate(columns)}
        self.sources = {name: position[column] for column, name in mapped.columns.items()}
        names = dict.fromkeys([*self.sources, *(name for name, words in mapped.values.items() if words.get(""))])
        self.fields = [found for name in names if (found := importer.field(name))]
        self.known = {each.name: resolve(each.choices) for each in self.fields if each.choices}
        self.words = mapped.values
        self.reading = Reading(mapped.dates, mapped.values, mapped.decimals)
        self.required = [each.name for each in importer.fields if each.required]

    def row(self, line: int, cells: list[str]) -> Row | list[Refusal]:
        """Return the row of a line, or why it is refused."""
        raw = {each.name: self._cell(each.name, cells) for each in self.fields}
        values: dict[str, Any] = {}
        refusals = []
        for each in self.fields:
            try:
                values[each.name] = self._value(each, raw[each.name])
            except Refused as error:
                refusals.append(Refusal(line, each.name, raw[each.name][:200], error.message))
        wrong = {refusal.field for refusal in refusals}
        for name in self.required:
            if values.get(name) is None and name not in wrong:
                refusals.append(Refusal(line, name, "", _("A value is needed here.")))
        return refusals or Row(line, values, raw)

    def _cell(self, name: str, cells: list[str]) -> str:
        position = self.sources.get(name, len(cells))
        return cells[position] if position < len(cells) else ""

    def _value(self, field: Field, cell: str) -> Any:
        refuse_spoilt(cell)
        meant: Mapping[str, str] = self.words.get(field.name, {})
        text = meant.get(cell, cell) or meant.get("", "")
        if not text:
            return None
        if field.choices is None:
            return field.parse(text, self.reading)
        value = self._chosen(field.name, text)
        if value is None:
            raise Refused(_("“%(value)s” is not known here. Say in the mapping what it means.", value=text[:80]))
        return value

    @lru_cache(maxsize=4096)  # noqa: B019 (as long as the file is read)
    def _chosen(self, name: str, text: str) -> str | None:
        return self.known[name].get(plain(text))


def rows(importer: Importer, table: Table, mapped: Mapped, report: Report) -> Iterator[Row]:
    """Yield the rows of a file that can be read; the others go to the report."""
    cells_of, samples = Cells(importer, table.columns, mapped), [_filled(each) for each in samples_of(importer)]
    seen: dict[int, int] = {}
    passed = 0
    for number, (line, cells) in enumerate(table.rows(), 1):
        report.lines = number - passed
        if report.progress and number % TOLD_EVERY == 0:
            report.progress(number)
        if any(cells[len(table.columns) :]):
            report.add(Refusal(line, "", "", _("This line has more cells than there are headings.")))
            continue
        found = cells_of.row(line, cells)
        if isinstance(found, list):
            for refusal in found:
                report.add(refusal)
        elif _filled(found.raw) in samples:
            passed += 1  # the example of the template was left in the file
            report.lines -= 1
        elif first := _first_with_key(importer, found, seen):
            report.refuse(found, importer.key[0], _("Line %(line)s has the same key already.", line=first))
        else:
            yield found


def _filled(cells: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in cells.items() if text}


def _first_with_key(importer: Importer, row: Row, seen: dict[int, int]) -> int | None:
    """Return the earlier line with the key of this row; only hashes are kept, so that long files fit."""
    key = tuple(row[name] for name in importer.key)
    if not key or None in key:
        return None
    first = seen.setdefault(hash(key), row.line)
    return None if first == row.line else first
