"""The forms of plans, of what is skipped, and of checklists."""

from typing import Any

from core.contract.words import _
from core.web.choices import ChoiceField, EntityField
from core.web.dates import DateField
from core.web.fields import BooleanField, DecimalField, LongText, NumberField, QuantityField, TextField
from core.web.forms import Form, Lines, SubForm
from core.web.pages import day
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.meters.models import METERS
from plugins.gmao.meters.services import MOST
from plugins.gmao.plans.checklist import steps_of
from plugins.gmao.plans.models import PLANNED_KINDS, SHIFT_LABELS, UNIT_LABELS, VERDICTS
from plugins.gmao.plans.services import key_of, left_open
from plugins.gmao.workorders.models import WorkOrder

LIMIT = 99_999_999


class ChangedPlanForm(Form):
    """What of a plan may change while it holds."""

    name = TextField(_("Name"), required=True, max_length=120, help=_("What is done, as the order says it."))
    tolerance = QuantityField(
        _("Tolerance (% of the interval)"), required=True, maximum=50, default=10,
        help=_("Done so much before or after its day, it is in time."),
    )  # fmt: skip
    lead_days = QuantityField(_("Order opened so many days before"), required=True, maximum=366, default=14)
    minutes = QuantityField(_("Estimated minutes"), maximum=10_080)


class PlanForm(ChangedPlanForm):
    """A new plan, for a place and all below it."""

    kind = ChoiceField(_("Kind of work"), PLANNED_KINDS, required=True, default="preventive")
    type = EntityField(
        _("Type"), "gmao.type", help=_("For all pieces of it, here and below. Or choose a model, or one piece.")
    )
    model = EntityField(_("Maker and model"), "gmao.model")
    equipment = EntityField(_("Piece of equipment"), "gmao.equipment")
    interval = QuantityField(_("Every"), minimum=1, maximum=1000, help=_("Empty where the meter alone counts."))
    unit = ChoiceField(_("Unit of the interval"), UNIT_LABELS, required=True, default="month")
    first_on = DateField(_("First due on"))
    meter = QuantityField(
        _("Every (by the meter)"), minimum=1, maximum=MOST, help=_("With a calendar too, whichever comes first.")
    )
    meter_unit = ChoiceField(_("Meter"), METERS, required=True, default="km")
    meter_since = DateField(
        _("Meter counted since"), help=_("The day of the last maintenance. Empty: it is counted from today.")
    )
    floating = BooleanField(
        _("Counted from what was done"),
        help=_("Otherwise each due day follows from the first, whenever work is done. By a meter it always is."),
    )
    shift = ChoiceField(_("On a day without work"), SHIFT_LABELS, required=True, default="before")


class SkipForm(Form):
    """Which maintenance of a piece is left out, and why."""

    occurrence = ChoiceField(_("Maintenance"), required=True)
    reason = LongText(_("Reason"), required=True, max_length=1000, help=_("The people concerned read it."))


def skip_form(row: Equipment) -> SkipForm:
    """Return the form of what may be left out of a piece."""
    form = SkipForm()
    found = {key_of(one): f"{day(one.day)}, {one.plan.name}" for one in left_open(row)}
    form.occurrence.choices = [("", _("Choose …")), *found.items()]
    return form


class PointLine(SubForm):
    """What is found at a point of a checklist."""

    step = NumberField()
    verdict = ChoiceField(_("Verdict"), {code: state.label for code, state in VERDICTS.items()}, blank="–")
    value = DecimalField(_("Measured"), minimum=-LIMIT, maximum=LIMIT, places=4)
    note = TextField(_("Remarks"), max_length=300)
    point: Any = None

    def of(self, point: Any) -> None:
        """Name the line and its fields by its point, for whoever reads of them elsewhere."""
        self.point, self.title = point, point.label
        for field, words in ((self.verdict, _("Verdict")), (self.value, _("Measured")), (self.note, _("Remarks"))):
            field.label.text = f"{words}, {point.label}"


class ChecklistForm(Form):
    """A checklist as it is gone through."""

    all_conform = BooleanField(
        _("All conform"), help=_("Points that need no value and of which you say nothing are conform.")
    )
    lines = Lines(PointLine, _("Points"))
    note = LongText(_("Remarks"), max_length=2000, render_kw={"rows": 2})


def checklist_form(order: WorkOrder) -> ChecklistForm:
    """Return the form of the checklist of an order, a line a point."""
    steps = {step.id: step for step in steps_of(order)}
    form = ChecklistForm(data={"lines": [{"step": id} for id in steps]})
    for entry in form.lines.entries:
        if (step := steps.get(entry.form.step.data)) is not None:
            entry.form.of(step)
    return form
