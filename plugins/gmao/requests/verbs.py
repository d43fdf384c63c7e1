"""What is done with fault reports, and with equipment by them."""

from typing import Any

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.facilities.models import Facility
from core.web.reasons import steps
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.equipment.states import THERE
from plugins.gmao.requests import services
from plugins.gmao.requests.forms import FaultForm, FaultHereForm, LabelForm, accept_form, join_form
from plugins.gmao.requests.models import Request
from plugins.gmao.requests.states import MACHINE
from plugins.gmao.rights import REQUEST

FAULT = Verb(
    "gmao.equipment.fault", _("Report a fault"), REQUEST, services.report, Equipment, FaultForm,
    lambda row: _("%(number)s: the workshop has your report.", number=row.number),
    offered=lambda row: row.state in THERE,
)  # fmt: skip
FAULT_HERE = Verb(
    "gmao.request.report", _("Report a fault"), REQUEST, services.report_here, Facility, FaultHereForm,
    lambda row: _("%(number)s: the workshop has your report.", number=row.number), offline=["equipment.here"],
)  # fmt: skip
BY_LABEL = Verb(  # of a page of its own, for whoever is not signed in
    "gmao.request.by_label", _("Report a fault"), REQUEST, services.report_by_label, Equipment, LabelForm,
    to=lambda row: url_for("equipment_label.sent", tag=row.equipment.code, number=row.number),
)  # fmt: skip
FORMS: dict[str, Any] = {"accept": accept_form, "join": join_form}
VERBS = [FAULT_HERE, *steps(MACHINE, Request, forms=FORMS, accept=services.accept, join=services.join)]
