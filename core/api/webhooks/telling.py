"""Which webhooks are told of a fact, and what they are told: by the rights of their account, at their place."""

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core.api.rows import plain
from core.api.tokens.scope import narrowed
from core.api.webhooks.models import Parcel, Webhook
from core.contract.plugins import permissions
from core.contract.ports import Event
from core.data.access import Access, At, acting
from core.data.db import db, utcnow
from core.data.errors import NotAllowed
from core.notices.services import object_of
from core.users.rights import access as people
from core.users.rights.audience import may_read
from core.users.rights.rules import path_of


def hear(event: Event) -> None:
    """Put a fact on its way to each webhook that is told of it; one that comes again is sent once."""
    query = select(Webhook).where(Webhook.active, Webhook.topics.contains(event.topic, autoescape=True))
    hooks = [hook for hook in db.session.scalars(query.options(selectinload(Webhook.facility)))
             if event.topic in hook.names]  # fmt: skip
    row = object_of(event.ref) if hooks else None
    had = set(db.session.scalars(select(Parcel.hook_id).where(Parcel.fact_id == event.id))) if hooks else set()
    for hook in hooks:
        if hook.id not in had and row is not None and sees(hook, row):
            parcel = Parcel(hook=hook, fact_id=event.id, name=f"fact_{event.id}", topic=event.topic, ref=event.ref)
            parcel.body = body_of(event)
            db.session.add(parcel)
    db.session.flush()


def body_of(event: Event) -> str:
    """Return what is sent of a fact: the same bytes at each try."""
    return _json(
        type=event.topic, timestamp=plain(event.at), id=event.id, ref=event.ref, by=event.user_label,
        data=dict(event.data),
    )  # fmt: skip


def body_of_test(name: str, hook: str) -> str:
    """Return what a test sends."""
    return _json(type="core.webhook.test", timestamp=plain(utcnow()), id=name, ref="", by="", data={"name": hook})


def _json(**said: Any) -> str:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def told_of(parcel: Parcel) -> bool:
    """Return whether what a parcel tells may still be told: it is asked again before it leaves."""
    if parcel.fact_id is None:
        return True
    row = object_of(parcel.ref)
    return row is not None and sees(parcel.hook, row)


def sees(hook: Webhook, row: Any) -> bool:
    """Return whether the account of a webhook may read an object by what it holds at the place; of what is read
    otherwise than by a right at a place, that alone is told which belongs there."""
    access = access_of(hook)
    if access is None or not may_read(row, access):
        return False
    scope = type(row).__scope__
    if isinstance(scope, At) and scope.criteria(type(row), access) is not None:
        return True
    home = scope.facility_id(row)
    return hook.facility.path.count("/") <= 2 if home is None else path_of(home).startswith(hook.facility.path)


def access_of(hook: Webhook) -> Access | None:
    """Return what the account of a webhook may do at its place now, as nobody: what is its own does not count; None
    once it is closed."""
    known = permissions()
    with acting(Access.system("webhook")):
        try:
            held = people.access_for(hook.user_id, known)
        except NotAllowed:
            return None
    return Access(None, held.label, tuple(narrowed(held.grants, known, hook.facility.path, known)), origin="webhook")
