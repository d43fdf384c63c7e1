"""What people have chosen: which kinds by which channel, and when mail comes."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from core.contract.plugins import notice_kinds
from core.contract.ports import CHANNELS, MAIL, SMS, NoticeKind, Words
from core.contract.words import _
from core.data import audit
from core.data.access import current
from core.data.calendar import zone
from core.data.db import db
from core.data.errors import Refused
from core.notices.models import DAILY, NEVER, NOW, Choices
from core.users.accounts.services import change_own

MODES: Mapping[str, Words] = {NOW: _("at once"), DAILY: _("once a day"), NEVER: _("never")}
EVERYTHING = "*"  # in the place of a kind: all mail


@dataclass(frozen=True)
class Chosen:
    """A person's choices, or what is usual where there are none."""

    mail: str = DAILY
    hour: int = 7
    differing: Mapping[str, bool] = field(default_factory=dict)
    refused_address: str = ""
    refused_why: str = ""

    def wants(self, kind: NoticeKind, channel: str) -> bool:
        """Return whether a kind comes by a channel; by SMS only what is urgent, and only when it was asked for."""
        return not (channel == MAIL and self.mail == NEVER) and self.ticked(kind, channel)

    def ticked(self, kind: NoticeKind, channel: str) -> bool:
        """Return whether a kind is chosen for a channel, whether or not anything comes by it at present."""
        if channel == SMS and not kind.urgent:
            return False
        return self.differing.get(f"{kind.name} {channel}", channel in kind.channels)

    def due(self, kind: NoticeKind, channel: str, now: datetime) -> datetime:
        """Return when a message goes out: at once, or at the hour of the daily mail."""
        if channel != MAIL or kind.urgent or self.mail == NOW:
            return now
        day = now.astimezone(zone()).date()
        turns = (datetime.combine(each, time(self.hour), zone()) for each in (day, day + timedelta(days=1)))
        return next(turn for turn in turns if turn > now).astimezone(UTC)


def chosen_by(user_ids: Collection[int]) -> dict[int, Chosen]:
    """Return {person: choices} of some people, in one statement."""
    rows = db.session.scalars(select(Choices).where(Choices.user_id.in_(user_ids))) if user_ids else ()
    found = {row.user_id: _chosen(row) for row in rows}
    return {user_id: found.get(user_id) or Chosen() for user_id in user_ids}


def _chosen(row: Choices) -> Chosen:
    return Chosen(row.mail, row.hour, json.loads(row.differing), row.refused_address, row.refused_why)


def own() -> Chosen:
    """Return the choices of the person who is signed in."""
    user_id = current().user_id or 0
    return chosen_by([user_id])[user_id]


def kinds_for() -> list[NoticeKind]:
    """Return the kinds that may come to the person who is signed in, urgent ones first."""
    kinds = [kind for kind in notice_kinds().values() if not kind.permission or current().can(kind.permission)]
    return sorted(kinds, key=lambda kind: not kind.urgent)


def row_of(user_id: int) -> Choices:
    """Return the row of a person's choices, locked; made where there was none."""
    row = db.session.get(Choices, user_id, with_for_update=True)
    if row is None:
        row = Choices(user_id=user_id, mail=DAILY, hour=Chosen.hour, differing="{}")
        db.session.add(row)
        db.session.flush()
    return row


def choose(
    on: Collection[str], channels: Collection[str] = CHANNELS, mail: str = "", hour: int | None = None,
    phone: str | None = None,
) -> None:  # fmt: skip
    """Keep what the person who is signed in has chosen: `on` holds "kind channel" of what is to come by `channels`."""
    user_id = current().user_id
    if user_id is None or (mail and mail not in MODES) or hour not in (None, *range(24)):
        raise Refused(_("Choose when mail comes."), "mail")
    if phone is not None:
        change_own(user_id, phone=phone)
    row = row_of(user_id)
    row.mail, row.hour = mail or row.mail, row.hour if hour is None else hour
    said = json.loads(row.differing)
    for kind in kinds_for():
        for channel in channels:
            if channel != SMS or kind.urgent:
                _differ(said, kind, channel, f"{kind.name} {channel}" in on)
    _keep(row, said)


def stop(user_id: int, name: str) -> None:
    """Let no more mail of a kind come to a person, or none at all (`EVERYTHING`): by a link that was sent to him."""
    row = row_of(user_id)
    said, kind = json.loads(row.differing), notice_kinds().get(name)
    if name == EVERYTHING:
        row.mail = NEVER
    elif kind is not None:
        _differ(said, kind, MAIL, False)
    _keep(row, said)


def _differ(said: dict[str, bool], kind: NoticeKind, channel: str, on: bool) -> None:
    key = f"{kind.name} {channel}"
    said.pop(key, None)
    if on != (channel in kind.channels):
        said[key] = on


def _keep(row: Choices, said: Mapping[str, Any]) -> None:
    row.differing = json.dumps(said, sort_keys=True)
    db.session.flush()
    audit.note("notices chosen", "core.user", row.user_id, mail=row.mail, hour=row.hour, differing=row.differing)
