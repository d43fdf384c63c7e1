"""Closing years of document numbers, and reading for their page how far each series has come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from core.contract.plugins import label_of, number_series
from core.contract.ports import Words
from core.contract.series import COUNTRY, FACILITY, NEVER, RIGHT, NumberSeries
from core.contract.words import _
from core.data.access import FACILITY as PLACES
from core.data.access import current, lacking
from core.data.db import db, today
from core.data.errors import Missing, NotAllowed, Refused
from core.data.numbers import ClosedYear, Counter, closed_in
from core.data.settings import value_of
from core.facilities.models import Facility

SHOWN = 3  # years, the latest first


@dataclass(frozen=True)
class Given:
    """What a series has given in a year, or month: how many numbers, at how many places; the last, where one counts."""

    turn: int
    number: int
    places: int
    last: str

    @property
    def when(self) -> str:
        """Return the year, or year and month; "" of what never begins anew."""
        year, month = divmod(self.turn, 100) if self.turn > 9999 else (self.turn, 0)
        return f"{year}-{month:02}" if month else str(year or "")


@dataclass(frozen=True)
class Shown:
    """A series as its page shows it: the pattern that holds, the last numbers and the closed years."""

    series: NumberSeries
    pattern: str
    given: Sequence[Given]
    closed: Sequence[ClosedYear]
    may_close: bool


def get(name: str) -> NumberSeries:
    """Return a series by name, or raise Missing."""
    found = number_series().get(name)
    if found is None:
        raise Missing(_("There are no such numbers."))
    return found


def may_close(series: NumberSeries, place: Facility | None) -> bool:
    """Return whether this person may close a year of a series at a place, or in the whole country."""
    return _closes(series, place) and _may(place)


def _closes(series: NumberSeries, place: Facility | None) -> bool:
    return series.closes and (place is None or series.per == FACILITY)


def _may(place: Facility | None) -> bool:
    return current().can_everywhere(RIGHT) if place is None else current().can(RIGHT, place)


def listed(place: Facility | None = None) -> list[tuple[Words, list[Shown]]]:
    """Return the series of each plugin with what they have given: at a facility those that it counts itself."""
    found: dict[str, list[Shown]] = {}
    given, closed, may = _given(place), _closed(place), _may(place)
    for name, series in number_series().items():
        if not series.bare and (place is None or series.per == FACILITY):
            shown = Shown(
                series, value_of(series.setting, place), _last(series, given.get(series.kind, ()), place),
                closed.get(name, ()), may and _closes(series, place),
            )  # fmt: skip
            found.setdefault(name.partition(".")[0], []).append(shown)
    return [(label_of(plugin), rows) for plugin, rows in found.items()]


def _given(place: Facility | None) -> dict[str, list[Any]]:
    """Return {kind: (turn, numbers, places) the latest first} of a facility, or of all within this person's right."""
    within = select(PLACES.c.id).where(current().covers(RIGHT, PLACES.c.path))
    query = select(Counter.kind, Counter.year, func.sum(Counter.last).label("number"), func.count().label("places"))
    query = query.where(Counter.unit == place.id if place else (Counter.unit == 0) | Counter.unit.in_(within))
    found: dict[str, list[Any]] = {}
    for row in db.session.execute(query.group_by(Counter.kind, Counter.year).order_by(Counter.year.desc())):
        found.setdefault(row.kind, []).append(row)
    return found


def _last(series: NumberSeries, rows: Sequence[Any], place: Facility | None) -> list[Given]:
    pattern, counts = value_of(series.setting, place), place is not None or series.per == COUNTRY
    return [
        Given(row.year, row.number, row.places, _text(series, pattern, row, place) if counts else "")
        for row in rows[:SHOWN]
    ]


def _text(series: NumberSeries, pattern: str, row: Any, place: Facility | None) -> str:
    """Return the last number as it is written now; what was given before another pattern was set is as it was."""
    year, month = divmod(row.year, 100) if row.year > 9999 else (row.year, 1)
    on = today() if series.restarts == NEVER else date(year, month, 1)
    return series.written(pattern, int(row.number), on, "" if place is None else place.code)


def _closed(place: Facility | None) -> dict[str, list[ClosedYear]]:
    found: dict[str, list[ClosedYear]] = {}
    for series in number_series().values():
        found[series.name] = []
    here = select(ClosedYear).order_by(ClosedYear.year.desc(), ClosedYear.facility_id)
    for row in db.session.scalars(here):
        above = () if place is None else map(int, place.path.strip("/").split("/"))
        if row.series in found and (place is None or row.facility_id is None or row.facility_id in above):
            found[row.series].append(row)
    return found


def close(series: NumberSeries, year: int, place: Facility | None = None, reason: str = "") -> ClosedYear:
    """Return the year, closed from now on: at a facility and all below it, or in the whole country.

    Refused for a year that has not ended, one that is closed already, and a place that does not count for itself.
    Whoever takes a number at this moment is waited for.
    """
    if place is not None and series.per == COUNTRY:
        raise Refused(_("These numbers are counted for the whole country."), "place")
    if not _may(place):
        raise NotAllowed(lacking(current(), RIGHT, place))
    if not series.closes:
        raise Refused(_("Years of these numbers are not closed."), "series")
    if year >= today().year or year < 1900:
        raise Refused(_("Only a year that has ended can be closed."), "year")
    same = select(ClosedYear.id).where(closed_in(series, place), ClosedYear.year == year)
    if db.session.execute(same).first() is not None:
        raise Refused(_("This year is closed already."), "year")
    if not reason.strip():
        raise Refused(_("Please give a reason."), "reason")
    turns = (Counter.year == year) | Counter.year.between(year * 100 + 1, year * 100 + 12)
    db.session.scalars(select(Counter).where(Counter.kind == series.kind, turns).with_for_update()).all()
    row = ClosedYear(
        series=series.name, year=year, facility_id=None if place is None else place.id, closed_by=current().signed
    )
    db.session.add(row)
    db.session.flush()
    return row


def reopen(row: ClosedYear, reason: str = "") -> None:
    """Open a year again, with its reason in the trail."""
    db.session.delete(row)
    db.session.flush()


def may_reopen(row: ClosedYear) -> bool:
    """Return whether this person may open a year again."""
    return row.__scope__.may_write(row, current())


def names(rows: Sequence[ClosedYear]) -> dict[int, str]:
    """Return {id: name} of the places where years are closed."""
    ids = {row.facility_id for row in rows if row.facility_id}
    query = select(Facility.id, Facility.name).where(Facility.id.in_(ids))
    return {row.id: row.name for row in db.session.execute(query)} if ids else {}
