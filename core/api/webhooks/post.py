"""What is due is taken, sent and settled, each in a transaction of its own.

Whoever is killed in between leaves a parcel that is taken and not settled; after `STALE` it is taken again and sent
again under the same name, by which the receiver drops it.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import selectinload

from core.api.webhooks import addresses, sending, services, signing, telling
from core.api.webhooks.models import DROPPED, FAILED, SENDING, SENT, WAITING, Parcel, Webhook
from core.data.bulk import beside
from core.data.db import db, utcnow
from core.data.errors import Refused
from core.data.work import perform

STALE = timedelta(minutes=5)
GIVE_UP = timedelta(days=3)
PAUSES = [timedelta(minutes=each) for each in (1, 5, 30, 120, 360, 720)]  # between tries; the last one repeats
ROUND, EACH = 60.0, 15.0  # seconds of a round, and of these for one address
KEPT = timedelta(days=30)
QUEUE = "what is on its way is the system's own"
GONE = 410


@dataclass(frozen=True)
class Letter:
    """A parcel as it leaves; why it cannot, where it does not."""

    id: int
    hook_id: int
    url: str = ""
    name: str = ""
    body: str = ""
    secrets: tuple[str, ...] = ()
    drop: str = ""


def _ready(now: datetime) -> ColumnElement[bool]:
    waits = and_(Parcel.state == WAITING, Parcel.due <= now)
    return or_(waits, and_(Parcel.state == SENDING, Parcel.taken_at < now - STALE))


def is_due() -> bool:
    """Return whether anything is to be sent now."""
    return db.session.scalar(select(Parcel.id).where(_ready(utcnow())).limit(1)) is not None


def send_due() -> None:
    """Send what is due, the oldest first; an address that answers slowly gets its share of a round and no more."""
    until, spent = time.monotonic() + ROUND, dict[int, float]()
    while time.monotonic() < until:
        letter = perform(partial(take, [hook for hook, seconds in spent.items() if seconds > EACH]))
        if letter is None:
            return
        began = time.monotonic()
        _send(letter)
        spent[letter.hook_id] = spent.get(letter.hook_id, 0.0) + time.monotonic() - began


def take(besides: Collection[int] = ()) -> Letter | None:
    """Return what leaves next, taken by this worker; None when nothing is due but of some webhooks."""
    now = utcnow()
    query = select(Parcel).where(_ready(now), Parcel.hook_id.not_in(besides)).order_by(Parcel.due, Parcel.id).limit(1)
    hook = selectinload(Parcel.hook).selectinload(Webhook.facility)
    row = db.session.scalar(query.options(hook).with_for_update(skip_locked=True))
    if row is None:
        return None
    row.state, row.taken_at = SENDING, now
    db.session.flush()
    if not row.hook.active or not telling.told_of(row):
        return Letter(row.id, row.hook_id, drop="off" if not row.hook.active else "no longer readable")
    secrets = tuple(services.known_secrets(row.hook))
    return Letter(row.id, row.hook_id, row.hook.url, row.name, row.body, secrets)


def _send(letter: Letter) -> None:
    if letter.drop:
        return perform(lambda: _end(letter, DROPPED, letter.drop))
    if not letter.secrets:
        return perform(lambda: fail(letter, "its secret was sealed by another AMAGARA_SECRET_KEY: make a new one"))
    signed = signing.headers(letter.name, int(utcnow().timestamp()), letter.body, letter.secrets)
    headers = {"Content-Type": "application/json", "User-Agent": "Amagara", **signed}
    try:
        status = sending.post(addresses.judged(letter.url), headers, letter.body.encode())
    except Refused as error:  # the settings of the server were changed
        return perform(partial(fail, letter, str(error.message)))
    except sending.Unreachable as error:
        return perform(partial(put_off, letter, str(error)))
    return perform(lambda: settle(letter, status))


def settle(letter: Letter, status: int) -> None:
    """Note what was answered: 2xx ends it, 410 switches the webhook off, anything else is tried again."""
    if 200 <= status < 300:
        told = update(Webhook).where(Webhook.id == letter.hook_id).values(told_at=utcnow())
        db.session.execute(beside(told, QUEUE))
        return _end(letter, SENT, str(status))
    if status != GONE:
        return fail(letter, f"{status}, a redirect is not followed" if 300 <= status < 400 else str(status))
    _end(letter, FAILED, "410")
    services.switch_off(db.session.get_one(Webhook, letter.hook_id), "410 Gone")
    waiting = and_(Parcel.hook_id == letter.hook_id, Parcel.state == WAITING)
    ended = update(Parcel).where(waiting).values(state=DROPPED, said="410", ended_at=utcnow())
    db.session.execute(beside(ended, QUEUE))
    return None


def _end(letter: Letter, state: str, said: str) -> None:
    row = db.session.get_one(Parcel, letter.id)
    if row.state == SENDING:
        row.state, row.said, row.ended_at, row.tries = state, said[:300], utcnow(), row.tries + 1
        db.session.flush()


def fail(letter: Letter, said: str) -> None:
    """Let a parcel be tried again after a pause, unless it is too old."""
    row = db.session.get_one(Parcel, letter.id)
    if row.state != SENDING:
        return
    if row.made_at < utcnow() - GIVE_UP:
        return _end(letter, FAILED, said)
    row.tries, row.said, row.state = row.tries + 1, said[:300], WAITING
    row.due = utcnow() + PAUSES[min(row.tries, len(PAUSES)) - 1]
    db.session.flush()
    return None


def put_off(letter: Letter, said: str) -> None:
    """Let all that waits for an address wait as long as what could not be sent: nobody answers there."""
    fail(letter, said)
    row = db.session.get_one(Parcel, letter.id)
    if row.state == WAITING:
        others = and_(Parcel.hook_id == letter.hook_id, Parcel.state == WAITING, Parcel.due < row.due)
        db.session.execute(beside(update(Parcel).where(others).values(due=row.due), QUEUE))


def forget() -> None:
    """Remove what ended a month ago."""
    db.session.execute(beside(delete(Parcel).where(Parcel.ended_at < utcnow() - KEPT), QUEUE))
