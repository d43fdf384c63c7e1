"""The forms of cadres, grades, steps and positions."""

from core.contract.words import _
from core.web.choices import ChoiceField, EntityField
from core.web.dates import DateField
from core.web.fields import BooleanField, QuantityField, TextField
from core.web.forms import Form
from plugins.hr.reference.models import GROUPS, ISCO


class DatedForm(Form):
    """From when to when a rule holds, and by which text."""

    valid_from = DateField(_("Valid from"))
    valid_until = DateField(_("Valid until"))
    source = TextField(_("Founded on"), max_length=200, help=_("The law, decree or order."))


class LabelledForm(DatedForm):
    """What a row is called."""

    code = TextField(_("Code"), max_length=40, required=True)
    label_fr = TextField(_("French name"), max_length=160, required=True)
    label_en = TextField(_("English name"), max_length=160)


class CadreForm(LabelledForm):
    """A cadre."""

    family = ChoiceField(_("Family"), GROUPS, required=True)
    isco = TextField(_("Occupation (code)"), max_length=10)
    isco_scheme = ChoiceField(_("Classification"), ISCO)


class GradeForm(LabelledForm):
    """A grade."""

    rank = QuantityField(_("Rank"), required=True, minimum=1, maximum=100, help=_("1 is the lowest grade."))


class StepForm(DatedForm):
    """A step of a grade."""

    grade = EntityField(_("Grade"), "hr.grade", required=True)
    number = QuantityField(_("Step"), required=True, minimum=1, maximum=40)
    pay_index = QuantityField(_("Index"), minimum=1, maximum=100_000)


class PositionForm(LabelledForm):
    """A position."""

    active = BooleanField(_("At work"))
    counts = BooleanField(_("Counts for seniority"))
