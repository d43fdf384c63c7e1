"""The preventive maintenance of the demonstration: a plan a type for the district, and what became of a year of it.

Drawn from the tags, so that the same country gives the same work: most was done in time, some late, some never.
"""

import random
from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core.data.access import Access, acting
from core.data.calendar import moment
from core.data.db import db, today
from core.data.numbers import next_number
from core.data.states import Step, record
from core.facilities.country import FOCUS
from core.facilities.models import Facility
from core.users.accounts.models import User
from plugins.gmao.catalogue.models import EquipmentType
from plugins.gmao.demo.work import TECHNICIAN, WHO
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.formulas.compliance import window
from plugins.gmao.plans.due import Due, book, share_of
from plugins.gmao.plans.models import PASS, ChecklistRun, ChecklistStep, MaintenancePlan, StepResult
from plugins.gmao.plans.opening import open_orders, wanted
from plugins.gmao.plans.states import ACTIVE
from plugins.gmao.series import WORK
from plugins.gmao.workorders.models import PREVENTIVE, Intervention, WorkOrder
from plugins.gmao.workorders.states import ASSIGNED, CLOSED, PLANNED

YEAR, LEAD, CHECKED = timedelta(days=365), 14, 0.3
SHARES = {"in_time": 0.72, "late": 0.14}  # the rest was never done


def load() -> None:
    """Insert the plans of the district's types, where there is none yet, and the orders that they became."""
    if db.session.scalar(select(MaintenancePlan.id).limit(1)) is not None:
        return
    home = db.session.scalars(select(Facility).where(Facility.code == FOCUS)).one()
    kinds = select(Equipment.type_id).join(Facility, Facility.id == Equipment.facility_id)
    kinds = kinds.where(Facility.path.startswith(home.path))
    query = select(EquipmentType).where(EquipmentType.id.in_(kinds), EquipmentType.interval.is_not(None))
    for kind in db.session.scalars(query.order_by(EquipmentType.code)):
        db.session.add(_plan(home, kind))
    db.session.flush()
    with acting(Access.system(WHO)):
        _past(home)
        open_orders(wanted(today()))
        _give_out()


def _give_out() -> None:
    """Give the open orders of the technician's place to the technician."""
    user = db.session.scalars(select(User).where(User.login == TECHNICIAN)).first()
    if user is None:
        return
    here = WorkOrder.facility_id == user.facility_id, WorkOrder.plan_id.is_not(None), WorkOrder.state == PLANNED
    for order in db.session.scalars(select(WorkOrder).where(*here).order_by(WorkOrder.id)).all():
        order.state, order.assignee_id, order.assignee = ASSIGNED, user.id, user.name
        record(order, "assign", PLANNED, ASSIGNED)


def _plan(home: Facility, kind: EquipmentType) -> MaintenancePlan:
    """Return the plan of a type: its first day lies more than a year back, on some day of its own."""
    draw = random.Random(kind.code)
    first = today() - YEAR - timedelta(days=draw.randrange(1, 30 * (kind.interval or 1) + 1))
    return MaintenancePlan(
        name=f"Entretien préventif : {kind.label_fr}"[:120], kind=PREVENTIVE, facility=home, type=kind,
        interval=kind.interval, unit="month", first_on=first, shift="after", tolerance=10, lead_days=LEAD,
        minutes=draw.choice((30, 45, 60, 90)), state=ACTIVE,
    )  # fmt: skip


def _past(home: Facility) -> None:
    """Insert the orders of what was done in the last year."""
    day = today()
    found = book(home, day - YEAR, day, day).dues(day - YEAR, day)
    ids = {one.equipment_id for one in found}
    query = select(Equipment).where(Equipment.id.in_(ids))
    query = query.options(selectinload(Equipment.type), selectinload(Equipment.facility))
    pieces = {row.id: row for row in db.session.scalars(query)}
    drawn = [(one, done) for one in found if (done := _done_on(one, random.Random(f"{one.code}{one.day}"), day))]
    orders = [_order(one, pieces[one.equipment_id], done) for one, done in drawn]
    db.session.add_all(orders)
    db.session.flush()
    _course(orders)


def _done_on(one: Due, draw: random.Random, day: date) -> date | None:
    """Return the day on which a maintenance was done; None where it never was, or still is to be."""
    first, last = window(one.day, one.interval, share_of(one.plan))
    chance = draw.random()
    if chance < SHARES["in_time"]:
        done = first + timedelta(days=draw.randrange((last - first).days + 1))
    elif chance < sum(SHARES.values()):
        done = last + timedelta(days=draw.randrange(3, 30))
    else:
        return None
    return done if done < day else None


def _order(one: Due, piece: Equipment, done: date) -> WorkOrder:
    opened = min(one.day - timedelta(days=LEAD), done)
    return WorkOrder(
        number=next_number(WORK, on=opened), kind=PREVENTIVE, equipment=piece, what=piece.described,
        problem=one.plan.name, facility=piece.facility, workshop=piece.facility, room=piece.place, state=CLOSED,
        due_on=one.day, opened_at=moment(opened, time(6)), done_at=moment(done, time(10)), assignee=WHO,
        plan_id=one.plan.id, planned_for=one.planned_for,
    )  # fmt: skip


def _course(orders: Sequence[WorkOrder]) -> None:
    """Insert the steps, the work and some checklists of orders that are closed."""
    points: dict[int, list[ChecklistStep]] = {}
    for point in db.session.scalars(select(ChecklistStep).order_by(ChecklistStep.type_id, ChecklistStep.position)):
        points.setdefault(point.type_id, []).append(point)
    who = db.session.scalar(select(User.id).where(User.login == TECHNICIAN))
    for order in orders:
        draw = random.Random(order.number)
        db.session.add(_step(order, "open", "", PLANNED, order.opened_at))
        db.session.add(_step(order, "close_unseen", PLANNED, CLOSED, order.done_at))
        db.session.add(
            Intervention(order=order, ended_at=order.done_at, minutes=draw.choice((30, 45, 60, 90)), action="tested",
                         travel_minutes=draw.choice((0, 0, 30)), note="", status="functional", technician=WHO)
        )  # fmt: skip
        steps = points.get(order.equipment.type_id, []) if order.equipment else []
        if steps and draw.random() < CHECKED:
            run = ChecklistRun(order=order, done_at=order.done_at, done_by=WHO, done_by_id=who)
            db.session.add(run)
            db.session.add_all(_result(run, step) for step in steps)
    db.session.flush()


def _result(run: ChecklistRun, step: ChecklistStep) -> StepResult:
    low, high = step.least, step.most
    value: Any = None
    if step.measured:
        value = (low + high) / 2 if low is not None and high is not None else high if low is None else low
    facts = {name: getattr(step, name) for name in ("position", "label_fr", "label_en", "unit", "least", "most")}
    return StepResult(run=run, **facts, verdict=PASS, value=value)


def _step(order: WorkOrder, action: str, source: str, target: str, at: Any) -> Step:
    return Step(
        entity=order.__entity__, entity_id=order.id, action=action, source=source, target=target, at=at, user_label=WHO
    )  # fmt: skip
