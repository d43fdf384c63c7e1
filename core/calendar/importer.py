"""Public holidays come in from a list, that of the decree for example."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from core.calendar.display import STATES
from core.calendar.services import changed, country
from core.contract.words import _
from core.data.calendars import EDIT, EXPECTED, FIXED, WITHDRAWN, Holiday
from core.data.db import db
from core.facilities.models import Facility
from core.imports import parse
from core.imports.importer import Field, Importer, Report, Row
from core.imports.rows import place_of

NEAR = timedelta(days=3)  # by so much an estimated feast may be off
STATUS_WORDS = {
    FIXED: ["settled", "fixé", "fixe", "confirmé", "confirmed"],
    EXPECTED: ["to be confirmed", "à confirmer", "estimé", "estimated"],
    WITHDRAWN: ["withdrawn", "retiré", "annulé"],
}


@dataclass
class Plan:
    """What is kept of holidays, and the places by the codes of the file; no code stands for the country."""

    known: dict[int, list[Holiday]] = field(default_factory=dict)
    places: dict[str | None, Facility | None] = field(default_factory=dict)

    def place_id(self, row: Row) -> int:
        """Return the number of the place of a line that was found to have one."""
        place = self.places[row["place"]]
        assert place is not None, "prepare() refuses a line without"
        return place.id

    def stored(self, row: Row) -> Holiday | None:
        """Return the holiday that a line speaks of: of this day and name, or the feast of that name that is still
        expected in this year."""
        of_name = [
            one for one in self.known.get(self.place_id(row), ())
            if parse.plain(one.label_fr) == parse.plain(row["label_fr"])
        ]  # fmt: skip
        expected = (one for one in of_name if one.status == EXPECTED and one.on.year == row["on"].year)
        return next((one for one in of_name if one.on == row["on"]), next(expected, None))

    def near(self, row: Row) -> Holiday | None:
        """Return the expected feast that a new line may be meant to settle under another name."""
        here = self.known.get(self.place_id(row), ())
        return next((one for one in here if one.status == EXPECTED and abs(one.on - row["on"]) <= NEAR), None)


def prepare(rows: Iterator[Row], report: Report) -> Plan:
    """Return what is kept already, and the places by their codes; an unknown or foreign place is refused."""
    plan = Plan()
    for one in db.session.scalars(select(Holiday)):
        plan.known.setdefault(one.facility_id, []).append(one)
    for row in rows:
        if place_of(row, "place", EDIT, plan.places, report, country) is not None:
            stored = plan.stored(row)
            report.count(_kind(row, stored), row)
            if stored is None and (twin := plan.near(row)) is not None:
                words = _("%(name)s is expected on %(day)s already. Is “%(new)s” another feast? If not, move that one.",
                          name=twin.label_fr, day=_day(twin.on), new=row["label_fr"])  # fmt: skip
                report.ask("near", words, about=f"{twin.id}/{row['on']}", field="on")
    return plan


def _day(on: date) -> str:
    return f"{on:%d/%m/%Y}"


def _values(row: Row, stored: Holiday | None) -> dict[str, Any]:
    """Return what a line says; a feast of which the list gives the day is expected no more, unless the list says so."""
    names = ("on", "label_en", "status") if stored is not None else ("on", "label_fr", "label_en", "status")
    values = {name: row[name] for name in names if row[name] is not None}
    return {"status": FIXED, **values} if stored is None or stored.on != row["on"] else values


def _kind(row: Row, stored: Holiday | None) -> str:
    if stored is None:
        return "new"
    differs = {name for name, value in _values(row, stored).items() if getattr(stored, name) != value}
    return "moved" if "on" in differs else "changed" if differs else "same"


def apply(plan: Plan, rows: Iterator[Row], report: Report) -> None:
    """Store the holidays of all lines; an empty cell never erases what is stored."""
    for row in rows:
        stored = plan.stored(row)
        values = _values(row, stored)
        if stored is None:
            db.session.add(Holiday(facility_id=plan.place_id(row), **values))
            continue
        for name, value in values.items():
            setattr(stored, name, value)
    changed()


HOLIDAYS = Importer(
    fields=[
        Field("on", _("Date"), parse.day, required=True, aliases=["jour", "day"]),
        Field("label_fr", _("French label"), parse.text(200, numbers=True), required=True, aliases=["nom", "fête"]),
        Field("label_en", _("English label"), parse.text(200, numbers=True)),
        Field("place", _("Where (code)"), parse.text(40), aliases=["lieu", "place"],
              help=_("Empty for the whole country.")),
        Field("status", _("Status"), parse.choice(STATUS_WORDS),
              choices=lambda: {code: state.label for code, state in STATES.items()}),
    ],
    key=["on", "place", "label_fr"],
    permission=EDIT,
    prepare=prepare,
    apply=apply,
    outcomes={"moved": _("Moved")},
    example={"on": "2027-03-10", "label_fr": "Aïd el-Fitr", "label_en": "Eid al-Fitr", "place": "", "status": FIXED},
)  # fmt: skip
