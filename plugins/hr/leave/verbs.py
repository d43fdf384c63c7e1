"""What is done with leave."""

from dataclasses import replace
from typing import Any

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.data.access import current
from core.data.calendars import calendar_of
from core.data.db import today
from core.web.forms import Stored
from core.web.reasons import steps
from plugins.hr.leave import rules, services
from plugins.hr.leave.forms import (
    AgainstForm,
    PolicyForm,
    ReturnForm,
    TypeForm,
    approval_form,
    entry_form,
    leave_form,
    leave_form_for,
    opinion_form,
)
from plugins.hr.leave.models import LeavePolicy, LeaveRequest, LeaveType
from plugins.hr.leave.reckoning import counted
from plugins.hr.leave.service import person_of
from plugins.hr.leave.states import APPROVED, DRAFT, MACHINE, OPEN
from plugins.hr.persons.models import Person
from plugins.hr.posts.models import Assignment
from plugins.hr.rights import ADVISE, ASK, DECIDE, RULES


def is_own(row: LeaveRequest) -> bool:
    """Return whether it is the leave of the person who is signed in."""
    user = current().own_id
    return user is not None and (row.user_id == user or person_of(user) == row.person_id)


def _begun(row: LeaveRequest) -> bool:
    return row.state == APPROVED and row.first_day <= today()


def _differs(row: LeaveRequest) -> bool:
    if row.state not in OPEN or not current().can(DECIDE, row.facility):
        return False
    now = counted(row.first_day, row.last_day, row.unit, calendar_of(row.facility))
    return now != (row.days, row.back_on)


def _said(row: LeaveRequest) -> Any:
    if row.state == DRAFT:
        return _("%(number)s is kept as a draft.", number=row.number)
    return _("%(number)s is asked for: %(days)s days, back on %(day)s.", number=row.number, days=row.days,
             day=f"{row.back_on:%d/%m/%Y}")  # fmt: skip


def _page(row: LeaveRequest) -> str:
    return url_for("hr_leave.show", id=row.id)


FORMS: dict[str, Any] = {
    "favour": opinion_form, "disfavour": AgainstForm, "approve": approval_form, "resume": ReturnForm,
    "attest": ReturnForm,
}  # fmt: skip
RUNS: dict[str, Any] = {
    "submit": services.submit, "cancel": services.cancel, "favour": services.favour, "disfavour": services.disfavour,
    "approve": services.approve, "refuse": services.refuse, "revoke": services.revoke, "resume": services.resume,
    "attest": services.attest,
}  # fmt: skip
OFFERED: dict[str, Any] = {
    "submit": is_own,
    "cancel": lambda row: is_own(row) and not _begun(row),
    "favour": lambda row: not is_own(row),
    "disfavour": lambda row: not is_own(row),
    "approve": lambda row: not is_own(row),
    "refuse": lambda row: not is_own(row),
    "revoke": lambda row: not is_own(row) and not _begun(row),
    "resume": lambda row: is_own(row) and _begun(row),
    "attest": lambda row: not is_own(row) and _begun(row),
}
STEPS = [
    replace(verb, offered=OFFERED[verb.action]) for verb in steps(MACHINE, LeaveRequest, forms=FORMS, **RUNS)
]  # fmt: skip
ASK_FOR_LEAVE = Verb(
    "hr.leave.ask", _("Ask for leave"), ASK, services.ask, None, leave_form, _said, _page, page="hr_leave.new"
)  # fmt: skip
RECOUNT = Verb(
    "hr.leave.recount", _("Count again by the calendar"), DECIDE, services.recount, LeaveRequest, None,
    MACHINE.said["recount"], offered=_differs,
)  # fmt: skip
VERBS = [ASK_FOR_LEAVE, RECOUNT, *STEPS]
FOR_ANOTHER = Verb(
    "hr.assignment.leave", _("Ask for leave for this person"), ADVISE, services.ask_for, Assignment, leave_form_for,
    _said, _page, offered=lambda row: row.covers(today()),
)  # fmt: skip
ENTER = Verb(
    "hr.person.leave_entry", _("Enter a balance of leave"), DECIDE, rules.enter, Person, entry_form,
    _("The entry is in the ledger."), lambda row: url_for("hr_leave.account", id=row.person_id, kind=row.type_id),
    offered=lambda person: person.merged_into_id is None,
)  # fmt: skip
OF_TYPES = [
    Verb("hr.leave_type.add", _("New kind of leave"), RULES, rules.add_type, None, TypeForm, _("It was added.")),
    Verb("hr.leave_type.change", _("Change"), RULES, rules.change_type, LeaveType, Stored(TypeForm),
         _("The changes are kept.")),
]  # fmt: skip
OF_POLICIES = [
    Verb("hr.leave_policy.add", _("New rule of leave"), RULES, rules.add_policy, None, PolicyForm, _("It was added.")),
    Verb("hr.leave_policy.change", _("Change"), RULES, rules.change_policy, LeavePolicy, Stored(PolicyForm),
         _("The changes are kept.")),
]  # fmt: skip
