"""Anchors: signed checkpoints of the audit trail that leave the machine by themselves.

They are written into the folder of the setting AMAGARA_ANCHORS, a mounted share of another machine, say.
Without it they stay beside the keys and prove nothing against whoever owns the machine.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

from flask import current_app

from core.contract.words import _
from core.data import audit
from core.data.db import utcnow
from core.data.errors import Refused
from core.data.work import perform
from core.journal import checkpoint

NAME = "anchor-%Y%m%dT%H%M%SZ.json"
KEPT_HERE = 31 * 24  # at home only: what lies outside belongs to whoever keeps it


def outside() -> bool:
    """Return whether anchors leave the instance folder."""
    return current_app.config["ANCHORS"] is not None


def folder() -> Path:
    """Return where anchors are written."""
    found: Path = current_app.config["ANCHORS"] or current_app.config["KEYS"] / "anchors"
    return found


def latest() -> Path | None:
    """Return the newest anchor that lies there."""
    return max(folder().glob("anchor-*.json"), default=None)


def latest_at() -> datetime | None:
    """Return when the newest anchor was written."""
    found = latest()
    return datetime.strptime(found.name, NAME).replace(tzinfo=UTC) if found else None


def leave(key: Path) -> Path:
    """Return the new anchor, after the trail was found to hold all that the one before and its own list say.

    When it does not, no anchor follows: the alarm stands until somebody has looked.
    """
    _be_there()
    _refuse_cut(key)
    perform(audit.raise_roll)
    return _write(folder() / utcnow().strftime(NAME), checkpoint.make(key)[0])


def _refuse_cut(key: Path) -> None:
    before = latest()
    if before and checkpoint.compare(before.read_text("utf-8"), key):
        raise Refused(_(
            "The audit trail no longer fits the anchor %(file)s: its end was cut or an older copy was put back. "
            "After restoring a backup on purpose, move the newer anchors elsewhere; otherwise find out who did it.",
            file=before.name,
        ))  # fmt: skip


def _be_there() -> None:
    """Refuse a folder outside that is not there: an unmounted share would fill the disk below it."""
    if not outside():
        folder().mkdir(parents=True, exist_ok=True)
    elif not folder().is_dir():
        raise Refused(_("The folder of the anchors is not there: %(folder)s. Is it mounted?", folder=folder()))


def _write(path: Path, text: str) -> Path:
    """Return the path, written whole or not at all."""
    draft = path.with_suffix(".part")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    if not outside():
        for old in sorted(folder().glob("anchor-*.json"))[:-KEPT_HERE]:
            old.unlink()
    return path
