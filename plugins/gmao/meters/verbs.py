"""What is done with meters."""

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.web.forms import ReasonForm
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.equipment.states import THERE
from plugins.gmao.meters import services
from plugins.gmao.meters.forms import reading_form
from plugins.gmao.meters.models import Reading
from plugins.gmao.rights import REPORT, WORK

NOTE = Verb(
    "gmao.equipment.meter", _("Note a meter reading"), REPORT, services.note, Equipment, reading_form,
    _("The reading is kept."), lambda made: url_for("equipment.show", id=made.equipment_id),
    offered=lambda row: row.state in THERE,
)  # fmt: skip
WITHDRAW = Verb(
    "gmao.meter_reading.withdraw", _("Withdraw the reading"), WORK, services.withdraw, Reading, ReasonForm,
    _("The reading counts no more. It stays on file with the reason."),
    lambda made: url_for("equipment.show", id=made.equipment_id),
    offered=lambda row: not services.is_withdrawn(row),
)  # fmt: skip
VERBS = [WITHDRAW]
