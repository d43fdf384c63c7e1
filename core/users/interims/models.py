"""An interim, and the roles that it lends. What it gives is read in `core.users.rights.held` alone."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, Date, ForeignKey, String, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.orm.attributes import get_history

from core.contract.words import _
from core.data.access import Access, Scope, Within, coming
from core.data.bulk import read_beside
from core.data.db import Model, UTCDateTime, db, utcnow
from core.facilities.models import Facility
from core.users.accounts.models import User
from core.users.rights.models import Role
from core.users.rights.rules import EDIT, above, home_of

VIEW = "core.user.view"
HOME = "the trail of an interim is kept where the absent person belongs"
END = {"ended_at", "ended_by", "ended_why"}


@dataclass(frozen=True)
class Between(Scope):
    """An interim: read by both people and by who sees the absent one; begun by that one or somebody above, and from
    then on only ended: neither its people nor its place, days or roles can be changed."""

    write: str = EDIT

    def criteria(self, model: Any, access: Access) -> ColumnElement[bool] | None:
        """Return: one is either of them, or sees the absent person."""
        if "/" in access.paths(VIEW):
            return None
        me, user = access.user_id, User.__table__
        seen = select(user.c.id).where(user.c.facility_id.in_(access.facility_ids(VIEW)))
        return or_(model.absent_id == me, model.stand_in_id == me, model.absent_id.in_(seen))

    def may_write(self, obj: Any, access: Access) -> bool:
        """Return whether it is new, or ended now, by somebody who may."""
        changed = {each.key for each in obj.__mapper__.column_attrs if get_history(obj, each.key).has_changes()}
        absent, new = coming(obj, "absent_id"), obj.id is None
        ends = "ended_at" in changed <= END and not any(get_history(obj, "ended_at").deleted)
        if obj in db.session.deleted or not (new or ends):
            return False
        if absent is None or (new and access.user_id is not None and access.user_id == coming(obj, "stand_in_id")):
            return False
        return access.user_id == absent or (not new and access.user_id == obj.stand_in_id) or _over(absent, access)

    def facility_id(self, obj: Any) -> int | None:
        """Return the facility of the absent person, whose trail keeps it."""
        user = User.__table__
        query = select(user.c.facility_id).where(user.c.id == coming(obj, "absent_id"))
        found: int | None = read_beside(query, HOME).scalar()
        return found


def _over(absent_id: int, access: Access) -> bool:
    """Return whether somebody could have made a person, so may say who stands in for him."""
    place = home_of(absent_id)
    return access.everything or (
        any(place.startswith(own) for own in access.own.paths(EDIT)) and above(access, absent_id)
    )


class Interim(Model):
    """One person standing in for another: beside his own rights he holds those that are lent, within place and days."""

    __tablename__ = "core_interim"
    __entity__ = "core.interim"
    __scope__ = Between()
    __table_args__ = (
        CheckConstraint("absent_id <> stand_in_id", "two_people"),
        CheckConstraint("first_day <= last_day", "days_in_order"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    absent_id: Mapped[int] = mapped_column(ForeignKey(User.id), index=True, info={"unshown": True})
    absent_name: Mapped[str] = mapped_column(String(200), info={"label": _("Absent person")})
    stand_in_id: Mapped[int] = mapped_column(ForeignKey(User.id), index=True, info={"unshown": True})
    stand_in_name: Mapped[str] = mapped_column(String(200), info={"label": _("Stand-in")})
    facility_id: Mapped[int | None] = mapped_column(ForeignKey(Facility.id), info={"label": _("Only at and below")})
    first_day: Mapped[date] = mapped_column(Date, info={"label": _("From day")})
    last_day: Mapped[date] = mapped_column(Date, info={"label": _("To day")})
    reason: Mapped[str] = mapped_column(String(500), info={"label": _("Reason")})
    made_by: Mapped[str] = mapped_column(String(200), info={"label": _("Made by")})
    made_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"unshown": True})
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info={"label": _("Ended early on")})
    ended_by: Mapped[str] = mapped_column(String(200), default="", info={"label": _("Ended by")})
    ended_why: Mapped[str] = mapped_column(String(1000), default="", info={"label": _("Reason of the end")})

    facility: Mapped[Facility | None] = relationship()
    roles: Mapped[list["InterimRole"]] = relationship(back_populates="interim", order_by="InterimRole.id")

    @property
    def name(self) -> str:
        """Return who stands in for whom."""
        return str(_("%(who)s, for %(whom)s", who=self.stand_in_name, whom=self.absent_name))


class InterimRole(Model):
    """A role of the absent person that the stand-in holds for him."""

    __tablename__ = "core_interim_role"
    __entity__ = "core.interim_role"
    __scope__ = Within("interim")
    __table_args__ = (UniqueConstraint("interim_id", "role_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    interim_id: Mapped[int] = mapped_column(ForeignKey(Interim.id), index=True)
    role_id: Mapped[int] = mapped_column(ForeignKey(Role.id), info={"label": _("Role")})

    interim: Mapped[Interim] = relationship(back_populates="roles")
    role: Mapped[Role] = relationship()
