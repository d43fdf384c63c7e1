"""The files of objects: who may read the object reads them, who may write it adds and takes away."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.contract.words import _
from core.data import belonging
from core.data.access import Access
from core.data.belonging import Belonging
from core.data.db import Model, UTCDateTime, utcnow
from core.data.judging import may_write
from core.data.states import State
from core.facilities.models import Facility

KEPT, REMOVED = "kept", "removed"
STATES = {KEPT: State(_("Kept"), "ok", _("Keeping")), REMOVED: State(_("Removed"), "neutral", _("Removal"))}
HERE = text("state = 'kept'")


@dataclass(frozen=True)
class Attached(Belonging):
    """Files: seen and written as the object that they belong to, of whatever entity."""

    def may_write(self, obj: Any, access: Access) -> bool:
        """Return whether the object may be written, and the one that the file is taken from."""
        return all(parent is not None and may_write(parent, access) for parent in self.objects(obj))


class File(Model):
    """A document or photo of an object; its content lies on disk under its SHA-256, where several may share it."""

    __tablename__ = "core_file"
    __entity__ = "core.file"
    __scope__ = Attached("attachments")
    __table_args__ = (
        Index("uq_core_file_here", "entity", "object_id", "sha256", unique=True, sqlite_where=HERE,
              postgresql_where=HERE),
        Index("ix_core_file_object", "entity", "object_id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    entity: Mapped[str] = mapped_column(String(60), info={"label": _("Belongs to")})
    object_id: Mapped[int] = mapped_column(Integer, info={"label": _("No.")})
    facility_id: Mapped[int | None] = mapped_column(ForeignKey(Facility.id), index=True)
    name: Mapped[str] = mapped_column(String(200), index=True, info={"label": _("Name")})
    kind: Mapped[str] = mapped_column(String(10), info={"label": _("Kind")})
    sha256: Mapped[str] = mapped_column(String(64), index=True, info={"label": _("SHA-256")})
    size: Mapped[int] = mapped_column(Integer, info={"label": _("Size (bytes)")})
    state: Mapped[str] = mapped_column(String(10), default=KEPT, info={"label": _("State")})
    added_by: Mapped[str] = mapped_column(String(200), info={"label": _("Added by")})
    added_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Added on")})
    removed_by: Mapped[str] = mapped_column(String(200), default="", info={"label": _("Removed by")})
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info={"label": _("Removed on")})
    removed_why: Mapped[str] = mapped_column(String(500), default="", info={"label": _("Reason")})


def object_of(file: File) -> Any | None:
    """Return the object that a file belongs to, or None when it is gone or not for this person."""
    return belonging.object_of(file.entity, file.object_id)
