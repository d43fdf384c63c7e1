"""People, roles, grants and the sessions they work in."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _
from core.data.access import Internal
from core.data.db import Model, UTCDateTime, utcnow
from core.facilities.models import Facility
from core.users.rights import Bundle, Given, Person


class Role(Model):
    """A bundle of permissions under a name."""

    __tablename__ = "core_role"
    __entity__ = "core.role"
    __scope__ = Bundle(write="core.role.edit")

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(60), unique=True, info={"label": _("Code"), "unshown": True})
    label_en: Mapped[str] = mapped_column(String(120), info={"label": _("English label")})
    label_fr: Mapped[str] = mapped_column(String(120), info={"label": _("French label")})
    permissions: Mapped[str] = mapped_column(Text, default="", info={"label": _("Rights")})  # one name a line
    second_factor: Mapped[bool] = mapped_column(Boolean, default=False, info={"label": _("Needs a second factor")})
    facility_id: Mapped[int | None] = mapped_column(ForeignKey(Facility.id), info={"label": _("Belongs to")})

    facility: Mapped[Facility | None] = relationship()

    @property
    def names(self) -> list[str]:
        """Return the permission names of this role; "elmis.*" stands for all of a prefix."""
        return self.permissions.split()


class User(Model):
    """A person who signs in."""

    __tablename__ = "core_user"
    __entity__ = "core.user"
    __scope__ = Person("facility_id", read="core.user.view", write="core.user.edit")

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(80), unique=True, info={"label": _("User name")})
    name: Mapped[str] = mapped_column(String(200), index=True, info={"label": _("Name")})
    email: Mapped[str] = mapped_column(String(200), default="", info={"label": _("E-mail")})
    phone: Mapped[str] = mapped_column(String(40), default="", info={"label": _("Phone")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("Facility")})
    password_hash: Mapped[str] = mapped_column(String(200), default="", info={"label": _("Password"), "secret": True})
    active: Mapped[bool] = mapped_column(Boolean, default=True, info={"label": _("May sign in")})
    language: Mapped[str] = mapped_column(String(5), default="fr", info={"label": _("Language")})
    theme: Mapped[str] = mapped_column(String(10), default="", info={"label": _("Appearance")})
    density: Mapped[str] = mapped_column(String(10), default="", info={"label": _("Row height")})
    version: Mapped[int] = mapped_column(
        Integer, default=1, info={"unshown": True}
    )  # sessions of an older version are over
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"unshown": True})
    last_seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info={"unshown": True})

    facility: Mapped[Facility] = relationship()
    grants: Mapped[list["Grant"]] = relationship(
        back_populates="user", cascade="all, delete-orphan", foreign_keys="Grant.user_id"
    )

    @property
    def initials(self) -> str:
        """Return the letters of the round sign: of the first and the last name."""
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


class Grant(Model):
    """A role held at a facility and everything below it."""

    __tablename__ = "core_grant"
    __entity__ = "core.grant"
    __scope__ = Given("user")
    __table_args__ = (UniqueConstraint("user_id", "role_id", "facility_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id), index=True, info={"label": _("User")})
    role_id: Mapped[int] = mapped_column(ForeignKey(Role.id), info={"label": _("Role")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), info={"label": _("Facility")})

    user: Mapped[User] = relationship(back_populates="grants", foreign_keys=[user_id])
    role: Mapped[Role] = relationship()
    facility: Mapped[Facility] = relationship()


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


class LoginAttempt(Model):
    """A sign-in that failed, counted by account and by address."""

    __tablename__ = "core_login_attempt"
    __scope__ = Internal()

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(90), index=True)
    address: Mapped[str] = mapped_column(String(60), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, index=True)


class Invitation(Model):
    """A one-time link to choose a password; only the hash of its token is kept."""

    __tablename__ = "core_invitation"
    __scope__ = Internal()

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id), index=True)
    maker_id: Mapped[int | None] = mapped_column(Integer)  # who made it; None is the machine
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


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
