"""Roles, and the grants that give them to people."""

from datetime import date

from sqlalchemy import Boolean, Date, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _
from core.data.db import Model
from core.facilities.models import Facility
from core.users.accounts.models import User
from core.users.rights.scopes import Bundle, Given


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


class Grant(Model):
    """A role held at a facility and everything below it, within its days: an empty one is open."""

    __tablename__ = "core_grant"
    __entity__ = "core.grant"
    __scope__ = Given("user")

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id), index=True, info={"label": _("User")})
    role_id: Mapped[int] = mapped_column(ForeignKey(Role.id), info={"label": _("Role")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), info={"label": _("Facility")})
    first_day: Mapped[date | None] = mapped_column(Date, info={"label": _("From day")})
    last_day: Mapped[date | None] = mapped_column(Date, info={"label": _("To day")})

    user: Mapped[User] = relationship(back_populates="grants")
    role: Mapped[Role] = relationship()
    facility: Mapped[Facility] = relationship()
