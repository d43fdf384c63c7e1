"""A piece of equipment: what it is, where it stands, what it cost, and whether it works."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _
from core.data.access import At, Within
from core.data.codes import key_column
from core.data.db import Model, Money, UTCDateTime, utcnow
from core.data.naming import DOT
from core.data.own import Owned
from core.data.states import State
from core.facilities.models import Facility
from plugins.gmao.catalogue.models import EquipmentModel, EquipmentType
from plugins.gmao.rights import DISPOSE, EDIT, REPORT, VIEW

FUNCTIONAL, ATTENTION, DOWN, BEYOND, UNKNOWN = (
    "functional", "needs_attention", "not_functional", "unserviceable", "unknown",
)  # fmt: skip
STATUSES = {
    FUNCTIONAL: State(_("Functional"), "ok"),
    ATTENTION: State(_("Needs attention"), "warn"),
    DOWN: State(_("Not functional"), "danger"),
    BEYOND: State(_("Unserviceable"), "danger"),
    UNKNOWN: State(_("Unknown"), "neutral"),
}
REASONS = {
    "needs_part": _("Needs a part"),
    "no_funds": _("No funds for the repair"),
    "no_power": _("No power, or a bad one"),
    "no_consumable": _("No consumables"),
    "no_trained_user": _("Nobody trained to use it"),
    "awaiting_install": _("Waits to be installed"),
    "awaiting_vendor": _("Waits for the vendor"),
    "sent_out": _("Sent out for repair"),
    "to_examine": _("Not examined yet"),
    "in_repair": _("Being repaired"),
    "temperature_breach": _("Outside its temperatures"),
    "other": _("Another reason"),
}
FUNDINGS = {
    "state": _("State budget"),
    "donor": _("Donor or project"),
    "community": _("Community"),
    "own": _("The facility's own means"),
    "ngo": _("Non-governmental organisation"),
    "other": _("Other"),
}
ENERGIES = {
    "grid": _("Grid"),
    "solar": _("Solar"),
    "generator": _("Generator"),
    "battery": _("Battery"),
    "gas": _("Gas"),
    "fuel": _("Fuel"),
    "none": _("None"),
}
CURRENCIES = {"USD": "USD", "EUR": "EUR", "CHF": "CHF", "JPY": "JPY", "CNY": "CNY", "KES": "KES", "TZS": "TZS"}


class Equipment(Owned, Model):
    """A piece of equipment. `facility` is where it is, `home` to whom it belongs: another one while it is lent.

    Two axes say how it stands: `state`, where it is in its life, and `status`, whether it works; the latter is what the
    latest of its events says.
    """

    __tablename__ = "gmao_equipment"
    __entity__ = "gmao.equipment"
    __scope__ = At("facility_id", "home_id", read=VIEW, write=(EDIT, REPORT, DISPOSE))
    __table_args__ = (
        Index("ix_gmao_equipment_facility_status", "facility_id", "status"),
        CheckConstraint("parent_id IS NULL OR parent_id != id", name="no_part_of_itself"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(10), unique=True, info={"label": _("Tag")})
    code_key: Mapped[str] = key_column("code", 10, unique=True, index=True)
    type_id: Mapped[int] = mapped_column(ForeignKey(EquipmentType.id), index=True, info={"label": _("Type")})
    model_id: Mapped[int | None] = mapped_column(
        ForeignKey(EquipmentModel.id), index=True, info={"label": _("Maker and model")}
    )
    serial: Mapped[str] = mapped_column(String(80), default="", info={"label": _("Serial number")})
    serial_key: Mapped[str] = key_column("serial", 80, index=True)
    inventory: Mapped[str] = mapped_column(String(60), default="", info={"label": _("Former inventory number")})
    inventory_key: Mapped[str] = key_column("inventory", 60, index=True)
    udi: Mapped[str] = mapped_column(String(120), default="", info={"label": _("UDI or lot")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), info={"label": _("Facility")})
    home_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("Belongs to")})
    building: Mapped[str] = mapped_column(String(80), default="", info={"label": _("Building")})
    room: Mapped[str] = mapped_column(String(80), default="", info={"label": _("Room or service")})
    custodian: Mapped[str] = mapped_column(String(120), default="", info={"label": _("In whose care")})
    parent_id: Mapped[int | None] = mapped_column(
        ForeignKey("gmao_equipment.id"), index=True, info={"label": _("Part of")}
    )
    state: Mapped[str] = mapped_column(String(20), default="in_service", index=True, info={"label": _("Life")})
    status: Mapped[str] = mapped_column(String(20), default=UNKNOWN, info={"label": _("Working order")})
    because: Mapped[str | None] = mapped_column(String(20), info={"label": _("Because")})
    status_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info={"label": _("Since")})
    energy: Mapped[str | None] = mapped_column(String(20), info={"label": _("Energy")})
    funding: Mapped[str | None] = mapped_column(String(20), info={"label": _("Paid by")})
    donor: Mapped[str] = mapped_column(String(120), default="", index=True, info={"label": _("Donor")})
    project: Mapped[str] = mapped_column(String(120), default="", info={"label": _("Project")})
    supplier: Mapped[str] = mapped_column(String(120), default="", info={"label": _("Supplier")})
    cost_bif: Mapped[Decimal | None] = mapped_column(Money, info={"label": _("Cost (FBu)")})
    cost: Mapped[Decimal | None] = mapped_column(Money, info={"label": _("Cost in another currency")})
    currency: Mapped[str | None] = mapped_column(String(3), info={"label": _("Currency")})
    made_year: Mapped[int | None] = mapped_column(Integer, info={"label": _("Year of manufacture"), "year": True})
    received_on: Mapped[date | None] = mapped_column(Date, info={"label": _("Received on")})
    installed_on: Mapped[date | None] = mapped_column(Date, info={"label": _("Installed on")})
    accepted_on: Mapped[date | None] = mapped_column(Date, info={"label": _("Accepted on")})
    in_service_on: Mapped[date | None] = mapped_column(Date, info={"label": _("In service since")})
    warranty_until: Mapped[date | None] = mapped_column(Date, info={"label": _("Warranty until")})
    contract: Mapped[str] = mapped_column(String(120), default="", info={"label": _("Maintenance contract")})
    contract_until: Mapped[date | None] = mapped_column(Date, info={"label": _("Contract until")})
    note: Mapped[str] = mapped_column(Text, default="", info={"label": _("Remarks")})

    type: Mapped[EquipmentType] = relationship()
    model: Mapped[EquipmentModel | None] = relationship()
    facility: Mapped[Facility] = relationship(foreign_keys=[facility_id])
    home: Mapped[Facility] = relationship(foreign_keys=[home_id])
    parent: Mapped["Equipment | None"] = relationship(remote_side=[id])

    @property
    def condition(self) -> State:
        """Return whether it works, as people see it."""
        return STATUSES[self.status]

    @property
    def described(self) -> str:
        """Return what it is to whoever may not read the register: type, tag and serial number."""
        return DOT.join(filter(None, (self.type.label_fr, self.code, self.serial)))

    @property
    def place(self) -> str:
        """Return building and room, as far as they are known."""
        return ", ".join(filter(None, (self.building, self.room)))


class StatusEvent(Model):
    """What somebody said of the working order of a piece, at a moment; times down follow from these."""

    __tablename__ = "gmao_status_event"
    __entity__ = "gmao.status_event"
    __append_only__ = True
    __scope__ = Within("equipment")
    __table_args__ = (Index("ix_gmao_status_event_equipment", "equipment_id", "happened_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    equipment_id: Mapped[int] = mapped_column(ForeignKey(Equipment.id), info={"label": _("Piece of equipment")})
    status: Mapped[str] = mapped_column(String(20), info={"label": _("Working order")})
    because: Mapped[str | None] = mapped_column(String(20), info={"label": _("Because")})
    note: Mapped[str] = mapped_column(Text, default="", info={"label": _("Remarks")})
    happened_at: Mapped[datetime] = mapped_column(UTCDateTime, info={"label": _("Since")})
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Recorded at")})
    recorded_by: Mapped[str] = mapped_column(String(200), info={"label": _("Recorded by")})
    cause: Mapped[str] = mapped_column(String(80), default="", info={"unshown": True})  # "gmao.workorder/12"

    equipment: Mapped[Equipment] = relationship()

    @property
    def condition(self) -> State:
        """Return what was said, as people see it."""
        return STATUSES[self.status]


def needs_reason(status: Any) -> bool:
    """Return whether a status is only said with its reason."""
    return status in (ATTENTION, DOWN, BEYOND)
