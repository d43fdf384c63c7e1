"""Carrying messages out: what is due by a channel is drawn for its person as he may read it now, and sent.

One round sends until nothing is due or its time is over: a slow server must not keep the worker from other work.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

from core.contract.plugins import notice_kinds
from core.contract.ports import MAIL, NotCarried
from core.data.access import acting
from core.data.db import db
from core.data.work import emit, perform
from core.notices import choosing, drawing, post
from core.notices.drawing import Drawn
from core.notices.models import Message
from core.notices.phones import normal
from core.notices.post import Taken
from core.users.accounts.models import User
from core.users.rights.audience import accesses

ROUND = 120  # seconds
IN_A_ROW = 3  # so many that were not taken, one after the other: it is not the messages


class Unreachable(Exception):
    """Nobody answers who could carry anything, or he refuses us: all that is due has to wait."""


class AddressRefused(Exception):
    """The address of this person is refused for good."""


@dataclass(frozen=True)
class Parcel:
    """What leaves for a person: notices as he may read them now, and what they are called again by."""

    user: User
    address: str  # of mail, or the number of a telephone
    notices: list[Drawn]
    mark: str


Send = Callable[[Parcel], object]


def address_of(user: User, chosen: choosing.Chosen, channel: str) -> str:
    """Return where a channel reaches a person, or "": no address, one that is refused, no number of a mobile phone."""
    if channel == MAIL:
        return "" if user.email == chosen.refused_address else user.email
    return normal(user.phone) or ""


def carry(channel: str, door: Callable[[], AbstractContextManager[Send]]) -> str:
    """Send what is due by a channel; return why it stopped, or "". `door` opens the way, and yields what sends one
    parcel: it raises Unreachable, AddressRefused or NotCarried."""
    end, row = time.monotonic() + ROUND, 0
    taken = perform(lambda: post.take(channel))
    if taken is None:
        return ""
    try:
        with door() as send:
            while taken is not None and time.monotonic() < end:
                said = _carry(channel, taken, send)
                row = row + 1 if said else 0
                if row == IN_A_ROW:
                    return said
                taken = perform(lambda: post.take(channel))
    except Unreachable as error:
        why = str(error)
        perform(lambda: post.put_off(channel, taken, why))
        return why
    if taken is not None:
        perform(lambda: post.give_back(taken))
    return ""


def _carry(channel: str, taken: Taken, send: Send) -> str:
    """Return "" when messages have left or nobody needs them, else why they were not taken."""
    parcel, dropped = _parcel(channel, taken)
    try:
        if parcel is not None:
            send(parcel)
    except AddressRefused as error:
        why = str(error)
        perform(lambda: _refused(taken, why))
        return ""
    except NotCarried as error:
        perform(partial(post.fail, taken, str(error), error.lasting))
        return str(error)
    perform(lambda: post.settle(taken, dropped))
    return ""


def _parcel(channel: str, taken: Taken) -> tuple[Parcel | None, set[int]]:
    """Return what is to leave, and the messages that are left out: read meanwhile, no longer wanted, no longer his to
    read."""
    rows = post.held(taken)
    user = db.session.get_one(User, taken.user_id)
    access = accesses([user.id], "notices").get(user.id)
    chosen = choosing.chosen_by([user.id])[user.id]
    address = address_of(user, chosen, channel)
    if access is None or not address:  # the account was closed, or nobody can be reached
        return None, {row.id for row in rows}
    wanted = [row for row in rows if _is_wanted(row, chosen, channel)]
    with acting(access):
        notices = [one for one in drawing.drawn([row.notice for row in wanted]) if one.open]
    there = {one.id for one in notices}
    dropped = {row.id for row in rows if row not in wanted or row.notice_id not in there}
    return (Parcel(user, address, notices, taken.mark) if notices else None), dropped


def _is_wanted(row: Message, chosen: choosing.Chosen, channel: str) -> bool:
    notice, kind = row.notice, notice_kinds().get(row.notice.kind)
    unread = not notice.shown or notice.read_at is None
    return unread and kind is not None and chosen.wants(kind, channel)


def _refused(taken: Taken, why: str) -> None:
    """Remember that nothing goes to an address any more, and let its person know in the app."""
    post.fail(taken, why, lasting=True)
    user = db.session.get_one(User, taken.user_id)
    row = choosing.row_of(user.id)
    row.refused_address, row.refused_why = user.email[:200], why[:300]
    emit("core.mail.refused", user, address=user.email)
