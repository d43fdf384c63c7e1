"""People who sign in, accounts of programs, which do not, and the links by which a password is chosen."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Boolean, ForeignKey, Integer, String, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _
from core.data.access import Internal
from core.data.db import Model, UTCDateTime, utcnow
from core.facilities.models import Facility
from core.users.rights.scopes import Person

if TYPE_CHECKING:
    from core.users.rights.models import Grant


class User(Model):
    """A person who signs in; or a service account, which is nobody: programs act for it, by tokens alone.

    What is "personal" is each person's own to change.
    """

    __tablename__ = "core_user"
    __entity__ = "core.user"
    __scope__ = Person("facility_id", read="core.user.view", write="core.user.edit")

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(80), unique=True, info={"label": _("User name")})
    name: Mapped[str] = mapped_column(String(200), index=True, info={"personal": True, "label": _("Name")})
    email: Mapped[str] = mapped_column(String(200), default="", info={"personal": True, "label": _("E-mail")})
    phone: Mapped[str] = mapped_column(String(40), default="", info={"personal": True, "label": _("Phone")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("Facility")})
    password_hash: Mapped[str] = mapped_column(
        String(200), default="", info={"personal": True, "label": _("Password"), "secret": True}
    )
    active: Mapped[bool] = mapped_column(Boolean, default=True, info={"label": _("May sign in")})
    language: Mapped[str] = mapped_column(String(5), default="fr", info={"personal": True, "label": _("Language")})
    theme: Mapped[str] = mapped_column(String(10), default="", info={"personal": True, "label": _("Appearance")})
    density: Mapped[str] = mapped_column(String(10), default="", info={"personal": True, "label": _("Row height")})
    service: Mapped[bool] = mapped_column(
        Boolean, default=False, server_default=false(), info={"label": _("Service account")}
    )
    purpose: Mapped[str] = mapped_column(String(300), default="", server_default="", info={"label": _("What for")})
    contact: Mapped[str] = mapped_column(String(200), default="", server_default="", info={"label": _("Contact")})
    saved_views: Mapped[dict[str, dict[str, str]]] = mapped_column(
        JSON, default=dict, server_default="{}", info={"personal": True, "label": _("Saved views"), "unshown": True}
    )  # {path of a list: {name: what its address asks}}
    home: Mapped[dict[str, Any]] = mapped_column(
        JSON, default=dict, server_default="{}", info={"personal": True, "label": _("Home page"), "unshown": True}
    )  # {"order": {plugin: place}, "hidden": [plugins]}
    version: Mapped[int] = mapped_column(
        Integer, default=1, info={"personal": True, "unshown": True}
    )  # sessions of an older version are over
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"unshown": True})
    last_seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info={"personal": True, "unshown": True})

    facility: Mapped[Facility] = relationship()
    grants: Mapped[list["Grant"]] = relationship(back_populates="user", cascade="all, delete-orphan")

    @property
    def initials(self) -> str:
        """Return the letters of the round sign: of the first and the last name."""
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


class Invitation(Model):
    """A one-time link to choose a password; only the hash of its token is kept."""

    __tablename__ = "core_invitation"
    __scope__ = Internal()

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id), index=True)
    maker_id: Mapped[int | None] = mapped_column(Integer)  # who made it; None is the machine
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
