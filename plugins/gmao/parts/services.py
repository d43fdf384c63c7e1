"""Asking the store for parts, and handing them out: the stock moves by its own port, whoever keeps it."""

from itertools import groupby

from sqlalchemy import select

from core.contract.plugins import service
from core.contract.ports import Stock
from core.contract.words import _
from core.data.access import also, current
from core.data.db import db
from core.data.errors import Refused
from core.data.naming import DOT
from core.data.states import Reason, record
from core.data.work import emit, tell
from core.facilities.models import Facility
from plugins.gmao.parts.models import Part
from plugins.gmao.parts.states import ASKED, AWAITED, BROUGHT, MACHINE, MISSING
from plugins.gmao.rights import ISSUE, PARTS, REPORT, VIEW, WORK
from plugins.gmao.workorders import services as work
from plugins.gmao.workorders import states as orders
from plugins.gmao.workorders.models import WorkOrder

MOST = 10_000  # of one part


def ask(order: WorkOrder, *, label: str, quantity: int, code: str = "", hold: bool = True) -> Part:
    """Return the part that an order asks of the store of its facility; the order is held up where it waits for it, and
    what the store lacks is asked of its supplier."""
    part = _made(order, label, quantity, ASKED, code)
    record(part, "ask", "", ASKED)
    if number := _ask_supplier(part):
        tell(_("The store lacks it: requisition %(number)s asks for it, once the storekeeper confirms.", number=number))
    if hold and order.state in (orders.PLANNED, orders.ASSIGNED):
        work.take(order)
    if hold and order.state == orders.PROGRESS:
        work.hold(order, reason=Reason("needs_part", f"{quantity} × {part.label}", orders.MACHINE.reasons["hold"]))
    return part


def _ask_supplier(part: Part) -> str:
    """Return the number of the requisition of what the store lacks; "" where it lacks nothing or cannot ask."""
    stock: Stock | None = service(Stock)
    number = stock.ask(part.facility, part.code, part.quantity, note=part.what) if stock and part.code else ""
    if number:
        with also(PARTS, ISSUE):
            MACHINE.advance(part, "requisition")
            part.requisition = number
            db.session.flush()
    return number


def requisition(part: Part, *, code: str = "", quantity: int | None = None) -> Part:
    """Return a part for which the store has asked its supplier; Refused where there is nothing to ask, or nobody."""
    current().require(ISSUE, part.facility)
    part.quantity, part.code = quantity or part.quantity, code.strip() or part.code
    if not _ask_supplier(part):
        words = _("The store has enough of it, does not know the code, or nobody supplies it.")
        raise Refused(words, field="code")
    return part


def arrive(part: Part) -> Part:
    """Return a part that is in the store now: who asked for it is told, and an order that waited for it goes on."""
    MACHINE.advance(part, "arrive")
    db.session.flush()
    emit("gmao.part.arrived", part, label=part.label, what=part.what)
    with also(VIEW, WORK, REPORT):
        _go_on(db.session.get_one(WorkOrder, part.order_id), besides=part.id)
    return part


def arrived() -> int:
    """Return how many parts have come of those that stores have asked for: what is free goes to who asked first."""
    stock: Stock | None = service(Stock)
    query = select(Part).where(Part.state == AWAITED).order_by(Part.facility_id, Part.code, Part.id)
    found = 0
    for (place, code), parts in groupby(db.session.scalars(query).all(), key=lambda row: (row.facility_id, row.code)):
        there = stock.available(db.session.get_one(Facility, place), code) if stock else None
        left = there.quantity if there else 0
        for part in parts:
            if part.quantity > left:
                break
            left -= part.quantity
            arrive(part)
            found += 1
    return found


def bring(order: WorkOrder, *, label: str, quantity: int) -> Part:
    """Return a part that was used and came from no store of the house."""
    part = _made(order, label, quantity, BROUGHT)
    record(part, "bring", "", BROUGHT)
    return part


def _made(order: WorkOrder, label: str, quantity: int, state: str, code: str = "") -> Part:
    current().require(WORK, order.facility)
    orders.MACHINE.refuse_unless(order, *orders.OPEN, orders.DONE)
    if not 1 <= quantity <= MOST:
        raise Refused(_("Between 1 and %(most)s.", most=MOST), field="quantity")
    part = Part(
        order=order, what=DOT.join((order.number, order.what))[:300], facility=order.facility, label=label.strip(),
        code=code.strip(), quantity=quantity, state=state, asked_by=current().signed, asked_by_id=current().user_id,
    )  # fmt: skip
    db.session.add(part)
    db.session.flush()
    return part


def issue(part: Part, *, code: str = "", quantity: int | None = None) -> Part:
    """Hand a part out of the store: its stock gives it, and an order that waited for nothing else goes on.

    Raises Refused where the store does not know the code or has too little. Without a stock it is noted alone.
    """
    MACHINE.advance(part, "issue")
    part.quantity, part.code = quantity or part.quantity, code.strip() or part.code
    stock: Stock | None = service(Stock)
    if stock is not None:
        if not part.code:
            raise Refused(_("Give the code of the product in the store."), field="code")
        if stock.available(part.facility, part.code) is None:
            raise Refused(_("No product has the code %(code)s.", code=part.code), field="code")
        ref, note = f"{WorkOrder.__entity__}/{part.order_id}", part.what[:200]
        part.movements = "\n".join(stock.issue(part.facility, part.code, part.quantity, ref, note=note))
    db.session.flush()
    with also(VIEW, WORK, REPORT):  # what was handed out lets the order go on, whoever did it
        _go_on(db.session.get_one(WorkOrder, part.order_id))
    return part


def _go_on(order: WorkOrder, besides: int = 0) -> None:
    missing = select(Part.id).where(Part.order_id == order.id, Part.state.in_(MISSING), Part.id != besides)
    waits = db.session.scalar(missing.limit(1))
    if order.state == orders.HOLD and order.held_for == "needs_part" and waits is None:
        work.resume(order)


def not_needed(order: WorkOrder) -> None:
    """Withdraw what an order that is cancelled asks of the store: nobody waits for it any more."""
    words = str(_("%(number)s was cancelled.", number=order.number))
    with also(PARTS, WORK):
        asked = select(Part).where(Part.order_id == order.id, Part.state.in_(MISSING)).order_by(Part.id)
        for part in db.session.scalars(asked).all():
            MACHINE.advance(part, "withdraw", words)


work.WHEN_CANCELLED.append(not_needed)


def parts_of(order: WorkOrder) -> list[Part]:
    """Return the parts of an order, the first one first."""
    return list(db.session.scalars(select(Part).where(Part.order_id == order.id).order_by(Part.id)))
