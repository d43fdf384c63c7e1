"""A piece of equipment that is sent from one facility to another."""

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _
from core.data.access import At
from core.data.db import Model
from core.facilities.models import Facility
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.rights import EDIT, RECEIVE, VIEW

FOR_GOOD, LOAN, RETURN, REPAIR = "for_good", "loan", "return", "repair"
PURPOSES = {
    FOR_GOOD: _("For good"),
    LOAN: _("As a loan"),
    REPAIR: _("For repair"),
    RETURN: _("Given back"),
}


class Move(Model):
    """A piece on its way: it stands where it stood until the receiver acknowledges it.

    `what` is what the receiver reads, who may not read the register of the sender.
    """

    __tablename__ = "gmao_move"
    __entity__ = "gmao.move"
    __scope__ = At("source_id", "facility_id", read=VIEW, write=(EDIT, RECEIVE))
    __table_args__ = (
        CheckConstraint("source_id != facility_id", name="elsewhere"),
        Index("ix_gmao_move_equipment_state", "equipment_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Number")})
    equipment_id: Mapped[int] = mapped_column(ForeignKey(Equipment.id), info={"label": _("Piece of equipment")})
    what: Mapped[str] = mapped_column(String(300), info={"label": _("What is sent")})
    source_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("From")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("To")})
    purpose: Mapped[str] = mapped_column(String(20), info={"label": _("Why it is sent")})
    state: Mapped[str] = mapped_column(String(20), default="sent", index=True, info={"label": _("State")})
    sent_on: Mapped[date] = mapped_column(Date, info={"label": _("Sent on")})
    sent_by: Mapped[str] = mapped_column(String(200), info={"label": _("Sent by")})
    sent_by_id: Mapped[int | None] = mapped_column(Integer, index=True, info={"unshown": True})
    carrier: Mapped[str] = mapped_column(String(120), default="", info={"label": _("Carried by")})
    note: Mapped[str] = mapped_column(Text, default="", info={"label": _("Remarks")})
    arrived_on: Mapped[date | None] = mapped_column(Date, info={"label": _("Arrived on")})

    equipment: Mapped[Equipment | None] = relationship()
    source: Mapped[Facility] = relationship(foreign_keys=[source_id])
    facility: Mapped[Facility] = relationship(foreign_keys=[facility_id])
