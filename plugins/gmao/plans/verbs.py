"""What is done with plans, and by them with equipment and work orders."""

from typing import Any

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.facilities.models import Facility
from core.web.forms import Stored
from core.web.reasons import steps
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.equipment.states import SERVICE
from plugins.gmao.plans import checklist, services
from plugins.gmao.plans.forms import ChangedPlanForm, PlanForm, checklist_form, skip_form
from plugins.gmao.plans.models import MaintenancePlan
from plugins.gmao.plans.states import ENDED, MACHINE
from plugins.gmao.rights import PLAN, WORK
from plugins.gmao.workorders.models import WorkOrder
from plugins.gmao.workorders.states import DONE, OPEN

ADD = Verb(
    "gmao.plan.add", _("New maintenance plan"), PLAN, services.add, Facility, PlanForm,
    _("The plan is in force. Each morning it opens the orders whose time has come."), page="gmao_plans.new",
)  # fmt: skip
CHANGE = Verb(
    "gmao.plan.change", _("Change"), PLAN, services.change, MaintenancePlan, Stored(ChangedPlanForm),
    _("The changes are kept."), offered=lambda row: row.state != ENDED,
)  # fmt: skip
SKIP = Verb(
    "gmao.equipment.skip", _("Leave a maintenance out"), PLAN, services.skip, Equipment, skip_form,
    _("It is left out. The reason is kept."), lambda made: url_for("equipment.show", id=made.equipment_id),
    offered=lambda row: row.state == SERVICE,
)  # fmt: skip
CHECKLIST = Verb(
    "gmao.workorder.checklist", _("Fill in the checklist"), WORK, checklist.go_through, WorkOrder, checklist_form,
    _("The checklist is kept."), lambda run: url_for("workorders.show", id=run.order_id), page="gmao_plans.checklist",
    offered=lambda row: row.plan_id is not None and row.state in (*OPEN, DONE),
)  # fmt: skip
TAKEN: dict[str, Any] = {"end": services.end}
VERBS = [ADD, CHANGE, *steps(MACHINE, MaintenancePlan, **TAKEN)]
