"""What is done with work orders, and with equipment by them."""

from dataclasses import replace
from typing import Any

from core.contract.verbs import Verb
from core.contract.words import _
from core.facilities.models import Facility
from core.web.reasons import steps
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.equipment.states import THERE
from plugins.gmao.rights import PLAN, WORK
from plugins.gmao.workorders import services
from plugins.gmao.workorders.forms import (
    HoldForm,
    PlanForm,
    PlanHereForm,
    assign_form,
    done_form,
    mended_form,
    repair_form,
    work_form,
)
from plugins.gmao.workorders.models import WorkOrder
from plugins.gmao.workorders.states import ASSIGNED, MACHINE, OPEN, PLANNED, PROGRESS

REPAIR = Verb(
    "gmao.equipment.repair", _("Repair"), WORK, services.repair, Equipment, mended_form,
    lambda order: _("The repair is recorded as %(number)s.", number=order.number),
    offered=lambda row: row.state in THERE,
)  # fmt: skip
PLAN_FOR = Verb(
    "gmao.equipment.plan", _("Plan work"), PLAN, services.plan_for, Equipment, PlanForm,
    lambda order: _("%(number)s is opened. Assign it.", number=order.number),
    offered=lambda row: row.state in THERE,
)  # fmt: skip
PLAN_HERE = Verb(
    "gmao.workorder.plan", _("New work order"), PLAN, services.plan, Facility, PlanHereForm,
    lambda order: _("%(number)s is opened. Assign it.", number=order.number),
)  # fmt: skip
NOTE = Verb(
    "gmao.workorder.repair", _("Note a repair"), WORK, services.repair_here, Facility, repair_form,
    lambda order: _("The repair is recorded as %(number)s.", number=order.number), offline=["equipment.here"],
    offered=lambda place: place.parent_id is not None,  # no piece stands at the country itself
)  # fmt: skip
LOG = Verb(
    "gmao.workorder.log", _("Note what was done"), WORK, services.log, WorkOrder, work_form,
    _("It is noted. The order goes on."), offered=lambda row: row.state in OPEN, offline=(),
    kept_rows=lambda place: services.at_hand(place, *OPEN),
)  # fmt: skip
FORMS: dict[str, Any] = {"assign": assign_form, "reassign": assign_form, "finish": done_form, "hold": HoldForm}
RUNS: dict[str, Any] = {
    "assign": services.assign, "reassign": services.assign, "take": services.take, "hold": services.hold,
    "resume": services.resume, "finish": services.finish, "verify": services.verify, "reopen": services.reopen,
    "escalate": services.escalate, "cancel": services.cancel,
}  # fmt: skip
WAITING = {
    "finish": (PLANNED, ASSIGNED, PROGRESS),
    "hold": (PROGRESS,),
}  # steps that may wait on a device, and of which


def _may_wait(verb: Verb) -> Verb:
    states = WAITING.get(verb.action)
    if states is None:
        return verb
    return replace(verb, offline=(), kept_rows=lambda place: services.at_hand(place, *states))


STEPS = map(_may_wait, steps(MACHINE, WorkOrder, ["take", "verify", "close"], FORMS, **RUNS))
VERBS = [PLAN_HERE, NOTE, LOG, *STEPS]
