"""Keeping the kinds of leave, their dated rules, and the ledger beside them."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import or_, select

from core.contract.words import _
from core.data.access import current
from core.data.db import db, today
from core.data.errors import Invalid
from core.data.rows import store
from plugins.hr.leave.judging import written
from plugins.hr.leave.models import OPENING, LeaveEntry, LeavePolicy, LeaveType
from plugins.hr.leave.service import lock, service_of
from plugins.hr.persons.models import Person
from plugins.hr.rights import DECIDE, RULES


def add_type(**facts: Any) -> LeaveType:
    """Return the new kind of leave; Refused for a code that is there."""
    return change_type(LeaveType(), **facts)


def change_type(row: LeaveType, **facts: Any) -> LeaveType:
    """Return a kind of leave with these facts. Whether it is confidential holds for requests to come."""
    current().require(RULES)
    with db.session.no_autoflush:
        return store(row, **facts)


def add_policy(**facts: Any) -> LeavePolicy:
    """Return the new rule. The one before it that has no end ends on the day before; Invalid where two would hold on
    one day."""
    policy = LeavePolicy()
    _end_before(facts["type"], facts["valid_from"])
    return change_policy(policy, **facts)


def change_policy(row: LeavePolicy, **facts: Any) -> LeavePolicy:
    """Return a rule with these facts; Invalid where it cannot be."""
    current().require(RULES)
    told = {name: facts.get(name, getattr(row, name)) for name in ("type", "valid_from", "valid_until", "annual",
                                                                   "most_each")}  # fmt: skip
    with db.session.no_autoflush:
        if wrong := _faults(row, told):
            raise Invalid(wrong)
        return store(row, **facts)


def _faults(row: LeavePolicy, told: dict[str, Any]) -> dict[str, Any]:
    first, last = told["valid_from"], told["valid_until"]
    if first is not None and last is not None and last < first:
        return {"valid_until": _("The last day lies before the first.")}
    if not told["annual"] and not told["most_each"]:
        return {"annual": _("Say how many days a year, or how many at most for one leave.")}
    if (other := _meeting(row, told["type"], first, last)) is not None:
        until = _("without end") if other.valid_until is None else _("until %(day)s", day=written(other.valid_until))
        return {"valid_from": _("Another rule holds then, %(until)s. End that one first.", until=until)}
    return {}


def _meeting(row: LeavePolicy, kind: LeaveType, first: date | None, last: date | None) -> LeavePolicy | None:
    query = select(LeavePolicy).where(LeavePolicy.type_id == kind.id, LeavePolicy.id != (row.id or 0))
    if last is not None:
        query = query.where(or_(LeavePolicy.valid_from.is_(None), LeavePolicy.valid_from <= last))
    if first is not None:
        query = query.where(or_(LeavePolicy.valid_until.is_(None), LeavePolicy.valid_until >= first))
    return db.session.scalars(query.limit(1)).first()


def _end_before(kind: LeaveType, first: date) -> None:
    """End the rule that holds without end before another begins: a law that changes one says no more."""
    current().require(RULES)
    query = select(LeavePolicy).where(LeavePolicy.type_id == kind.id, LeavePolicy.valid_until.is_(None))
    before = or_(LeavePolicy.valid_from.is_(None), LeavePolicy.valid_from < first)
    for row in db.session.scalars(query.where(before)):
        row.valid_until = date.fromordinal(first.toordinal() - 1)
    db.session.flush()


def enter(
    person: Person, *, kind: LeaveType, entry: str, on: date, days: Decimal, decision: str,
    expires_on: date | None = None,
) -> LeaveEntry:  # fmt: skip
    """Return the new line of the ledger of a person; it is never changed, another one corrects it."""
    current().require(DECIDE, person.facility)
    wrong: dict[str, Any] = {}
    if on > today():
        wrong["on"] = _("This day has not come yet.")
    if entry == OPENING and days < 0:
        wrong["days"] = _("A balance at the start is not below zero.")
    if entry != OPENING and not days:
        wrong["days"] = _("Say how many days.")
    if expires_on is not None and expires_on < on:
        wrong["expires_on"] = _("The last day lies before the first.")
    if wrong:
        raise Invalid(wrong)
    lock(person.id)
    row = LeaveEntry(
        person_id=person.id, name=service_of(person.id).name, facility_id=person.facility_id, type=kind, kind=entry,
        on=on, days=days, expires_on=expires_on, decision=decision.strip(), recorded_by=current().signed,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row
