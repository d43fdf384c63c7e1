"""What plans give to the plugin's hooks."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from flask import url_for
from sqlalchemy import select

from core.contract.entities import Entity
from core.contract.ports import MenuItem, Obstacle, Panel
from core.contract.words import _
from core.data.access import current
from core.data.db import db, today
from core.facilities.models import Facility
from core.web.pages import number
from plugins.gmao.catalogue.models import EquipmentType
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.equipment.states import SERVICE
from plugins.gmao.menu import DAILY
from plugins.gmao.meters.models import METERS
from plugins.gmao.plans.checklist import latest_run, results_of, steps_of
from plugins.gmao.plans.jobs import SCHEDULE as SCHEDULE  # the plugin's hook of that name
from plugins.gmao.plans.models import (
    PLANNED_KINDS,
    SHIFT_LABELS,
    UNIT_LABELS,
    VERDICTS,
    ChecklistRun,
    ChecklistStep,
    MaintenancePlan,
    SkippedOccurrence,
    StepResult,
)
from plugins.gmao.plans.reports import STATES
from plugins.gmao.plans.services import book_of, in_force
from plugins.gmao.plans.states import ACTIVE, MACHINE
from plugins.gmao.plans.tables import PlanTable, interval
from plugins.gmao.plans.verbs import CHECKLIST, SKIP, VERBS
from plugins.gmao.plans.views import bp
from plugins.gmao.rights import VIEW, WORK
from plugins.gmao.workorders.models import PREVENTIVE, WorkOrder
from plugins.gmao.workorders.states import DONE, OPEN

LIST, FEW = "gmao_plans.index", 6
BLUEPRINTS = [bp]
ENTITIES = [
    Entity(
        "gmao.plan", MaintenancePlan, _("Maintenance plan"), _("Maintenance plans"), "gmao_plans.show", VIEW, PlanTable,
        "calendar", ("name",),
        words={"state": MACHINE.states, "kind": PLANNED_KINDS, "unit": UNIT_LABELS, "shift": SHIFT_LABELS,
               "meter_unit": METERS},
        named=("name",), machine=MACHINE, verbs=VERBS, index=LIST, comments=True, attachments=True,
    ),
    Entity(
        "gmao.skipped", SkippedOccurrence, _("Maintenance left out"), _("Maintenance left out"), permission=VIEW,
        named=("equipment_id", "planned_for"),
    ),
    Entity(
        "gmao.checklist_step", ChecklistStep, _("Point of a checklist"), _("Points of checklists"), permission=VIEW,
        named=("type_id", "position"),
    ),
    Entity(
        "gmao.checklist_run", ChecklistRun, _("Checklist"), _("Checklists"), permission=VIEW,
        named=("order_id", "done_at"),
    ),
    Entity(
        "gmao.step_result", StepResult, _("Result of a point"), _("Results of points"), permission=VIEW,
        words={"verdict": VERDICTS}, named=("run_id", "position"),
    ),
]  # fmt: skip
VERBS_OF_OTHERS = [SKIP, CHECKLIST]
MENU = [
    MenuItem(_("Maintenance calendar"), "gmao_plans.calendar", VIEW, DAILY, "calendar", order=307),
    MenuItem(_("Maintenance plans"), LIST, VIEW, DAILY, "calendar", order=308),
]


def panels(obj: Any) -> Iterator[Panel]:
    """Yield what is due of a piece on its page, the checklist of an order, and that of a type."""
    if isinstance(obj, Equipment) and obj.state == SERVICE and current().can(VIEW, obj.facility):
        day = today()
        first, last = day - timedelta(days=120), day + timedelta(days=400)
        found = book_of(obj, first, last)
        dues = found.dues(first, last)
        unknown = [plan for plan, piece in found.pairs() if plan.state == ACTIVE and found.is_unknown(plan, piece)]
        past = [one for one in dues if one.state not in ("open", "forecast")][-2:]
        coming = [one for one in dues if one.state in ("open", "forecast")][: FEW - len(past)]
        if past or coming or unknown:
            context = {"rows": [*past, *coming], "states": STATES}
            context["unknown"] = [(plan.name, interval(plan)) for plan in unknown]
            yield Panel(_("Preventive maintenance"), "gmao/plans/dues_panel.html", context, order=35, flush=True)
    if isinstance(obj, WorkOrder) and obj.plan_id is not None:
        yield from _checklist(obj)
    if isinstance(obj, EquipmentType):
        query = select(ChecklistStep).where(ChecklistStep.type_id == obj.id).order_by(ChecklistStep.position)
        if steps := db.session.scalars(query).all():
            yield Panel(_("Checklist"), "gmao/plans/steps_panel.html", {"steps": steps}, order=40)


def _checklist(order: WorkOrder) -> Iterator[Panel]:
    """Yield the checklist of an order: what was found, or that it is to be gone through."""
    run = latest_run(order)
    if run is None and not steps_of(order):
        return
    context = {"run": run, "results": results_of(run) if run else (), "finished": order.state not in OPEN}
    context["preventive"] = order.kind == PREVENTIVE
    may = order.state in (*OPEN, DONE) and current().can(WORK, order.facility)
    url = url_for("gmao_plans.checklist", id=order.id) if may else None
    yield Panel(_("Checklist"), "gmao/plans/checklist_panel.html", context, url, CHECKLIST.label, order=10)


def closing(facility: Facility) -> Iterator[Obstacle]:
    """Yield the plans of a facility that closes."""
    if found := in_force(facility):
        yield Obstacle(
            _("Maintenance plans in force: %(n)s", n=number(found)), _("End them."), LIST,
            {"f.facility": facility.name}, _("Open the list"),
        )  # fmt: skip
