"""Test instruments with their calibrations, and tests of equipment with what was measured."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Date, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.ports import Words
from core.contract.words import _
from core.data.access import At, Within
from core.data.codes import key_column
from core.data.db import Model, Money, UTCDateTime, utcnow
from core.data.states import State
from core.facilities.models import Facility
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.formulas.safety import FAIL, NOT_DONE, PASS, REMARK
from plugins.gmao.plans.models import Downwards
from plugins.gmao.rights import VIEW, WORK
from plugins.gmao.testing.limits import POINTS
from plugins.gmao.workorders.models import WorkOrder

SAFETY, PERFORMANCE, ACCEPTANCE = "electrical_safety", "performance", "acceptance"
KINDS = {SAFETY: _("Electrical safety"), PERFORMANCE: _("Performance"), ACCEPTANCE: _("Acceptance test")}
VERDICTS = {
    PASS: State(_("Passed"), "ok"),
    REMARK: State(_("Passed with a remark"), "warn"),
    FAIL: State(_("Not passed"), "danger"),
    NOT_DONE: State(_("Not proved"), "neutral"),
}
WHYS = {
    "above": _("Above the limit"),
    "below": _("Below the limit"),
    "near": _("Near the limit: compare it with earlier values"),
    "not_measured": _("Not measured"),
    "no_limit": _("There is no limit for it"),
    "no_instrument": _("No instrument is named"),
    "calibration": _("The calibration of the instrument did not hold on that day"),
    "seen": _("As it was seen"),
}
INSTRUMENTS = {
    "safety": _("Electrical safety analyser"),
    "multimeter": _("Multimeter"),
    "thermometer": _("Thermometer or temperature logger"),
    "pressure": _("Pressure gauge"),
    "flow": _("Gas flow analyser"),
    "oxygen": _("Oxygen analyser"),
    "simulator": _("Patient simulator"),
    "defibrillator": _("Defibrillator analyser"),
    "infusion": _("Infusion device analyser"),
    "electrosurgical": _("Electrosurgical analyser"),
    "tachometer": _("Tachometer"),
    "light": _("Light meter or radiometer"),
    "mass": _("Test weights"),
    "other": _("Another instrument"),
}


class Instrument(Model):
    """An instrument that equipment is tested with; its calibration is that of the latest one that counts."""

    __tablename__ = "gmao_instrument"
    __entity__ = "gmao.instrument"
    __scope__ = Downwards("facility_id", read=VIEW, write=WORK)
    __table_args__ = (UniqueConstraint("facility_id", "code_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), info={"label": _("Mark")})
    code_key: Mapped[str] = key_column("code", 40, index=True)
    name: Mapped[str] = mapped_column(String(120), info={"label": _("Name")})
    kind: Mapped[str] = mapped_column(String(20), info={"label": _("Kind of instrument")})
    model: Mapped[str] = mapped_column(String(120), default="", info={"label": _("Maker and model")})
    serial: Mapped[str] = mapped_column(String(80), default="", info={"label": _("Serial number")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("Facility")})
    state: Mapped[str] = mapped_column(String(20), default="in_use", index=True, info={"label": _("State")})
    calibrated_on: Mapped[date | None] = mapped_column(Date, info={"label": _("Calibrated on")})
    valid_until: Mapped[date | None] = mapped_column(Date, index=True, info={"label": _("Calibration valid until")})
    note: Mapped[str] = mapped_column(Text, default="", info={"label": _("Remarks")})

    facility: Mapped[Facility] = relationship()


class Calibration(Model):
    """A calibration of an instrument, with its certificate."""

    __tablename__ = "gmao_calibration"
    __entity__ = "gmao.calibration"
    __scope__ = Within("instrument")
    __table_args__ = (CheckConstraint("valid_until >= done_on", name="days"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    instrument_id: Mapped[int] = mapped_column(
        ForeignKey(Instrument.id), index=True, info={"label": _("Test instrument")}
    )
    done_on: Mapped[date] = mapped_column(Date, info={"label": _("Calibrated on")})
    valid_until: Mapped[date] = mapped_column(Date, info={"label": _("Calibration valid until")})
    laboratory: Mapped[str] = mapped_column(String(120), default="", info={"label": _("Calibrated by")})
    certificate: Mapped[str] = mapped_column(String(60), default="", info={"label": _("Number of the certificate")})
    state: Mapped[str] = mapped_column(String(20), default="valid", info={"label": _("State")})
    note: Mapped[str] = mapped_column(Text, default="", info={"label": _("Remarks")})
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Recorded at")})
    recorded_by: Mapped[str] = mapped_column(String(200), info={"label": _("Recorded by")})

    instrument: Mapped[Instrument] = relationship()

    @property
    def facility(self) -> Facility:
        """Return where its instrument belongs."""
        return self.instrument.facility


class EquipmentTest(Model):
    """A test of a piece as it was made. It is never changed: one that `corrects` it takes its place."""

    __tablename__ = "gmao_test"
    __entity__ = "gmao.test"
    __append_only__ = True
    __scope__ = At("facility_id", read=VIEW, write=WORK)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Number")})
    kind: Mapped[str] = mapped_column(String(20), index=True, info={"label": _("Kind of test")})
    equipment_id: Mapped[int] = mapped_column(
        ForeignKey(Equipment.id), index=True, info={"label": _("Piece of equipment")}
    )
    what: Mapped[str] = mapped_column(String(300), info={"label": _("What it is about")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("Facility")})
    order_id: Mapped[int | None] = mapped_column(ForeignKey(WorkOrder.id), index=True, info={"label": _("Work order")})
    tested_on: Mapped[date] = mapped_column(Date, index=True, info={"label": _("Tested on")})
    safety_class: Mapped[str | None] = mapped_column(String(10), info={"label": _("Protection class")})
    applied_part: Mapped[str | None] = mapped_column(String(4), info={"label": _("Applied part")})
    method: Mapped[str | None] = mapped_column(String(20), info={"label": _("Method of measurement")})
    cord: Mapped[str | None] = mapped_column(String(10), info={"label": _("Mains cord")})
    verdict: Mapped[str] = mapped_column(String(20), index=True, info={"label": _("Result")})
    note: Mapped[str] = mapped_column(Text, default="", info={"label": _("Remarks")})
    corrects_id: Mapped[int | None] = mapped_column(
        ForeignKey("gmao_test.id"), unique=True, info={"label": _("Takes the place of")}
    )
    reason: Mapped[str] = mapped_column(Text, default="", info={"label": _("Reason of the correction")})
    tested_by: Mapped[str] = mapped_column(String(200), info={"label": _("Tested by")})
    tested_by_id: Mapped[int | None] = mapped_column(Integer, info={"unshown": True})
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Recorded at")})

    equipment: Mapped[Equipment] = relationship()
    facility: Mapped[Facility] = relationship()
    order: Mapped[WorkOrder | None] = relationship()

    @property
    def said(self) -> State:
        """Return the result as people see it."""
        return VERDICTS[self.verdict]


class Measurement(Model):
    """What was seen or measured at a point of a test, with its limit and instrument as they were then."""

    __tablename__ = "gmao_measurement"
    __entity__ = "gmao.measurement"
    __append_only__ = True
    __scope__ = Within("test")
    __table_args__ = (UniqueConstraint("test_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    test_id: Mapped[int] = mapped_column(ForeignKey(EquipmentTest.id), info={"label": _("Test of equipment")})
    position: Mapped[int] = mapped_column(Integer, info={"label": _("Rank")})
    point: Mapped[str] = mapped_column(String(20), default="", info={"unshown": True})  # of the table of limits
    label: Mapped[str] = mapped_column(String(200), default="", info={"label": _("Point")})
    value: Mapped[Decimal | None] = mapped_column(Money, info={"label": _("Measured")})  # exact, whatever the unit
    unit: Mapped[str] = mapped_column(String(20), default="", info={"label": _("Unit")})
    least: Mapped[Decimal | None] = mapped_column(Money, info={"label": _("At least")})
    most: Mapped[Decimal | None] = mapped_column(Money, info={"label": _("At most")})
    limit_unit: Mapped[str] = mapped_column(String(20), default="", info={"label": _("Unit of the limit")})
    verdict: Mapped[str] = mapped_column(String(20), info={"label": _("Result")})
    because: Mapped[str] = mapped_column(String(20), default="", info={"label": _("Because")})
    instrument_id: Mapped[int | None] = mapped_column(ForeignKey(Instrument.id), info={"label": _("Test instrument")})
    traced: Mapped[str] = mapped_column(String(200), default="", info={"label": _("Instrument and certificate")})
    valid_until: Mapped[date | None] = mapped_column(Date, info={"label": _("Calibration valid until")})
    note: Mapped[str] = mapped_column(Text, default="", info={"label": _("Remarks")})

    test: Mapped[EquipmentTest] = relationship()

    @property
    def called(self) -> Words:
        """Return what was looked at, in the language of the page where the table of limits names it."""
        return self.label or POINTS[self.point].label

    @property
    def said(self) -> State:
        """Return its result as people see it."""
        return VERDICTS[self.verdict]
