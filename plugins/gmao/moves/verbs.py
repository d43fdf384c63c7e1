"""What is done with moves."""

from core.contract.verbs import Verb
from core.contract.words import _
from core.web.reasons import steps
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.equipment.states import THERE
from plugins.gmao.moves import services
from plugins.gmao.moves.forms import ArriveForm, SendForm
from plugins.gmao.moves.models import Move
from plugins.gmao.moves.states import MACHINE
from plugins.gmao.rights import EDIT

SEND = Verb(
    "gmao.equipment.send", _("Send elsewhere"), EDIT, services.send, Equipment, SendForm,
    lambda move: _("%(number)s is on its way. It stands here until it was acknowledged.", number=move.number),
    offered=lambda row: row.state in THERE,
)  # fmt: skip
VERBS = steps(MACHINE, Move, forms={"arrive": ArriveForm}, arrive=services.arrive)
