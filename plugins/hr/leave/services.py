"""Asking for leave, the opinion, the decision and the return. The person is locked while his leave is judged, so that
two requests at once are judged one after the other."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import Any

from core.contract.words import _
from core.data.access import acting, also, current
from core.data.calendars import calendar_of
from core.data.db import db, today
from core.data.errors import Conflict, Invalid, NotAllowed, Refused
from core.data.numbers import next_number
from core.data.states import record
from core.data.work import ask as ask_whether
from core.data.work import emit
from core.facilities.models import Facility
from core.files.services import attach
from core.files.taking import Content
from plugins.hr.formulas.leavedays import days_of
from plugins.hr.formulas.leavedays import last_day as last_of
from plugins.hr.leave import judging
from plugins.hr.leave.interim import close_interim, name_stand_in, open_interim
from plugins.hr.leave.judging import Asked, written
from plugins.hr.leave.models import LeaveCause, LeaveRequest, LeaveType
from plugins.hr.leave.reckoning import DAY, Leave, counted, standing_in, type_of
from plugins.hr.leave.service import Service, lock, person_of, service_of
from plugins.hr.leave.states import APPROVED, DRAFT, MACHINE, OPEN, SUBMITTED
from plugins.hr.leave.words import said
from plugins.hr.posts.models import Assignment
from plugins.hr.rights import ADVISE, ASK, CAUSES, DECIDE
from plugins.hr.series import LEAVES

Files = Collection[Content]


def ask(*, then: str = "", **facts: Any) -> LeaveRequest:
    """Return the new request of the person who is signed in, sent or (`then` "draft") kept; raises as `ask_for` does,
    and Refused where his account belongs to no file."""
    found = person_of(current().own_id)
    if found is None:
        raise Refused(_("Your account is linked to no personal file: ask those who keep the files."))
    service = service_of(found)
    return _new(service, service.place, then, **facts)


def ask_for(assignment: Assignment, *, then: str = "", **facts: Any) -> LeaveRequest:
    """Return the new request of somebody who is assigned, made by the head of his unit or by who keeps files.

    Raises Invalid, at each field, for days that cannot be, an overlap or a balance that does not suffice.
    """
    current().require(ADVISE, assignment.facility)
    return _new(service_of(assignment.person_id), assignment.facility, then, **facts)


def _new(
    service: Service, place: Facility, then: str, *, kind: LeaveType, first_day: date, last_day: date | None = None,
    number: int | None = None, note: str = "", photos: Files = (),
) -> LeaveRequest:  # fmt: skip
    lock(service.person_id)
    one = _judged(service, kind, place, first_day, last_day, number)
    _ask_standing_in(one)
    days, back_on = one.counted
    closed = kind.confidential
    row = LeaveRequest(
        number=next_number(LEAVES, on=today()), person_id=service.person_id, name=service.name, user_id=service.user_id,
        facility=place, type=None if closed else kind, first_day=one.first_day, last_day=one.last_day, unit=one.unit,
        days=days, back_on=back_on, state=DRAFT if then == DRAFT else SUBMITTED, note="" if closed else note.strip(),
        asked_on=today(), asked_by=current().signed,
    )  # fmt: skip
    with also(ASK, CAUSES):  # his own, which he may read whatever rights he holds
        db.session.add(row)
        db.session.flush()
        kept = _cause(row, kind, note) if closed else row
        record(row, "draft" if row.state == DRAFT else "submit", "", row.state)
        attach(kept, photos)
    return row


def _ask_standing_in(one: Asked) -> None:
    """Ask somebody who stands in for another in these days whether he means it."""
    for number in standing_in(one.service.person_id, one.first_day, one.last_day):
        words = _("%(name)s stands in for somebody in these days (%(number)s). Is it meant all the same?",
                  name=one.service.name, number=number)  # fmt: skip
        ask_whether("stands_in", words, about=f"{number}/{one.first_day}/{one.last_day}", field="first_day")


def _cause(row: LeaveRequest, kind: LeaveType, note: str) -> LeaveCause:
    cause = LeaveCause(
        request=row, number=row.number, person_id=row.person_id, facility=row.facility, type=kind, note=note.strip()
    )  # fmt: skip
    db.session.add(cause)
    db.session.flush()
    return cause


def _judged(
    service: Service, kind: LeaveType, place: Facility, first: date, last: date | None, number: int | None,
    row: LeaveRequest | None = None,
) -> Asked:  # fmt: skip
    """Return a leave that can stand; raises Invalid at its fields, asks where its rule lets a balance be exceeded."""
    one = judging.asked(service, kind, place, first, last or first, row)
    if last is None and number is None:
        raise Invalid({"last_day": _("Say the last day, or how many days.")})
    if number is not None and one.policy is not None:
        one = _of_number(one, last, number)
    leaves = judging.leaves_besides(service, row)
    if wrong := judging.faults(one) or judging.overlapping(one, leaves):
        raise Invalid(wrong)
    _judge_balance(one, leaves)
    return one


def _of_number(one: Asked, last: date | None, number: int) -> Asked:
    """Return the leave of so many days; Invalid where its last day says another number."""
    if not 1 <= number <= judging.LONGEST:
        raise Invalid({"number": _("A leave has between 1 and %(most)s days.", most=judging.LONGEST)})
    ends = last_of(one.first_day, number, one.unit, one.calendar.is_working_day)
    if last is not None and last != ends and one.counted[0] != number:
        words = _("%(number)s days end on %(day)s: leave one of both empty.", number=number, day=written(ends))
        raise Invalid({"number": words})
    return replace(one, last_day=last or ends)


def _judge_balance(one: Asked, leaves: list[Leave]) -> None:
    lack = judging.lack(one, leaves)
    if lack is None:
        return
    left, missing = said(lack.left), said(lack.days)
    if lack.refused:
        words = _("The balance is %(left)s days: %(missing)s are missing.", left=left, missing=missing)
        raise Invalid({"last_day": words})
    words = _("The balance is %(left)s days: %(missing)s are missing. Is it allowed all the same?", left=left,
              missing=missing)  # fmt: skip
    about = f"{one.service.person_id}/{one.type.id}/{one.first_day}/{one.last_day}/{missing}"
    ask_whether("beyond_balance", words, about=about, field="last_day")


def _again(row: LeaveRequest) -> Asked:
    """Return a leave judged once more, as things stand now: others may have been asked for, or holidays come."""
    lock(row.person_id)
    row.user_id = (service := service_of(row.person_id)).user_id
    return _judged(service, type_of(row), row.facility, row.first_day, row.last_day, None, row)


def _refuse_others(row: LeaveRequest) -> None:
    """Raise NotAllowed unless it is one's own leave."""
    if person_of(current().own_id) != row.person_id:
        raise NotAllowed(_("Only the person himself does this."))


def _refuse_own(row: LeaveRequest) -> None:
    """Raise Refused for one's own leave: somebody else judges it."""
    if current().user_id is not None and current().user_id == service_of(row.person_id).user_id:
        raise Refused(_("Somebody else judges your own leave."))


def submit(row: LeaveRequest) -> LeaveRequest:
    """Send a draft; what stands against it by now is refused."""
    _refuse_others(row)
    one = _again(row)
    MACHINE.advance(row, "submit")
    row.days, row.back_on = one.counted
    row.asked_on = today()
    return row


def cancel(row: LeaveRequest) -> LeaveRequest:
    """Take a request back, or give approved leave up before it begins."""
    _refuse_others(row)
    if row.state not in OPEN:
        raise MACHINE.over(row)
    if row.state == APPROVED and row.first_day <= today():
        raise Conflict(_("This leave has begun: record the return to service instead."))
    MACHINE.advance(row, "cancel")
    close_interim(row, str(_("Leave given up")))
    return row


def favour(row: LeaveRequest, *, stand_in: int | None = None, reason: str = "") -> LeaveRequest:
    """Give a favourable opinion, and name who stands in."""
    return _advised(row, "favour", stand_in, reason)


def disfavour(row: LeaveRequest, *, reason: str, stand_in: int | None = None) -> LeaveRequest:
    """Give an unfavourable opinion, with its reason; who would stand in may be named all the same."""
    return _advised(row, "disfavour", stand_in, reason)


def _advised(row: LeaveRequest, action: str, stand_in: int | None, reason: str) -> LeaveRequest:
    _refuse_own(row)
    with acting(current().apart_from(row.themselves)):
        MACHINE.advance(row, action, reason)
        row.advised_by = current().signed
        if stand_in is not None or row.stand_in_id is not None:
            name_stand_in(row, stand_in)
    return row


def approve(row: LeaveRequest, *, stand_in: int | None = None) -> LeaveRequest:
    """Approve a leave: what stands against it by now is refused, and the interim begins with it."""
    _refuse_own(row)
    with acting(current().apart_from(row.themselves)):
        one = _again(row)
        MACHINE.advance(row, "approve")
        row.days, row.back_on = one.counted
        if stand_in is not None:
            name_stand_in(row, stand_in)
        row.decided_by, row.decided_on = current().signed, today()
        open_interim(row)
        emit("hr.leave.approved", row, number=row.number)
    return row


def refuse(row: LeaveRequest, *, reason: str) -> LeaveRequest:
    """Refuse a leave, with the reason."""
    _refuse_own(row)
    with acting(current().apart_from(row.themselves)):
        MACHINE.advance(row, "refuse", reason)
        row.decided_by, row.decided_on = current().signed, today()
        emit("hr.leave.refused", row, number=row.number)
    return row


def revoke(row: LeaveRequest, *, reason: str) -> LeaveRequest:
    """Revoke approved leave that has not begun, for the needs of service; whoever is on leave is called back by the
    record of his return."""
    if row.state == APPROVED and row.first_day <= today():
        raise Conflict(_("This leave has begun: record the return to service instead."))
    MACHINE.advance(row, "revoke", reason)
    close_interim(row, reason)
    emit("hr.leave.revoked", row, number=row.number)
    return row


def resume(row: LeaveRequest, *, resumed_on: date) -> LeaveRequest:
    """Say that one is back at work since a day."""
    _refuse_others(row)
    return _resumed(row, "resume", resumed_on)


def attest(row: LeaveRequest, *, resumed_on: date) -> LeaveRequest:
    """Record, as the head of the unit, that somebody is back at work since a day."""
    _refuse_own(row)
    with acting(current().apart_from(row.themselves)):
        return _resumed(row, "attest", resumed_on)


def _resumed(row: LeaveRequest, action: str, day: date) -> LeaveRequest:
    """Record a return: whoever is back early gets the days back that he has not taken."""
    if row.state == APPROVED and not row.first_day <= day <= today():
        raise Refused(_("Between the first day of leave and today."), field="resumed_on")
    lock(row.person_id)
    MACHINE.advance(row, action)
    row.resumed_on = day
    if day <= row.last_day:
        _shorten(row, day)
    close_interim(row, str(_("Service resumed")))
    emit("hr.leave.resumed", row, number=row.number, on=day.isoformat())
    return row


def _shorten(row: LeaveRequest, day: date) -> None:
    """Let a leave end before a day; one of which no day was taken keeps its first day and counts none."""
    before = row.days
    works = calendar_of(row.facility).is_working_day
    row.last_day = max(row.first_day, day - DAY)
    row.days = len(days_of(row.first_day, day - DAY, row.unit, works))
    note = str(_("Days taken: %(after)s of %(before)s", after=row.days, before=before))
    record(row, "recount", row.state, row.state, note=note)


def recount(row: LeaveRequest) -> LeaveRequest:
    """Count a leave again by the calendar as it is now; Refused where nothing is different."""
    current().require(DECIDE, row.facility)
    MACHINE.refuse_unless(row, *OPEN)
    lock(row.person_id)
    days, back_on = counted(row.first_day, row.last_day, row.unit, calendar_of(row.facility))
    if (days, back_on) == (row.days, row.back_on):
        raise Refused(_("The calendar says the same as before."))
    note = str(_("Days: %(before)s → %(after)s; back on %(day)s", before=row.days, after=days, day=written(back_on)))
    row.days, row.back_on = days, back_on
    record(row, "recount", row.state, row.state, note=note)
    return row
