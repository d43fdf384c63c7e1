"""The pages of disposals: the case with its pieces, the technical opinion, the minutes of the committee."""

from typing import Any

from flask import Blueprint, g, url_for

from core.contract.words import _
from core.data.access import current
from core.data.naming import title_of
from core.data.states import State
from core.nouns.pages import pages
from core.nouns.views import show
from core.web import documents
from core.web.doing import submit
from core.web.pages import get_or_404, page, permission
from core.web.verbs import blank, named, refuse_unless_possible
from plugins.gmao.disposals.closing import open_work
from plugins.gmao.disposals.models import METHODS, DisposalCase
from plugins.gmao.disposals.states import APPROVED, MACHINE, OPEN, REFUSED, SETTLED
from plugins.gmao.disposals.tables import DisposalTable
from plugins.gmao.disposals.verbs import PROPOSE
from plugins.gmao.plans.states import MACHINE as PLANS
from plugins.gmao.requests.states import MACHINE as REQUESTS
from plugins.gmao.rights import VIEW, WORK
from plugins.gmao.workorders.states import MACHINE as ORDERS

TEMPLATES, LIST = "gmao/disposals/", "equipment_disposals.index"
bp = Blueprint("equipment_disposals", __name__, template_folder="../templates", url_prefix="/gmao/disposals")


def drawn(case: DisposalCase) -> Any:
    """Return the page of a case: its pieces, and what ends with them."""
    still = _open(case) if case.state in OPEN else []
    return show(case, f"{TEMPLATES}show.html", still=still, minutes=case.committee_on is not None)


def _open(case: DisposalCase) -> list[tuple[str, str, State, str]]:
    """Return (number, what it is about, state, address) of the work and the plans that end with a case."""
    work = open_work([piece.equipment_id for piece in case.pieces])
    kinds: list[tuple[Any, Any, str, str, str]] = [
        (work.orders, ORDERS, "number", "what", "workorders.show"),
        (work.requests, REQUESTS, "number", "what", "equipment_requests.show"),
        (work.plans, PLANS, "name", "target", "gmao_plans.show"),
    ]
    return [
        (getattr(row, called), getattr(row, about), machine.state(row), url_for(endpoint, id=row.id))
        for rows, machine, called, about, endpoint in kinds
        for row in rows
    ]


pages(bp, DisposalTable, PROPOSE, _("What is to be disposed of, why, who decided it, and what became of it."), drawn)


@bp.route("/<int:id>/assess", methods=["GET", "POST"])
@permission(WORK)
def assess(id: int) -> Any:
    """Take the technical opinion of a case."""
    g.menu_endpoint = LIST
    case, verb = get_or_404(DisposalCase, id), named("gmao.disposal.assess")
    refuse_unless_possible(verb, case)
    current().require(WORK, case.facility)
    form = blank(verb, case)
    return submit(form, verb, id) or page(
        f"{TEMPLATES}assess.html", form=form, case=case, verb=verb, title=title_of(case)
    )


@bp.get("/<int:id>/paper")
@permission(VIEW)
def paper(id: int) -> Any:
    """Return the minutes of the committee (PDF), to be signed; before the decision it is ticked by hand."""
    case = get_or_404(DisposalCase, id)
    decision = None if case.decided_on is None else MACHINE.states[REFUSED if _was_refused(case) else APPROVED].label
    content = documents.paper(
        f"{TEMPLATES}minutes.html", _("Minutes of the disposal committee"), case.number, case.facility.name,
        case=case, decision=decision, methods=METHODS,
    )  # fmt: skip
    return documents.answer(case.number, content)


def _was_refused(case: DisposalCase) -> bool:
    return case.state in (REFUSED, SETTLED)
