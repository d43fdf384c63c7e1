"""Who has read a confidential row, on its page."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from core.contract.ports import Panel
from core.contract.words import _
from core.data.confidence import Confidential
from core.data.db import db
from core.data.trail import AuditEntry
from core.journal import services
from core.journal.closed import VIEWED, knows_readers

SHOWN = 20


def panel(obj: Any) -> Iterator[Panel]:
    """Yield who has read a confidential row, for whoever may know it."""
    if isinstance(getattr(obj, "__scope__", None), Confidential) and knows_readers(obj):
        query = select(AuditEntry).where(
            AuditEntry.entity == obj.__entity__, AuditEntry.entity_id == str(obj.id), AuditEntry.action == VIEWED
        )
        rows = db.session.scalars(query.order_by(AuditEntry.at.desc(), AuditEntry.seq.desc()).limit(SHOWN)).all()
        yield Panel(_("Who has read this"), "journal/readings.html", {"lines": services.lines(rows)}, order=95)
