"""The forms of leave."""

from typing import Any

from sqlalchemy import select

from core.contract.words import _
from core.data.access import current
from core.data.calendar import today
from core.data.db import db
from core.files.fields import FilesField
from core.web.choices import ChoiceField, EntityField
from core.web.dates import DateField
from core.web.fields import BooleanField, ButtonField, DecimalField, LongText, QuantityField, TextField
from core.web.forms import Form, ReasonForm
from plugins.hr.leave.interim import candidates
from plugins.hr.leave.models import BEYOND, ENTRIES, PERIODS, ROUNDINGS, SEXES, UNITS, LeaveRequest, LeaveType
from plugins.hr.leave.reckoning import policies_of, policy_on
from plugins.hr.leave.service import person_of, service_of
from plugins.hr.leave.states import DRAFT
from plugins.hr.posts.models import Assignment

MONTHS = {each: str(each) for each in range(1, 13)}


def kinds(sex: str | None = None) -> dict[int, str]:
    """Return {id: label} of the kinds of leave of which a rule holds today, for somebody, the most usual first."""
    rows = db.session.scalars(select(LeaveType).order_by(LeaveType.position, LeaveType.label_fr)).all()
    rules = policies_of(row.id for row in rows)
    fitting = (row for row in rows if not (row.sex and sex) or row.sex == sex)
    return {row.id: row.label for row in fitting if policy_on(rules.get(row.id, []), today()) is not None}


class KindForm(Form):
    """A form that says a kind of leave."""

    def values(self) -> dict[str, Any]:
        """Return what the form says; the kind as the row that it is."""
        said = super().values()
        return {**said, "kind": db.session.get(LeaveType, said["kind"])}


class LeaveForm(KindForm):
    """From when to when somebody wants to be away, and why."""

    folded = ("number", "note", "photos")
    kind = ChoiceField(_("Kind of leave"), required=True)
    first_day = DateField(_("First day"), required=True)
    last_day = DateField(_("Last day"), help=_("The last day away, included."))
    number = QuantityField(_("Or so many days"), minimum=1, help=_("Instead of the last day."))
    note = LongText(_("Remarks"), max_length=1000, render_kw={"rows": 2})
    photos = FilesField(_("Supporting documents"))
    then = ButtonField({DRAFT: _("Keep as a draft")})

    def values(self) -> dict[str, Any]:
        """Return what the form says, and whether it is only kept."""
        return {**super().values(), "then": self.then.data or ""}


def leave_form() -> LeaveForm:
    """Return the form for oneself: the most usual kind is chosen."""
    person = person_of(current().own_id)
    return _leave_form(None if person is None else service_of(person).sex)


def leave_form_for(assignment: Assignment) -> LeaveForm:
    """Return the form for somebody else."""
    return _leave_form(service_of(assignment.person_id).sex)


def _leave_form(sex: str | None) -> LeaveForm:
    form = LeaveForm()
    offered = kinds(sex)
    form.kind.choices = list(offered.items())
    if not form.is_submitted():
        form.kind.data = next(iter(offered), None)
    return form


class OpinionForm(Form):
    """The opinion of the head, and who stands in."""

    stand_in = ChoiceField(_("Who stands in"), blank=_("Nobody"))
    reason = LongText(_("Remarks"), max_length=1000, render_kw={"rows": 2})


class AgainstForm(ReasonForm):
    """Why the opinion is unfavourable."""


class ApprovalForm(Form):
    """Who stands in, as the head named him or as it is decided now."""

    stand_in = ChoiceField(_("Who stands in"), blank=_("Nobody"))


def opinion_form(row: LeaveRequest) -> OpinionForm:
    """Return the form of the opinion, with those who may stand in."""
    return _with_people(OpinionForm(), row)


def approval_form(row: LeaveRequest) -> ApprovalForm:
    """Return the form of the approval, with the one whom the head has named."""
    return _with_people(ApprovalForm(), row)


def _with_people(form: Any, row: LeaveRequest) -> Any:
    form.stand_in.choices = [("", _("Nobody")), *candidates(row).items()]
    if not form.is_submitted():
        form.stand_in.data = row.stand_in_id
    return form


class ReturnForm(Form):
    """On which day service was resumed."""

    resumed_on = DateField(_("Resumed service on"), required=True, default=today)


class EntryForm(KindForm):
    """A line of the ledger: a balance at the start, or days that a decision gives or takes."""

    kind = ChoiceField(_("Kind of leave"), required=True)
    entry = ChoiceField(_("Entry"), ENTRIES, required=True, tiles=True)
    on = DateField(_("Day"), required=True, default=today)
    days = DecimalField(
        _("Days of leave"),
        required=True,
        minimum=-366,
        maximum=366,
        places=2,
        help=_("With a minus sign what is taken away."),
    )
    expires_on = DateField(_("Holds until"), help=_("Empty: as the rule says."))
    decision = TextField(_("Decision"), max_length=200, required=True, help=_("Number and date of what founds it."))


def entry_form(_person: Any) -> EntryForm:
    """Return the form of an entry, with the kinds that are reckoned."""
    form = EntryForm()
    form.kind.choices = [("", _("Choose …")), *kinds().items()]
    return form


class TypeForm(Form):
    """A kind of leave."""

    code = TextField(_("Code"), max_length=40, required=True)
    label_fr = TextField(_("French name"), max_length=160, required=True)
    label_en = TextField(_("English name"), max_length=160)
    confidential = BooleanField(_("Confidential"), help=_("Others read only that somebody is absent."))
    sex = ChoiceField(_("Only for"), SEXES)
    position = QuantityField(_("Place in lists"), required=True, default=100)


class PolicyForm(Form):
    """A rule of a kind of leave, and the text that founds it."""

    type = EntityField(_("Kind of leave"), "hr.leave_type", required=True)
    source = TextField(_("Founded on"), max_length=200, required=True, help=_("Law, decree or order, and its article."))
    valid_from = DateField(_("Valid from"), required=True)
    valid_until = DateField(_("Valid until"))
    unit = ChoiceField(_("Counted in"), UNITS, required=True, tiles=True)
    annual = DecimalField(_("Days a year"), maximum=366, places=2, help=_("Empty: no balance is kept."))
    periods = ChoiceField(_("Earned"), PERIODS, required=True, default=1)
    rounding = ChoiceField(_("Rounding"), ROUNDINGS, required=True, default="none")
    ahead = BooleanField(_("May be taken before it is earned"), default=True)
    year_month = ChoiceField(_("First month of the leave year"), MONTHS, required=True, default=1)
    carry_most = DecimalField(_("Days carried over at most"), maximum=366, places=2, help=_("Empty: all that is left."))
    carry_months = QuantityField(_("Months for which they hold"), help=_("0: nothing is carried. Empty: for ever."))
    most_each = QuantityField(_("Days of one leave at most"), minimum=1)
    after_months = QuantityField(_("Months of service before it"), required=True, default=0)
    beyond = ChoiceField(_("Beyond the balance"), BEYOND, required=True, default="refuse", tiles=True)
