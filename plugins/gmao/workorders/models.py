"""A work order, and what was done under it."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _
from core.data.access import At, Within
from core.data.db import Model, UTCDateTime, utcnow
from core.facilities.models import Facility
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.rights import PLAN, REQUEST, VIEW, WORK

CORRECTIVE, PREVENTIVE = "corrective", "preventive"
KINDS = {
    CORRECTIVE: _("Repair"),
    PREVENTIVE: _("Preventive maintenance"),
    "calibration": _("Calibration"),
    "safety_test": _("Safety test"),
    "installation": _("Installation"),
    "inspection": _("Inspection"),
    "training": _("Training of users"),
    "disposal": _("Disposal"),
    "infrastructure": _("Work on buildings and networks"),
}
CAUSES = {
    "wear": _("Wear"),
    "power": _("Power, or a surge"),
    "use": _("Wrong use"),
    "cleaning": _("Lack of cleaning or care"),
    "environment": _("Heat, dust, damp or pests"),
    "accessory": _("Accessory or consumable"),
    "installation": _("Bad installation"),
    "maker": _("Fault of the make"),
    "accident": _("Fall, shock or other accident"),
    "none": _("No fault found"),
    "unknown": _("Unknown"),
}
ACTIONS = {
    "adjusted": _("Adjusted"),
    "cleaned": _("Cleaned"),
    "replaced": _("Part replaced"),
    "repaired": _("Part repaired"),
    "accessory": _("Accessory or consumable replaced"),
    "power": _("Power restored"),
    "tested": _("Checked and tested"),
    "trained": _("User shown how it works"),
    "vendor": _("Given to the vendor"),
    "other": _("Something else"),
}
PRIORITIES = {"urgent": _("Urgent"), "high": _("High"), "normal": _("Normal"), "low": _("Low")}
ALLOWED = {"urgent": 1, "high": 3, "normal": 10, "low": 30}  # working days of the facility
OCCURRENCE = "uq_gmao_workorder_plan_id_equipment_id_planned_for"  # once for each plan, piece and day


class WorkOrder(Model):
    """Work on a piece, or at a facility. `workshop` is the place that has it in hand: the facility's own, and after an
    escalation the next one above; `vendor` is named while somebody outside does it. One that a plan of maintenance
    opened names the plan and the day that the plan says; one of another register keeps the number that it had there."""

    __tablename__ = "gmao_workorder"
    __entity__ = "gmao.workorder"
    __scope__ = At("facility_id", "workshop_id", read=VIEW, write=(REQUEST, WORK, PLAN))
    __table_args__ = (
        Index("ix_gmao_workorder_equipment_state", "equipment_id", "state"),
        Index(  # the facets of the list are counted by it alone
            "ix_gmao_workorder_facility_state", "facility_id", "state", "kind", "priority", "workshop_id"
        ),
        Index(
            "uq_gmao_workorder_plan_id_equipment_id_planned_for", "plan_id", "equipment_id", "planned_for", unique=True
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Number")})
    kind: Mapped[str] = mapped_column(String(20), index=True, info={"label": _("Kind of work")})
    equipment_id: Mapped[int | None] = mapped_column(ForeignKey(Equipment.id), info={"label": _("Piece of equipment")})
    what: Mapped[str] = mapped_column(String(300), info={"label": _("What it is about")})
    problem: Mapped[str] = mapped_column(Text, default="", info={"label": _("What is to be done")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), info={"label": _("Facility")})
    workshop_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("In hand at")})
    room: Mapped[str] = mapped_column(String(160), default="", info={"label": _("Room or service")})
    priority: Mapped[str] = mapped_column(String(10), default="normal", info={"label": _("Priority")})
    state: Mapped[str] = mapped_column(String(20), default="planned", index=True, info={"label": _("State")})
    due_on: Mapped[date] = mapped_column(Date, index=True, info={"label": _("To be done by")})
    assignee_id: Mapped[int | None] = mapped_column(Integer, index=True, info={"unshown": True})
    assignee: Mapped[str] = mapped_column(String(200), default="", info={"label": _("Done by")})
    vendor: Mapped[str] = mapped_column(String(120), default="", info={"label": _("Vendor")})
    held_for: Mapped[str | None] = mapped_column(String(20), info={"label": _("Waits for")})
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Opened at")})
    done_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info={"label": _("Finished at")})
    done_by_id: Mapped[int | None] = mapped_column(Integer, info={"unshown": True})
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("gmao_plan.id"), info={"label": _("Maintenance plan")})
    planned_for: Mapped[date | None] = mapped_column(Date, index=True, info={"label": _("Planned for")})

    former: Mapped[str] = mapped_column(String(60), default="", server_default="", info={"label": _("Former number")})

    equipment: Mapped[Equipment | None] = relationship()
    facility: Mapped[Facility] = relationship(foreign_keys=[facility_id])
    workshop: Mapped[Facility] = relationship(foreign_keys=[workshop_id])

    @property
    def doers(self) -> list[int]:
        """Return the person who finished it, who is not the one to confirm it."""
        return [self.done_by_id] if self.done_by_id else []


class Intervention(Model):
    """What somebody did under an order, and how long it took: written once, never changed."""

    __tablename__ = "gmao_intervention"
    __entity__ = "gmao.intervention"
    __append_only__ = True
    __scope__ = Within("order")
    __table_args__ = (
        CheckConstraint("minutes BETWEEN 0 AND 10080", name="minutes"),
        CheckConstraint("travel_minutes BETWEEN 0 AND 10080", name="travel_minutes"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey(WorkOrder.id), index=True, info={"label": _("Work order")})
    ended_at: Mapped[datetime] = mapped_column(UTCDateTime, info={"label": _("Moment")})
    minutes: Mapped[int] = mapped_column(Integer, info={"label": _("Minutes of work")})
    travel_minutes: Mapped[int] = mapped_column(Integer, default=0, info={"label": _("Minutes on the way")})
    cause: Mapped[str | None] = mapped_column(String(20), info={"label": _("Cause")})
    action: Mapped[str] = mapped_column(String(20), info={"label": _("What was done")})
    note: Mapped[str] = mapped_column(Text, default="", info={"label": _("Remarks")})
    status: Mapped[str | None] = mapped_column(String(20), info={"label": _("Working order afterwards")})
    technician: Mapped[str] = mapped_column(String(200), info={"label": _("Done by")})
    technician_id: Mapped[int | None] = mapped_column(Integer, info={"unshown": True})
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Recorded at")})

    order: Mapped[WorkOrder] = relationship()
