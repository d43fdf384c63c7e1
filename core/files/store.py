"""Contents on disk, each under its SHA-256: INSTANCE/files/ab/cd/abcd…, written whole before any row names it.

A content is stored once however often it is attached, and is never changed. What no row names is removed at night,
unless it is younger than a day: somebody may be about to attach it. Both take the same lock, so that no content is
taken away while it is being put there again.
"""

import fcntl
import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import current_app

from core.contract.words import _
from core.data.errors import Refused

NAME = re.compile(r"[0-9a-f]{64}")
SMALL = ".small"  # the small picture of a content, beside it: it can be made anew at any time
COMING = ".coming"  # what is on its way in
YOUNG = 24 * 3600.0  # seconds


def folder() -> Path:
    """Return where contents lie; it is there, for this account alone."""
    found: Path = Path(current_app.config["INSTANCE"]) / "files"
    _private(found)
    return found


def _private(path: Path) -> None:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def path_of(sha256: str) -> Path:
    """Return where a content lies, or would lie."""
    return folder() / sha256[:2] / sha256[2:4] / sha256


def small_of(sha256: str) -> Path:
    """Return where the small picture of a content lies, or would lie."""
    return path_of(sha256).with_name(sha256 + SMALL)


@contextmanager
def coming() -> Iterator[Path]:
    """Yield a folder for what is on its way in; it is removed afterwards, whatever happens."""
    _private(folder() / COMING)
    with tempfile.TemporaryDirectory(dir=folder() / COMING) as name:
        yield Path(name)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def put(path: Path) -> str:
    """Move a file of `coming` to its place and return its SHA-256: it is there for good when this returns."""
    sha256 = digest(path)
    target = path_of(sha256)
    with path.open("rb") as file:
        os.fchmod(file.fileno(), 0o600)
        os.fsync(file.fileno())
    with _lock(fcntl.LOCK_SH):
        _private(target.parent)
        path.replace(target)  # also where it lies already: it is young again, and whole
    for part in (target.parent, target.parent.parent, folder()):
        _sync(part)
    return sha256


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _lock(kind: int) -> Iterator[None]:
    with (folder() / ".lock").open("w") as file:
        fcntl.flock(file, kind)
        yield


def has(sha256: str) -> bool:
    """Return whether a content lies there."""
    return path_of(sha256).is_file()


def parts() -> Iterator[str]:
    """Yield the beginnings of names under which contents are kept apart: "00" to "ff"."""
    yield from (f"{number:02x}" for number in range(256))


def contents(part: str) -> set[str]:
    """Return the names of the contents that lie in one part."""
    return {path.name for path in (folder() / part).glob("*/*") if NAME.fullmatch(path.name)}


def remove_stray(names: list[str]) -> int:
    """Remove contents that no row names unless they are young, and return how many."""
    number, before = 0, time.time() - YOUNG
    for name in names:
        with _lock(fcntl.LOCK_EX):
            path = path_of(name)
            if path.is_file() and path.stat().st_mtime < before:
                path.unlink()
                small_of(name).unlink(missing_ok=True)
                number += 1
    return number


def remove_left() -> None:
    """Remove what a killed process left on its way in."""
    before = time.time() - YOUNG
    for path in (folder() / COMING).glob("*"):
        if path.stat().st_mtime < before:
            shutil.rmtree(path, ignore_errors=True)


def refuse_foreign(stray: int, known: int) -> None:
    """Raise Refused when far more lies there than the database knows: it may be another one, or an older copy."""
    if stray > max(50, known):
        raise Refused(_(
            "%(stray)s files lie in the folder that the database does not name, and it names %(known)s. Nothing was "
            "removed: is this the right database?", stray=stray, known=known,
        ))  # fmt: skip
