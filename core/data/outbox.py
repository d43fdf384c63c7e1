"""Facts that wait to be told: written with their effect, delivered after the commit to each plugin that listens."""

import json
import threading
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import ForeignKey, Integer, String, Text, delete, exists, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from core.contract.entities import ref
from core.contract.plugins import listeners, tell
from core.contract.ports import Event
from core.data.access import Access, Internal, current
from core.data.bulk import beside
from core.data.db import Model, UTCDateTime, db, utcnow

TRIES = 5
UNHEARD = "core.fact.unheard"  # nobody is told of one that this itself could not be told
bell = threading.Event()


class Outbox(Model):
    """One fact, and who did it."""

    __tablename__ = "core_outbox"
    __scope__ = Internal()

    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(String(80))
    ref: Mapped[str] = mapped_column(String(80))
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, index=True)
    user_id: Mapped[int | None] = mapped_column(Integer)
    user_label: Mapped[str] = mapped_column(String(200), default="", server_default="")


class Delivery(Model):
    """What one plugin has still to hear, or has heard; `done_at` is empty while it waits."""

    __tablename__ = "core_delivery"
    __entity__ = "core.delivery"  # no entity of any plugin: a name for the fact that it is stuck
    __scope__ = Internal()

    id: Mapped[int] = mapped_column(primary_key=True)
    fact_id: Mapped[int] = mapped_column(ForeignKey(Outbox.id), index=True)
    plugin: Mapped[str] = mapped_column(String(60))
    due: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, index=True)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    error: Mapped[str] = mapped_column(Text, default="")

    fact: Mapped[Outbox] = relationship()


WAITING = Delivery.done_at.is_(None)


def add(topic: str, obj: Any, data: dict[str, Any]) -> None:
    """Add a fact about an object to this transaction, for each plugin that listens."""
    db.session.flush()
    access = current()
    fact = Outbox(
        topic=topic, ref=ref(obj), body=json.dumps(data, default=str), user_id=access.user_id, user_label=access.signed
    )
    db.session.add(fact)
    db.session.add_all(Delivery(fact=fact, plugin=plugin) for plugin in listeners())
    db.session().info["work"].rings = True


def forget(before: datetime) -> None:
    """Remove what everybody was told before a moment; the newest row stays, so that no number is given twice."""
    newest = select(func.max(Outbox.id)).scalar_subquery()
    heard = delete(Delivery).where(Delivery.done_at < before)
    db.session.execute(beside(heard, "facts that were told"))
    old = delete(Outbox).where(Outbox.at < before, Outbox.id < newest, ~exists().where(Delivery.fact_id == Outbox.id))
    db.session.execute(beside(old, "facts that were told"))


def ring() -> None:
    """Wake whoever delivers: the worker thread of this process, or workers elsewhere."""
    current_app.extensions.get("amagara.ring", bell.set)()


def deliver(limit: int = 50) -> int:
    """Tell each plugin what is due, the oldest fact first, each in a transaction of its own; return how many were told.

    A plugin that fails to hear a fact is tried `TRIES` times with growing pauses and then left with its error; other
    facts, and other plugins, do not wait for it.
    """
    from core.data.work import unit_of_work

    told = 0
    for _turn in range(limit):
        with unit_of_work(Access.system("outbox")):
            row = db.session.scalar(
                select(Delivery)
                .where(WAITING, Delivery.due <= utcnow(), Delivery.tries < TRIES, Delivery.plugin.in_(listeners()))
                .order_by(Delivery.fact_id, Delivery.id)
                .limit(1)
                .with_for_update(skip_locked=True)
            )
            if row is None:
                return told
            told += _tell(row)
    ring()  # more may be due: others who wait for the worker have their turn first
    return told


def _tell(row: Delivery) -> bool:
    """Return whether a plugin has heard a fact; what it did before it failed is taken back."""
    fact = row.fact
    event = Event(fact.id, fact.topic, fact.ref, json.loads(fact.body), fact.at, fact.user_id, fact.user_label)
    try:
        with db.session.begin_nested():
            tell(row.plugin, event)
        row.done_at, row.error = utcnow(), ""
    except Exception as error:  # a plugin's fault must not hold up the others
        row.tries += 1
        row.due = utcnow() + timedelta(seconds=10 * 4**row.tries)
        row.error = f"{type(error).__name__}: {error}"[:2000]
        if row.tries == TRIES:
            _give_up(row)
    return row.done_at is not None


def _give_up(row: Delivery) -> None:
    """Make it a fact that a plugin no longer hears: once, until what is stuck of it was tried again."""
    from core.data.work import emit

    others = select(Delivery.id).where(WAITING, Delivery.plugin == row.plugin, Delivery.tries >= TRIES)
    if row.fact.topic != UNHEARD and db.session.scalar(others.where(Delivery.id != row.id).limit(1)) is None:
        emit("core.fact.unheard", row, plugin=row.plugin)


def stuck() -> list[Delivery]:
    """Return what plugins could not hear after all tries, the oldest first, a hundred at most."""
    query = select(Delivery).options(selectinload(Delivery.fact)).where(WAITING, Delivery.tries >= TRIES)
    return list(db.session.scalars(query.order_by(Delivery.id).limit(100)))


def try_again() -> int:
    """Let everything that is stuck be tried anew; return how many deliveries that are."""
    rows = stuck()
    for row in rows:
        row.tries, row.due = 0, utcnow()
    db.session().info["work"].rings = True
    return len(rows)
