"""Keeping plans: what is new, suspended, ended; and what of it is left out with a reason."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select

from core.contract.words import _
from core.data.access import current
from core.data.bulk import read_beside
from core.data.db import db, today
from core.data.errors import Invalid, Refused
from core.data.rows import store
from core.data.states import record
from core.facilities.models import Facility
from core.facilities.stranded import WHY
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.plans.due import Book, Due, book
from plugins.gmao.plans.models import MaintenancePlan, SkippedOccurrence
from plugins.gmao.plans.states import ACTIVE, ENDED, MACHINE
from plugins.gmao.rights import PLAN

YEAR = timedelta(days=366)
TARGETS = ("equipment", "model", "type")
LEFT = ("open", "forecast", "missed")  # an occurrence without an order, of which somebody may say that it is left out


def add(facility: Facility, **facts: Any) -> MaintenancePlan:
    """Return a new plan of a facility and all below it, for exactly one of a piece, a model or a type.

    It comes back every `interval` `unit` from `first_on` on, every `meter` units of a meter, or by whichever comes
    first. Raises Invalid where it is for none or several, or never comes back; Refused for a piece elsewhere, a first
    day that has passed, and a meter that is to be counted from a day to come.
    """
    current().require(PLAN, facility)
    named = [name for name in TARGETS if facts.get(name) is not None]
    if len(named) != 1:
        raise Invalid({named[-1] if named else "type": _("Choose one: a type, a model, or a piece.")})
    piece = facts.get("equipment")
    if piece is not None and not piece.facility.path.startswith(facility.path):
        raise Refused(_("It is at %(facility)s.", facility=piece.facility.name), field="equipment")
    plan = store(MaintenancePlan(facility=facility, state=ACTIVE), **_counted(facts))
    record(plan, "create", "", ACTIVE)
    return plan


def _counted(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of a plan with those alone by which it comes back."""
    interval, first, meter = facts.get("interval"), facts.get("first_on"), facts.get("meter")
    if interval is None and meter is None:
        raise Invalid({"interval": _("Say how often: so many months, so many units of a meter, or both.")})
    if (interval is None) != (first is None):
        missing = "interval" if interval is None else "first_on"
        raise Invalid({missing: _("By the calendar it needs both: how often, and the first day.")})
    if first is not None and first < today():
        raise Refused(_("This day has passed. Give the next day on which it is due."), field="first_on")
    since = facts.get("meter_since") or today()
    if meter is not None and since > today():
        raise Refused(_("This day has not come yet."), field="meter_since")
    by_calendar = {"interval": interval, "unit": facts.get("unit") if interval else None, "first_on": first}
    by_meter = {
        "meter": meter, "meter_unit": facts.get("meter_unit") if meter else None,
        "meter_since": since if meter else None,
    }  # fmt: skip
    return {**facts, **by_calendar, **by_meter, "floating": bool(meter) or facts.get("floating", False)}


def change(plan: MaintenancePlan, **facts: Any) -> MaintenancePlan:
    """Return a plan with another name, tolerance, lead time or estimate; when it is due stays."""
    current().require(PLAN, plan.facility)
    return store(plan, **facts)


def end(plan: MaintenancePlan, *, reason: str) -> None:
    """End a plan: from tomorrow nothing of it is due. Its open orders go on."""
    MACHINE.advance(plan, "end", reason)
    plan.ended_on = today()


def book_of(row: Equipment, first: date, last: date) -> Book:
    """Return the book of a piece for the days from first to last, both included."""
    return book(row.facility, first, last, today(), row)


def left_open(row: Equipment) -> list[Due]:
    """Return the occurrences of a piece, of a year back and ahead, that became no order and were not skipped."""
    day = today()
    window = day - YEAR, day + YEAR
    return [one for one in book_of(row, *window).dues(*window) if one.order is None and one.state in LEFT]


def skip(row: Equipment, *, occurrence: str, reason: str) -> SkippedOccurrence:
    """Return that a maintenance is left out, with its reason; Refused where it is none, or has an order: an order is
    cancelled. It is named by its plan and day: "12:2026-11-30"."""
    current().require(PLAN, row.facility)
    if not reason.strip():
        raise Refused(_("Please give a reason."), field="reason")
    found = next((one for one in left_open(row) if key_of(one) == occurrence), None)
    if found is None:
        raise Refused(_("Choose one of the list."), field="occurrence")
    made = SkippedOccurrence(
        plan_id=found.plan.id, equipment=row, planned_for=found.planned_for, facility=row.facility,
        reason=reason.strip(), skipped_by=current().signed,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    return made


def key_of(one: Due) -> str:
    """Return how a form names an occurrence of a piece."""
    return f"{one.plan.id}:{one.planned_for.isoformat()}"


def in_force(facility: Facility) -> int:
    """Return how many plans of a facility itself have not ended."""
    query = select(func.count(MaintenancePlan.id)).where(
        MaintenancePlan.facility_id == facility.id, MaintenancePlan.state != ENDED
    )
    return read_beside(query, WHY).scalar() or 0
