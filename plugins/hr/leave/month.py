"""Who is away in a month, day by day; and whom a change of the calendar touches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core.data.calendars import calendar_of, calendars_of
from core.data.db import db, today
from core.facilities.models import Facility
from plugins.hr.leave.models import LeaveRequest
from plugins.hr.leave.reckoning import counted
from plugins.hr.leave.states import COUNTED, DRAFT, OPEN

DAY = timedelta(days=1)
MOST = 500  # requests that are looked at, the next ones first


@dataclass(frozen=True)
class Day:
    """A day of a unit: whether there is work on it, and who is away."""

    day: date
    works: bool
    away: list[LeaveRequest]


def month_of(place: Facility, first: date) -> list[Day]:
    """Return the days of a month at a place and below, each with the leave that was asked for or approved."""
    last, works = first + relativedelta(months=1) - DAY, calendar_of(place).is_working_day
    rows = at_place(place, first, last)
    days = (first + DAY * each for each in range((last - first).days + 1))
    return [Day(day, works(day), [one for one in rows if one.first_day <= day <= one.last_day]) for day in days]


def at_place(place: Facility, first: date, last: date) -> Sequence[LeaveRequest]:
    """Return the leave at a place and below that has a day within some, by name."""
    query = select(LeaveRequest).where(
        LeaveRequest.facility.has(Facility.path.startswith(place.path, autoescape=True)),
        LeaveRequest.state.in_(COUNTED), LeaveRequest.first_day <= last, LeaveRequest.last_day >= first,
    )  # fmt: skip
    return db.session.scalars(query.options(selectinload(LeaveRequest.cause)).order_by(LeaveRequest.name)).all()


@dataclass(frozen=True)
class Touched:
    """A leave that the calendar counts otherwise by now."""

    row: LeaveRequest
    days: int
    back_on: date


def touched(condition: Any = None) -> list[Touched]:
    """Return the leave to come, or under way, that takes other days by the calendar of today, or ends on another."""
    query = select(LeaveRequest).where(
        LeaveRequest.state.in_([each for each in OPEN if each != DRAFT]), LeaveRequest.back_on >= today()
    )  # fmt: skip
    query = query if condition is None else query.where(condition)
    query = query.options(selectinload(LeaveRequest.facility), selectinload(LeaveRequest.cause))
    rows = db.session.scalars(query.order_by(LeaveRequest.first_day, LeaveRequest.id).limit(MOST)).all()
    calendars = calendars_of({row.facility_id: row.facility for row in rows}.values()) if rows else {}
    found = []
    for row in rows:
        days, back_on = counted(row.first_day, row.last_day, row.unit, calendars[row.facility_id])
        if (days, back_on) != (row.days, row.back_on):
            found.append(Touched(row, days, back_on))
    return found
