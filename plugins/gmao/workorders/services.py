"""Work orders: opening, giving out, logging what was done, and confirming it."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import case, or_, select

from core.contract.words import _
from core.data.access import current
from core.data.calendars import calendar_of
from core.data.db import db, today, utcnow
from core.data.errors import Refused
from core.data.numbers import next_number, next_numbers
from core.data.states import as_it_stands, record, record_all
from core.data.work import emit, tell, written_at
from core.facilities.models import Facility
from core.files.services import attach
from core.files.taking import Content
from core.users.directory.services import colleague, holders_at
from plugins.gmao.equipment import states as life
from plugins.gmao.equipment.models import DOWN, UNKNOWN, Equipment, needs_reason
from plugins.gmao.equipment.services import refuse_elsewhere, say_status
from plugins.gmao.rights import PLAN, REPORT, WORK
from plugins.gmao.series import WORK as SERIES
from plugins.gmao.workorders.models import ALLOWED, CORRECTIVE, Intervention, WorkOrder
from plugins.gmao.workorders.states import ASSIGNED, HOLD, MACHINE, OPEN, PLANNED, PROGRESS

WEEK = 7 * 24 * 60  # minutes
MOST_AT_HAND = 30
WHEN_CANCELLED: list[Callable[[WorkOrder], None]] = []  # what other rooms do then, in the same transaction


def ref(order: WorkOrder) -> str:
    """Return how other rows name an order as their cause: "gmao.workorder/12"."""
    return f"{WorkOrder.__entity__}/{order.id}"


def open_order(
    facility: Facility, *, kind: str, problem: str, equipment: Equipment | None = None, what: str = "", room: str = "",
    priority: str = "normal", due_on: date | None = None, opened_at: datetime | None = None,
) -> WorkOrder:  # fmt: skip
    """Return a new order of a facility, to be assigned; without a day it is due as its priority allows.

    Raises Refused for a piece that is elsewhere, lost or disposed of, for a day that has passed, and where neither a
    piece nor a thing is named.
    """
    if equipment is not None:
        refuse_elsewhere(equipment, facility)
        life.MACHINE.refuse_unless(equipment, *life.THERE)
    elif not what.strip():
        raise Refused(_("Name the piece of equipment, or say what it is about."), field="what")
    if due_on is not None and due_on < today():
        raise Refused(_("This day has passed."), field="due_on")
    due_on = due_on or calendar_of(facility).working_day_after(today(), ALLOWED[priority])
    order = WorkOrder(
        number=next_number(SERIES, on=today()), kind=kind, equipment=equipment, problem=problem.strip(),
        what=equipment.described if equipment else what.strip(), facility=facility, workshop=facility,
        room=room or (equipment.place if equipment else ""), priority=priority, state=PLANNED, due_on=due_on,
        opened_at=opened_at or utcnow(),
    )  # fmt: skip
    db.session.add(order)
    db.session.flush()
    record(order, "open", "", PLANNED)
    return order


def open_each(
    rows: Sequence[Equipment], *, kind: str, problem: str, due_on: date, priority: str = "normal"
) -> list[WorkOrder]:  # fmt: skip
    """Return a new order for each of some pieces, to be assigned, in few statements however many there are."""
    numbers = next_numbers(SERIES, len(rows), on=today())
    orders = [
        WorkOrder(
            number=number, kind=kind, equipment=row, problem=problem, what=row.described, facility=row.facility,
            workshop=row.facility, room=row.place, priority=priority, state=PLANNED, due_on=due_on, opened_at=utcnow(),
        )
        for number, row in zip(numbers, rows, strict=True)
    ]  # fmt: skip
    db.session.add_all(orders)
    record_all(orders, "open", PLANNED)
    return orders


def plan(facility: Facility, **facts: Any) -> WorkOrder:
    """Return a new order as somebody who plans opens it."""
    current().require(PLAN, facility)
    return open_order(facility, **facts)


def plan_for(row: Equipment, **facts: Any) -> WorkOrder:
    """Return a new order for a piece as somebody who plans opens it."""
    return plan(row.facility, equipment=row, **facts)


def technicians(place: Facility) -> dict[str, str]:
    """Return {number of the person: name and role} of those who may work at a place, the nearest first."""
    (found,) = holders_at(WORK, [place.path])
    return {str(one.user_id): f"{one.name} ({one.role})" for one in found}


def assign(order: WorkOrder, *, person: str, due_on: date | None = None) -> None:
    """Give an order to somebody who may work where it is; Refused for others, and a new day that has passed."""
    known = technicians(order.facility)
    if person not in known:
        raise Refused(_("Choose one of the list."), field="person")
    if due_on is not None and due_on != order.due_on and due_on < today():
        raise Refused(_("This day has passed."), field="due_on")
    MACHINE.advance(order, "assign" if order.state == PLANNED else "reassign")
    _give(order, int(person))
    order.due_on = due_on or order.due_on


def _give(order: WorkOrder, user_id: int | None) -> None:
    found = None if user_id is None else colleague(user_id)
    order.assignee_id, order.assignee = user_id, found.name if found else current().signed


def take(order: WorkOrder) -> None:
    """Begin an order: it is one's own from now on."""
    MACHINE.advance(order, "take")
    _give(order, current().user_id)


def hold(order: WorkOrder, *, reason: str, vendor: str = "") -> None:
    """Hold an order up for a reason: what does not work waits for it from now on, and is not under repair."""
    MACHINE.advance(order, "hold", reason)
    order.held_for, order.vendor = getattr(reason, "code", "other"), vendor or order.vendor
    _say_why(order, order.held_for, getattr(reason, "text", reason))


def resume(order: WorkOrder) -> None:
    """Go on with an order that was held up."""
    MACHINE.advance(order, "resume")
    order.held_for = None
    _say_why(order, "in_repair")


def escalate(order: WorkOrder, *, reason: str) -> None:
    """Pass an order on to the workshop above; Refused where there is none. Its days go on as they were."""
    above = order.workshop.parent
    if above is None:
        raise Refused(_("Nobody stands above. Hold it up, and name the vendor who is asked."))
    MACHINE.advance(order, "escalate", reason)
    order.workshop, order.held_for = above, None
    order.assignee_id, order.assignee = None, ""


def _say_why(order: WorkOrder, because: str | None, note: str = "") -> None:
    """Say of a piece that does not work what it waits for now."""
    row = order.equipment
    if row is None or not needs_reason(row.status) or not current().can(REPORT, row.facility):
        return
    say_status(row, status=row.status, because=because, note=note, cause=ref(order))


def log(order: WorkOrder, **done: Any) -> WorkOrder:
    """Return an order of which somebody has done a part, as `_record` keeps it: it goes on."""
    if _is_over(order):
        return _late(order, **done)
    if order.state in (PLANNED, ASSIGNED):
        take(order)
    elif order.state == HOLD:
        resume(order)
    else:
        MACHINE.refuse_unless(order, PROGRESS)
        current().require(WORK, order.facility)
    _record(order, **done)
    return order


def finish(order: WorkOrder, *, status: str | None = None, **done: Any) -> WorkOrder:
    """Return an order that is done, with what was done last, as `_record` keeps it, and how the piece works now.

    Raises Refused where nobody says how the piece works, and where it does not: then the order is held up or passed on.
    """
    if _is_over(order):
        return _late(order, status=status, **done)
    if order.equipment is not None and status in (None, UNKNOWN):
        raise Refused(_("Say how it works now."), field="status")
    if status == DOWN:
        words = _("It is not finished while it does not work: hold the order up, or pass it on.")
        raise Refused(words, field="status")
    if order.state == HOLD and written_at() is not None:
        resume(order)  # whoever finished it knew nothing of the stop, or had what it waited for
    if order.assignee_id is None:
        _give(order, current().user_id)
    MACHINE.advance(order, "finish")
    made = _record(order, status=status, **done)
    order.done_at, order.done_by_id, order.held_for = made.ended_at, current().user_id, None
    emit("gmao.workorder.done", order, number=order.number, kind=order.kind)
    return order


def repair(row: Equipment, **facts: Any) -> WorkOrder:
    """Return the order under which a piece was repaired: the one that is open for it, else a new one."""
    current().require(WORK, row.facility)
    order = _order_of(row)
    if order is None:
        order = open_order(
            row.facility, kind=CORRECTIVE, equipment=row, problem=facts.get("note") or "", opened_at=written_at()
        )
    elif order.state == HOLD:
        resume(order)
    return finish(order, **facts)


def repair_here(facility: Facility, *, equipment: Equipment, **facts: Any) -> WorkOrder:
    """Return the order under which a piece of a facility was repaired; one that was sent on since it was written down
    was repaired here all the same."""
    if written_at() is None:
        refuse_elsewhere(equipment, facility)
    return repair(equipment, **facts)


def _order_of(row: Equipment) -> WorkOrder | None:
    """Return the repair that is under way for a piece, one's own first; of work that was written down on a device the
    one that was under way then, though it may be over by now: a fault that came later is another one."""
    mine, then = case((WorkOrder.assignee_id == current().user_id, 0), else_=1), written_at()
    query = select(WorkOrder).where(WorkOrder.equipment_id == row.id, WorkOrder.kind == CORRECTIVE)
    is_open = WorkOrder.state.in_(OPEN)
    if then is None:
        query = query.where(is_open)
    else:
        query = query.where(WorkOrder.opened_at <= then, or_(is_open, WorkOrder.done_at >= then))
    return db.session.scalars(query.order_by(case((is_open, 0), else_=1), mine, WorkOrder.id).limit(1)).first()


def _is_over(order: WorkOrder) -> bool:
    """Return whether work that was written down on a device comes when its order is over; until then the order is
    judged as it stands, whatever that device knew of it."""
    if written_at() is None:
        return False
    as_it_stands(order)
    db.session.flush()
    db.session.refresh(order, attribute_names=["state"], with_for_update=True)
    return order.state not in OPEN


def _late(order: WorkOrder, **done: Any) -> WorkOrder:
    """Return an order that was over when work under it became known: the work is a fact of its moment, the order stays
    as it is."""
    current().require(WORK, order.facility)
    _record(order, **done)
    state = MACHINE.state(order).label
    tell(
        _("%(number)s was over already (%(state)s): what you did is noted under it.", number=order.number, state=state)
    )
    return order


def at_hand(place: Facility, *states: str) -> list[WorkOrder]:
    """Return one's own orders at a place, or in its workshop, that are in some states: what a device takes along."""
    query = select(WorkOrder).where(
        WorkOrder.assignee_id == current().user_id, WorkOrder.state.in_(states),
        or_(WorkOrder.facility_id == place.id, WorkOrder.workshop_id == place.id),
    )  # fmt: skip
    return list(db.session.scalars(query.order_by(WorkOrder.due_on, WorkOrder.id).limit(MOST_AT_HAND)))


def _record(
    order: WorkOrder, *, minutes: int, action: str, cause: str | None = None, travel_minutes: int = 0, note: str = "",
    status: str | None = None, because: str | None = None, ended_at: datetime | None = None,
    photos: Collection[Content] = (),
) -> Intervention:  # fmt: skip
    """Return what was done under an order: how long it took, why it was needed and how the piece works afterwards.

    Raises Refused for a moment to come or long before the order, and for more than a week of work or way.
    """
    ended_at = ended_at or utcnow()
    if ended_at > utcnow():
        raise Refused(_("This moment has not come yet."), field="ended_at")
    if ended_at < order.opened_at - timedelta(days=366):
        raise Refused(_("This lies long before the order was opened."), field="ended_at")
    for name, number in (("minutes", minutes), ("travel_minutes", travel_minutes)):
        if not 0 <= number <= WEEK:
            raise Refused(_("At most a week: %(most)s minutes.", most=WEEK), field=name)
    made = Intervention(
        order=order, ended_at=ended_at, minutes=minutes, travel_minutes=travel_minutes, cause=cause, action=action,
        note=note.strip(), status=status, technician=current().signed, technician_id=current().user_id,
    )  # fmt: skip
    db.session.add(made)
    db.session.flush()
    if order.equipment is not None and status is not None:
        say_status(order.equipment, status=status, because=because, at=ended_at, note=note, cause=ref(order))
    attach(order, photos)
    return made


def cancel(order: WorkOrder, reason: str) -> None:
    """Cancel an order, and what other rooms keep open for its sake."""
    MACHINE.advance(order, "cancel", reason)
    for also_end in WHEN_CANCELLED:
        also_end(order)


def verify(order: WorkOrder) -> None:
    """Confirm that a piece works again; nobody confirms his own work."""
    if current().user_id in order.doers:
        raise Refused(_("Somebody else confirms it: the work was yours."))
    MACHINE.advance(order, "verify")


def reopen(order: WorkOrder, *, reason: str) -> None:
    """Say that a piece does not work after all: the order goes on with who had it."""
    MACHINE.advance(order, "reopen", reason)
    order.done_at = order.done_by_id = None
    row = order.equipment
    if row is not None and current().can(REPORT, row.facility):
        note = getattr(reason, "text", reason)
        say_status(row, status=DOWN, because="in_repair", note=note, cause=ref(order))


def open_orders(row: Equipment) -> list[WorkOrder]:
    """Return the orders of a piece that are not finished, the oldest first."""
    query = select(WorkOrder).where(WorkOrder.equipment_id == row.id, WorkOrder.state.in_(OPEN))
    return list(db.session.scalars(query.order_by(WorkOrder.id)))


def done_of(order: WorkOrder) -> list[Intervention]:
    """Return what was done under an order, the latest first."""
    query = select(Intervention).where(Intervention.order_id == order.id)
    return list(db.session.scalars(query.order_by(Intervention.ended_at.desc(), Intervention.id.desc())))
