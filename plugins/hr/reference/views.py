"""The pages of cadres, grades, steps and positions."""

from flask import Blueprint

from core.nouns.pages import pages
from plugins.hr.reference.tables import CadreTable, GradeTable, PositionTable, StepTable
from plugins.hr.reference.verbs import OF_CADRES, OF_GRADES, OF_POSITIONS, OF_STEPS

cadres = Blueprint("hr_cadres", __name__, url_prefix="/hr/cadres")
grades = Blueprint("hr_grades", __name__, url_prefix="/hr/grades")
steps = Blueprint("hr_steps", __name__, url_prefix="/hr/steps")
positions = Blueprint("hr_positions", __name__, url_prefix="/hr/positions")
pages(cadres, CadreTable, OF_CADRES[0])
pages(grades, GradeTable, OF_GRADES[0])
pages(steps, StepTable, OF_STEPS[0])
pages(positions, PositionTable, OF_POSITIONS[0])
