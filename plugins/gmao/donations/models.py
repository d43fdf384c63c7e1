"""An offer of equipment: who gives what to whom, what was found of it, and which pieces it became."""

from datetime import date
from decimal import Decimal

from sqlalchemy import Boolean, CheckConstraint, Date, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _
from core.data.access import At, Within
from core.data.db import Model, Money, today
from core.data.states import State
from core.facilities.models import Facility
from plugins.gmao.catalogue.models import EquipmentModel, EquipmentType
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.formulas.gate import NO, UNKNOWN, YES
from plugins.gmao.rights import DECIDE, OFFER, VIEW

CONDITIONS = {"new": _("Brand new"), "used": _("Used")}
ANSWERS = {YES: _("Yes"), NO: _("No")}
SUPPLIES = {YES: _("They can be had in the country"), NO: _("They cannot be had"), "none": _("It needs none")}
FREQUENCIES = {"50": "50 Hz", "60": "60 Hz", "50/60": "50/60 Hz"}
OUTCOMES = {YES: State(_("Yes"), "ok"), NO: State(_("No"), "danger"), UNKNOWN: State(_("Unknown"), "neutral")}
CHECKS = {
    "need": _("Needed by the norm"),
    "voltage": _("Voltage"),
    "frequency": _("Frequency"),
    "plug": _("Plug"),
    "manual": _("Manual in French"),
    "consumables": _("Consumables and their cost"),
    "service": _("Service in the country"),
    "training": _("Training of users"),
    "age": _("Age"),
    "warranty": _("Warranty"),
}
WHYS = {
    "no_norm": _("No norm says how many are needed there."),
    "lacks": _("%(gap)s are lacking by the norm (%(norm)s), %(quantity)s are offered."),
    "may_lack": _("%(gap)s are lacking at most by the norm; of %(unknown)s nobody knows whether they work."),
    "lacks_fewer": _("Only %(gap)s are lacking by the norm (%(norm)s), %(quantity)s are offered."),
    "lacks_none": _("Nothing is lacking: the norm asks for %(norm)s, %(working)s work."),
    "no_power": _("It needs no power."),
    "not_told": _("Nobody has told it."),
    "volts": _("Made for %(volts)s V; %(here)s V there."),
    "other_volts": _("Made for %(volts)s V, but %(here)s V there."),
    "hertz": _("Made for %(there)s Hz; %(here)s Hz there."),
    "other_hertz": _("Made for %(there)s Hz, but %(here)s Hz there."),
    "plug": _("Plug %(there)s; sockets %(here)s there."),
    "other_plug": _("Plug %(there)s, but sockets %(here)s there."),
    "said_yes": _("So it was told."),
    "said_no": _("It was told that it is not so."),
    "needs_none": _("It needs no consumables."),
    "not_to_be_had": _("They cannot be had in the country."),
    "cost_unknown": _("They can be had, but nobody has told what they cost."),
    "cost": _("They can be had, at %(cost)s FBu a year."),
    "new": _("It is new."),
    "year_unknown": _("It is used, and its year is not known; at most %(limit)s years are accepted."),
    "young": _("%(years)s years old; at most %(limit)s are accepted."),
    "too_old": _("%(years)s years old, more than the %(limit)s that are accepted."),
    "months": _("%(months)s months; at least %(least)s are asked for."),
    "too_short": _("%(months)s months, less than the %(least)s that are asked for."),
}


class Offer(Model):
    """What a donor offers to a facility, or to the country where its place is that."""

    __tablename__ = "gmao_offer"
    __entity__ = "gmao.offer"
    __scope__ = At("facility_id", read=VIEW, write=(OFFER, DECIDE))

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Number")})
    donor: Mapped[str] = mapped_column(String(120), index=True, info={"label": _("Donor")})
    project: Mapped[str] = mapped_column(String(120), default="", info={"label": _("Project")})
    contact: Mapped[str] = mapped_column(String(200), default="", info={"label": _("Contact")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("Offered to")})
    offered_on: Mapped[date] = mapped_column(Date, default=today, info={"label": _("Offered on")})
    state: Mapped[str] = mapped_column(String(20), default="offered", index=True, info={"label": _("State")})
    note: Mapped[str] = mapped_column(Text, default="", info={"label": _("Remarks")})
    decided_on: Mapped[date | None] = mapped_column(Date, info={"label": _("Decided on")})
    decided_by: Mapped[str] = mapped_column(String(200), default="", info={"label": _("Decided by")})
    terms: Mapped[str] = mapped_column(Text, default="", info={"label": _("Conditions, or why it is declined")})
    received_on: Mapped[date | None] = mapped_column(Date, info={"label": _("Received on")})

    facility: Mapped[Facility] = relationship()
    items: Mapped[list["OfferItem"]] = relationship(back_populates="offer", order_by="OfferItem.id")


class OfferItem(Model):
    """So many of a type that are offered, and what the donor tells of them; None is what nobody has told."""

    __tablename__ = "gmao_offer_item"
    __entity__ = "gmao.offer_item"
    __scope__ = Within("offer")
    __table_args__ = (CheckConstraint("quantity BETWEEN 1 AND 500", name="quantity"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey(Offer.id), index=True, info={"label": _("Offer")})
    type_id: Mapped[int] = mapped_column(ForeignKey(EquipmentType.id), index=True, info={"label": _("Type")})
    model_id: Mapped[int | None] = mapped_column(ForeignKey(EquipmentModel.id), info={"label": _("Maker and model")})
    quantity: Mapped[int] = mapped_column(Integer, info={"label": _("Quantity")})
    condition: Mapped[str] = mapped_column(String(10), info={"label": _("New or used")})
    made_year: Mapped[int | None] = mapped_column(Integer, info={"label": _("Year of manufacture"), "year": True})
    volts_least: Mapped[int | None] = mapped_column(Integer, info={"label": _("Voltage (V)")})
    volts_most: Mapped[int | None] = mapped_column(Integer, info={"label": _("Voltage up to (V)")})
    frequency: Mapped[str | None] = mapped_column(String(10), info={"label": _("Frequency")})
    plugs: Mapped[str] = mapped_column(String(40), default="", info={"label": _("Plug")})
    manual: Mapped[str | None] = mapped_column(String(10), info={"label": _("Manual in French")})
    consumables: Mapped[str | None] = mapped_column(String(10), info={"label": _("Consumables")})
    consumables_cost: Mapped[Decimal | None] = mapped_column(
        Money, info={"label": _("Cost of consumables a year (FBu)")}
    )
    service: Mapped[str | None] = mapped_column(String(10), info={"label": _("Service in the country")})
    training: Mapped[str | None] = mapped_column(String(10), info={"label": _("Training of users")})
    warranty_months: Mapped[int | None] = mapped_column(Integer, info={"label": _("Warranty (months)")})
    left_out: Mapped[bool] = mapped_column(Boolean, default=False, info={"label": _("Not accepted")})

    offer: Mapped[Offer] = relationship(back_populates="items")
    type: Mapped[EquipmentType] = relationship()
    model: Mapped[EquipmentModel | None] = relationship()
    checks: Mapped[list["OfferCheck"]] = relationship(
        back_populates="item", order_by="OfferCheck.id", cascade="all, delete-orphan"
    )
    pieces: Mapped[list["OfferPiece"]] = relationship(back_populates="item", order_by="OfferPiece.id")

    @property
    def facility(self) -> Facility:
        """Return the place to which it is offered."""
        return self.offer.facility

    @property
    def name(self) -> str:
        """Return what it is: so many of a type, and the model."""
        model = f" ({self.model.code})" if self.model else ""
        return f"{self.quantity} × {self.type.label}{model}"


class OfferCheck(Model):
    """The outcome of a check of an item, with its reason: the code of a sentence and its figures, or what a person who
    judged it says."""

    __tablename__ = "gmao_offer_check"
    __entity__ = "gmao.offer_check"
    __scope__ = Within("item")
    __table_args__ = (UniqueConstraint("item_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey(OfferItem.id), info={"label": _("Offered item")})
    kind: Mapped[str] = mapped_column(String(20), info={"label": _("Check made")})
    outcome: Mapped[str] = mapped_column(String(10), info={"label": _("Outcome")})
    why: Mapped[str] = mapped_column(String(20), info={"label": _("Reason")})
    figures: Mapped[str] = mapped_column(Text, default="{}", info={"unshown": True})  # JSON
    note: Mapped[str] = mapped_column(Text, default="", info={"label": _("In words")})
    judged_by: Mapped[str] = mapped_column(String(200), default="", info={"label": _("Judged by")})

    item: Mapped[OfferItem] = relationship(back_populates="checks")


class OfferPiece(Model):
    """A piece of the register that an accepted item became."""

    __tablename__ = "gmao_offer_piece"
    __entity__ = "gmao.offer_piece"
    __scope__ = Within("item")

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey(OfferItem.id), index=True, info={"label": _("Offered item")})
    equipment_id: Mapped[int] = mapped_column(
        ForeignKey(Equipment.id), unique=True, info={"label": _("Piece of equipment")}
    )

    item: Mapped[OfferItem] = relationship(back_populates="pieces")
    equipment: Mapped[Equipment | None] = relationship()
