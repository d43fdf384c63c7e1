"""What is done with disposals, and with equipment by them."""

from dataclasses import replace
from typing import Any

from core.contract.verbs import Verb
from core.contract.words import _
from core.data.access import current
from core.facilities.models import Facility
from core.web.reasons import step, steps
from plugins.gmao.disposals import services
from plugins.gmao.disposals.forms import (
    AddForm,
    ApproveForm,
    CommitteeForm,
    DisposeForm,
    OneForm,
    RecoverForm,
    RefuseForm,
    assess_form,
    case_form,
)
from plugins.gmao.disposals.models import DisposalCase
from plugins.gmao.disposals.states import MACHINE, PROPOSED
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.equipment.states import MACHINE as LIFE
from plugins.gmao.rights import EDIT


def _said(case: DisposalCase) -> Any:
    return _(
        "%(number)s is proposed. Somebody gives the technical opinion, then a committee decides.", number=case.number
    )


PROPOSE = Verb(
    "gmao.disposal.propose", _("Propose for disposal"), EDIT, services.propose, Facility, case_form, _said
)  # fmt: skip
ADD = Verb(
    "gmao.disposal.add", _("Add a piece"), EDIT, services.add, DisposalCase, AddForm, _("It belongs to this disposal."),
    offered=lambda case: case.state == PROPOSED,
)  # fmt: skip
FORMS: dict[str, Any] = {
    "assess": assess_form, "convene": CommitteeForm, "approve": ApproveForm, "refuse": RefuseForm,
    "recover": RecoverForm, "dispose": DisposeForm,
}  # fmt: skip
RUNS: dict[str, Any] = {
    "assess": services.assess, "convene": services.convene, "approve": services.approve, "refuse": services.refuse,
    "recover": services.recover, "dispose": services.dispose, "withdraw": services.withdraw,
}  # fmt: skip
MORE: dict[str, dict[str, Any]] = {
    "assess": {"page": "equipment_disposals.assess"},
    "approve": {"offered": lambda case: current().user_id not in case.proposers},
    "refuse": {"offered": lambda case: current().user_id not in case.proposers},
    "dispose": {"warning": _("Open work orders, fault reports and plans of these pieces end with it.")},
}
STEPS = [replace(verb, **MORE.get(verb.action, {})) for verb in steps(MACHINE, DisposalCase, forms=FORMS, **RUNS)]
VERBS = [PROPOSE, ADD, *STEPS]
OF_A_PIECE = [
    step(LIFE, "propose_disposal", Equipment, services.propose_one, form=OneForm, said=_said),
    step(LIFE, "keep", Equipment, services.keep, offered=lambda row: services.case_of(row) is None),
]
