"""Reporting faults, and what the workshop decides."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import func, select

from core.contract.words import _
from core.data.access import Access, current
from core.data.codes import key_of
from core.data.db import db, today
from core.data.errors import Refused
from core.data.numbers import next_number
from core.data.states import record
from core.data.work import emit
from core.facilities.models import Facility
from core.files.services import attach
from core.files.taking import Content
from plugins.gmao.equipment import states as life
from plugins.gmao.equipment.models import ATTENTION, BEYOND, DOWN, Equipment
from plugins.gmao.equipment.services import refuse_elsewhere, say_status
from plugins.gmao.requests.models import BADLY, STOPPED, Request
from plugins.gmao.requests.states import MACHINE, SUBMITTED
from plugins.gmao.rights import REPORT, REQUEST, VIEW
from plugins.gmao.series import REQUEST as SERIES
from plugins.gmao.workorders import services as work
from plugins.gmao.workorders.models import CORRECTIVE, WorkOrder
from plugins.gmao.workorders.states import OPEN

STATUS = {STOPPED: DOWN, BADLY: ATTENTION}  # what a report says of the working order
PRIORITY = {STOPPED: "high", BADLY: "normal"}
MOST = 3  # reports of one piece by its label that wait


def at_the_machine() -> Access:
    """Return what somebody may do who is not signed in and has a label before him: report what is wrong."""
    return Access(None, str(_("Without an account")), ((VIEW, "/"), (REQUEST, "/")), origin="label")


def labelled(tag: str) -> Equipment | None:
    """Return the piece of a tag that is there, or None."""
    query = select(Equipment).where(Equipment.code_key == key_of(tag), Equipment.state.in_(life.THERE))
    return db.session.scalars(query).first()


def reported_by_label(tag: str, number: str) -> Request | None:
    """Return the report of that number which somebody made by the label of a piece, or None."""
    query = select(Request).join(Equipment).where(Equipment.code_key == key_of(tag), Request.number == number)
    return db.session.scalars(query.where(Request.by_label)).first()


def report(
    row: Equipment, *, works: str, problem: str, phone: str = "", photos: Collection[Content] = ()
) -> Request:  # fmt: skip
    """Return the report that a piece does not work as it should; its working order says so at once."""
    current().require(REQUEST, row.facility)
    life.MACHINE.refuse_unless(row, *life.THERE)
    request = _made(row.facility, row, row.described, row.place, works, problem, phone, photos)
    _say(request)
    return request


def report_here(
    facility: Facility, *, works: str, problem: str, equipment: Equipment | None = None, what: str = "", room: str = "",
    phone: str = "", photos: Collection[Content] = (),
) -> Request:  # fmt: skip
    """Return the report of a fault at a facility, of a piece or of something that bears no tag."""
    if equipment is not None:
        refuse_elsewhere(equipment, facility)
        return report(equipment, works=works, problem=problem, phone=phone, photos=photos)
    if not what.strip():
        raise Refused(_("Name the piece of equipment, or say what it is about."), field="what")
    current().require(REQUEST, facility)
    return _made(facility, None, what.strip(), room, works, problem, phone, photos)


def report_by_label(
    row: Equipment, *, works: str, problem: str, name: str = "", photos: Collection[Content] = ()
) -> Request:  # fmt: skip
    """Return the report of somebody who is not signed in: the workshop decides before the piece counts as out of order.

    Raises Refused where several such reports of the piece wait already.
    """
    current().require(REQUEST, row.facility)
    waiting = select(func.count(Request.id)).where(
        Request.equipment_id == row.id, Request.state == SUBMITTED, Request.by_label
    )
    if (db.session.scalar(waiting) or 0) >= MOST:
        raise Refused(_("This was reported already, and the workshop knows it. Call it where it is urgent."))
    return _made(row.facility, row, row.described, row.place, works, problem, "", photos, by_label=name.strip())


def _made(
    facility: Facility, equipment: Equipment | None, what: str, room: str, works: str, problem: str, phone: str,
    photos: Collection[Content], by_label: str | None = None,
) -> Request:  # fmt: skip
    request = Request(
        number=next_number(SERIES, on=today()), equipment=equipment, what=what, facility=facility, room=room,
        works=works, problem=problem.strip(), phone=phone.strip(), reported_by=by_label or current().signed,
        reported_by_id=current().user_id, by_label=by_label is not None,
    )  # fmt: skip
    db.session.add(request)
    db.session.flush()
    record(request, "report", "", SUBMITTED)
    attach(request, photos)
    emit("gmao.request.reported", request, number=request.number, works=works)
    return request


def _say(request: Request) -> None:
    """Say of the piece of a report how it works, from the moment at which it was reported; what is beyond repair, or
    known to stand still, stays so."""
    row, status = request.equipment, STATUS.get(request.works)
    if row is None or status is None or row.status in (BEYOND, DOWN) or not current().can(REPORT, row.facility):
        return
    say_status(
        row, status=status, because="to_examine", at=request.reported_at, note=request.problem[:1000],
        cause=f"{Request.__entity__}/{request.id}",
    )  # fmt: skip


def accept(
    request: Request, *, priority: str | None = None, person: str | None = None, due_on: date | None = None
) -> Request:
    """Return a report for which an order was opened, given to a person where one is named."""
    MACHINE.advance(request, "accept")
    order = work.open_order(
        request.facility, kind=CORRECTIVE if request.equipment else "infrastructure", equipment=request.equipment,
        problem=request.problem, what=request.what, room=request.room, opened_at=request.reported_at, due_on=due_on,
        priority=priority or PRIORITY.get(request.works, "normal"),
    )  # fmt: skip
    request.order = order
    db.session.flush()
    if person:
        work.assign(order, person=person)
    if request.by_label:
        _say(request)
    return request


def join(request: Request, *, order: str) -> Request:
    """Return a report of something for which an order is open already."""
    found = next((each for each in open_here(request) if str(each.id) == order), None)
    if found is None:
        raise Refused(_("Choose one of the list."), field="order")
    MACHINE.advance(request, "join")
    request.order = found
    db.session.flush()
    return request


def open_here(request: Request) -> list[WorkOrder]:
    """Return the orders that a report may belong to: those of its piece, else all that are open at its facility."""
    query = select(WorkOrder).where(WorkOrder.facility_id == request.facility_id, WorkOrder.state.in_(OPEN))
    if request.equipment_id is not None:
        query = query.where(WorkOrder.equipment_id == request.equipment_id)
    return list(db.session.scalars(query.order_by(WorkOrder.id.desc()).limit(50)))
