"""The days of a grant or an interim, in words."""

from datetime import date
from typing import Any

from core.contract.ports import Words
from core.contract.words import _
from core.data.db import today
from core.data.states import State

COMING, RUNNING, ENDED = "coming", "running", "ended"
STATES = {
    RUNNING: State(_("In force"), "ok"),
    COMING: State(_("To come"), "info"),
    ENDED: State(_("Ended"), "neutral"),
}


def state(given: Any) -> str:
    """Return where a grant or an interim stands today: coming, running or ended."""
    day = today()
    if getattr(given, "ended_at", None) is not None:
        return ENDED
    if given.first_day and day < given.first_day:
        return COMING
    return ENDED if given.last_day and given.last_day < day else RUNNING


def period(given: Any) -> Words:
    """Return the days of a grant in words."""
    first, last = _day(given.first_day), _day(given.last_day)
    if first and last:
        return _("from %(first)s to %(last)s", first=first, last=last)
    if first:
        return _("from %(first)s", first=first)
    return _("until %(last)s", last=last) if last else _("without end")


def _day(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""
