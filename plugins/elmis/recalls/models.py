"""A recall of a lot, and the places it has to reach."""

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import CheckConstraint, Date, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _
from core.data.access import At, Everyone
from core.data.db import Model, Quantity
from core.facilities.models import Facility

if TYPE_CHECKING:
    from plugins.elmis.catalogue.models import Lot

EDIT, VIEW, MOVE = "elmis.catalogue.edit", "elmis.stock.view", "elmis.stock.move"
APPROVE = "elmis.requisition.approve"
PROPOSED, OPEN, LIFTED, REFUSED = "proposed", "open", "lifted", "refused"
GONE = "gone"  # nothing of the lot is left at a place that never answered
HOLDING = (PROPOSED, OPEN)  # the lot is to be set apart, where the proposal was made or everywhere


class Recall(Model):
    """A lot that was recalled everywhere, or whose recall was proposed; lifted when the lot may be used again."""

    country = None  # it belongs to no place: the right to decide on it is a national one

    __tablename__ = "elmis_recall"
    __entity__ = "elmis.recall"
    __scope__ = Everyone(write=EDIT)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Number")})
    lot_id: Mapped[int] = mapped_column(ForeignKey("elmis_lot.id"), index=True, info={"label": _("Lot")})
    reason: Mapped[str] = mapped_column(Text, info={"label": _("Reason")})
    issued_on: Mapped[date] = mapped_column(Date, info={"label": _("Recalled on")})
    issued_by: Mapped[str] = mapped_column(String(200), info={"label": _("Recalled by")})
    state: Mapped[str] = mapped_column(String(20), default=OPEN, index=True, info={"label": _("State")})

    lot: Mapped["Lot"] = relationship()
    sites: Mapped[list["RecallSite"]] = relationship(back_populates="recall", order_by="RecallSite.id")


class RecallSite(Model):
    """A place that holds, or held, a recalled lot: what it had, and what it did with it."""

    __tablename__ = "elmis_recall_site"
    __entity__ = "elmis.recall_site"
    __scope__ = At("facility_id", read=VIEW, write=MOVE)
    __table_args__ = (
        UniqueConstraint("recall_id", "facility_id"),
        CheckConstraint("held >= 0 AND quarantined >= 0 AND sent_back >= 0 AND destroyed >= 0", name="counted"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    recall_id: Mapped[int] = mapped_column(ForeignKey(Recall.id), info={"label": _("Recall of a lot")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("Facility")})
    state: Mapped[str] = mapped_column(String(20), default="issued", index=True, info={"label": _("State")})
    held: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Held when recalled")})
    quarantined: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Put in quarantine")})
    sent_back: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Sent back")})
    destroyed: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Destroyed")})

    recall: Mapped[Recall] = relationship(back_populates="sites")
    facility: Mapped[Facility] = relationship()
