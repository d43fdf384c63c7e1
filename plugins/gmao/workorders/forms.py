"""The forms of work orders."""

from typing import Any

from core.contract.words import _
from core.data.calendar import local, moment, today
from core.data.db import utcnow
from core.data.work import written_at
from core.files.fields import FilesField
from core.web.choices import ChoiceField, EntityField
from core.web.dates import DateField, TimeField
from core.web.fields import LongText, QuantityField, TextField
from core.web.forms import Form
from core.web.reasons import CodedForm, coded_form
from plugins.gmao.equipment.forms import CONDITIONS, NOON, TELLS_WHY
from plugins.gmao.equipment.models import REASONS, UNKNOWN, Equipment
from plugins.gmao.workorders.models import ACTIONS, CAUSES, KINDS, PRIORITIES, WorkOrder
from plugins.gmao.workorders.services import WEEK, technicians
from plugins.gmao.workorders.states import MACHINE

DURATIONS = {
    "15": _("15 min"), "30": _("30 min"), "60": _("1 h"), "120": _("2 h"), "240": _("Half a day"),
}  # fmt: skip
SEEN = {code: label for code, label in CONDITIONS.items() if code != UNKNOWN}  # whoever worked on it has seen it


class PlanForm(Form):
    """Work on a piece that somebody plans."""

    kind = ChoiceField(_("Kind of work"), KINDS, required=True)
    problem = LongText(_("What is to be done"), required=True, max_length=2000)
    priority = ChoiceField(_("Priority"), PRIORITIES, required=True, default="normal")
    due_on = DateField(_("To be done by"), help=_("Empty: as the priority allows."))


class PlanHereForm(PlanForm):
    """Work on something that bears no tag."""

    what = TextField(_("What it is about"), required=True, max_length=200, help=_("The roof of a ward, for example."))
    room = TextField(_("Room or service"), max_length=80)


class AssignForm(Form):
    """Who does it, and until when."""

    person = ChoiceField(_("Done by"), required=True)
    due_on = DateField(_("To be done by"))


def assign_form(order: WorkOrder) -> AssignForm:
    """Return the form of who does an order, with those who may."""
    form = AssignForm(data={"person": str(order.assignee_id or ""), "due_on": order.due_on})
    form.person.choices = [("", _("Choose …")), *technicians(order.facility).items()]
    return form


class WorkForm(Form):
    """What was done, how long it took, and how the piece works now: a tap a question, beside the machine."""

    sheet = "gmao-phone.css"
    folded = ("minutes", "travel_minutes", "ended_on", "clock")
    status = ChoiceField(_("Working order now"), SEEN, tiles=True, render_kw=TELLS_WHY)
    because = ChoiceField(_("Because"), REASONS, help=_("Needed where it does not work as it should."))
    action = ChoiceField(_("What was done"), ACTIONS, required=True)
    duration = ChoiceField(_("Time of work"), DURATIONS, tiles=True)
    cause = ChoiceField(_("Cause"), CAUSES)
    note = LongText(_("Remarks"), max_length=2000, render_kw={"rows": 2})
    photos = FilesField(_("Photos"))
    minutes = QuantityField(_("Exact minutes of work"), minimum=0, maximum=WEEK)
    travel_minutes = QuantityField(_("Minutes on the way"), minimum=0, maximum=WEEK)
    ended_on = DateField(_("Finished on"), required=True, default=today)
    clock = TimeField(_("Hour"), help=_("Empty: now, or noon of an earlier day."))

    def validate(self, extra_validators: Any = None) -> bool:
        """Return whether the form is right; it says how long the work took."""
        right = super().validate(extra_validators)
        if self.is_submitted() and self.duration.is_blank() and self.minutes.is_blank():
            self.duration.errors = [*self.duration.errors, _("Say how long it took.")]
            return False
        return right

    def values(self) -> dict[str, Any]:
        """Return what was done, with its minutes and the moment of its end."""
        said = super().values()
        duration, day, clock = said.pop("duration"), said.pop("ended_on"), said.pop("clock")
        minutes = said.pop("minutes")
        minutes = int(duration or 0) if minutes is None else minutes
        now = written_at() or utcnow()  # beside the machine, also where the form has waited since
        ended = now if clock is None and day == local(now).date() else moment(day, clock or NOON)
        return {**said, "minutes": minutes, "travel_minutes": said["travel_minutes"] or 0, "ended_at": ended}


def done_form(order: WorkOrder | None = None) -> WorkForm:
    """Return the form of work that is finished: nobody leaves a piece without saying how it works."""
    form = WorkForm() if order is None else work_form(order)
    _must(form)
    return form


def mended_form(_row: Equipment) -> WorkForm:
    """Return the form of a repair of a piece."""
    return done_form()


def _must(form: WorkForm) -> None:
    """Let the page say what is needed: the one of the form, or else of the service."""
    for field in (form.status, form.duration):
        if field is not None:
            field.flags.required = True


def work_form(order: WorkOrder) -> WorkForm:
    """Return the form of what was done under an order; of no piece nothing is said how it works."""
    form = WorkForm()
    if order.equipment_id is None:
        del form.status, form.because
    form.duration.flags.required = True
    return form


class RepairForm(WorkForm):
    """What was done to a piece that is chosen by its tag."""

    script, scans = "gmao-piece.js", True
    equipment = EntityField(
        _("Piece of equipment"), "gmao.equipment", url="equipment.here", required=True,
        help=_("By its tag, type or serial number, or by a scan of its label."),
    )  # fmt: skip


def repair_form(_place: Any) -> RepairForm:
    """Return the form of a repair: the piece is asked first."""
    form = RepairForm()
    form._fields.move_to_end("equipment", last=False)
    _must(form)
    return form


class CodedHoldForm(CodedForm):
    """Why an order is held up, and which vendor is asked."""

    vendor = TextField(_("Vendor"), max_length=120, help=_("Who is asked, or has the piece."))


HoldForm = coded_form(MACHINE, "hold", CodedHoldForm)
