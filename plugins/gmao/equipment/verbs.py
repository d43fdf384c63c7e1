"""What is done with equipment."""

from typing import Any

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.facilities.models import Facility
from core.web.forms import Stored
from core.web.reasons import steps
from plugins.gmao.equipment import services
from plugins.gmao.equipment.forms import EquipmentForm, NewEquipmentForm, StatusForm
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.equipment.states import MACHINE, THERE
from plugins.gmao.rights import EDIT, REPORT

ADD = Verb(
    "gmao.equipment.add", _("New equipment"), EDIT, services.add, Facility, NewEquipmentForm,
    lambda row: _("It is in the register as %(tag)s. Print its label and stick it on.", tag=row.code),
    page="equipment.new",
)  # fmt: skip
CHANGE = Verb(
    "gmao.equipment.change", _("Change"), EDIT, services.change, Equipment, Stored(EquipmentForm),
    _("The changes are kept."), page="equipment.edit",
)  # fmt: skip
STATUS = Verb(
    "gmao.equipment.status", _("Say how it works"), REPORT, services.say_status, Equipment, StatusForm,
    _("It is recorded how it works."), lambda event: url_for("equipment.show", id=event.equipment_id), strong=True,
    offered=lambda row: row.state in THERE,
)  # fmt: skip
TAKEN: dict[str, Any] = {"accept": services.accept, "receive": services.receive}
OF_DISPOSALS = ("propose_disposal", "keep", "put_back", "dispose")  # a case of disposal takes these steps
STEPS = [
    verb for verb in steps(MACHINE, Equipment, many=["receive", "install", "accept"], **TAKEN)
    if verb.action not in OF_DISPOSALS
]  # fmt: skip
VERBS = [ADD, CHANGE, STATUS, *STEPS]
