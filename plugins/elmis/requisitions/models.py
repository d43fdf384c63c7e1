"""Requisitions with every input of their suggestion kept, monthly reports, and who supplies and approves whom."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.ports import Words
from core.contract.words import _
from core.data.access import At, Everyone, Within
from core.data.db import Model, Money, Quantity, UTCDateTime, utcnow
from core.data.states import Step, history
from core.facilities.models import Facility, FacilityType
from core.users.accounts.models import User
from plugins.elmis.catalogue.models import Product
from plugins.elmis.formulas.suggestion import line_difference
from plugins.elmis.ledger.models import Period

VIEW, EDIT = "elmis.requisition.view", "elmis.requisition.edit"
APPROVE, CONVERT, SET_UP = "elmis.requisition.approve", "elmis.order.prepare", "elmis.catalogue.edit"
REGULAR, EMERGENCY, REPORT = "regular", "emergency", "report"
KINDS = {REGULAR: _("Regular requisition"), EMERGENCY: _("Emergency requisition"), REPORT: _("Report only")}
SUPPLIER, ITSELF = "supplier", "facility"  # places of an approval level that are no type of area

FACILITY_REASONS: Mapping[str, Words] = {
    "outbreak": _("More patients, outbreak"),
    "season": _("Season"),
    "campaign": _("Campaign"),
    "unrecorded": _("Consumption not fully recorded"),
    "wrong_stock": _("The stock on the screen is not what lies here"),
    "late_supply": _("Delivery expected late"),
    "less_use": _("Fewer patients, treatment changed"),
    "no_room": _("Not enough room or cold storage"),
    "budget": _("Budget"),
}
APPROVER_REASONS: Mapping[str, Words] = {
    "depot_short": _("The depot has too little"),
    "too_much": _("More than is needed"),
    "elsewhere": _("Comes from elsewhere"),
    "expiry": _("Would expire before it is used"),
    "budget": _("Budget"),
}


def words_of(reason: str) -> Words:
    """Return a reason as it is read: the words of its code, else what the person wrote."""
    return {**APPROVER_REASONS, **FACILITY_REASONS}.get(reason, reason)


class SupplyLine(Model):
    """Who supplies a facility, where it is not the nearest depot up the tree."""

    __tablename__ = "elmis_supply_line"
    __entity__ = "elmis.supply_line"
    __scope__ = Everyone(write=SET_UP)

    id: Mapped[int] = mapped_column(primary_key=True)
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), unique=True, info={"label": _("Facility")})
    supplier_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), info={"label": _("Supplier")})

    facility: Mapped[Facility] = relationship(foreign_keys=[facility_id])
    supplier: Mapped[Facility] = relationship(foreign_keys=[supplier_id])


class ApprovalLevel(Model):
    """One level of approval for the requisitions of a type of facility.

    `place` is the code of a type of area above the facility ("district"), "supplier", or
    "facility": then its own head authorises the requisition before it leaves.
    """

    __tablename__ = "elmis_approval_level"
    __entity__ = "elmis.approval_level"
    __scope__ = Everyone(write=SET_UP)
    __table_args__ = (UniqueConstraint("type_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    type_id: Mapped[int] = mapped_column(ForeignKey(FacilityType.id), info={"label": _("Facility type")})
    position: Mapped[int] = mapped_column(Integer, info={"label": _("Position")})
    place: Mapped[str] = mapped_column(String(40), info={"label": _("Place of approval")})

    type: Mapped[FacilityType] = relationship()


class Requisition(Model):
    """What a facility asks of its supplier: proposed by the system, confirmed, approved, made an order."""

    __tablename__ = "elmis_requisition"
    __entity__ = "elmis.requisition"
    __scope__ = At("facility_id", "supplier_id", read=VIEW, write=(EDIT, APPROVE, CONVERT))
    __table_args__ = (Index("ix_elmis_requisition_facility_period", "facility_id", "period_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Number")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), info={"label": _("Facility")})
    supplier_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("Supplier")})
    period_id: Mapped[int] = mapped_column(ForeignKey(Period.id), index=True, info={"label": _("Period")})
    kind: Mapped[str] = mapped_column(String(20), default=REGULAR, info={"label": _("Kind")})
    state: Mapped[str] = mapped_column(String(20), default="suggested", index=True, info={"label": _("State")})
    policy: Mapped[str] = mapped_column(String(20), info={"label": _("Policy")})
    signed: Mapped[str] = mapped_column(
        String(60), default="", server_default="", info={"unshown": True}
    )  # the positions of the places that have signed, "0 1"
    as_of: Mapped[date] = mapped_column(Date, info={"label": _("Stock of")})
    computed_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Computed at")})
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey(User.id), info={"label": _("Created by")})
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey(User.id), info={"label": _("Confirmed by")})
    moved_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("In this state since")})
    place_id: Mapped[int | None] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("Waits at")})
    currency: Mapped[str] = mapped_column(String(3), info={"label": _("Currency")})
    version: Mapped[int] = mapped_column(
        Integer, default=1, info={"unshown": True}
    )  # a page that showed an older one is refused

    facility: Mapped[Facility] = relationship(foreign_keys=[facility_id])
    supplier: Mapped[Facility] = relationship(foreign_keys=[supplier_id])
    place: Mapped[Facility | None] = relationship(foreign_keys=[place_id])
    period: Mapped[Period] = relationship()
    lines: Mapped[list["RequisitionLine"]] = relationship(
        back_populates="requisition", order_by="RequisitionLine.position"
    )

    @property
    def signatures(self) -> frozenset[int]:
        """Return the positions of the places whose signature was given, whoever of them came first."""
        return frozenset(map(int, (self.signed or "").split()))

    @signatures.setter
    def signatures(self, positions: Iterable[int | None]) -> None:
        self.signed = " ".join(str(one) for one in sorted(one for one in positions if one is not None))

    @property
    def signatories(self) -> set[int]:
        """Return the people who confirmed, authorised or approved since the last confirmation, or for whom it was done:
        each signs once."""
        return set().union(*(step.people for step in signatures_in(history(self))))

    @property
    def total(self) -> Decimal:
        """Return what the quantities asked for cost."""
        return sum((line.cost for line in self.lines), Decimal(0))


TAKEN, ANEW = ("confirm", "authorise", "pass_on", "approve"), ("confirm", "return", "revise")


def signatures_in(steps: Sequence[Step]) -> list[Step]:
    """Return the confirmation that counts, and the signatures after it."""
    found: list[Step] = []
    for step in steps:
        found = [] if step.action in ANEW else found
        found += [step] if step.action in TAKEN else []
    return found


def quantity_of(approved: int | None, requested: int | None, suggested: int | None) -> int:
    """Return the quantity that holds: approved, else requested, else suggested; 0 when none is known."""
    return next((value for value in (approved, requested, suggested) if value is not None), 0)


class RequisitionLine(Model):
    """One product of a requisition: its report, the suggestion with its working, what was asked and approved."""

    __tablename__ = "elmis_requisition_line"
    __entity__ = "elmis.requisition_line"
    __scope__ = Within("requisition")
    __table_args__ = (UniqueConstraint("requisition_id", "product_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    requisition_id: Mapped[int] = mapped_column(ForeignKey(Requisition.id))
    product_id: Mapped[int] = mapped_column(ForeignKey(Product.id), index=True, info={"label": _("Product")})
    position: Mapped[int] = mapped_column(Integer, info={"label": _("Position")})
    beginning: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Beginning stock (A)")})
    received: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Received (B)")})
    consumed: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Consumed (C)")})
    adjusted: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Losses and adjustments (D)")})
    ending: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Ending stock (E)")})
    stockout_days: Mapped[int] = mapped_column(Integer, default=0, info={"label": _("Stock-out days")})
    usable: Mapped[int] = mapped_column(Quantity, default=0, info={"label": _("Usable stock")})
    cmm: Mapped[Decimal | None] = mapped_column(Money, info={"label": _("CMM")})
    months: Mapped[Decimal | None] = mapped_column(Money, info={"label": _("Months of stock")})
    status: Mapped[str] = mapped_column(String(20), info={"label": _("Status")})
    suggested: Mapped[int | None] = mapped_column(Quantity, info={"label": _("Suggested")})
    requested: Mapped[int | None] = mapped_column(Quantity, info={"label": _("Requested")})
    reason: Mapped[str] = mapped_column(String(300), default="", info={"label": _("Reason for the change")})
    approved: Mapped[int | None] = mapped_column(Quantity, info={"label": _("Approved")})
    approval_reason: Mapped[str] = mapped_column(String(300), default="", info={"label": _("Reason for the reduction")})
    pack_size: Mapped[int] = mapped_column(Integer, default=1, info={"label": _("Pack size")})
    unit_price: Mapped[Decimal | None] = mapped_column(Money, info={"label": _("Unit price")})
    working: Mapped[str] = mapped_column(Text, default="{}", info={"label": _("Working"), "unshown": True})

    requisition: Mapped[Requisition] = relationship(back_populates="lines")
    product: Mapped[Product] = relationship()
    _facts = ("", dict[str, Any]())  # a working, and what it says

    @property
    def asked(self) -> int:
        """Return what the facility asked for: what it typed, else what was suggested."""
        return quantity_of(None, self.requested, self.suggested)

    @property
    def quantity(self) -> int:
        """Return the quantity that holds now: approved, else requested, else suggested; 0 when none is known."""
        return quantity_of(self.approved, self.requested, self.suggested)

    @property
    def cost(self) -> Decimal:
        """Return what the quantity costs."""
        return self.quantity * (self.unit_price or Decimal(0))

    @property
    def imbalance(self) -> int:
        """Return E − (A + B + D − C): anything but 0 is shown, never mended."""
        return line_difference(self.beginning, self.received, self.consumed, self.adjusted, self.ending)

    @property
    def facts(self) -> dict[str, Any]:
        """Return every input and step of the suggestion as they were; a page asks several times."""
        if self._facts[0] != self.working:
            self._facts = self.working, json.loads(self.working)
        return self._facts[1]
