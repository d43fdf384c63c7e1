"""A part that a work order needs."""

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _
from core.data.access import At
from core.data.db import Model, UTCDateTime, utcnow
from core.facilities.models import Facility
from plugins.gmao.rights import ISSUE, PARTS, WORK
from plugins.gmao.workorders.models import WorkOrder


class Part(Model):
    """A part that is asked of the store of a facility, or was brought along. `what` names the order and its piece for
    the storekeeper, who may not read the register; `movements` are those of the stock that gave it out, `requisition`
    the number on which the store has asked its supplier for it."""

    __tablename__ = "gmao_part"
    __entity__ = "gmao.part"
    __scope__ = At("facility_id", read=PARTS, write=(WORK, ISSUE))

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey(WorkOrder.id), index=True, info={"label": _("Work order")})
    what: Mapped[str] = mapped_column(String(300), info={"label": _("What it is about")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("Facility")})
    label: Mapped[str] = mapped_column(String(200), info={"label": _("Part")})
    code: Mapped[str] = mapped_column(String(40), default="", info={"label": _("Code in the store")})
    quantity: Mapped[int] = mapped_column(Integer, info={"label": _("Quantity")})
    state: Mapped[str] = mapped_column(String(20), default="asked", index=True, info={"label": _("State")})
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Asked at")})
    asked_by: Mapped[str] = mapped_column(String(200), info={"label": _("Asked by")})
    asked_by_id: Mapped[int | None] = mapped_column(Integer, index=True, info={"unshown": True})
    requisition: Mapped[str] = mapped_column(
        String(40), default="", server_default="", info={"label": _("Requisition")}
    )
    movements: Mapped[str] = mapped_column(Text, default="", info={"unshown": True})

    order: Mapped[WorkOrder | None] = relationship()
    facility: Mapped[Facility] = relationship()
