"""How a refrigerator or freezer is watched, its temperatures, and its breaches."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Boolean, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.ports import Words
from core.contract.words import _
from core.data.access import At, Within
from core.data.codes import key_column
from core.data.db import Model, Money, UTCDateTime, utcnow
from core.data.figures import rounded
from core.data.naming import DOT
from core.facilities.models import Facility
from plugins.gmao.catalogue.models import EquipmentType
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.rights import APART, BREACHES, REPORT, WORK

COLD = "cold_chain"  # the domain of the types that are watched, and their categories of WHO/PQS:
APPLIANCES = ("E001", "E003", "")  # cold rooms, refrigerators and freezers, and those of blood and of laboratories
TYPED, LOGGER = "typed", "logger"
SOURCES = {TYPED: _("Chart"), LOGGER: _("Logger")}
HEAT, FROST = "heat", "frost"
KINDS = {HEAT: _("Too warm"), FROST: _("Too cold")}
UNKEPT, TO_JUDGE, CLEAR, SET_APART, SETTLED = "unkept", "to_judge", "clear", "apart", "settled"
STOCKS = {
    UNKEPT: _("Stocks are not kept here"),
    TO_JUDGE: _("The store has not answered yet"),
    CLEAR: _("Nothing was at risk"),
    SET_APART: _("Lots in quarantine"),
    SETTLED: _("Lots judged"),
}


class ColdUnit(Model):
    """How a piece is watched: by which logger, and which store of the stock lies in it (as the stock calls it)."""

    __tablename__ = "gmao_cold_unit"
    __entity__ = "gmao.cold_unit"
    __scope__ = Within("equipment")

    id: Mapped[int] = mapped_column(primary_key=True)
    equipment_id: Mapped[int] = mapped_column(
        ForeignKey(Equipment.id), unique=True, info={"label": _("Piece of equipment")}
    )
    logger: Mapped[str] = mapped_column(String(80), default="", info={"label": _("Logger")})
    serial: Mapped[str] = mapped_column(String(80), default="", info={"label": _("Serial number of the logger")})
    serial_key: Mapped[str] = key_column("serial", 80, index=True)
    store: Mapped[str] = mapped_column(String(40), default="", info={"label": _("Store that lies in it")})

    equipment: Mapped[Equipment] = relationship()


class Reading(Model):
    """A temperature in °C at a moment; None where the sensor gave none. `origin` is its file, or "" of one typed."""

    __tablename__ = "gmao_reading"
    __entity__ = "gmao.reading"
    __scope__ = Within("equipment")
    __table_args__ = (UniqueConstraint("equipment_id", "source", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    equipment_id: Mapped[int] = mapped_column(ForeignKey(Equipment.id), info={"label": _("Piece of equipment")})
    source: Mapped[str] = mapped_column(String(10), default=TYPED, info={"label": _("Read by")})
    at: Mapped[datetime] = mapped_column(UTCDateTime, info={"label": _("Moment")})
    celsius: Mapped[Decimal | None] = mapped_column(Money, info={"label": _("Temperature (°C)")})
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Recorded at")})
    recorded_by: Mapped[str] = mapped_column(String(200), default="", info={"label": _("Recorded by")})
    origin: Mapped[str] = mapped_column(String(200), default="", info={"label": _("File")})

    equipment: Mapped[Equipment] = relationship()


class Breach(Model):
    """A time outside the limits of a piece. `what` names it for whoever may not read the register; `ended` says that
    readings show its end; `stock` how far the store has come with the lots that lay there."""

    __tablename__ = "gmao_breach"
    __entity__ = "gmao.breach"
    __scope__ = At("facility_id", read=BREACHES, write=(REPORT, WORK, APART))
    __table_args__ = (Index("ix_gmao_breach_equipment_started", "equipment_id", "started_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Number")})
    equipment_id: Mapped[int] = mapped_column(ForeignKey(Equipment.id), info={"label": _("Piece of equipment")})
    what: Mapped[str] = mapped_column(String(300), info={"label": _("What it is about")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("Facility")})
    kind: Mapped[str] = mapped_column(String(10), info={"label": _("Breach")})
    source: Mapped[str] = mapped_column(String(10), default=TYPED, info={"label": _("Read by")})
    started_at: Mapped[datetime] = mapped_column(UTCDateTime, info={"label": _("Outside from")})
    ended_at: Mapped[datetime] = mapped_column(UTCDateTime, info={"label": _("Outside until")})
    ended: Mapped[bool] = mapped_column(Boolean, default=False, info={"label": _("Over")})
    worst: Mapped[Decimal] = mapped_column(Money, info={"label": _("Worst temperature (°C)")})
    found_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Found at")})
    state: Mapped[str] = mapped_column(String(20), default="open", index=True, info={"label": _("State")})
    stock: Mapped[str] = mapped_column(String(10), default=UNKEPT, info={"label": _("Lots")})

    equipment: Mapped[Equipment | None] = relationship()
    facility: Mapped[Facility] = relationship()

    @property
    def outside(self) -> Words:
        """Return how far and how long it lasted, in words."""
        return _("%(kind)s: %(degrees)s °C at worst, %(hours)s h", kind=KINDS[self.kind], degrees=degrees(self.worst),
                 hours=degrees(self.hours))  # fmt: skip

    @property
    def hours(self) -> Decimal:
        """Return how long it lasted, as far as readings show: hours with a decimal."""
        return (Decimal((self.ended_at - self.started_at).total_seconds()) / 3600).quantize(Decimal("0.1"))

    @property
    def said(self) -> str:
        """Return what happened to whom, in one line."""
        return DOT.join((str(KINDS[self.kind]), self.what))


def is_appliance(kind: EquipmentType) -> bool:
    """Return whether temperatures are kept of a type: of what cools, and not of what is carried or measures."""
    return kind.kind == COLD and kind.pqs in APPLIANCES


def degrees(celsius: Decimal | None) -> str:
    """Return a temperature as people here write it, to a tenth: "8,4"; a dash where there is none."""
    return "–" if celsius is None else f"{rounded(celsius, 1):f}".replace(".", ",")
