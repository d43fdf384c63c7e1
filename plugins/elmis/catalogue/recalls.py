"""Recalls of lots: as rows, and what is asked of who gives out a lot whose recall is proposed.

A proposal is not yet a recall: whoever gives such a lot out is told of it, and says why he does so all the same.
"""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, String, Text, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _
from core.data.access import At, Everyone, current
from core.data.db import Model, Quantity, db
from core.data.work import explain
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.catalogue.twins import FIRST, with_twins

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
    lot_id: Mapped[int] = mapped_column(ForeignKey(Lot.id), index=True, info={"label": _("Lot")})
    reason: Mapped[str] = mapped_column(Text, info={"label": _("Reason")})
    issued_on: Mapped[date] = mapped_column(Date, info={"label": _("Recalled on")})
    issued_by: Mapped[str] = mapped_column(String(200), info={"label": _("Recalled by")})
    state: Mapped[str] = mapped_column(String(20), default=OPEN, index=True, info={"label": _("State")})

    lot: Mapped[Lot] = relationship()
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


def recall_of(lot_id: int) -> Recall | None:
    """Return the recall of a lot that holds or is proposed, or None."""
    printed = select(FIRST).where(Lot.id == lot_id).scalar_subquery()
    query = select(Recall).where(Recall.lot_id.in_((printed, lot_id)), Recall.state.in_(HOLDING))
    return db.session.scalar(query.limit(1))


def may_propose(place: Facility) -> bool:
    """Return whether this person may ask for a recall: who moves stock there, or approves its orders."""
    return current().can(MOVE, place) or current().can(APPROVE, place)


def require_proposer(place: Facility) -> None:
    """Raise NotAllowed unless this person may ask for a recall."""
    if not may_propose(place):
        current().require(MOVE, place)


PROPOSALS = (  # of lots, or of those whose number their packs carry
    select(Recall, Lot.id)
    .join(Lot, Recall.lot_id == FIRST)
    .where(Lot.id.in_(bindparam("lots", expanding=True)), Recall.state == PROPOSED, Recall.issued_on <= bindparam("on"))
)


def ask_proposed(lots: Mapping[int, int | None], place: Facility, on: date, field: str | None = None) -> dict[int, str]:
    """Return {lot id: why} of the lots that leave a place although their recall was proposed by that day.

    `lots` is {lot id: line of the form (from 0), or None}. What has no answer yet is noted as a question; what left
    before the proposal is not asked about.
    """
    order = {lot_id: number for number, lot_id in enumerate(lots)}
    asked = db.session.execute(PROPOSALS, {"lots": list(lots), "on": on})
    rows: list[tuple[Recall, int]] = [(row, lot_id) for row, lot_id in asked]
    words = _(
        "A recall of lot %(lot)s of %(product)s is proposed and not decided yet (%(number)s: %(reason)s). Take another "
        "lot, or say why this one is given out all the same."
    )
    found = {}
    for row, lot_id in sorted(rows, key=lambda pair: (pair[0].id, order[pair[1]])):
        facts = {"lot": row.lot.number, "product": row.lot.product.name, "number": row.number, "reason": row.reason}
        about = f"{row.number}/{place.id}"
        found[lot_id] = explain("recall_proposed", words % facts, about=about, field=field, line=lots[lot_id])
    return found


def proposed_lots() -> set[int]:
    """Return the lots whose recall is proposed."""
    return with_twins(select(Recall.lot_id).where(Recall.state == PROPOSED))
