"""What is done with parts, and with work orders by them."""

from dataclasses import replace
from typing import Any

from core.contract.plugins import service
from core.contract.ports import Stock
from core.contract.verbs import Verb
from core.contract.words import _
from core.web.reasons import steps
from plugins.gmao.parts import services
from plugins.gmao.parts.forms import AskForm, BringForm, issue_form
from plugins.gmao.parts.models import Part
from plugins.gmao.parts.states import MACHINE
from plugins.gmao.rights import WORK
from plugins.gmao.workorders.models import WorkOrder
from plugins.gmao.workorders.states import DONE, OPEN

ASK = Verb(
    "gmao.workorder.ask_part", _("Ask for a part"), WORK, services.ask, WorkOrder, AskForm,
    _("The store is asked for it."), offered=lambda row: row.state in OPEN,
)  # fmt: skip
BRING = Verb(
    "gmao.workorder.bring_part", _("Note a part that was used"), WORK, services.bring, WorkOrder, BringForm,
    _("The part is noted."), offered=lambda row: row.state in (*OPEN, DONE),
)  # fmt: skip
FORMS: dict[str, Any] = {"issue": issue_form, "requisition": issue_form}
RUNS: dict[str, Any] = {
    "issue": services.issue, "requisition": services.requisition, "arrive": services.arrive,
}  # fmt: skip


def _where_kept(verb: Verb) -> Verb:
    """Return the verb that asks the supplier only where stocks are kept."""
    return replace(verb, offered=lambda row: service(Stock) is not None) if verb.action == "requisition" else verb


VERBS = [_where_kept(verb) for verb in steps(MACHINE, Part, forms=FORMS, **RUNS)]
