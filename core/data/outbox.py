"""Facts that wait to be told: written with their effect, delivered after the commit."""

import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import Integer, String, Text, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from core.contract.entities import ref
from core.contract.ports import Event
from core.data.access import Internal
from core.data.bulk import beside
from core.data.db import Model, UTCDateTime, db, utcnow

TRIES = 5
bell = threading.Event()


class Outbox(Model):
    """One fact, its delivery time and tries; `done_at` empty while it waits."""

    __tablename__ = "core_outbox"
    __scope__ = Internal()

    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(String(80))
    ref: Mapped[str] = mapped_column(String(80))
    body: Mapped[str] = mapped_column(Text)
    due: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, index=True)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    error: Mapped[str] = mapped_column(Text, default="")


def add(topic: str, obj: Any, data: dict[str, Any]) -> None:
    """Add a fact about an object to this transaction."""
    db.session.flush()
    db.session.add(Outbox(topic=topic, ref=ref(obj), body=json.dumps(data, default=str)))
    db.session().info["work"].rings = True


def forget(before: datetime) -> None:
    """Remove what was told before a moment; the newest row stays, so that no number is given twice."""
    newest = select(func.max(Outbox.id)).scalar_subquery()
    old = delete(Outbox).where(Outbox.done_at < before, Outbox.id < newest)
    db.session.execute(beside(old, "facts that were told"))


def ring() -> None:
    """Wake whoever delivers: the worker thread of this process, or workers elsewhere."""
    current_app.extensions.get("amagara.ring", bell.set)()


def deliver(tell: Callable[[Event], None], limit: int = 50) -> int:
    """Tell what is due, oldest first, each in a transaction of its own; return how many were told.

    A failing fact is tried `TRIES` times with growing pauses and then left with its error.
    """
    from core.data.access import Access
    from core.data.work import unit_of_work

    told = 0
    for _turn in range(limit):
        with unit_of_work(Access.system("outbox")):
            row = db.session.scalar(
                select(Outbox)
                .where(Outbox.done_at.is_(None), Outbox.due <= utcnow(), Outbox.tries < TRIES)
                .order_by(Outbox.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if row is None:
                return told
            try:
                with db.session.begin_nested():
                    tell(Event(row.id, row.topic, row.ref, json.loads(row.body)))
                row.done_at, row.error = utcnow(), ""
                told += 1
            except Exception as error:  # a plugin's fault must not hold up the others
                row.tries += 1
                row.due = utcnow() + timedelta(seconds=10 * 4**row.tries)
                row.error = f"{type(error).__name__}: {error}"[:2000]
    return told
