"""A fault that somebody reports."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _
from core.data.access import At
from core.data.db import Model, UTCDateTime, utcnow
from core.facilities.models import Facility
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.rights import PLAN, REQUEST, VIEW
from plugins.gmao.workorders.models import WorkOrder

STOPPED, BADLY, WISH = "stopped", "badly", "wish"
WORKS = {
    STOPPED: _("It does not work"),
    BADLY: _("It works badly"),
    WISH: _("It works, but something is wrong"),
}


class Request(Model):
    """A fault report. `what` is what the workshop reads where no piece is named; `by_label` says that nobody was signed
    in: name and telephone are as somebody typed them."""

    __tablename__ = "gmao_request"
    __entity__ = "gmao.request"
    __scope__ = At("facility_id", read=VIEW, write=(REQUEST, PLAN))
    __table_args__ = (Index("ix_gmao_request_equipment_state", "equipment_id", "state"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Number")})
    equipment_id: Mapped[int | None] = mapped_column(ForeignKey(Equipment.id), info={"label": _("Piece of equipment")})
    what: Mapped[str] = mapped_column(String(300), info={"label": _("What it is about")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("Facility")})
    room: Mapped[str] = mapped_column(String(160), default="", info={"label": _("Room or service")})
    works: Mapped[str] = mapped_column(String(10), info={"label": _("Does it work?")})
    problem: Mapped[str] = mapped_column(Text, info={"label": _("What is wrong")})
    state: Mapped[str] = mapped_column(String(20), default="submitted", index=True, info={"label": _("State")})
    reported_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Fault reported at")})
    reported_by: Mapped[str] = mapped_column(String(200), default="", info={"label": _("Reported by")})
    reported_by_id: Mapped[int | None] = mapped_column(Integer, index=True, info={"unshown": True})
    phone: Mapped[str] = mapped_column(String(40), default="", info={"label": _("Telephone")})
    by_label: Mapped[bool] = mapped_column(Boolean, default=False, info={"label": _("Without an account")})
    order_id: Mapped[int | None] = mapped_column(ForeignKey(WorkOrder.id), index=True, info={"label": _("Work order")})

    equipment: Mapped[Equipment | None] = relationship()
    facility: Mapped[Facility] = relationship()
    order: Mapped[WorkOrder | None] = relationship()
