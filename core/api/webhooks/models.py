"""Where facts are sent to, and what is on its way."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.orm.attributes import get_history

from core.contract.words import _
from core.data.access import Access, At, Internal, coming
from core.data.db import Model, UTCDateTime, utcnow
from core.data.states import State
from core.facilities.models import Facility
from core.users.accounts.models import User
from core.users.rights.rules import above

RIGHT = "core.webhook.edit"
VIEW = "core.webhook.view"
STATES = {True: State(_("On"), "ok", _("Switching on")), False: State(_("Off"), "neutral", _("Switching off"))}
WAITING, SENDING, SENT, FAILED, DROPPED = "waiting", "sending", "sent", "failed", "dropped"
ON_ITS_WAY = {
    WAITING: State(_("Waiting"), "info"), SENDING: State(_("On its way"), "info"), SENT: State(_("Arrived"), "ok"),
    FAILED: State(_("Failed"), "danger"), DROPPED: State(_("Not sent"), "neutral"),
}  # fmt: skip
OPEN = text("state IN ('waiting', 'sending')")


@dataclass(frozen=True, init=False)
class OfAccount(At):
    """Rows of a place that act for an account: whoever has the right there reads and ends them; only the account
    itself, or who could have made it, changes what they tell, and to whom."""

    def may_write(self, obj: Any, access: Access) -> bool:
        """Return whether the right is held there, and nothing is told that this person might not know."""
        account = coming(obj, "user_id")
        own = account is not None and account == access.own_id
        return super().may_write(obj, access) and (_ends(obj) or own or above(access, account or 0))


def _ends(obj: Any) -> bool:
    changed = {each.key for each in obj.__mapper__.column_attrs if get_history(obj, each.key).has_changes()}
    return bool(obj.id) and changed <= {"active", "why"} and not obj.active


class Webhook(Model):
    """An address that is told of some facts, as far as an account may know of them at a place and below."""

    __tablename__ = "core_webhook"
    __entity__ = "core.webhook"
    __scope__ = OfAccount("facility_id", read=VIEW, write=RIGHT)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), info={"label": _("Name")})
    url: Mapped[str] = mapped_column(String(500), info={"label": _("Address")})
    topics: Mapped[str] = mapped_column(Text, info={"label": _("Facts")})  # one name a line
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("Place")})
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id), index=True, info={"label": _("Account")})
    secret: Mapped[str] = mapped_column(Text, info={"label": _("Secret"), "secret": True})  # sealed, as the other
    former_secret: Mapped[str] = mapped_column(Text, default="", info={"unshown": True, "secret": True})
    former_until: Mapped[datetime | None] = mapped_column(
        UTCDateTime, info={"label": _("Former secret valid until")}
    )  # fmt: skip
    active: Mapped[bool] = mapped_column(Boolean, default=True, info={"label": _("State")})
    why: Mapped[str] = mapped_column(String(300), default="", info={"label": _("Why it is off")})
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"unshown": True})
    told_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info={"unshown": True})

    facility: Mapped[Facility] = relationship()
    user: Mapped[User | None] = relationship()

    @property
    def names(self) -> list[str]:
        """Return the topics of the facts that it is told."""
        return self.topics.split()


class Parcel(Model):
    """A fact on its way to one address: the row is the truth, whoever was killed while he sent it."""

    __tablename__ = "core_webhook_parcel"
    __scope__ = Internal()  # asked for by the page of its webhook alone
    __table_args__ = (
        UniqueConstraint("hook_id", "fact_id"),
        Index("ix_core_webhook_parcel_due", "due", sqlite_where=OPEN, postgresql_where=OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    hook_id: Mapped[int] = mapped_column(ForeignKey(Webhook.id), index=True)
    fact_id: Mapped[int | None] = mapped_column(Integer)  # none of a test
    name: Mapped[str] = mapped_column(String(40))  # the receiver drops what comes again under it
    topic: Mapped[str] = mapped_column(String(80))
    ref: Mapped[str] = mapped_column(String(80), default="")
    body: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    due: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    taken_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    said: Mapped[str] = mapped_column(String(300), default="")  # what came of the last try

    hook: Mapped[Webhook] = relationship()

    @property
    def status(self) -> State:
        """Return its state in words."""
        return ON_ITS_WAY[self.state]
