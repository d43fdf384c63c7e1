"""Reads one file in a process of its own: `worker FILE NAME OUT` writes the table to OUT, or why there is none.

OUT holds lines of JSON: first {"columns", "note", "lines"} or {"refused"}, then [line number, [cells]]; a cell of
which more is known than its text is [why, text].
"""

import json
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

from .cells import Line, Marked, Unfit, _, table

MEMORY, SECONDS, WRITTEN = 512 * 2**20, 40, 512 * 2**20
OLD_OFFICE, LOCKED = b"\xd0\xcf\x11\xe0", "EncryptedPackage".encode("utf-16-le")
OTHERS = (b"%PDF", b"\x1f\x8b", b"\x89PNG", b"GIF8", b"\xff\xd8\xff")
Source = tuple[dict[str, Any], Iterator[Line]]


def main(file: str, name: str, out: str) -> None:
    """Read a file within limits and write what was found."""
    limit()
    with Path(out).open("w+", encoding="utf-8") as target:
        try:
            _write(target, *open_source(Path(file), name))
        except Unfit as error:
            _refuse(target, error.why)
        except MemoryError:
            _refuse(target, _("The file needs more memory to be read than a list may. Divide it, or save it as CSV."))


def limit() -> None:
    """Give this process its share of memory, time and disk, and no more."""
    for kind, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_FSIZE, WRITTEN)):
        resource.setrlimit(kind, (most, most))


def open_source(path: Path, name: str) -> Source:
    """Return the note and lines of a file, chosen by what it is and not only by its name."""
    with path.open("rb") as file:
        head = file.read(4096)
    bare = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head.strip(b"\xef\xbb\xbf \t\r\n\0"):
        raise Unfit(_("The file is empty."))
    if head.startswith(b"PK\x03\x04"):
        from .sheet import lines_of
    elif head.startswith(OLD_OFFICE):
        raise _old_office(path)
    elif head.startswith(OTHERS):
        raise Unfit(_("This kind of file cannot be read. Save the list as CSV or XLSX."))
    elif bare.startswith(b"<"):
        raise Unfit(_("This is a web page or XML, not a list. Open it in a spreadsheet and save it as CSV or XLSX."))
    elif name.lower().endswith(".json") or bare[:1] in (b"{", b"["):
        from .objects import lines_of
    else:
        from .text import lines_of
    return lines_of(path)


def _old_office(path: Path) -> Unfit:
    if LOCKED in path.read_bytes():
        return Unfit(_("The file is protected by a password. Save it without one."))
    return Unfit(_("This kind of file cannot be read. Save the list as CSV or XLSX."))


def _write(target: TextIO, note: dict[str, Any], source: Iterator[Line]) -> None:
    columns, lines = table(source, _letters)
    room = " " * 20  # for the number of lines, which is known at the end
    head = json.dumps({"columns": columns, "note": note})
    target.write(f'{head[:-1]}, "lines": 0}}{room}\n')
    say: Callable[[Any], str] = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    number = 0
    for line, cells in lines:
        number += 1
        told = [[cell.why, str(cell)] if isinstance(cell, Marked) else cell for cell in cells]
        target.write(say([line, told]) + "\n")
    target.seek(0)
    target.write(f'{head[:-1]}, "lines": {number}}}')


def _letters(column: int) -> str:
    """Return the letters of a column: 27 is AA."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _refuse(target: TextIO, why: dict[str, Any]) -> None:
    target.seek(0)
    target.truncate()
    target.write(json.dumps({"refused": why}))


if __name__ == "__main__":
    main(*sys.argv[1:])
