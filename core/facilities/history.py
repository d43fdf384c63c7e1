"""What happened to a facility, in words, from the audit trail."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core.contract.ports import Words
from core.contract.words import _
from core.data.db import db
from core.data.own import field_named
from core.data.trail import AuditEntry
from core.facilities.models import STATUSES, Facility, FacilityCode, FacilityName, FacilityOutline, FacilityParent

VERBS = {
    ("core.facility", "create"): _("Created"),
    ("core.facility", "change"): _("Changed"),
    ("core.facility_code", "create"): _("Code added"),
    ("core.facility_code", "change"): _("Code changed"),
    ("core.facility_code", "delete"): _("Code removed"),
    ("core.facility_outline", "create"): _("Outline drawn"),
    ("core.facility_outline", "change"): _("Outline drawn anew"),
    ("core.facility_outline", "delete"): _("Outline removed"),
}
HIDDEN = {"id", "path", "facility_id", "type_id", "parent_id"}


@dataclass(frozen=True)
class Line:
    """A line of the history: what, then who and when, then why."""

    title: Words
    detail: str
    reason: str


def history(facility: Facility, moment: Any, limit: int = 12) -> list[Line]:
    """Return the latest changes of a facility, the newest first; `moment` writes a time."""
    query = select(AuditEntry.at, AuditEntry.body).where(
        AuditEntry.stream == f"f{facility.id}", AuditEntry.entity.in_({entity for entity, _action in VERBS})
    )
    rows = db.session.execute(query.order_by(AuditEntry.seq.desc()).limit(limit)).all()
    return [line for row in rows if (line := _line(json.loads(row.body), moment(datetime.fromisoformat(row.at))))]


def _line(said: dict[str, Any], at: str) -> Line | None:
    verb = VERBS.get((said["entity"], said["action"]))
    if verb is None:
        return None
    changes = said["changes"]
    if said["action"] == "change" and not set(changes) - {"path"}:
        return None
    title = verb
    if said["action"] == "change" and said["entity"] != FacilityOutline.__entity__:
        title = _title(changes) or verb
    return Line(title, f"{at}, {said['user']}", said["reason"])


def _title(changes: dict[str, list[Any]]) -> Words:
    """Return the change in one line: from what to what, or the names of the columns."""
    if "parent_id" in changes:
        return _("Moved")
    if "name" in changes:
        return _("Renamed: %(old)s → %(new)s", old=changes["name"][0], new=changes["name"][1])
    if "status" in changes:
        return STATUSES.get(changes["status"][1], changes["status"][1])
    labels = [str(label(name)) for name in changes if name not in HIDDEN]
    return _("Changed: %(what)s", what=", ".join(labels)) if labels else ""


def label(name: str) -> Words:
    """Return the label of a column of a facility or of what hangs on it, or of an own field."""
    if (own := field_named(Facility.__entity__, name)) is not None:
        return own.label
    for model in (Facility, FacilityCode, FacilityName, FacilityParent):
        column = model.__table__.c.get(name)
        if column is not None and "label" in column.info:
            words: Words = column.info["label"]
            return words
    return name
