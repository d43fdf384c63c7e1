"""What is done to the calendar."""

from typing import Any

from flask import url_for

from core.calendar import services
from core.calendar.forms import NewHolidayForm, YearForm, holiday_form, hours_form
from core.contract.verbs import Verb
from core.contract.words import _, ngettext
from core.data.calendars import EDIT, WITHDRAWN, Holiday
from core.facilities.models import Facility
from core.web.forms import ReasonForm


def _proposed(number: int) -> Any:
    return ngettext("%(num)d public holiday was added.", "%(num)d public holidays were added.", number)


def _hours_of(place: Facility) -> str:
    return url_for("calendar.hours", id=place.id)


PROPOSE = Verb(
    "core.holiday.propose", _("Propose the days of a year"), EDIT, services.propose, None, YearForm, _proposed,
    "calendar.index",
)  # fmt: skip
ADD = Verb(
    "core.holiday.add", _("New public holiday"), EDIT, services.add, None, NewHolidayForm,
    _("The public holiday is kept."), page="calendar.new",
)  # fmt: skip
CHANGE = Verb(
    "core.holiday.change", _("Change"), EDIT, services.change, Holiday, holiday_form,
    _("The public holiday is kept."), page="calendar.edit",
)  # fmt: skip
WITHDRAW = Verb(
    "core.holiday.withdraw", _("Withdraw"), EDIT, services.withdraw, Holiday, ReasonForm,
    _("It is no public holiday any more."), warning=_("The day becomes a day of work, for deadlines too."),
    offered=lambda row: row.status != WITHDRAWN,
)  # fmt: skip
RESTORE = Verb(
    "core.holiday.restore", _("Restore"), EDIT, services.restore, Holiday, said=_("It is a public holiday again."),
    offered=lambda row: row.status == WITHDRAWN,
)  # fmt: skip
OF_HOLIDAYS = [PROPOSE, ADD, CHANGE, WITHDRAW, RESTORE]
WORK = Verb(
    "core.working_hours.set", _("Working hours"), EDIT, services.work, Facility, hours_form,
    _("The working hours are kept."), _hours_of, "calendar.edit_hours",
)  # fmt: skip
INHERIT = Verb(
    "core.working_hours.inherit", _("Work as the place above"), EDIT, services.inherit, Facility,
    said=_("It works as the place above it."), to=_hours_of,
)  # fmt: skip
OF_HOURS = [WORK, INHERIT]
