"""Files as lines of text cells: CSV, XLSX and JSON, read by a bare process and never trusted.

`opened(path, name)` gives a `Table`: its columns, and `parts()`, which reads the lines again from the start each time
it is called and yields some (line number, cells) together, never many letters. The process that takes
a file apart (`files/worker.py`) has limits of memory and time, so no file can hold up or swell the server.
"""

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from core.contract.ports import Words
from core.contract.words import _
from core.data import bare
from core.data.errors import Refused
from core.imports.files.cells import Line, Marked

PART = 2**18  # letters that are read at a time


@dataclass(frozen=True)
class Table:
    """A file, understood: its columns, how it was read, its lines and how many they are, and where they lie."""

    columns: Sequence[str]
    note: Words
    parts: Callable[[], Iterator[list[Line]]]
    lines: int
    path: Path


@contextmanager
def opened(path: Path, name: str) -> Iterator[Table]:
    """Yield the table in a file for the length of a block; Refused says why there is none."""
    with tempfile.TemporaryDirectory() as folder:
        yield table(take_apart(path, name, Path(folder) / "table"))


def take_apart(path: Path, name: str, target: Path) -> Path:
    """Let a process of its own read a file into `target`, and return that."""
    try:
        bare.run(Path(__file__).with_name("files"), str(path.resolve()), name[-80:], str(target))
    except bare.Fell as how:
        raise Refused(_fallen(how), "file") from how
    return target


def _fallen(how: bare.Fell) -> Words:
    """Return what is said when the process was stopped by its limits, or fell."""
    if how.slow:
        return _("The file takes too long to be read. Divide it, or save it as CSV.")
    if how.beyond:
        return _("The file needs more memory or time to be read than a list may. Divide it, or save it as CSV.")
    return _("The file cannot be read: it is damaged, or not what its name says.")


def table(path: Path) -> Table:
    """Return the table that was taken out of a file before."""
    with path.open(encoding="utf-8") as file:
        head = json.loads(file.readline())
    if "refused" in head:
        raise Refused(bare.said(head["refused"]), "file")
    return Table(head["columns"], bare.said(head["note"]), lambda: _parts(path), head["lines"], path)


def _parts(path: Path) -> Iterator[list[Line]]:
    with path.open(encoding="utf-8") as file:
        file.readline()
        while texts := file.readlines(PART):
            lines = json.loads(f"[{','.join(texts)}]")
            if list in kinds(chain.from_iterable(cells for _line, cells in lines)):
                lines = [(line, [each if type(each) is str else Marked(each[1], each[0]) for each in cells])
                         for line, cells in lines]  # fmt: skip
            yield lines


def kinds(values: Iterable[object]) -> set[type]:
    """Return the types of the values of a column: it is known by them whether any has to be looked at by itself."""
    return set(map(type, values))
