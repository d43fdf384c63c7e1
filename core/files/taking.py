"""The way in: a file that was sent is looked at by a bare process, drawn anew when it is a picture, and stored."""

import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from flask import current_app

from core.contract.words import _
from core.data import bare, failures
from core.data.errors import Refused, Unavailable
from core.files import store

READING = Path(__file__).with_name("reading")
KINDS = {  # what is kept: its type as it is served, and its ending
    "jpeg": ("image/jpeg", ".jpg"), "png": ("image/png", ".png"), "pdf": ("application/pdf", ".pdf"),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"),
    "odt": ("application/vnd.oasis.opendocument.text", ".odt"),
    "ods": ("application/vnd.oasis.opendocument.spreadsheet", ".ods"),
}  # fmt: skip
PICTURES = ("jpeg", "png")
ACCEPTED = "image/*,.pdf,.docx,.xlsx,.odt,.ods"  # what a browser offers to choose from
PIECE, LONGEST = 2**20, 120


@dataclass(frozen=True)
class Content:
    """What was sent, as it is stored: the name people give it, and what it is by its content."""

    name: str
    kind: str
    sha256: str
    size: int


def most_mb() -> int:
    """Return how many megabytes one file may have."""
    most: int = current_app.config["MAX_FILE_MB"]
    return most


def take(stream: IO[bytes], name: str) -> Content:
    """Return a file that was sent, stored for good; Refused says why it cannot be kept, and nothing of it is."""
    try:
        with store.coming() as folder:
            return _take(stream, name, folder)
    except OSError as error:
        if (told := failures.told(error)) is None:
            raise
        raise told from error


def _take(stream: IO[bytes], name: str, folder: Path) -> Content:
    sent, drawn = folder / "sent", folder / "drawn"
    _copy(stream, sent)
    found = _looked_at("take", sent, drawn, current_app.config["MAX_IMAGE_MEGAPIXELS"])
    kept = drawn if found.get("drawn") else sent
    size, kind = kept.stat().st_size, found["kind"]
    return Content(clean_name(name, kind), kind, store.put(kept), size)


def _copy(stream: IO[bytes], target: Path) -> None:
    size = 0
    with target.open("wb") as file:
        while piece := stream.read(PIECE):
            size += len(piece)
            if size > most_mb() * 2**20:
                raise Refused(_("It is larger than %(most)s MB.", most=most_mb()))
            file.write(piece)
    if not size:
        raise Refused(_("It is empty."))


def _looked_at(what: str, file: Path, out: Path, *more: int) -> dict[str, str]:
    """Return what the bare process found."""
    try:
        found: dict[str, str] = json.loads(bare.run(READING, what, str(file), str(out), *map(str, more)))
    except bare.Fell as how:
        if how.full:
            raise Unavailable(failures.FULL, 507) from how
        if how.slow or how.beyond:
            raise Refused(_("It needs more memory or time to be looked at than a file may.")) from how
        raise Refused(_("It cannot be read.")) from how
    if "refused" in found:
        raise Refused(bare.said(found["refused"]))  # type: ignore[arg-type]
    return found


def make_small(sha256: str) -> None:
    """Make the small picture of a stored one."""
    with store.coming() as folder:
        _looked_at("small", store.path_of(sha256), out := folder / "small")
        out.replace(store.small_of(sha256))


def clean_name(name: str, kind: str) -> str:
    """Return a name that is safe in lists, headers and on every disk, with the ending of what the file is."""
    text = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    text = "".join(letter for letter in text if letter.isprintable() and unicodedata.category(letter) != "Cf")
    text = re.sub(r'[<>:"|?*\s]+', " ", text)
    stem = re.sub(r"\.\w{1,5}$", "", text).strip(" .")[:LONGEST].strip(" .")
    return (stem or "file") + KINDS[kind][1]
