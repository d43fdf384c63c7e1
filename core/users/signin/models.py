"""Sessions, tries that failed, and the second factor."""

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from core.data.access import Internal
from core.data.db import Model, UTCDateTime, utcnow
from core.users.accounts.models import User


class LoginSession(Model):
    """A signed-in browser; only the hash of its id is kept."""

    __tablename__ = "core_session"
    __scope__ = Internal()

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id), index=True)
    user_version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    proved_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)  # when password or code was last given
    agent: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(60), default="")
    place_id: Mapped[int | None] = mapped_column(Integer)  # the facility the person works for in this session


class DeviceKey(Model):
    """What a person signs with on one device, so that what he wrote there leaves while somebody else works on it; its
    secret is sealed with the key of the installation."""

    __tablename__ = "core_device_key"
    __scope__ = Internal()

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id), index=True)
    user_version: Mapped[int] = mapped_column(Integer)  # keys of an older version are dead
    device: Mapped[str] = mapped_column(String(16))
    secret: Mapped[str] = mapped_column(String(200))
    agent: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)  # its person was last signed in there


class LoginAttempt(Model):
    """A sign-in that failed, counted by account and by address."""

    __tablename__ = "core_login_attempt"
    __scope__ = Internal()

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(90), index=True)
    address: Mapped[str] = mapped_column(String(60), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, index=True)


class SecondFactor(Model):
    """A device that shows a person's codes; its secret is sealed with the key of the installation."""

    __tablename__ = "core_second_factor"
    __scope__ = Internal()

    user_id: Mapped[int] = mapped_column(ForeignKey(User.id), primary_key=True, autoincrement=False)
    secret: Mapped[str] = mapped_column(String(200))
    last_step: Mapped[int] = mapped_column(Integer, default=0)  # codes of this half minute and before are spent
    since: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow)


class RecoveryCode(Model):
    """A code on paper that stands in for the device once; only its hash is kept."""

    __tablename__ = "core_recovery_code"
    __scope__ = Internal()

    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id), index=True)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
