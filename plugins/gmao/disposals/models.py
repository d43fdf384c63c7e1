"""A case of disposal: which pieces, why, what it is worth, what the committee decided, what became of them."""

from datetime import date
from decimal import Decimal

from sqlalchemy import Date, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _
from core.data.access import At, Within
from core.data.db import Model, Money
from core.data.states import OTHER, Reason
from core.facilities.models import Facility
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.equipment.states import MACHINE as LIFE
from plugins.gmao.rights import DISPOSE, EDIT, VIEW, WORK

WHYS = {**LIFE.reasons["propose_disposal"], OTHER: _("Another reason")}
METHODS = {
    "destroyed": _("Destroyed"),
    "sold": _("Sold"),
    "given": _("Given away"),
    "returned": _("Returned to its supplier or donor"),
}


class DisposalCase(Model):
    """A disposal (réforme) of one or several pieces of a facility; `what` names them for tasks and lists."""

    __tablename__ = "gmao_disposal"
    __entity__ = "gmao.disposal"
    __scope__ = At("facility_id", read=VIEW, write=(EDIT, WORK, DISPOSE))

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Number")})
    what: Mapped[str] = mapped_column(String(300), default="", info={"label": _("What it is about")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("Facility")})
    state: Mapped[str] = mapped_column(String(20), default="proposed", index=True, info={"label": _("State")})
    because: Mapped[str] = mapped_column(String(20), info={"label": _("Reason")})
    note: Mapped[str] = mapped_column(Text, default="", info={"label": _("Remarks")})
    proposed_on: Mapped[date] = mapped_column(Date, info={"label": _("Proposed on")})
    proposed_by: Mapped[str] = mapped_column(String(200), info={"label": _("Proposed by")})
    proposed_by_id: Mapped[int | None] = mapped_column(Integer, index=True, info={"unshown": True})
    opinion: Mapped[str] = mapped_column(Text, default="", info={"label": _("Technical opinion")})
    assessed_by: Mapped[str] = mapped_column(String(200), default="", info={"label": _("Assessed by")})
    committee_on: Mapped[date | None] = mapped_column(Date, info={"label": _("Committee on")})
    members: Mapped[str] = mapped_column(Text, default="", info={"label": _("Members of the committee")})
    decided_on: Mapped[date | None] = mapped_column(Date, info={"label": _("Committee decided on")})
    decided_by: Mapped[str] = mapped_column(String(200), default="", info={"label": _("Decision entered by")})
    parts: Mapped[str] = mapped_column(Text, default="", info={"label": _("Parts that are kept")})
    method: Mapped[str | None] = mapped_column(String(20), info={"label": _("What became of it")})
    disposed_on: Mapped[date | None] = mapped_column(Date, info={"label": _("Disposed of on")})
    recipient: Mapped[str] = mapped_column(String(200), default="", info={"label": _("To whom")})
    paper: Mapped[str] = mapped_column(String(120), default="", info={"label": _("Number of the report or deed")})
    proceeds: Mapped[Decimal | None] = mapped_column(Money, info={"label": _("Proceeds (FBu)")})

    facility: Mapped[Facility] = relationship()
    pieces: Mapped[list["DisposalPiece"]] = relationship(
        back_populates="case", order_by="DisposalPiece.id", lazy="selectin"
    )

    @property
    def why(self) -> Reason:
        """Return the reason, in words what the list says of it and what was added."""
        return Reason(self.because, self.note, LIFE.reasons["propose_disposal"])

    @property
    def proposers(self) -> list[int]:
        """Return the people who have proposed its pieces: they do not decide about them."""
        return [piece.proposed_by_id for piece in self.pieces if piece.proposed_by_id is not None]


class DisposalPiece(Model):
    """A piece of a disposal: where it was in its life before, what its repair would cost, what it is still worth."""

    __tablename__ = "gmao_disposal_piece"
    __entity__ = "gmao.disposal_piece"
    __scope__ = Within("case")
    __table_args__ = (UniqueConstraint("case_id", "equipment_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey(DisposalCase.id), info={"label": _("Disposal")})
    equipment_id: Mapped[int] = mapped_column(
        ForeignKey(Equipment.id), index=True, info={"label": _("Piece of equipment")}
    )
    what: Mapped[str] = mapped_column(String(300), info={"label": _("What it is about")})
    was: Mapped[str] = mapped_column(String(20), info={"label": _("Life before the proposal")})
    proposed_by_id: Mapped[int | None] = mapped_column(Integer, info={"unshown": True})
    opinion: Mapped[str] = mapped_column(String(300), default="", info={"label": _("Technical opinion")})
    repair_cost: Mapped[Decimal | None] = mapped_column(Money, info={"label": _("Estimated repair cost (FBu)")})
    value: Mapped[Decimal | None] = mapped_column(Money, info={"label": _("Estimated value (FBu)")})

    case: Mapped[DisposalCase] = relationship(back_populates="pieces")
    equipment: Mapped[Equipment | None] = relationship(lazy="selectin")
