"""The figures of one piece with everything they come from, so that a person can reckon them by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from core.data.exact import rounded
from core.data.states import State
from core.facilities.models import Facility
from plugins.gmao.equipment.models import REASONS, STATUSES, UNKNOWN
from plugins.gmao.figures import reports
from plugins.gmao.figures.past import REPAIRING, STOPPED, record, segments
from plugins.gmao.figures.periods import Period
from plugins.gmao.figures.reports import Piece
from plugins.gmao.formulas.downtime import Availability, availability
from plugins.gmao.formulas.spans import Closed, Span, hours_of


@dataclass(frozen=True)
class Time:
    """A time within the period: how the piece worked, why not, how long; `lasts` when it goes on."""

    start: datetime
    end: datetime
    state: State
    because: Any
    hours: Decimal
    waits: bool
    planned: bool
    lasts: bool


@dataclass(frozen=True)
class Reckoned:
    """The times in use of a piece, how it worked in them, and its figures by the formulas."""

    lasted: Closed
    times: Sequence[Time]
    figures: Availability
    moved: bool


def reckoned(piece: Piece, period: Period, now: datetime, place: Facility | None = None) -> Reckoned:
    """Return the figures of a piece in a period, of the time at a place where one is named."""
    past = piece.past
    places = reports.sites(place) if place is not None and past.stays else None
    start, end = period.span
    lasted = past.lasted(start, min(end or now, now), places)
    figures = availability(period.span, record(past, lasted), now)
    times: list[Time] = []
    if lasted and (not past.said or past.said[0].at > lasted[0][0]):
        first = past.said[0].at if past.said else None
        times += _clipped(lasted, Span(lasted[0][0], first), now, UNKNOWN, None, planned=False)
    for one, until in segments(past):
        times += _clipped(lasted, Span(one.at, until), now, one.status, one.because, planned=one.planned)
    return Reckoned(lasted, sorted(times, key=lambda time: time.start), figures, bool(past.stays))


def _clipped(
    lasted: Closed, span: Span, now: datetime, status: str, because: str | None, *, planned: bool
) -> list[Time]:  # fmt: skip
    """Return the parts of a time that lie in those in use."""
    found = []
    for begin, stop in lasted:
        start, end = max(begin, span.start), min(stop, span.end or stop)
        if start < end:
            waits = status in STOPPED and because not in REPAIRING
            lasts = span.end is None and end >= now
            said = REASONS.get(because or "", "") if status in STOPPED else ""
            found.append(
                Time(start, end, STATUSES[status], said, rounded(hours_of(end - start)), waits, planned, lasts)
            )
    return found
