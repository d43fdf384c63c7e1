"""The month and the year of maintenance at a place and all below it, and how much of the month was done in time."""

from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from core.contract.words import _
from core.data.db import today
from core.data.states import State
from plugins.gmao.formulas.compliance import COUNTED, LEFT_OUT
from plugins.gmao.plans.due import FORECAST, LATE, Due, book

STATES = {
    FORECAST: State(_("To come"), "neutral"),
    "open": State(_("To be done"), "info"),
    LATE: State(_("Late"), "danger"),
    "missed": State(_("Missed"), "danger"),
    "done_on_time": State(_("Done in time"), "ok"),
    "done_early": State(_("Done too early"), "warn"),
    "done_late": State(_("Done late"), "warn"),
    "skipped_justified": State(_("Left out"), "neutral"),
    "decommissioned": State(_("Out of service"), "neutral"),
}
COLUMNS = {  # of the calendar: what is told apart by day
    "due": (_("To be done"), (FORECAST, "open")),
    "done": (_("Carried out"), ("done_on_time", "done_early", "done_late")),
    "late": (_("Late"), (LATE,)),
    "missed": (_("Missed"), ("missed",)),
    "out": (_("Left out"), ("skipped_justified", "decommissioned")),
}


def _is_one_of(states: Sequence[str], one: Due) -> bool:
    return one.state in states


IN_TIME, SCHEDULED, OUT = "in_time", "scheduled", "left_out"
SETS: dict[str, Callable[[Due], bool]] = {
    IN_TIME: lambda one: one.state == "done_on_time",
    SCHEDULED: lambda one: one.state in (*COUNTED, LATE),
    OUT: lambda one: one.state in (*LEFT_OUT, FORECAST),
    **{name: partial(_is_one_of, states) for name, (_label, states) in COLUMNS.items()},
}
SET_LABELS = {
    IN_TIME: _("Done in time"),
    SCHEDULED: _("Scheduled, and its time is over or it is done"),
    OUT: _("Not counted: left out, or may still be done in time"),
    **{name: label for name, (label, _states) in COLUMNS.items()},
}


@dataclass(frozen=True)
class Month:
    """What is due in a month."""

    first: date
    last: date
    dues: Sequence[Due]

    @property
    def days(self) -> list[tuple[date, Counter[str]]]:
        """Return the days on which something is due, each with how many of each column."""
        found: dict[date, Counter[str]] = defaultdict(Counter)
        for one in self.dues:
            found[one.day][column_of(one)] += 1
        return sorted(found.items())

    def number(self, name: str) -> int:
        """Return how many there are of one of SETS."""
        return sum(map(SETS[name], self.dues))


def column_of(one: Due) -> str:
    """Return the column of the calendar in which an occurrence is counted."""
    return next(name for name, (_label, states) in COLUMNS.items() if one.state in states)


def month_of(place: Any, first: date, kind: int | None = None) -> Month:
    """Return the month that begins on a day, at a place; of one type of equipment alone where it is named."""
    last = first.replace(day=monthrange(first.year, first.month)[1])
    dues = book(place, first, last, today()).dues(first, last)
    return Month(first, last, [one for one in dues if kind is None or one.type_id == kind])


@dataclass
class Row:
    """A line of the annual plan: a type, or a piece of one, with what is due in each month."""

    key: int
    label: str
    detail: str
    months: list[list[Due]]

    def state(self, month: int) -> State | None:
        """Return the worst that a month holds; None where nothing is due."""
        worst = (LATE, "missed", "done_late", "done_early", "open", FORECAST, "done_on_time", "skipped_justified")
        found = {one.state for one in self.months[month]}
        return next((STATES[state] for state in worst if state in found), None)

    def done(self, month: int) -> int:
        """Return how many of a month are done."""
        return sum(one.done is not None for one in self.months[month])


def year_of(place: Any, year: int, kind: int | None = None) -> list[Row]:
    """Return the annual plan of a place: a line a type, or a line a piece of one type."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    dues: Iterable[Due] = book(place, first, last, today()).dues(first, last)
    rows: dict[int, Row] = {}
    for one in dues:
        if kind is not None and one.type_id != kind:
            continue
        key = one.type_id if kind is None else one.equipment_id
        label, detail = (one.label, "") if kind is None else (one.code or one.label, one.place.name)
        row = rows.setdefault(key, Row(key, label, detail, [[] for _each in range(12)]))
        row.months[one.day.month - 1].append(one)
    return sorted(rows.values(), key=lambda row: (row.label, row.key))
