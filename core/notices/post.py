"""The post: messages that are due are taken, sent and settled, each step in a transaction of its own.

What was taken is marked before it leaves and settled after it has left. Whoever is killed in between leaves messages
that are taken and not settled; after `STALE` they are taken again with their old mark, and sent again alike (a mail
with the same Message-ID). So nothing is lost, and what was sent can come twice only by a death in that moment.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import selectinload

from core.contract.ports import MAIL
from core.data.bulk import beside
from core.data.db import db, utcnow
from core.notices import ways
from core.notices.models import DROPPED, FAILED, SENDING, SENT, WAITING, Message

STALE = timedelta(minutes=15)  # longer than any sending takes
GIVE_UP = timedelta(days=3)  # what could not be sent for so long is no news any more
TOGETHER = 50  # notices of one mail
PAUSES = [timedelta(minutes=2**number) for number in range(6)]  # between tries: one minute, two, … half an hour
FORGOTTEN = timedelta(days=7)  # failures of before are not shown
QUEUE = "messages on their way are the system's own"


@dataclass(frozen=True)
class Taken:
    """Messages of one person that leave together."""

    user_id: int
    mark: str
    ids: tuple[int, ...]


def _ready(now: datetime) -> ColumnElement[bool]:
    waits = and_(Message.state == WAITING, Message.due <= now)
    return or_(waits, and_(Message.state == SENDING, Message.taken_at < now - STALE))


def is_due() -> bool:
    """Return whether anything is to be sent now."""
    query = select(Message.id).where(_ready(utcnow()), Message.channel.in_(ways.open_ways()))
    return db.session.scalar(query.limit(1)) is not None


def take(channel: str) -> Taken | None:
    """Return what leaves next by a channel, taken by this worker: a person's mail as one, each SMS by itself."""
    now = utcnow()
    mine = select(Message).where(Message.channel == channel, _ready(now)).with_for_update(skip_locked=True)
    first = db.session.scalars(mine.order_by(Message.due, Message.id).limit(1)).first()
    if first is None:
        return None
    rows: Sequence[Message] = [first]
    if first.state == SENDING:
        rows = db.session.scalars(mine.where(Message.mark == first.mark)).all()
    elif channel == MAIL:
        others = mine.where(Message.user_id == first.user_id, Message.state == WAITING)
        rows = db.session.scalars(others.order_by(Message.id).limit(TOGETHER)).all()
    mark = first.mark if first.state == SENDING else uuid4().hex
    for row in rows:
        row.state, row.taken_at, row.mark = SENDING, now, mark
    db.session.flush()
    return Taken(first.user_id, mark, tuple(row.id for row in rows))


def held(taken: Taken) -> Sequence[Message]:
    """Return the messages that were taken, with their notices, the first one first; those settled by another are not
    among them."""
    query = select(Message).where(Message.id.in_(taken.ids), Message.state == SENDING, Message.mark == taken.mark)
    return db.session.scalars(query.options(selectinload(Message.notice)).order_by(Message.id)).all()


def settle(taken: Taken, dropped: Collection[int] = ()) -> None:
    """Note that messages were sent, but for those that were left out because nobody needs them any more."""
    for row in held(taken):
        row.state, row.error, row.ended_at = (DROPPED if row.id in dropped else SENT), "", utcnow()
    db.session.flush()


def fail(taken: Taken, why: str, lasting: bool) -> None:
    """Note that messages could not be sent: another try follows, unless it would end alike or they are too old."""
    now = utcnow()
    for row in held(taken):
        row.tries, row.error = row.tries + 1, why[:500]
        if lasting or row.notice.at < now - GIVE_UP:
            row.state, row.ended_at = FAILED, now
        else:
            row.state, row.due = WAITING, now + _pause(row.tries)
    db.session.flush()


def give_back(taken: Taken) -> None:
    """Let messages that were taken wait again: the round was over before their turn."""
    for row in held(taken):
        row.state, row.mark = WAITING, ""
    db.session.flush()


def _pause(tries: int) -> timedelta:
    return PAUSES[min(tries, len(PAUSES)) - 1]


def put_off(channel: str, taken: Taken, why: str) -> None:
    """Let all that is due by a channel wait as long as what could not be sent: whoever carries it is out of reach."""
    fail(taken, why, lasting=False)
    until = db.session.scalar(select(func.max(Message.due)).where(Message.id.in_(taken.ids))) or utcnow()
    here = and_(Message.channel == channel, Message.state == WAITING, Message.due < until)
    db.session.execute(beside(update(Message).where(here).values(due=until), QUEUE))


def again() -> int:
    """Let what failed of late be tried anew; return how many messages that are."""
    rows = failures(1000)
    for row in rows:
        row.state, row.due, row.ended_at = WAITING, utcnow(), None
    db.session.flush()
    return len(rows)


def failures(most: int = 20) -> Sequence[Message]:
    """Return the messages that could not be sent of late, the latest first."""
    late = and_(Message.state == FAILED, Message.ended_at > utcnow() - FORGOTTEN)
    query = select(Message).where(late).options(selectinload(Message.notice), selectinload(Message.user))
    return db.session.scalars(query.order_by(Message.id.desc()).limit(most)).all()


def numbers() -> dict[str, dict[str, int]]:
    """Return {channel: {state: messages}}: those on their way, and those that ended of late."""
    late = or_(Message.state.in_((WAITING, SENDING)), Message.ended_at > utcnow() - FORGOTTEN)
    query = select(Message.channel, Message.state, func.count()).where(late).group_by(Message.channel, Message.state)
    found: dict[str, dict[str, Any]] = {}
    for channel, state, number in db.session.execute(query):
        found.setdefault(channel, {})[state] = number
    return found
