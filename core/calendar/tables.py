"""The lists of public holidays and of places with working hours of their own."""

from datetime import date
from typing import Any

from babel.dates import format_date
from flask import request, url_for
from sqlalchemy import Select, select
from sqlalchemy.orm import aliased, selectinload

from core.calendar.display import STATES, in_one_line
from core.contract.words import _, locale
from core.data.calendars import Holiday, WorkingHours
from core.data.db import today
from core.facilities.models import Facility
from core.web.tables import Column, Table

Place = aliased(Facility)


class HolidayTable(Table):
    """The public holidays from this year on, or all."""

    model = Holiday
    columns = [
        Column("on", _("Date"), Holiday.on, kind="date", detail=lambda row: format_date(row.on, "EEEE", locale())),
        Column("label_fr", _("French label"), Holiday.label_fr),
        Column("label_en", _("English label"), Holiday.label_en, default=False),
        Column("place_name", _("Where"), Place.name, facet=True),
        Column("place", _("Where (code)"), Place.code, default=False),
        Column("status", _("Status"), Holiday.status, kind="state", facet=STATES),
    ]
    search = [Holiday.label_fr, Holiday.label_en, Place.name]
    default_sort = "on"
    options = [selectinload(Holiday.facility)]
    views = [("now", _("From this year on"), {}), ("all", _("All"), {"view": "all"})]
    empty = (_("No public holiday is kept yet"), _("Until then only the hours of the week say when there is work."))

    def query(self) -> Select[Any]:
        """Return the holidays with their places; those of years that are over only when all are asked for."""
        query = select(Holiday).join(Place, Place.id == Holiday.facility_id)
        return query if request.args.get("view") == "all" else query.where(Holiday.on >= date(today().year, 1, 1))


class HoursTable(Table):
    """The places with working hours of their own."""

    model = WorkingHours
    columns = [
        Column("facility", _("Facility"), Place.name, link=lambda row: url_for("calendar.hours", id=row.facility_id)),
        Column("hours", _("Working hours"), value=in_one_line, sort=False),
        Column("facility_code", _("Facility code"), Place.code, default=False),
    ]
    search = [Place.name, Place.code]
    default_sort = "facility"
    options = [selectinload(WorkingHours.facility)]
    empty = (_("No place has hours of its own"), _("All work Monday to Friday, 07:30 to 12:00 and 14:00 to 17:30."))

    def query(self) -> Select[Any]:
        """Return the hours with their places."""
        return select(WorkingHours).join(Place, Place.id == WorkingHours.facility_id)
