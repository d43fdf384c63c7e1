"""The forms of qualifications, licences and appraisals."""

from core.contract.words import _
from core.data.calendar import today
from core.web.choices import ChoiceField
from core.web.dates import DateField
from core.web.fields import LongText, QuantityField, TextField
from core.web.forms import Form
from plugins.hr.credentials.models import FIT, GRADES, LEVELS


class QualificationForm(Form):
    """A diploma or a training."""

    title = TextField(_("Qualification"), max_length=160, required=True)
    level = ChoiceField(_("Level"), LEVELS)
    skill = TextField(
        _("Skill (code)"), max_length=60, help=_("By which other work asks for it, for example solar-fridge.")
    )
    institution = TextField(_("Institution"), max_length=160)
    country = TextField(_("Country"), max_length=80)
    obtained_on = DateField(_("Obtained on"), required=True)
    valid_until = DateField(_("Valid until"))
    credits = QuantityField(_("Credits"), minimum=1, maximum=10_000, help=_("Of continuing training."))


class LicenceForm(Form):
    """A licence, or its renewal."""

    body = TextField(_("Professional body"), max_length=120, required=True)
    number = TextField(_("Licence no."), max_length=60, required=True)
    first = DateField(_("First day"), required=True, default=today)
    last = DateField(_("Last day"), required=True)


class WithdrawForm(Form):
    """The end of a licence by its body."""

    withdrawn_on = DateField(_("Withdrawn on"), required=True, default=today)
    because = TextField(_("Reason"), max_length=300, required=True)


class AppraisalForm(Form):
    """The appraisal of a year."""

    year = QuantityField(_("Year"), required=True, minimum=1960, maximum=2100, default=lambda: today().year)
    mark = ChoiceField(_("Appraisal"), GRADES, required=True, tiles=True)
    judged_on = DateField(_("Judged on"), required=True, default=today)
    comment = LongText(_("Remarks"), max_length=2000, render_kw={"rows": 3})


class FitnessForm(Form):
    """What a doctor has said of the fitness for the work."""

    examined_on = DateField(_("Examined on"), required=True, default=today)
    outcome = ChoiceField(_("Fitness for work"), FIT, required=True, tiles=True)
    limits = LongText(_("Limits and remarks"), max_length=1000, render_kw={"rows": 2})
    valid_until = DateField(_("Valid until"))
