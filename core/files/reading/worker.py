"""Looks at one file in a process of its own, and prints one line of JSON: its kind, or why it cannot be taken.

`worker take FILE OUT MEGAPIXELS` also writes a picture, drawn anew, to OUT; `worker small FILE OUT` its small one.
"""

import errno
import json
import resource
import sys
from pathlib import Path
from typing import Any

import puremagic

from . import papers, pictures
from .unfit import Unfit, _, damaged

MEMORY, SECONDS, WRITTEN = 768 * 2**20, 30, 64 * 2**20
FULL = 75  # as core.data.bare knows it
NAMES = {".html": "HTML", ".htm": "HTML", ".svg": "SVG", ".xml": "XML"}


def main(what: str, file: str, out: str, megapixels: str = "0") -> None:
    """Look at a file within limits and say what was found."""
    limit()
    try:
        found = _small(Path(file), Path(out)) if what == "small" else _taken(file, out, int(megapixels))
    except Unfit as error:
        found = {"refused": error.why}
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        sys.exit(FULL)
    sys.stdout.write(json.dumps(found))


def limit() -> None:
    """Give this process its share of memory, time and disk, and no more."""
    for kind, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_FSIZE, WRITTEN)):
        resource.setrlimit(kind, (most, most))


def _taken(file: str, out: str, megapixels: int) -> dict[str, Any]:
    """Return the kind of a file by its content; a picture is drawn anew, anything else stays as it is."""
    path = Path(file)
    found = _guesses(path)
    format = next((pictures.FORMATS[mime] for mime, _name in found if mime in pictures.FORMATS), None)
    with path.open("rb") as opened:
        head = opened.read(8)
    if format is not None:
        kind, drawn = pictures.redrawn(path, format, megapixels)
        Path(out).write_bytes(drawn)
        return {"kind": kind, "drawn": True}
    if head.startswith(b"%PDF-"):
        if not papers.is_whole_pdf(path):
            raise damaged()
        return {"kind": "pdf"}
    if head.startswith(b"PK\x03\x04"):
        return {"kind": papers.kind_of_office(path)}
    raise _unknown(head, [name for _mime, name in found])


def _guesses(path: Path) -> list[tuple[str, str]]:
    """Return what a file may be by its content, the likeliest first: (type, ending)."""
    try:
        with path.open("rb") as file:
            return [(each.mime_type, each.extension) for each in puremagic.magic_stream(file)]
    except (puremagic.PureError, ValueError):
        return []


def _unknown(head: bytes, endings: list[str]) -> Unfit:
    """Return what is said of a kind that is not kept, by its name where that helps."""
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return Unfit(_("Documents of this older kind, or with a password, are not kept. Save it as DOCX, XLSX or PDF."))
    kind = next((NAMES[each] for each in endings if each in NAMES), "")
    if kind:
        return Unfit(_("By its content it is %(kind)s, which is not kept: it could run in the browser.", kind=kind))
    return Unfit(_("Files of this kind are not kept. Send a photo, a PDF, or a document (DOCX, XLSX, ODT, ODS)."))


def _small(path: Path, out: Path) -> dict[str, Any]:
    out.write_bytes(pictures.small(path))
    return {"kind": "webp"}


if __name__ == "__main__":
    main(*sys.argv[1:])
