"""A safety alert of a maker or an authority, and each piece in the country that it means or may mean."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _
from core.data.access import Access, At, Everyone, Within
from core.data.db import Model, UTCDateTime, utcnow
from core.facilities.models import Facility
from plugins.gmao.catalogue.models import EquipmentModel, EquipmentType
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.rights import PUBLISH, VIEW, WORK
from plugins.gmao.workorders.models import KINDS as WORKS
from plugins.gmao.workorders.models import WorkOrder

KINDS = {"fsn": _("Field safety notice of the maker"), "recall": _("Recall of devices"), "advice": _("Advice on use")}
ORDERS = {code: WORKS[code] for code in ("corrective", "inspection")}
DRAFT, PUBLISHED, CLOSED, DROPPED = "draft", "published", "closed", "dropped"
WHYS = {
    "listed": _("Its serial number or lot is in the list"),
    "model": _("All of the model are meant"),
    "number": _("Its serial number or lot is not known"),
    "other": _("Its model is not known"),
}


@dataclass(frozen=True)
class Public(Everyone):
    """Everyone signed in reads what was published; a draft is read by whoever may publish it."""

    def criteria(self, model: Any, access: Access) -> ColumnElement[bool] | None:
        """Return None for whoever publishes, else the condition that it was published."""
        return None if access.paths(PUBLISH) else model.state.in_((PUBLISHED, CLOSED))


class Alert(Model):
    """A safety alert: which models or which type it is about, which serial numbers or lots, and what is to be done.

    Without serial numbers and lots it means every piece of its models; without models every piece of its type.
    """

    country = None  # it belongs to no place: the right to publish it is a national one

    __tablename__ = "gmao_alert"
    __entity__ = "gmao.alert"
    __scope__ = Public(write=PUBLISH)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Number")})
    title: Mapped[str] = mapped_column(String(200), info={"label": _("Title")})
    kind: Mapped[str] = mapped_column(String(20), info={"label": _("Kind of alert")})
    issuer: Mapped[str] = mapped_column(String(120), info={"label": _("Issued by")})
    reference: Mapped[str] = mapped_column(String(80), default="", info={"label": _("Issuer's reference")})
    issued_on: Mapped[date] = mapped_column(Date, info={"label": _("Date")})
    type_id: Mapped[int | None] = mapped_column(ForeignKey(EquipmentType.id), info={"label": _("Type")})
    serials: Mapped[str] = mapped_column(Text, default="", info={"label": _("Serial numbers")})
    lots: Mapped[str] = mapped_column(Text, default="", info={"label": _("Lots")})
    todo: Mapped[str] = mapped_column(Text, info={"label": _("What is to be done")})
    work: Mapped[str | None] = mapped_column(String(20), info={"label": _("Work order for each piece")})
    deadline: Mapped[date] = mapped_column(Date, info={"label": _("To be done by")})
    state: Mapped[str] = mapped_column(String(20), default=DRAFT, index=True, info={"label": _("State")})
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info={"label": _("Published at")})

    type: Mapped[EquipmentType | None] = relationship()
    models: Mapped[list["AlertModel"]] = relationship(
        back_populates="alert", cascade="all, delete-orphan", order_by="AlertModel.id"
    )

    @property
    def named_models(self) -> str:
        """Return the models that it is about, one a line."""
        return "\n".join(line.model.code for line in self.models)


class AlertModel(Model):
    """A model that an alert is about."""

    __tablename__ = "gmao_alert_model"
    __entity__ = "gmao.alert_model"
    __scope__ = Within("alert")
    __table_args__ = (UniqueConstraint("alert_id", "model_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey(Alert.id), info={"label": _("Safety alert")})
    model_id: Mapped[int] = mapped_column(
        ForeignKey(EquipmentModel.id), index=True, info={"label": _("Maker and model")}
    )

    alert: Mapped[Alert] = relationship(back_populates="models")
    model: Mapped[EquipmentModel] = relationship()


class Affected(Model):
    """A piece that an alert means or may mean. It stands at the place of the piece, and follows it there."""

    __tablename__ = "gmao_affected"
    __entity__ = "gmao.affected"
    __scope__ = At("facility_id", read=VIEW, write=(WORK, PUBLISH))
    __table_args__ = (
        UniqueConstraint("alert_id", "equipment_id"),
        Index("ix_gmao_affected_facility_id_state", "facility_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey(Alert.id), info={"label": _("Safety alert")})
    equipment_id: Mapped[int] = mapped_column(
        ForeignKey(Equipment.id), index=True, info={"label": _("Piece of equipment")}
    )
    what: Mapped[str] = mapped_column(String(300), info={"label": _("What it is about")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), info={"label": _("Facility")})
    why: Mapped[str] = mapped_column(String(20), info={"label": _("Why it was found")})
    state: Mapped[str] = mapped_column(String(20), index=True, info={"label": _("State")})
    due_on: Mapped[date] = mapped_column(Date, info={"label": _("To be done by")})
    found_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Found at")})
    settled_on: Mapped[date | None] = mapped_column(Date, info={"label": _("Settled on")})
    order_id: Mapped[int | None] = mapped_column(ForeignKey(WorkOrder.id), index=True, info={"label": _("Work order")})

    alert: Mapped[Alert] = relationship()
    equipment: Mapped[Equipment | None] = relationship()
    facility: Mapped[Facility] = relationship()
    order: Mapped[WorkOrder | None] = relationship()
