"""What is done with cadres, grades, steps and positions."""

from typing import Any

from core.contract.ports import Words
from core.contract.verbs import Verb
from core.contract.words import _
from core.web.forms import Form, Stored
from plugins.hr.reference import services
from plugins.hr.reference.forms import CadreForm, GradeForm, PositionForm, StepForm
from plugins.hr.reference.models import Cadre, Grade, Position, Step
from plugins.hr.rights import REFERENCE


def _verbs(noun: str, new: Words, model: type[Any], form: type[Form], add: Any) -> list[Verb]:
    """Return what is done with a noun: a new one, and its changes; what holds no more gets its last day."""
    return [
        Verb(f"{noun}.add", new, REFERENCE, add, None, form, _("It was added.")),
        Verb(f"{noun}.change", _("Change"), REFERENCE, services.keep, model, Stored(form), _("The changes are kept.")),
    ]


OF_CADRES = _verbs("hr.cadre", _("New cadre"), Cadre, CadreForm, services.add_cadre)
OF_GRADES = _verbs("hr.grade", _("New grade"), Grade, GradeForm, services.add_grade)
OF_STEPS = _verbs("hr.step", _("New step"), Step, StepForm, services.add_step)
OF_POSITIONS = _verbs("hr.position", _("New position"), Position, PositionForm, services.add_position)
