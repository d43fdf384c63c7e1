"""What stands against a leave: its days, its rule, what overlaps it, and what is left."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from dateutil.relativedelta import relativedelta

from core.contract.words import _
from core.data.calendars import calendar_of
from core.data.db import today
from core.data.worktime import Calendar
from core.facilities.models import Facility
from plugins.hr.leave.models import REFUSED, LeavePolicy, LeaveRequest, LeaveType
from plugins.hr.leave.reckoning import Leave, account, calendars_for, counted, leaves_of, policies_of, policy_on
from plugins.hr.leave.service import Service

BACK, AHEAD = timedelta(days=60), relativedelta(years=2)  # how far from today a leave may begin
LONGEST = 366  # days of one leave, where no rule limits it
NEW = -1  # the id of a request that is not stored yet
Faults = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """A leave that is asked for: whose, of what kind, where and when; `days` and `back_on` as they are counted."""

    service: Service
    type: LeaveType
    place: Facility
    first_day: date
    last_day: date
    policy: LeavePolicy | None
    calendar: Calendar
    row: LeaveRequest | None = None

    @property
    def unit(self) -> str:
        """Return in which days it is counted."""
        assert self.policy is not None
        return self.policy.unit

    @property
    def counted(self) -> tuple[int, date]:
        """Return how many days it takes, and the day of the return."""
        return counted(self.first_day, self.last_day, self.unit, self.calendar)


def asked(
    service: Service, type_: LeaveType, place: Facility, first_day: date, last_day: date,
    row: LeaveRequest | None = None,
) -> Asked:  # fmt: skip
    """Return a leave as it is asked for, with the rule and the calendar that hold for it."""
    policy = policy_on(policies_of([type_.id]).get(type_.id, []), first_day)
    return Asked(service, type_, place, first_day, last_day, policy, calendar_of(place), row)


def faults(one: Asked) -> Faults:
    """Return {field: what is wrong} of a leave by itself: its days, its kind, and the rule that holds on its first
    day."""
    return _days(one) or _kind(one) or _limits(one)


def _days(one: Asked) -> Faults:
    if one.last_day < one.first_day:
        return {"last_day": _("The last day lies before the first.")}
    if one.row is None and one.first_day < today() - BACK:
        return {"first_day": _("This is long past. Past leave comes in by the import.")}
    if one.first_day > today() + AHEAD:
        return {"first_day": _("Ask for leave of the next two years.")}
    if (one.last_day - one.first_day).days >= LONGEST:
        return {"last_day": _("A leave lasts a year at most.")}
    return {}


def _kind(one: Asked) -> Faults:
    service = one.service
    if one.type.sex and service.sex and one.type.sex != service.sex:
        return {"kind": _("This kind of leave is not for this person.")}
    if one.policy is None:
        return {"kind": _("No rule of this kind of leave holds on %(day)s.", day=written(one.first_day))}
    if service.joined is not None and one.first_day < service.joined:
        return {"first_day": _("Service began on %(day)s.", day=written(service.joined))}
    if service.left is not None and one.last_day >= service.left:
        return {"last_day": _("Service ends on %(day)s.", day=written(service.left))}
    return {}


def _limits(one: Asked) -> Faults:
    policy, joined = one.policy, one.service.joined
    assert policy is not None
    days, _back_on = one.counted
    if not days:
        return {"last_day": _("There is no working day between these days.")}
    if policy.most_each and days > policy.most_each:
        words = _("%(days)s days: this kind of leave has %(most)s at most.", days=days, most=policy.most_each)
        return {"last_day": words}
    if policy.after_months and joined is not None:
        least = joined + relativedelta(months=policy.after_months)
        if one.first_day < least:
            return {"first_day": _("This kind of leave begins on %(day)s for this person.", day=written(least))}
    return {}


def overlapping(one: Asked, leaves: Iterable[Leave]) -> Faults:
    """Return what is wrong where another leave of the person has a day in common."""
    other = next((each for each in leaves if meets(each, one)), None)
    if other is None:
        return {}
    words = _("%(number)s covers these days already: %(first)s to %(last)s.", number=other.number,
              first=written(other.first_day), last=written(other.last_day))  # fmt: skip
    return {"first_day": words}


def meets(one: Any, other: Any) -> bool:
    """Return whether two leaves have a day in common."""
    return bool(one.first_day <= other.last_day and other.first_day <= one.last_day)


@dataclass(frozen=True)
class Lack:
    """What a balance lacks for a leave, and whether its rule refuses it."""

    days: Fraction
    left: Fraction
    refused: bool


def lack(one: Asked, leaves: list[Leave]) -> Lack | None:
    """Return what the balance lacks if this leave is asked for beside all others, None where it lacks nothing or the
    kind has no balance.

    All that is asked for counts, also what begins later: a leave of March may not take the days of one of May.
    """
    policy = one.policy
    if policy is None or not policy.annual:
        return None
    days, _back_on = one.counted
    mine = Leave(NEW, "", one.type.id, one.place.id, one.first_day, one.last_day, policy.unit, days, "submitted")
    ends = max([one.last_day, *(each.last_day for each in leaves if each.type_id == one.type.id)])
    calendars = {**calendars_for(leaves, one.place), one.place.id: one.calendar}
    before = account(one.service.person_id, one.type, one.service, ends, leaves, calendars)
    after = account(one.service.person_id, one.type, one.service, ends, [*leaves, mine], calendars)
    missing = after.short() - before.short()
    if missing <= 0:
        return None
    return Lack(missing, before.free(one.first_day), policy.beyond == REFUSED)


def leaves_besides(service: Service, row: LeaveRequest | None) -> list[Leave]:
    """Return the leave of a person that counts, besides one request."""
    return leaves_of(service.person_id, None if row is None else row.id)


def written(day: date) -> str:
    """Return a day as people write it."""
    return f"{day:%d/%m/%Y}"
