"""The tokens of programs; only the hash of each is kept."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _
from core.data.access import Within
from core.data.db import Model, UTCDateTime, today, utcnow
from core.data.states import State
from core.facilities.models import Facility
from core.users.accounts.models import User

OPEN, OVER, ENDED = "open", "over", "ended"
STATES = {
    OPEN: State(_("In force"), "ok"), OVER: State(_("Past its last day"), "neutral"),
    ENDED: State(_("Revoked"), "neutral"),
}  # fmt: skip


class Token(Model):
    """What a program shows: for whom it acts, with which rights, where, and until when."""

    __tablename__ = "core_token"
    __entity__ = "core.token"
    __scope__ = Within("user")

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id), index=True, info={"label": _("User")})
    name: Mapped[str] = mapped_column(String(80), info={"label": _("Name")})
    rights: Mapped[str] = mapped_column(Text, info={"label": _("Rights")})  # one name a line
    facility_id: Mapped[int | None] = mapped_column(ForeignKey(Facility.id), info={"label": _("Place")})
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, info={"unshown": True, "secret": True})
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Made")})
    expires_on: Mapped[date] = mapped_column(Date, info={"label": _("Last day")})
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info={"label": _("Revoked")})
    last_used_on: Mapped[date | None] = mapped_column(Date, info={"unshown": True})
    last_used_from: Mapped[str] = mapped_column(String(60), default="", info={"unshown": True})

    user: Mapped[User] = relationship()
    facility: Mapped[Facility | None] = relationship()

    @property
    def names(self) -> list[str]:
        """Return the names of its rights."""
        return self.rights.split()

    @property
    def state(self) -> str:
        """Return whether it opens anything: in force, expired or ended."""
        return ENDED if self.ended_at is not None else OVER if self.expires_on < today() else OPEN
