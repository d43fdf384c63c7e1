"""Leave of the past that another register kept: it comes in ended, and counts in the balances."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple

from core.contract.words import _
from core.data.access import also, current
from core.data.db import db, today
from core.data.numbers import next_number
from core.data.states import record_all
from core.data.worktime import Calendar
from core.facilities.models import Facility
from plugins.hr.leave.judging import LONGEST, written
from plugins.hr.leave.models import LeaveCause, LeavePolicy, LeaveRequest, LeaveType
from plugins.hr.leave.reckoning import counted
from plugins.hr.leave.states import RESUMED
from plugins.hr.rights import CAUSES, DECIDE
from plugins.hr.series import LEAVES

DAY = timedelta(days=1)


class Past(NamedTuple):
    """A leave of the past: whose, where his file is kept, of what kind and by which rule; `days` as another register
    counted them, None where the calendar says."""

    person_id: int
    name: str
    user_id: int | None
    place: Facility
    kind: LeaveType
    policy: LeavePolicy | None
    calendar: Calendar
    first_day: date
    last_day: date
    days: int | None = None
    former: str = ""
    note: str = ""


def faults(one: Past) -> dict[str, Any]:
    """Return {field: what is wrong} of a leave of the past by itself."""
    if one.last_day < one.first_day:
        return {"last_day": _("The last day lies before the first.")}
    if one.last_day >= today():
        return {"last_day": _("Past leave has ended before today; what comes is asked for.")}
    if (one.last_day - one.first_day).days >= LONGEST:
        return {"last_day": _("A leave lasts a year at most.")}
    if one.policy is None:
        return {"type": _("No rule of this kind of leave holds on %(day)s.", day=written(one.first_day))}
    if one.days is not None and one.days > (one.last_day - one.first_day).days + 1:
        return {"days": _("There are not so many days between the first and the last.")}
    return {}


def enter(lines: Iterable[Past]) -> list[LeaveRequest]:
    """Return the ended leave of a list whose facts were looked at (`faults`)."""
    rows = []
    for one in lines:
        current().require(DECIDE, one.place)
        rows.append(_row(one))
    with also(CAUSES):
        db.session.add_all(rows)
        db.session.flush()
        record_all(rows, "enter", RESUMED)
    return rows


def _row(one: Past) -> LeaveRequest:
    assert one.policy is not None
    days, back_on = counted(one.first_day, one.last_day, one.policy.unit, one.calendar)
    closed = one.kind.confidential
    number = next_number(LEAVES, on=one.first_day)
    row = LeaveRequest(
        number=number, person_id=one.person_id, name=one.name, user_id=one.user_id, facility=one.place,
        type=None if closed else one.kind, first_day=one.first_day, last_day=one.last_day, unit=one.policy.unit,
        days=days if one.days is None else one.days, back_on=back_on, state=RESUMED, note="" if closed else one.note,
        former=one.former, asked_on=one.first_day, asked_by=current().signed, resumed_on=min(back_on, today()),
    )  # fmt: skip
    if closed:
        row.cause = LeaveCause(
            number=number, person_id=one.person_id, facility=one.place, type=one.kind, note=one.note
        )  # fmt: skip
    return row
