"""Telling people of facts, once each, and only who may read what a fact is about; and what they do with notices."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Select, and_, delete, func, select, update

from core.contract.plugins import entities, notice_kinds
from core.contract.ports import APP, MAIL, SMS, Event, NoticeKind
from core.contract.words import _
from core.data import belonging
from core.data.access import Access, current
from core.data.bulk import beside
from core.data.db import db, utcnow
from core.data.errors import Missing
from core.jobs.services import enqueue
from core.notices import choosing, ways
from core.notices.models import SENDING, WAITING, Message, Notice
from core.users.rights.audience import accesses, may_read

TELL = "core.notices.tell"
AT_ONCE = 50  # people who are told in the transaction that hears a fact; more are told by a job, so many at a time
PAGE = 25
OWN = "a person's own notices are no act of the trade"


def hear(event: Event) -> None:
    """Tell whom it concerns of a fact; a fact that comes again tells nobody twice."""
    people = concerned(event)
    if not people:
        return
    ids = sorted(people)
    tell(event, {user_id: people[user_id] for user_id in ids[:AT_ONCE]})
    for start in range(AT_ONCE, len(ids), AT_ONCE):
        some = {str(user_id): people[user_id] for user_id in ids[start : start + AT_ONCE]}
        enqueue(TELL, _("Notices"), event=_said(event), people=some)


def concerned(event: Event) -> dict[int, str]:
    """Return {person: name of the kind} of whom the kinds name, of several the first; never who did it."""
    kinds = [kind for kind in notice_kinds().values() if event.topic in kind.topics]
    row, found = object_of(event.ref) if kinds else None, dict[int, str]()
    for kind in kinds:
        for user_id in kind.who(event, row):
            found.setdefault(user_id, kind.name)
    found.pop(event.user_id or 0, None)
    return found


def tell(event: Event, people: Mapping[int, str]) -> None:
    """Store the notices of a fact, and their messages, for those who may read what it is about."""
    told = select(Notice.user_id).where(Notice.event_id == event.id, Notice.user_id.in_(people))
    new = set(people) - set(db.session.scalars(told))
    row, kinds = object_of(event.ref), notice_kinds()
    seeing = [
        user_id for user_id, access in accesses(new, "notices").items()
        if (kind := kinds.get(people[user_id])) and sees(access, kind, event.ref, partial(_may_read, row, access))
    ]  # fmt: skip
    for user_id, chosen in choosing.chosen_by(seeing).items():
        _store(event, user_id, kinds[people[user_id]], chosen)
    db.session.flush()


def _store(event: Event, user_id: int, kind: NoticeKind, chosen: choosing.Chosen) -> None:
    channels = [channel for channel in (MAIL, SMS) if ways.is_open(channel) and chosen.wants(kind, channel)]
    shown = chosen.wants(kind, APP)
    if not (shown or channels):
        return
    now = utcnow()
    notice = Notice(
        user_id=user_id, kind=kind.name, event_id=event.id, topic=event.topic, ref=event.ref, at=event.at,
        body=json.dumps(dict(event.data)), by_id=event.user_id, by_label=event.user_label, shown=shown,
        read_at=None if shown else now,
    )  # fmt: skip
    db.session.add(notice)
    db.session.add_all(
        Message(notice=notice, user_id=user_id, channel=channel, due=chosen.due(kind, channel, now))
        for channel in channels
    )


def sees(access: Access, kind: NoticeKind, ref: str, readable: Callable[[], bool]) -> bool:
    """Return whether a person may know of a fact: by the right that its kind names, and as its object is `readable`.

    A fact about no object of an entity needs a kind with a right; what is about oneself one may always know.
    """
    if kind.permission and not access.can(kind.permission):
        return False
    if ref == f"core.user/{access.user_id}":
        return True
    return readable() if ref.rpartition("/")[0] in entities() else bool(kind.permission)


def _may_read(row: Any, access: Access) -> bool:
    return row is not None and may_read(row, access)


def object_of(ref: str) -> Any | None:
    """Return the object of a reference that this access may read, or None."""
    name, _slash, number = ref.rpartition("/")
    return belonging.object_of(name, int(number)) if number.isdecimal() else None


def event_of(notice: Notice) -> Event:
    """Return the fact of a notice."""
    return Event(
        notice.event_id, notice.topic, notice.ref, json.loads(notice.body), notice.at, notice.by_id, notice.by_label
    )


def _said(event: Event) -> dict[str, Any]:
    return {
        "id": event.id, "topic": event.topic, "ref": event.ref, "data": dict(event.data),
        "at": event.at.isoformat(), "user_id": event.user_id, "user_label": event.user_label,
    }  # fmt: skip


def event_from(said: Mapping[str, Any]) -> Event:
    """Return the fact that a job was given."""
    return Event(**{**said, "at": datetime.fromisoformat(said["at"])})


def mine(before: int | None = None, unread: bool = False) -> tuple[Sequence[Notice], bool]:
    """Return a page of this person's notices, the latest first, from before one of them; and whether there are more."""
    query = _own().where(Notice.shown).order_by(Notice.id.desc()).limit(PAGE + 1)
    query = query.where(Notice.id < before) if before else query
    rows = db.session.scalars(query.where(Notice.read_at.is_(None)) if unread else query).all()
    return rows[:PAGE], len(rows) > PAGE


def _own() -> Select[Notice]:
    return select(Notice).where(Notice.user_id == (current().user_id or 0))


def get(notice_id: int) -> Notice:
    """Return one of this person's notices; Missing for anybody else's."""
    row = db.session.scalar(_own().where(Notice.id == notice_id))
    if row is None:
        raise Missing(None)
    return row


def read(notice_id: int) -> Notice:
    """Return one of this person's notices, read from now on."""
    row = get(notice_id)
    row.read_at = row.read_at or utcnow()
    db.session.flush()
    return row


def read_all(upto: int) -> int:
    """Mark this person's notices as read, those up to the newest that the page had shown; return how many."""
    here = and_(Notice.user_id == (current().user_id or 0), Notice.read_at.is_(None), Notice.id <= upto)
    done = db.session.execute(beside(update(Notice).where(here).values(read_at=utcnow()), OWN))
    return int(done.rowcount)  # type: ignore[attr-defined]


def forget(read_before: datetime, all_before: datetime) -> int:
    """Remove notices that were read before a moment, and any older than another; return how many. What is still on its
    way stays, and so does the newest, so that no number is given twice."""
    under_way = select(Message.notice_id).where(Message.state.in_((WAITING, SENDING)))
    newest = select(func.max(Notice.id)).scalar_subquery()
    old = and_(
        (Notice.read_at < read_before) | (Notice.at < all_before), Notice.id.not_in(under_way), Notice.id < newest
    )
    ids = select(Notice.id).where(old)
    db.session.execute(beside(delete(Message).where(Message.notice_id.in_(ids)), OWN))
    done = db.session.execute(beside(delete(Notice).where(old), OWN))
    return int(done.rowcount)  # type: ignore[attr-defined]


def readable(rows: Collection[Notice]) -> set[int]:
    """Return the ids of those of some notices whose objects this person may still read, a statement for each entity."""
    registry, kinds, access = entities(), notice_kinds(), current()
    wanted: dict[str, set[int]] = {}
    for row in rows:
        name, _slash, number = row.ref.rpartition("/")
        if name in registry and number.isdecimal():
            wanted.setdefault(name, set()).add(int(number))
    there = {
        f"{name}/{number}"
        for name, numbers in wanted.items()
        if registry[name].permission is None or access.can(registry[name].permission or "")
        for number in db.session.scalars(select(registry[name].model.id).where(registry[name].model.id.in_(numbers)))
    }
    return {
        row.id for row in rows
        if (kind := kinds.get(row.kind)) and sees(access, kind, row.ref, partial(there.__contains__, row.ref))
    }  # fmt: skip
