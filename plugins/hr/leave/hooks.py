"""What leave gives to the plugin's hooks."""

from collections.abc import Iterator
from typing import Any

from flask import url_for
from sqlalchemy import and_, func, or_, select

from core.contract.entities import Entity
from core.contract.ports import Card, MenuItem, Obstacle, Panel, Task
from core.contract.words import _
from core.data.access import current
from core.data.calendars import Holiday
from core.data.db import db, today
from core.facilities.models import Facility
from core.facilities.stranded import named, under_way
from core.nouns.pages import listed
from plugins.hr.leave import demo, notices, seeds
from plugins.hr.leave import following as following  # merges know it from now on
from plugins.hr.leave.importer import LEAVE_OF_THE_PAST
from plugins.hr.leave.models import (
    BEYOND,
    ENTRIES,
    PERIODS,
    ROUNDINGS,
    SEXES,
    UNITS,
    LeaveCause,
    LeaveEntry,
    LeavePolicy,
    LeaveRequest,
    LeaveType,
)
from plugins.hr.leave.states import APPROVED, COUNTED, LATE, MACHINE, OPEN
from plugins.hr.leave.tables import EntryTable, LeaveTable, PolicyTable, TypeTable
from plugins.hr.leave.verbs import ENTER, FOR_ANOTHER, OF_POLICIES, OF_TYPES, VERBS
from plugins.hr.leave.views import LIST, bp, causes, entries, policies, types
from plugins.hr.persons.models import Person
from plugins.hr.rights import ADVISE, ASK, DECIDE, LEAVE, RULES

BLUEPRINTS = [bp, types, policies, entries, causes]
ICON, SECTION = "calendar", _("Staff")
ENTITIES = [
    Entity(
        "hr.leave", LeaveRequest, _("Leave"), _("Leave of the staff"), "hr_leave.show", None, LeaveTable, ICON,
        ("number", "name"), LEAVE_OF_THE_PAST, {"state": MACHINE.states, "unit": UNITS}, machine=MACHINE, verbs=VERBS,
        attachments=True, index=LIST,
    ),
    Entity(
        "hr.leave_cause", LeaveCause, _("Reason of an absence"), _("Reasons of absences"), "hr_leave_causes.show",
        icon=ICON, named=("number",), attachments=True,
    ),
    Entity(
        "hr.leave_type", LeaveType, _("Kind of leave"), _("Kinds of leave"), "hr_leave_types.show", None, TypeTable,
        ICON, ("code", "label_fr", "label_en"), words={"sex": SEXES}, verbs=OF_TYPES, index="hr_leave_types.index",
    ),
    Entity(
        "hr.leave_policy", LeavePolicy, _("Rule of leave"), _("Rules of leave"), "hr_leave_policies.show", None,
        PolicyTable, ICON, named=("type_id", "source"), verbs=OF_POLICIES, index="hr_leave_policies.index",
        words={"unit": UNITS, "periods": PERIODS, "rounding": ROUNDINGS, "beyond": BEYOND},
    ),
    Entity(
        "hr.leave_entry", LeaveEntry, _("Entry of the ledger of leave"), _("Ledger of leave"), "hr_leave_entries.show",
        None, EntryTable, ICON, words={"kind": ENTRIES}, named=("name", "on"), index="hr_leave_entries.index",
    ),
]  # fmt: skip
VERBS_OF_OTHERS = [FOR_ANOTHER, ENTER]
FACTS, NOTICES = notices.FACTS, notices.KINDS
MENU = [
    MenuItem(_("My leave"), "hr_leave.mine", ASK, SECTION, ICON, order=402),
    MenuItem(_("Leave of the staff"), LIST, LEAVE, SECTION, ICON, order=420),
    MenuItem(_("Who is away"), "hr_leave.month", LEAVE, SECTION, ICON, order=421),
    MenuItem(_("Touched by the calendar"), "hr_leave.changed_calendar", DECIDE, SECTION, ICON, order=422),
    MenuItem(_("Rules of leave"), "hr_leave_policies.index", RULES, SECTION, ICON, order=482),
]
SHOWN = 5  # tasks of one kind; of more, one task tells the number


def seed(kind: str, size: str) -> None:
    """Insert what `amagara seed` asks for."""
    if kind == "reference":
        seeds.load()
    if kind == "demo":
        demo.load()


def inbox() -> Iterator[Task]:
    """Yield the returns that are due: that a leave ends is said by its days, not by its state."""
    access, day = current(), today()
    mine = LeaveRequest.user_id == (access.own_id or 0)
    due = [and_(mine, LeaveRequest.first_day <= day)] if access.can(ASK) else []
    if places := access.paths(ADVISE):
        here = or_(*(Facility.path.startswith(path, autoescape=True) for path in places))
        late = LeaveRequest.back_on < day
        due.append(and_(late, LeaveRequest.facility_id.in_(select(Facility.id).where(here))))
    if not due:
        return
    query = select(LeaveRequest).where(LeaveRequest.state == APPROVED, or_(*due))
    rows = db.session.scalars(query.order_by(LeaveRequest.back_on).limit(SHOWN + 1)).all()
    own = [row for row in rows if row.user_id == access.own_id]
    others = [row for row in rows if row not in own]
    yield from (_return(row) for row in own)
    if len(others) <= SHOWN:
        yield from (_late(row) for row in others)
        return
    number = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    title = _("%(number)s people are not back from leave", number=number)
    narrowed: dict[str, Any] = {"f.state": LATE}
    yield Task(title, url_for(LIST, **narrowed), _("Open the list"), icon=ICON, menu=LIST, count=number)


def _return(row: LeaveRequest) -> Task:
    title = _("Your leave ends: say when you are back at work")
    url = url_for("verbs.do", name="hr.leave.resume", id=row.id)
    words, ref = _("I am back at work"), f"hr.leave/{row.id}"
    return Task(title, url, words, row.number, row.back_on, ICON, ref, "hr_leave.mine")


def _late(row: LeaveRequest) -> Task:
    title = _("%(name)s is not back from leave", name=row.name)
    url = url_for("hr_leave.show", id=row.id)
    return Task(title, url, _("Record the return"), row.number, row.back_on, ICON, f"hr.leave/{row.id}", LIST)


def panels(obj: Any) -> list[Panel]:
    """Return the leave of a person on his page, that of a facility, and that which a public holiday meets."""
    if isinstance(obj, Person):
        return listed(LeaveTable, LeaveRequest.person_id == obj.id, {"q": obj.name}, order=40)
    if isinstance(obj, Facility) and current().can(LEAVE, obj):
        here = and_(LeaveRequest.facility_id == obj.id, LeaveRequest.state.in_(COUNTED))
        return listed(LeaveTable, here, {"f.facility": obj.name}, order=62, empty=False)
    if isinstance(obj, Holiday) and current().can(LEAVE):
        met = and_(LeaveRequest.first_day <= obj.on, LeaveRequest.back_on >= obj.on, LeaveRequest.state.in_(OPEN))
        return listed(LeaveTable, met, {}, order=30, empty=False)
    return []


def cards(facility: Facility) -> list[Card]:
    """Return how many people of a place and below are on leave today."""
    if not current().can(LEAVE, facility):
        return []
    day = today()
    here = LeaveRequest.facility.has(Facility.path.startswith(facility.path, autoescape=True))
    away = (LeaveRequest.state == APPROVED, LeaveRequest.first_day <= day, here)
    number = db.session.scalar(select(func.count(LeaveRequest.id)).where(*away))
    return [Card(_("On leave today"), str(number), LIST, {"view": "away"}, order=40)]


def closing(facility: Facility) -> Iterator[Obstacle]:
    """Yield the leave of a facility that is not at its end."""
    waiting = named(LeaveRequest, LeaveRequest.state.in_(OPEN), LeaveRequest.facility_id == facility.id)
    words, detail = _("Leave under way: %(n)s"), _("Decide it, or record the returns.")
    yield from under_way(waiting, words, detail, "hr_leave.show", LIST, {"f.facility": facility.name})
