"""The form of an event of a career: a line a field."""

from core.contract.words import _
from core.data.calendar import today
from core.web.choices import ChoiceField, EntityField
from core.web.dates import DateField
from core.web.fields import LongText, TextField
from core.web.forms import Form
from plugins.hr.careers.models import CANCELLED, EXITS, KINDS, SANCTION

ORDINARY = {code: label for code, label in KINDS.items() if code not in (CANCELLED, SANCTION)}


class DecisionForm(Form):
    """A decision, and the day from which it counts."""

    effective_on = DateField(_("Takes effect on"), required=True, default=today)
    decision = TextField(_("Decision"), max_length=200, help=_("Number and day of the decision."))
    decided_on = DateField(_("Decided on"))
    note = LongText(_("Remarks"), max_length=1000, render_kw={"rows": 2})


class EventForm(DecisionForm):
    """What happened in a career."""

    kind = ChoiceField(_("Event"), ORDINARY, required=True)
    cadre = EntityField(_("Cadre"), "hr.cadre", help=_("Needed for a recruitment."))
    grade = EntityField(_("Grade"), "hr.grade", help=_("Needed for a change of grade."))
    step = EntityField(_("Step"), "hr.step", help=_("Needed for an advance of a step."))
    position = EntityField(_("Standing"), "hr.position", help=_("Needed for a change of position."))
    because = ChoiceField(_("Reason"), EXITS, help=_("Needed for an exit."))


class SanctionForm(DecisionForm):
    """A sanction: read by few."""

    note = LongText(_("Sanction"), required=True, max_length=1000, render_kw={"rows": 3})


class MergeForm(Form):
    """Into which file another one goes."""

    into = EntityField(_("The file that stays"), "hr.person", required=True)
    reason = LongText(_("Reason"), required=True, max_length=500, render_kw={"rows": 2})
