"""Public holidays are proposed, added, moved and withdrawn; places get working hours of their own."""

from datetime import date
from typing import Any

from sqlalchemy import select

from core.calendar import feasts
from core.contract.words import _
from core.data import clocks
from core.data.access import current
from core.data.calendars import EDIT, EXPECTED, FIXED, WEEKDAYS, WITHDRAWN, Holiday, WorkingHours
from core.data.db import db
from core.data.errors import Conflict, Gathering, Refused
from core.data.work import ask
from core.data.worktime import spans_of, written
from core.facilities.models import Facility
from core.jobs import schedule

FIRST, LAST = 1962, 2100  # years in which days may lie


def country() -> Facility | None:
    """Return the country itself, or None as long as there is none."""
    return db.session.scalar(select(Facility).where(Facility.parent_id.is_(None)).order_by(Facility.id).limit(1))


def propose(year: int, place: Facility | None = None) -> int:
    """Return how many public holidays of a year were new to a country's calendar, as the package `holidays` has them.

    Feasts that are announced late are expected on their estimated day. What was moved or withdrawn stays as it is.
    """
    place = place or country()
    if place is None or not FIRST <= year <= LAST:
        raise Refused(_("The year must lie between %(first)s and %(last)s.", first=FIRST, last=LAST), field="year")
    current().require(EDIT, place)
    known = set(db.session.scalars(select(Holiday.proposed).where(Holiday.facility_id == place.id)))
    new = [feast for feast in feasts.of_year(year) if feast.sign not in known]
    for feast in new:
        status = EXPECTED if feast.expected else FIXED
        names = {"label_fr": feast.label_fr, "label_en": feast.label_en}
        db.session.add(Holiday(facility_id=place.id, on=feast.on, status=status, proposed=feast.sign, **names))
    changed()
    return len(new)


def changed() -> None:
    """Write what was changed of the calendar, and let what is counted by it follow: turns and deadlines."""
    db.session.flush()
    schedule.follow_calendar()
    clocks.recount()


def add(place: Facility, on: date, label_fr: str, label_en: str = "", status: str = FIXED) -> Holiday:
    """Return a new public holiday of a place and all below it."""
    current().require(EDIT, place)
    _ask_double(place, on)
    row = Holiday(facility_id=place.id, on=on, label_fr=label_fr, label_en=label_en, status=status)
    db.session.add(row)
    changed()
    return row


def _ask_double(place: Facility, on: date, besides: Holiday | None = None) -> None:
    """Ask whether a day that is a holiday of the place already is meant."""
    query = select(Holiday).where(Holiday.facility_id == place.id, Holiday.on == on, Holiday.status != WITHDRAWN)
    twin = next((row for row in db.session.scalars(query) if row is not besides), None)
    if twin is not None:
        words = _("%(day)s is a public holiday there already: %(name)s. Is there another one on this day?",
                  day=f"{on:%d/%m/%Y}", name=twin.label_fr)  # fmt: skip
        ask("double", words, about=f"{place.id}/{on}", field="on")


def change(row: Holiday, on: date, label_fr: str, label_en: str = "", status: str = FIXED) -> Holiday:
    """Return a public holiday on another day, under another name, or settled on the day where it was expected."""
    current().require(EDIT, row.facility)
    if row.status == WITHDRAWN:
        raise Conflict(_("This public holiday was withdrawn. Restore it first."))
    if on != row.on:
        _ask_double(row.facility, on, row)
    row.on, row.label_fr, row.label_en, row.status = on, label_fr, label_en, status
    changed()
    return row


def withdraw(row: Holiday, reason: str = "") -> None:
    """Take a public holiday back: it is a day of work; nobody proposes it again."""
    current().require(EDIT, row.facility)
    row.status = WITHDRAWN
    changed()


def restore(row: Holiday) -> None:
    """Let a public holiday that was withdrawn hold again."""
    current().require(EDIT, row.facility)
    row.status = FIXED
    changed()


def work(place: Facility, on_holidays: bool = False, **hours: str) -> Facility:
    """Return a place that works at hours of its own, {day of the week: "07:30-12:00 14:00-17:30"}, and with it all
    below that has none."""
    current().require(EDIT, place)
    week, refused = dict.fromkeys(WEEKDAYS, ""), Gathering()
    for day in WEEKDAYS:
        try:
            week[day] = written(spans_of(hours.get(day, "")))
        except ValueError as error:
            refused.found.append(Refused(wrong(str(error)), field=day))
    refused.settle()
    if not any(week.values()):
        raise Refused(_("Give the hours of at least one day."), field="monday")
    row = db.session.scalar(select(WorkingHours).where(WorkingHours.facility_id == place.id))
    if row is None:
        db.session.add(row := WorkingHours(facility_id=place.id))
    for day, text in week.items():
        setattr(row, day, text)
    row.on_holidays = on_holidays
    changed()
    return place


def wrong(text: str) -> Any:
    """Return what is said of hours that have no sense."""
    return _("“%(text)s” are no hours. Write them as 07:30-12:00 14:00-17:30, or 24h.", text=text[:40])


def inherit(place: Facility) -> Facility:
    """Return a place that works like the one above it again."""
    current().require(EDIT, place)
    row = db.session.scalar(select(WorkingHours).where(WorkingHours.facility_id == place.id))
    if row is None:
        raise Conflict(_("This place has no working hours of its own."))
    db.session.delete(row)
    changed()
    return place
