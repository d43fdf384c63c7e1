"""Saying where facts are sent to, and with which account's rights; changing secrets, ending, sending again."""

import secrets as chance
from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from typing import Any

from cryptography.fernet import InvalidToken
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from core.api.webhooks import addresses, signing
from core.api.webhooks.models import FAILED, RIGHT, SENDING, WAITING, Parcel, Webhook
from core.api.webhooks.telling import body_of_test
from core.contract.plugins import facts
from core.contract.words import _
from core.data.access import current
from core.data.db import db, utcnow
from core.data.errors import NotAllowed, Refused
from core.data.seals import seal
from core.facilities.models import Facility
from core.jobs.schedule import bring_forward
from core.users.accounts.models import User
from core.users.rights import rules

PURPOSE = "webhook"
BOTH = timedelta(days=1)  # a former secret is valid beside a new one
SEND = "core.webhooks.send"
SHOWN = 50


def accounts() -> list[User]:
    """Return the accounts for which this person may send facts: himself, and service accounts that he may change."""
    access = current()
    me = db.session.get(User, access.own_id or 0)
    programs = db.session.scalars(select(User).where(User.service, User.active).order_by(User.name))
    found = [one for one in programs if access.can(rules.EDIT, one.facility) and rules.above(access, one.id)]
    return [*([me] if me is not None else []), *found]


def make(name: str, url: str, place: Facility, account: int, topics: Collection[str]) -> tuple[Webhook, str]:
    """Return a new webhook and its secret, which is kept sealed and shown once; Refused for an address that may not be
    written to."""
    current().require(RIGHT, place)
    if account not in {one.id for one in accounts()}:
        raise NotAllowed(_("Facts are sent for yourself, or for a service account that you may change."))
    secret = signing.new_secret()
    hook = Webhook(facility=place, user_id=account, secret=_sealed(secret))
    _say(hook, name, url, topics)
    db.session.add(hook)
    db.session.flush()
    return hook, secret


def change(hook: Webhook, name: str, url: str, topics: Collection[str]) -> Webhook:
    """Return a webhook that goes by another name, to another address, or is told of other facts."""
    _require(hook)
    _say(hook, name, url, topics)
    db.session.flush()
    return hook


def _say(hook: Webhook, name: str, url: str, topics: Collection[str]) -> None:
    addresses.judged(url)
    if not topics or not set(topics) <= facts().keys():
        raise Refused(_("Choose the facts that are sent."), "topics")
    hook.name, hook.url, hook.topics = name.strip(), url, "\n".join(sorted(topics))


def may_change(hook: Webhook) -> bool:
    """Return whether this person could have made it: it tells what its account may know."""
    access = current()
    return access.can(RIGHT, hook.facility) and (hook.user_id == access.own_id or rules.above(access, hook.user_id))


def _require(hook: Webhook) -> None:
    current().require(RIGHT, hook.facility)
    if not may_change(hook):
        raise NotAllowed(_("Its account holds rights that you do not hold; you may only switch it off."))


def rotate(hook: Webhook) -> str:
    """Return a new secret, shown once; for a day both are valid, so that the receiver can be changed meanwhile."""
    _require(hook)
    secret = signing.new_secret()
    hook.former_secret, hook.former_until = hook.secret, utcnow() + BOTH
    hook.secret = _sealed(secret)
    db.session.flush()
    return secret


def switch_off(hook: Webhook, why: str = "") -> Webhook:
    """Return a webhook that is told of nothing more; what waits is not sent."""
    current().require(RIGHT, hook.facility)
    hook.active, hook.why = False, why
    db.session.flush()
    return hook


def switch_on(hook: Webhook) -> Webhook:
    """Return a webhook that is told of what happens from now on."""
    _require(hook)
    hook.active, hook.why = True, ""
    db.session.flush()
    return hook


def try_out(hook: Webhook) -> Webhook:
    """Return a webhook to whose address a test is sent at once; it tells nothing."""
    _require(hook)
    if not hook.active:
        raise Refused(_("It is off: switch it on first."))
    name = f"test_{chance.token_hex(8)}"
    db.session.add(Parcel(hook=hook, name=name, topic="core.webhook.test", body=body_of_test(name, hook.name)))
    db.session.flush()
    bring_forward(SEND)
    return hook


def again(hook: Webhook) -> Webhook:
    """Return a webhook of which everything that failed is sent anew, and what waits at once."""
    current().require(RIGHT, hook.facility)
    rows = db.session.scalars(select(Parcel).where(Parcel.hook_id == hook.id, Parcel.state.in_((FAILED, WAITING))))
    for row in rows:
        row.state, row.tries, row.due, row.made_at, row.ended_at = WAITING, 0, utcnow(), utcnow(), None
    db.session.flush()
    bring_forward(SEND)
    return hook


def parcels(hook: Webhook) -> Sequence[Parcel]:
    """Return what was sent to a webhook of late, the latest first."""
    query = select(Parcel).where(Parcel.hook_id == hook.id).order_by(Parcel.id.desc()).limit(SHOWN)
    return db.session.scalars(query).all()


def numbers(ids: Collection[int]) -> dict[int, dict[str, int]]:
    """Return {webhook: {state: parcels}} of what waits and what failed."""
    query = select(Parcel.hook_id, Parcel.state, func.count()).where(
        Parcel.hook_id.in_(ids), Parcel.state.in_((WAITING, SENDING, FAILED))
    )
    found: dict[int, dict[str, Any]] = {}
    for hook_id, state, number in db.session.execute(query.group_by(Parcel.hook_id, Parcel.state)):
        found.setdefault(hook_id, {})[state] = number
    return found


def troubled() -> Sequence[Webhook]:
    """Return those of the webhooks that this person looks after whose facts do not arrive."""
    failed = select(Parcel.hook_id).where(Parcel.state == FAILED)
    query = select(Webhook).where((Webhook.active & Webhook.id.in_(failed)) | (Webhook.why != ""))
    return db.session.scalars(query.options(selectinload(Webhook.facility)).order_by(Webhook.id)).all()


def known_secrets(hook: Webhook) -> list[str]:
    """Return the secrets that are valid now, the new one first; none when they were sealed by another key."""
    return list(_opened(hook))


def _opened(hook: Webhook) -> Iterator[str]:
    former = hook.former_secret if hook.former_until is not None and hook.former_until > utcnow() else ""
    try:
        for kept in filter(None, (hook.secret, former)):
            yield seal(PURPOSE).decrypt(kept.encode()).decode()
    except InvalidToken:
        return


def _sealed(secret: str) -> str:
    return seal(PURPOSE).encrypt(secret.encode()).decode()
