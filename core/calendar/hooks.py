"""What the calendar gives to the core's hooks."""

from core.calendar.display import STATES
from core.calendar.importer import HOLIDAYS
from core.calendar.tables import HolidayTable, HoursTable
from core.calendar.verbs import OF_HOLIDAYS, OF_HOURS
from core.contract.entities import Entity
from core.contract.words import _
from core.data.calendars import Holiday, WorkingHours

ENTITIES = [
    Entity(
        "core.holiday", Holiday, _("Public holiday"), _("Public holidays"), "calendar.show", None, HolidayTable,
        "calendar", ("label_fr", "label_en"), HOLIDAYS, {"status": STATES}, ("label", "on"), verbs=OF_HOLIDAYS,
    ),
    Entity(
        "core.working_hours", WorkingHours, _("Working hours"), _("Working hours"), None, None, HoursTable, "clock",
        named=("facility_id",), verbs=OF_HOURS,
    ),
]  # fmt: skip
