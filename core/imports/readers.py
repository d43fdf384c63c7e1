"""Files as lines of text cells: CSV, XLSX and JSON, read by a bare process and never trusted.

`open_table(path, name)` gives a `Table`: its columns, and `rows()`, which reads the lines again from the start each
time it is called and yields (line number, cells). The process that takes a file apart (`files/worker.py`) has limits
of memory and time, so no file can hold up or swell the server.
"""

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.contract.ports import Words
from core.contract.words import _
from core.data import bare
from core.data.errors import Refused
from core.imports.files.cells import Line, Marked


@dataclass(frozen=True)
class Table:
    """A file, understood: its columns, how it was read, its lines and how many they are, and where they lie."""

    columns: Sequence[str]
    note: Words
    rows: Callable[[], Iterator[Line]]
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
    return Table(head["columns"], bare.said(head["note"]), lambda: _rows(path), head["lines"], path)


def _rows(path: Path) -> Iterator[Line]:
    with path.open(encoding="utf-8") as file:
        file.readline()
        for each in file:
            line, cells = json.loads(each)
            yield line, [cell if isinstance(cell, str) else Marked(cell[1], cell[0]) for cell in cells]
