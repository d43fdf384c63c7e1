"""The forms of the calendar."""

from typing import Any

from core.calendar.display import STATES
from core.contract.words import _
from core.data.calendars import EDIT, EXPECTED, FIXED, WEEKDAYS, Holiday, WorkingHours, hours_at
from core.data.db import today
from core.data.worktime import OFFICE, written
from core.facilities.models import Facility
from core.web.forms import (
    BooleanField,
    ChoiceField,
    DateField,
    FacilityField,
    Form,
    QuantityField,
    TextField,
)

SURE = {code: STATES[code].label for code in (FIXED, EXPECTED)}


class HolidayForm(Form):
    """A public holiday that is there already."""

    on = DateField(_("Date"), required=True)
    label_fr = TextField(_("French label"), required=True)
    label_en = TextField(_("English label"))
    status = ChoiceField(
        _("Status"), SURE, required=True, default=FIXED,
        help=_("A feast that is announced late is to be confirmed: until then it counts as a holiday on this day."),
    )  # fmt: skip


class NewHolidayForm(HolidayForm):
    """A public holiday of the country, or of a part of it."""

    place = FacilityField(
        _("Where"), required=True, permission=EDIT, kinds=["area"], help=_("The country, a province or a district."),
    )  # fmt: skip


def holiday_form(row: Holiday) -> HolidayForm:
    """Return the form of a public holiday."""
    return HolidayForm(row=row)


class YearForm(Form):
    """Of which year the public holidays are proposed."""

    year = QuantityField(_("Year"), required=True, minimum=1962, maximum=2100, default=lambda: today().year + 1)


class HoursForm(Form):
    """When a place works."""

    monday = TextField(WEEKDAYS["monday"], max_length=80)
    tuesday = TextField(WEEKDAYS["tuesday"], max_length=80)
    wednesday = TextField(WEEKDAYS["wednesday"], max_length=80)
    thursday = TextField(WEEKDAYS["thursday"], max_length=80)
    friday = TextField(WEEKDAYS["friday"], max_length=80)
    saturday = TextField(WEEKDAYS["saturday"], max_length=80)
    sunday = TextField(WEEKDAYS["sunday"], max_length=80)
    on_holidays = BooleanField(_("Works on public holidays too"))


def hours_form(place: Facility) -> HoursForm:
    """Return the form of the working hours of a place; where it has none, filled with those that hold there."""
    row = hours_at(place)
    if row is not None and row.facility_id == place.id:
        return HoursForm(row=row)
    week = OFFICE if row is None else row.week
    shown: dict[str, Any] = {day: written(spans) for day, spans in zip(WEEKDAYS, week.days, strict=True)}
    return HoursForm(**shown, on_holidays=week.on_holidays)


def own_hours(row: WorkingHours | None, place: Facility) -> bool:
    """Return whether the hours that hold at a place are its own."""
    return row is not None and row.facility_id == place.id
