"""The orders that plans open: each day those whose lead time has come, each once, whenever the last run was.

Of one plan a piece has one open order at most. What was due before and became none counts as missed: after a month
without a scheduler the latest is opened, not each of those that nobody could do any more.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from core.data.db import db, today
from core.data.numbers import next_number
from core.data.states import record
from core.data.work import perform
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.equipment.states import SERVICE
from plugins.gmao.plans.due import MONTH, book
from plugins.gmao.plans.models import MaintenancePlan
from plugins.gmao.plans.states import ACTIVE
from plugins.gmao.series import WORK
from plugins.gmao.workorders.models import WorkOrder
from plugins.gmao.workorders.states import OPEN, PLANNED

BATCH = 250  # orders of a transaction
LONGEST = {"day": 1, "week": 7, "month": 31, "year": 366}  # days of a unit of an interval


class Wanted(NamedTuple):
    """An order that is to be opened."""

    plan_id: int
    equipment_id: int
    planned_for: date
    due_on: date


def open_due(on: date | None = None) -> int:
    """Return how many orders were opened of those whose lead time has come on a day (today)."""
    found = wanted(on or today())
    return sum(perform(partial(open_orders, found[at : at + BATCH])) for at in range(0, len(found), BATCH))


def wanted(on: date) -> list[Wanted]:
    """Return what is to be opened on a day: of each plan and piece the latest whose lead time has come, where no order
    of the plan is open and it became none."""
    columns = MaintenancePlan.interval, MaintenancePlan.unit, MaintenancePlan.lead_days, MaintenancePlan.meter
    every = db.session.execute(select(*columns).where(MaintenancePlan.state == ACTIVE)).all()
    if not every:
        return []
    ahead = timedelta(days=max(one.lead_days for one in every))
    fixed = [_since(one, on) for one in every if one.meter is None]  # of the others all orders are there anyway
    found = book(None, min(fixed, default=on), on + ahead, on)
    opened = {pair for pair, orders in found.orders.items() if any(one.state in OPEN for one in orders.values())}
    result = []
    for plan, piece in found.pairs():
        if plan.state != ACTIVE or (plan.id, piece.id) in opened:
            continue
        dues = list(found.of(plan, piece, _since(plan, on), on + timedelta(days=plan.lead_days)))
        if plan.floating:  # what is open; the rest are its forecasts
            dues = [one for one in dues if one.state != "skipped_justified"][:1]
        latest = dues[-1] if dues else None
        if latest is not None and latest.order is None and latest.state != "skipped_justified":
            result.append(Wanted(plan.id, piece.id, latest.planned_for, latest.day))
    return sorted(result)


def _since(plan: Any, on: date) -> date:
    """Return a day after which a plan was due once at least up to another, wherever calendars have moved it to; what a
    meter asked for may lie long back, as its reading may come in late."""
    if plan.meter is not None:
        return date.min
    days = plan.interval * LONGEST[plan.unit] + MONTH.days
    return date.fromordinal(max(1, on.toordinal() - days))


def open_orders(batch: Sequence[Wanted]) -> int:
    """Open some orders: their plans are locked, so that of two runs at once the second finds those of the first."""
    ids = sorted({one.plan_id for one in batch})
    query = select(MaintenancePlan).where(MaintenancePlan.id.in_(ids)).order_by(MaintenancePlan.id)
    plans = {plan.id: plan for plan in db.session.scalars(query.with_for_update())}
    pieces = {row.id: row for row in _pieces({one.equipment_id for one in batch})}
    taken = _taken(ids, [one.planned_for for one in batch])
    rows = []
    for one in batch:
        plan, piece = plans[one.plan_id], pieces.get(one.equipment_id)
        busy = {(one.plan_id, one.equipment_id, None), one[:3]} & taken
        if plan.state == ACTIVE and piece is not None and not busy:
            rows.append(_order(plan, piece, one))
    db.session.add_all(rows)
    db.session.flush()
    for row in rows:
        record(row, "open", "", PLANNED)
    return len(rows)


def _pieces(ids: set[int]) -> Sequence[Equipment]:
    query = select(Equipment).where(Equipment.id.in_(ids), Equipment.state == SERVICE)
    return db.session.scalars(query.options(selectinload(Equipment.type), selectinload(Equipment.facility))).all()


def _taken(plans: Sequence[int], days: Sequence[date]) -> set[tuple[int | None, int | None, date | None]]:
    """Return (plan, piece, day) of the orders there are for some days, and (plan, piece, None) of each open one."""
    query = select(WorkOrder.plan_id, WorkOrder.equipment_id, WorkOrder.planned_for, WorkOrder.state)
    query = query.where(WorkOrder.plan_id.in_(plans))
    query = query.where(or_(WorkOrder.state.in_(OPEN), WorkOrder.planned_for.between(min(days), max(days))))
    found: set[tuple[int | None, int | None, date | None]] = set()
    for plan, piece, day, state in db.session.execute(query):
        found.add((plan, piece, day))
        if state in OPEN:
            found.add((plan, piece, None))
    return found


def _order(plan: MaintenancePlan, piece: Equipment, one: Wanted) -> WorkOrder:
    return WorkOrder(
        number=next_number(WORK, on=today()), kind=plan.kind, equipment=piece, what=piece.described, problem=plan.name,
        facility=piece.facility, workshop=piece.facility, room=piece.place, state=PLANNED, due_on=one.due_on,
        plan_id=plan.id, planned_for=one.planned_for,
    )  # fmt: skip
