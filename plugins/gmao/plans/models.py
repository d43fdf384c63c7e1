"""A plan of maintenance, what of it was skipped, and the checklists that are gone through under its orders."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, Date, ForeignKey, Integer, String, Text, UniqueConstraint, or_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _, label_of
from core.data.access import Access, At, Everyone, Within
from core.data.db import Model, Money, UTCDateTime, utcnow
from core.data.states import State
from core.facilities.models import Facility
from plugins.gmao.catalogue.models import EquipmentModel, EquipmentType
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.formulas.recurrence import UNITS, Every, Plan
from plugins.gmao.formulas.workdays import SHIFTS
from plugins.gmao.rights import CATALOGUE, PLAN, VIEW
from plugins.gmao.workorders.models import KINDS, WorkOrder

PLANNED_KINDS = {code: KINDS[code] for code in ("preventive", "calibration", "safety_test", "inspection")}
UNIT_LABELS = dict(zip(UNITS, (_("days"), _("weeks"), _("months"), _("years")), strict=True))
SHIFT_LABELS = dict(
    zip(SHIFTS, (_("Stays on that day"), _("The working day before"), _("The working day after")), strict=True)
)
PASS, FAIL, NOT_DONE = "pass", "fail", "not_done"
VERDICTS = {
    PASS: State(_("Conform"), "ok"),
    FAIL: State(_("Not conform"), "danger"),
    NOT_DONE: State(_("Not done"), "warn"),
}
VALUE = "value"  # the answer of a step that is measured


class Downwards(At):
    """Rows of a place that hold for all below it: whoever reads there, above, or at one of the places below reads
    them."""

    def criteria(self, model: Any, access: Access) -> ColumnElement[bool] | None:
        """Return: the facility lies under the read permission, or above a place where it is held."""
        found = super().criteria(model, access)
        if found is None:
            return None
        return or_(found, *(getattr(model, name).in_(_above(access.paths(self.read))) for name in self.columns))


def _above(paths: Any) -> list[int]:
    return sorted({int(part) for path in paths for part in path.strip("/").split("/") if part})


class MaintenancePlan(Model):
    """Maintenance that comes back, for one piece, a model or a type, at a facility and all below it: by the calendar,
    by a meter, or by whichever comes first.

    When it is due stays as it was written, so that what was missed stays missed: another interval is another plan.
    """

    __tablename__ = "gmao_plan"
    __entity__ = "gmao.plan"
    __scope__ = Downwards("facility_id", read=VIEW, write=PLAN)
    __table_args__ = (
        CheckConstraint(
            "(type_id IS NOT NULL AND model_id IS NULL AND equipment_id IS NULL)"
            " OR (type_id IS NULL AND model_id IS NOT NULL AND equipment_id IS NULL)"
            " OR (type_id IS NULL AND model_id IS NULL AND equipment_id IS NOT NULL)",
            name="one_target",
        ),
        CheckConstraint(
            "(interval IS NULL AND unit IS NULL AND first_on IS NULL)"
            " OR (interval > 0 AND unit IS NOT NULL AND first_on IS NOT NULL)",
            name="calendar",
        ),
        CheckConstraint(
            "(meter IS NULL AND meter_unit IS NULL AND meter_since IS NULL)"
            " OR (meter > 0 AND meter_unit IS NOT NULL AND meter_since IS NOT NULL)",
            name="meter",
        ),
        CheckConstraint("interval IS NOT NULL OR meter IS NOT NULL", name="counts"),
        CheckConstraint("tolerance BETWEEN 0 AND 50", name="tolerance"),
        CheckConstraint("lead_days BETWEEN 0 AND 366", name="lead_days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), info={"label": _("Name")})
    kind: Mapped[str] = mapped_column(String(20), default="preventive", info={"label": _("Kind of work")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("Facility")})
    type_id: Mapped[int | None] = mapped_column(ForeignKey(EquipmentType.id), index=True, info={"label": _("Type")})
    model_id: Mapped[int | None] = mapped_column(
        ForeignKey(EquipmentModel.id), index=True, info={"label": _("Maker and model")}
    )
    equipment_id: Mapped[int | None] = mapped_column(
        ForeignKey(Equipment.id), index=True, info={"label": _("Piece of equipment")}
    )
    interval: Mapped[int | None] = mapped_column(Integer, info={"label": _("Every")})
    unit: Mapped[str | None] = mapped_column(String(10), info={"label": _("Unit of the interval")})
    first_on: Mapped[date | None] = mapped_column(Date, info={"label": _("First due on")})
    meter: Mapped[int | None] = mapped_column(Integer, info={"label": _("Every (by the meter)")})
    meter_unit: Mapped[str | None] = mapped_column(String(10), info={"label": _("Meter")})
    meter_since: Mapped[date | None] = mapped_column(Date, info={"label": _("Meter counted since")})
    floating: Mapped[bool] = mapped_column(default=False, info={"label": _("Counted from what was done")})
    shift: Mapped[str] = mapped_column(String(10), default="before", info={"label": _("On a day without work")})
    tolerance: Mapped[int] = mapped_column(Integer, default=10, info={"label": _("Tolerance (% of the interval)")})
    lead_days: Mapped[int] = mapped_column(Integer, default=14, info={"label": _("Order opened so many days before")})
    minutes: Mapped[int | None] = mapped_column(Integer, info={"label": _("Estimated minutes")})
    state: Mapped[str] = mapped_column(String(20), default="active", index=True, info={"label": _("State")})
    ended_on: Mapped[date | None] = mapped_column(Date, info={"label": _("Ended on")})

    facility: Mapped[Facility] = relationship()
    type: Mapped[EquipmentType | None] = relationship()
    model: Mapped[EquipmentModel | None] = relationship()
    equipment: Mapped[Equipment | None] = relationship()

    @property
    def target(self) -> str:
        """Return what it is for, in words."""
        if self.equipment_id is not None:
            return self.equipment.described if self.equipment else ""
        if self.model_id is not None:
            return self.model.code if self.model else ""
        return self.type.label if self.type else ""

    @property
    def every(self) -> Every | None:
        """Return its interval by the calendar, None where the meter alone counts."""
        return Every(self.interval, self.unit) if self.interval and self.unit else None

    def recurrence(self, first_meter: int | None = None) -> Plan | None:
        """Return when it is due, as the formulas reckon it, with the figure at which the meter of a piece asks first;
        where that is not known by the calendar alone, and None without one."""
        if first_meter is None and self.every is None:
            return None
        return Plan(
            self.first_on, self.every, first_meter, self.meter if first_meter is not None else None,
            floating=self.floating, shift=self.shift,
        )  # fmt: skip


class SkippedOccurrence(Model):
    """A maintenance that is left out with a reason: it leaves the compliance, and is listed."""

    __tablename__ = "gmao_skipped"
    __entity__ = "gmao.skipped"
    __append_only__ = True
    __scope__ = At("facility_id", read=VIEW, write=PLAN)
    __table_args__ = (UniqueConstraint("plan_id", "equipment_id", "planned_for"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey(MaintenancePlan.id), info={"label": _("Maintenance plan")})
    equipment_id: Mapped[int] = mapped_column(
        ForeignKey(Equipment.id), index=True, info={"label": _("Piece of equipment")}
    )
    planned_for: Mapped[date] = mapped_column(Date, info={"label": _("Planned for")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("Facility")})
    reason: Mapped[str] = mapped_column(Text, info={"label": _("Reason")})
    skipped_by: Mapped[str] = mapped_column(String(200), info={"label": _("Skipped by")})
    skipped_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Recorded at")})

    plan: Mapped[MaintenancePlan] = relationship()
    equipment: Mapped[Equipment] = relationship()
    facility: Mapped[Facility] = relationship()


class ChecklistStep(Model):
    """A point of the checklist of a type: looked at, or measured between limits."""

    __tablename__ = "gmao_checklist_step"
    __entity__ = "gmao.checklist_step"
    __scope__ = Everyone(write=CATALOGUE)
    __table_args__ = (UniqueConstraint("type_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    type_id: Mapped[int] = mapped_column(ForeignKey(EquipmentType.id), info={"label": _("Type")})
    position: Mapped[int] = mapped_column(Integer, info={"label": _("Rank")})
    label_fr: Mapped[str] = mapped_column(String(300), info={"label": _("French name")})
    label_en: Mapped[str] = mapped_column(String(300), default="", info={"label": _("English name")})
    answer: Mapped[str] = mapped_column(String(10), default="ok", info={"label": _("Answer")})
    unit: Mapped[str] = mapped_column(String(20), default="", info={"label": _("Unit")})
    least: Mapped[Decimal | None] = mapped_column(Money, info={"label": _("At least")})  # exact, whatever the unit
    most: Mapped[Decimal | None] = mapped_column(Money, info={"label": _("At most")})

    type: Mapped[EquipmentType] = relationship()

    @property
    def label(self) -> str:
        """Return what is to be looked at, in the language of the page."""
        return label_of(self)

    @property
    def measured(self) -> bool:
        """Return whether a value is asked for."""
        return self.answer == VALUE

    def verdict(self, value: Decimal) -> str:
        """Return whether a measured value lies within the limits."""
        low = self.least is not None and value < self.least
        return FAIL if low or (self.most is not None and value > self.most) else PASS


class ChecklistRun(Model):
    """A checklist that was gone through under an order; the latest one of an order holds."""

    __tablename__ = "gmao_checklist_run"
    __entity__ = "gmao.checklist_run"
    __append_only__ = True
    __scope__ = Within("order")

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey(WorkOrder.id), index=True, info={"label": _("Work order")})
    done_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Recorded at")})
    done_by: Mapped[str] = mapped_column(String(200), info={"label": _("Done by")})
    done_by_id: Mapped[int | None] = mapped_column(Integer, info={"unshown": True})
    note: Mapped[str] = mapped_column(Text, default="", info={"label": _("Remarks")})

    order: Mapped[WorkOrder] = relationship()


class StepResult(Model):
    """What was found at a point of a checklist, with its words and limits as they were then."""

    __tablename__ = "gmao_step_result"
    __entity__ = "gmao.step_result"
    __append_only__ = True
    __scope__ = Within("run")
    __table_args__ = (UniqueConstraint("run_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey(ChecklistRun.id), info={"label": _("Checklist")})
    position: Mapped[int] = mapped_column(Integer, info={"label": _("Rank")})
    label_fr: Mapped[str] = mapped_column(String(300), info={"label": _("French name")})
    label_en: Mapped[str] = mapped_column(String(300), default="", info={"label": _("English name")})
    verdict: Mapped[str] = mapped_column(String(10), info={"label": _("Verdict")})
    value: Mapped[Decimal | None] = mapped_column(Money, info={"label": _("Measured")})
    unit: Mapped[str] = mapped_column(String(20), default="", info={"label": _("Unit")})
    least: Mapped[Decimal | None] = mapped_column(Money, info={"label": _("At least")})
    most: Mapped[Decimal | None] = mapped_column(Money, info={"label": _("At most")})
    note: Mapped[str] = mapped_column(Text, default="", info={"label": _("Remarks")})

    run: Mapped[ChecklistRun] = relationship()

    @property
    def label(self) -> str:
        """Return what was looked at, in the language of the page."""
        return label_of(self)

    @property
    def said(self) -> State:
        """Return the verdict as people see it."""
        return VERDICTS[self.verdict]


def limits_of(row: Any) -> Iterator[tuple[str, Decimal]]:
    """Yield ("≥" or "≤", limit) of a point."""
    if row.least is not None:
        yield "≥", row.least
    if row.most is not None:
        yield "≤", row.most
