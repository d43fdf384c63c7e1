"""The forms of posts and assignments: a line a field."""

from core.contract.words import _
from core.data.calendar import today
from core.web.choices import ChoiceField, EntityField, FacilityField
from core.web.dates import DateField
from core.web.fields import BooleanField, LongText, QuantityField, TextField
from core.web.forms import Form
from plugins.hr.posts.models import FUNDINGS, KINDS, TITULAR

DECISION = _("Number and day of the decision.")


class PostForm(Form):
    """A post."""

    code = TextField(_("Code"), max_length=40, required=True)
    title = TextField(_("Post"), max_length=160, required=True)
    cadre = EntityField(_("Cadre"), "hr.cadre", required=True)
    service = TextField(_("Unit or service"), max_length=80)
    heads = BooleanField(_("Heads the unit"))
    lowest = EntityField(_("Lowest grade"), "hr.grade")
    highest = EntityField(_("Highest grade"), "hr.grade")
    budget_line = TextField(_("Budget line"), max_length=60)
    funding = ChoiceField(_("Paid by"), FUNDINGS)
    opens_on = DateField(_("Open from"))
    closes_on = DateField(_("Last day"))
    note = LongText(_("Remarks"), max_length=1000, render_kw={"rows": 2})


class CloseForm(Form):
    """The last day of a post."""

    closes_on = DateField(_("Last day"), required=True, default=today)


class AssignForm(Form):
    """Where somebody works, from when, and in what way."""

    post = EntityField(_("Post"), "hr.post", help=_("Empty for somebody who works at a place without a post."))
    facility = FacilityField(_("Facility"), help=_("Needed without a post."))
    kind = ChoiceField(_("Kind"), KINDS, required=True, default=TITULAR)
    share = QuantityField(_("Working time, in percent"), required=True, minimum=1, maximum=100, default=100)
    first = DateField(_("First day"), required=True, default=today)
    last = DateField(_("Last day"))
    decision = TextField(_("Decision"), max_length=200, help=DECISION)


class EndForm(Form):
    """The last day of an assignment."""

    last = DateField(_("Last day"), required=True, default=today)
    decision = TextField(_("Decision"), max_length=200, help=DECISION)
