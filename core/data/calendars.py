"""Public holidays and working hours as they are kept, and the calendar of a place made of them."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Date, ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _
from core.data.access import FACILITY, Open
from core.data.calendar import zone
from core.data.db import Model, db
from core.data.worktime import OFFICE, Calendar, Week, spans_of

if TYPE_CHECKING:
    from core.facilities.models import Facility

EDIT = "core.calendar.edit"
FIXED, EXPECTED, WITHDRAWN = "fixed", "expected", "withdrawn"
WEEKDAYS = {
    "monday": _("Monday"), "tuesday": _("Tuesday"), "wednesday": _("Wednesday"), "thursday": _("Thursday"),
    "friday": _("Friday"), "saturday": _("Saturday"), "sunday": _("Sunday"),
}  # fmt: skip


class Holiday(Model):
    """A public holiday of a place and all below it; one that was withdrawn stays, so that nobody proposes it again."""

    __tablename__ = "core_holiday"
    __entity__ = "core.holiday"
    __scope__ = Open("facility_id", write=EDIT)

    id: Mapped[int] = mapped_column(primary_key=True)
    facility_id: Mapped[int] = mapped_column(ForeignKey("core_facility.id"), index=True, info={"label": _("Where")})
    on: Mapped[date] = mapped_column(Date, info={"label": _("Date")})
    label_fr: Mapped[str] = mapped_column(String(200), info={"label": _("French label")})
    label_en: Mapped[str] = mapped_column(String(200), default="", info={"label": _("English label")})
    status: Mapped[str] = mapped_column(String(20), default=FIXED, info={"label": _("Status")})
    proposed: Mapped[str] = mapped_column(String(120), default="", info={"unshown": True})  # as what feast

    facility: Mapped["Facility"] = relationship()


class WorkingHours(Model):
    """When a place works, and all below it without hours of its own: "07:30-12:00 14:00-17:30", "" for not at all."""

    __tablename__ = "core_working_hours"
    __entity__ = "core.working_hours"
    __scope__ = Open("facility_id", write=EDIT)

    id: Mapped[int] = mapped_column(primary_key=True)
    facility_id: Mapped[int] = mapped_column(ForeignKey("core_facility.id"), unique=True, info={"label": _("Facility")})
    monday: Mapped[str] = mapped_column(String(80), default="", info={"label": WEEKDAYS["monday"]})
    tuesday: Mapped[str] = mapped_column(String(80), default="", info={"label": WEEKDAYS["tuesday"]})
    wednesday: Mapped[str] = mapped_column(String(80), default="", info={"label": WEEKDAYS["wednesday"]})
    thursday: Mapped[str] = mapped_column(String(80), default="", info={"label": WEEKDAYS["thursday"]})
    friday: Mapped[str] = mapped_column(String(80), default="", info={"label": WEEKDAYS["friday"]})
    saturday: Mapped[str] = mapped_column(String(80), default="", info={"label": WEEKDAYS["saturday"]})
    sunday: Mapped[str] = mapped_column(String(80), default="", info={"label": WEEKDAYS["sunday"]})
    on_holidays: Mapped[bool] = mapped_column(default=False, info={"label": _("Works on public holidays too")})

    facility: Mapped["Facility"] = relationship()

    @property
    def week(self) -> Week:
        """Return the hours of each day."""
        return Week(tuple(spans_of(getattr(self, day)) for day in WEEKDAYS), self.on_holidays)


def hours_at(place: Any) -> WorkingHours | None:
    """Return the working hours that hold at a place: its own, or those of the nearest above; None where there are
    none."""
    line = _line(place.path)
    found = db.session.scalars(select(WorkingHours).where(WorkingHours.facility_id.in_(line))).all()
    return max(found, key=lambda row: line.index(row.facility_id), default=None)


def calendar_of(place: Any) -> Calendar:
    """Return the calendar of a place: the hours that hold there, and the holidays of all that it lies in; two
    statements."""
    hours = hours_at(place)
    query = select(Holiday.on).where(Holiday.facility_id.in_(_line(place.path)), Holiday.status != WITHDRAWN)
    return Calendar(OFFICE if hours is None else hours.week, frozenset(db.session.scalars(query)), zone())


def calendar_of_country() -> Calendar:
    """Return the calendar of the country itself."""
    root = db.session.connection().execute(select(FACILITY).where(FACILITY.c.path.not_like("/%/%/")).limit(1)).first()
    return Calendar(zone=zone()) if root is None else calendar_of(root)


def calendars_of(places: Iterable[Any]) -> dict[int, Calendar]:
    """Return {place id: its calendar} of many places; two statements."""
    hours = {row.facility_id: row for row in db.session.scalars(select(WorkingHours))}
    free: dict[int, set[date]] = {}
    for where, on in db.session.execute(select(Holiday.facility_id, Holiday.on).where(Holiday.status != WITHDRAWN)):
        free.setdefault(where, set()).add(on)
    known: dict[tuple[Any, ...], Calendar] = {}
    found = {}
    for place in places:
        line = _line(place.path)
        own = next((hours[one] for one in reversed(line) if one in hours), None)
        sources = tuple(one for one in line if one in free)
        if (own, sources) not in known:
            days = frozenset[date]().union(*(free[one] for one in sources))
            known[own, sources] = Calendar(OFFICE if own is None else own.week, days, zone())
        found[place.id] = known[own, sources]
    return found


def _line(path: str) -> list[int]:
    """Return the ids from the country down to the place of a path itself."""
    return [int(part) for part in path.strip("/").split("/")]
