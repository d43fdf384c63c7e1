"""Imports that were begun, and the files they came from."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, ForeignKey, Integer, LargeBinary, String, or_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _
from core.data.access import Access, At, Internal
from core.data.db import Model, UTCDateTime, utcnow
from core.data.states import State
from core.facilities.models import Facility

TRAIL = "core.audit.view"
SENT, CHECKED, REFUSED, DONE = "sent", "checked", "refused", "done"
STATES = {
    SENT: State(_("To be mapped"), "neutral", _("Upload")),
    CHECKED: State(_("To be confirmed"), "info", _("Reading of the file")),
    REFUSED: State(_("Refused"), "danger", _("Refusal")),
    DONE: State(_("Imported"), "ok", _("Import of the file")),
}

NOTHING = State(_("Nothing new"), "neutral")

COUNTED = {
    "new": _("new"), "created": _("new"), "changed": _("changed"), "same": _("unchanged"), "refused": _("turned down"),
    "counted": _("counted"), "renamed": _("renamed"), "moved": _("moved"), "closed": _("closed"),
    "opened": _("opened"), "reversed": _("reversed"),
}  # fmt: skip


class Runs(At):
    """Imports: read where lists may be imported, and by whoever reads the trail there."""

    def criteria(self, model: Any, access: Access) -> ColumnElement[bool] | None:
        """Return: one of the two rights is held at the facility, or the run is one's own."""
        mine = super().criteria(model, access)
        if mine is None or "/" in access.paths(TRAIL):
            return None
        return or_(mine, model.facility_id.in_(access.facility_ids(TRAIL)))


class ImportRun(Model):
    """One file on its way in: what it is, how it is read, what came of it."""

    __tablename__ = "core_import"
    __entity__ = "core.import"
    __scope__ = Runs("facility_id", read="core.import", write="core.import", own="user_id")

    id: Mapped[int] = mapped_column(primary_key=True)
    entity: Mapped[str] = mapped_column(String(60), index=True, info={"label": _("List")})
    file_name: Mapped[str] = mapped_column(String(200), info={"label": _("File")})
    sha256: Mapped[str] = mapped_column(String(64), info={"label": _("SHA-256")})
    size: Mapped[int] = mapped_column(Integer, info={"label": _("Size (bytes)")})
    state: Mapped[str] = mapped_column(String(20), default=SENT, info={"label": _("State")})
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, info={"unshown": True})
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict, info={"label": _("Result")})
    user_id: Mapped[int | None] = mapped_column(Integer, index=True, info={"unshown": True})
    user_label: Mapped[str] = mapped_column(String(200), info={"label": _("By")})
    facility_id: Mapped[int | None] = mapped_column(ForeignKey(Facility.id), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, index=True, info={"label": _("Sent")})
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info={"label": _("Imported on")})

    facility: Mapped[Facility | None] = relationship()


class ImportPart(Model):
    """The bytes of an import: the file itself, its report, its refusals."""

    __tablename__ = "core_import_part"
    __scope__ = Internal()

    run_id: Mapped[int] = mapped_column(ForeignKey(ImportRun.id, ondelete="CASCADE"), primary_key=True)
    part: Mapped[str] = mapped_column(String(20), primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)


def state_of(run: ImportRun) -> State:
    """Return the state of a run as people read it: where every line is here already, nothing is to be confirmed."""
    done = run.counts.get("lines", 0) <= run.counts.get("same", 0)
    return NOTHING if run.state == CHECKED and done else STATES[run.state]
