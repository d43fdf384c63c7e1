"""Documents keep their bytes; here is looked at whether they are what they say, and hold no program."""

import zipfile
from pathlib import Path

from .unfit import Unfit, _, damaged

ENTRIES, UNFOLDED, NAMED = 5_000, 300 * 2**20, 2**20  # files in one document, their size, the list of their types
ODF = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
}
OOXML = {"word/": "docx", "xl/": "xlsx"}
PROGRAMS = ("vbaproject", "macrosheets", "activex", "basic/", "scripts/")


def is_whole_pdf(path: Path) -> bool:
    """Return whether a PDF has its end: one that was cut off on its way has not."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 2**16))
        return b"%%EOF" in file.read()


def kind_of_office(path: Path) -> str:
    """Return the kind of an office document (docx, xlsx, odt, ods), by what lies in it."""
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_bomb(archive)
            kind = _kind(archive)
            _refuse_program(archive)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError, KeyError) as error:
        raise damaged() from error
    if not kind:
        raise Unfit(_("An archive (ZIP) is not kept. Send the files in it one by one."))
    return kind


def _refuse_bomb(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    if len(entries) > ENTRIES or sum(entry.file_size for entry in entries) > UNFOLDED:
        raise Unfit(_("It unfolds to far more than a document holds."))


def _kind(archive: zipfile.ZipFile) -> str:
    names = set(archive.namelist())
    if "mimetype" in names and archive.getinfo("mimetype").file_size < 100:
        return ODF.get(archive.read("mimetype").strip(), "")
    if "[Content_Types].xml" not in names:
        return ""
    return next((kind for folder, kind in OOXML.items() if any(name.startswith(folder) for name in names)), "")


def _refuse_program(archive: zipfile.ZipFile) -> None:
    """Refuse a document with macros: it would run on the computer of whoever opens it."""
    types = b""
    if "[Content_Types].xml" in archive.namelist():
        with archive.open("[Content_Types].xml") as file:
            types = file.read(NAMED)
    if b"macroEnabled" in types or any(part in name.lower() for name in archive.namelist() for part in PROGRAMS):
        raise Unfit(_("It holds a program (macros). Save it without, or as PDF."))
