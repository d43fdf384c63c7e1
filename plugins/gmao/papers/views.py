"""The papers of maintenance."""

from typing import Any

from flask import Blueprint

from core.contract.words import _
from core.web.documents import answer, paper
from core.web.pages import get_or_404, permission
from plugins.gmao.equipment.models import STATUSES
from plugins.gmao.parts.services import parts_of
from plugins.gmao.parts.states import MACHINE as PARTS
from plugins.gmao.plans.checklist import latest_run, results_of, steps_of
from plugins.gmao.plans.models import limits_of
from plugins.gmao.rights import VIEW
from plugins.gmao.workorders.models import ACTIONS, CAUSES, KINDS, PRIORITIES, WorkOrder
from plugins.gmao.workorders.services import done_of
from plugins.gmao.workorders.states import MACHINE, OPEN

BLANK = 4  # lines to write on while the work goes on
bp = Blueprint("gmao_papers", __name__, template_folder="../templates", url_prefix="/gmao/work")


@bp.get("/<int:id>/paper")
@permission(VIEW)
def order(id: int) -> Any:
    """Return a work order as a paper (PDF): what was done so far, and lines to write on while it is open."""
    row = get_or_404(WorkOrder, id)
    run, is_open = latest_run(row), row.state in OPEN
    content = paper(
        "gmao/papers/order.html", _("Work order"), row.number, row.facility.name, order=row, done=done_of(row)[::-1],
        state=MACHINE.state(row), kinds=KINDS, priorities=PRIORITIES, causes=CAUSES, actions=ACTIONS,
        statuses=STATUSES, parts=parts_of(row), part_states=PARTS.states, run=run, limits=limits_of,
        points=results_of(run) if run else steps_of(row) if is_open and row.plan_id else (),
        blank=BLANK if is_open else 0,
    )  # fmt: skip
    return answer(row.number, content)
