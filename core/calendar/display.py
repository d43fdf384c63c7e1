"""How the calendar is said in words: statuses, and a week in one line."""

from itertools import groupby
from typing import Any

from babel.dates import get_day_names

from core.contract.words import _, locale
from core.data.calendars import EXPECTED, FIXED, WITHDRAWN, WorkingHours
from core.data.states import State
from core.data.worktime import DAY, Span, Week

STATES = {
    FIXED: State(_("Settled"), "ok", _("Settling of a public holiday")),
    EXPECTED: State(_("To be confirmed"), "warn", _("Expecting of a public holiday")),
    WITHDRAWN: State(_("No longer a holiday"), "neutral", _("Withdrawal of a public holiday")),
}


def said(week: Week) -> list[tuple[str, Any]]:
    """Return (days, hours) of a week, days of the same hours together: "lun.–ven.", "07:30–12:00, 14:00–17:30"."""
    names = get_day_names("abbreviated", locale=locale())
    found = []
    for spans, days in groupby(range(7), key=lambda day: week.days[day]):
        first, *rest = list(days)
        found.append(("–".join(names[day] for day in (first, *rest[-1:])), hours(spans)))
    return found


def hours(spans: tuple[Span, ...]) -> Any:
    """Return the hours of a day in words."""
    if spans == ((0, DAY),):
        return _("around the clock")
    return ", ".join("–".join(f"{at // 60:02}:{at % 60:02}" for at in span) for span in spans) or _("shut")


def in_one_line(row: WorkingHours) -> str:
    """Return the week of a place in one line, for lists and exports."""
    words = "; ".join(f"{days} {spans}" for days, spans in said(row.week))
    return str(_("%(week)s, on public holidays too", week=words)) if row.on_holidays else words
