"""What cadres, grades, steps and positions give to the plugin's hooks."""

from core.contract.entities import Entity
from core.contract.ports import MenuItem
from core.contract.words import _
from plugins.hr.reference.models import GROUPS, Cadre, Grade, Position, Step
from plugins.hr.reference.tables import CadreTable, GradeTable, PositionTable, StepTable
from plugins.hr.reference.verbs import OF_CADRES, OF_GRADES, OF_POSITIONS, OF_STEPS
from plugins.hr.reference.views import cadres, grades, positions, steps
from plugins.hr.rights import STAFF

BLUEPRINTS = [cadres, grades, steps, positions]
ICON, NAMED = "clipboard-list", ("code", "label_fr", "label_en")
ENTITIES = [
    Entity("hr.cadre", Cadre, _("Cadre"), _("Cadres"), "hr_cadres.show", None, CadreTable, ICON, NAMED,
           words={"family": GROUPS}, verbs=OF_CADRES, index="hr_cadres.index"),
    Entity("hr.grade", Grade, _("Grade"), _("Grades"), "hr_grades.show", None, GradeTable, ICON, NAMED,
           verbs=OF_GRADES, index="hr_grades.index"),
    Entity("hr.step", Step, _("Step"), _("Steps of a grade"), "hr_steps.show", None, StepTable, ICON,
           named=("grade_id", "number"), verbs=OF_STEPS, index="hr_steps.index"),
    Entity("hr.position", Position, _("Standing"), _("Positions"), "hr_positions.show", None, PositionTable, ICON,
           NAMED, verbs=OF_POSITIONS, index="hr_positions.index"),
]  # fmt: skip
MENU = [
    MenuItem(_("Cadres"), "hr_cadres.index", STAFF, _("Staff"), ICON, order=480),
    MenuItem(_("Grades"), "hr_grades.index", STAFF, _("Staff"), ICON, order=481),
]
