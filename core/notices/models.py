"""The notices of people, their messages on the way, and what each person has chosen."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    func,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.data.access import Internal
from core.data.db import Model, UTCDateTime, utcnow
from core.users.accounts.models import User
from core.users.signin.models import LoginSession

UNREAD = text("read_at IS NULL")
WAITING, SENDING, SENT, FAILED, DROPPED = "waiting", "sending", "sent", "failed", "dropped"
OPEN = text("state IN ('waiting', 'sending')")
MOST = 99  # more than so many unread ones are not counted
NOW, DAILY, NEVER = "now", "daily", "never"


class Notice(Model):
    """One person is told of one fact: its words are drawn when they are shown, where its object may still be read."""

    __tablename__ = "core_notice"
    __scope__ = Internal()  # asked for by its person alone: core.notices.services
    __table_args__ = (
        UniqueConstraint("user_id", "event_id"),
        Index("ix_core_notice_person", "user_id", "id"),
        Index("ix_core_notice_unread", "user_id", "id", sqlite_where=UNREAD, postgresql_where=UNREAD),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    kind: Mapped[str] = mapped_column(String(80))
    event_id: Mapped[int] = mapped_column(Integer)
    topic: Mapped[str] = mapped_column(String(80))
    ref: Mapped[str] = mapped_column(String(80))
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(Integer)
    by_label: Mapped[str] = mapped_column(String(200))
    shown: Mapped[bool] = mapped_column(
        Boolean, default=True
    )  # in the app; else it goes by mail or SMS alone, and counts as read
    read_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


def unread() -> Any:
    """Return the SQL of how many notices the person of a session (`token`) has not read, `MOST` + 1 at most: it is
    asked with the session, so that the bell costs no page a statement."""
    person = select(LoginSession.user_id).where(LoginSession.token_hash == bindparam("token")).scalar_subquery()
    some = select(Notice.id).where(Notice.user_id == person, Notice.read_at.is_(None)).limit(MOST + 1)
    return select(func.count()).select_from(some.subquery()).scalar_subquery()


class Message(Model):
    """A notice on its way by one channel: the row is the truth, whoever was killed while he sent it."""

    __tablename__ = "core_message"
    __scope__ = Internal()
    __table_args__ = (
        UniqueConstraint("notice_id", "channel"),
        Index("ix_core_message_due", "due", sqlite_where=OPEN, postgresql_where=OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey(Notice.id))
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id), index=True)
    channel: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    due: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    tries: Mapped[int] = mapped_column(Integer, default=0)
    mark: Mapped[str] = mapped_column(String(60), default="")  # of the mail that holds it: said again alike
    taken_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    error: Mapped[str] = mapped_column(Text, default="")

    notice: Mapped[Notice] = relationship()
    user: Mapped[User] = relationship()


class Choices(Model):
    """What a person has chosen: when mail comes, and the kinds and channels that differ from what is usual."""

    __tablename__ = "core_notice_choices"
    __scope__ = Internal()

    user_id: Mapped[int] = mapped_column(ForeignKey(User.id), primary_key=True, autoincrement=False)
    mail: Mapped[str] = mapped_column(String(10), default=DAILY)
    hour: Mapped[int] = mapped_column(Integer, default=7)  # of the day, in the facilities' time
    differing: Mapped[str] = mapped_column(Text, default="{}")  # {"kind channel": bool} as JSON
    refused_address: Mapped[str] = mapped_column(
        String(200), default=""
    )  # while it is the person's, no mail goes there
    refused_why: Mapped[str] = mapped_column(String(300), default="")
