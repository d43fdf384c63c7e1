"""Asking the store for parts, and handing them out: the stock moves by its own port, whoever keeps it."""

from sqlalchemy import select

from core.contract.plugins import service
from core.contract.ports import Stock
from core.contract.words import _
from core.data.access import also, current
from core.data.db import db
from core.data.errors import Refused
from core.data.naming import DOT
from core.data.states import Reason, record
from plugins.gmao.parts.models import Part
from plugins.gmao.parts.states import ASKED, BROUGHT, MACHINE
from plugins.gmao.rights import REPORT, VIEW, WORK
from plugins.gmao.workorders import services as work
from plugins.gmao.workorders import states as orders
from plugins.gmao.workorders.models import WorkOrder

MOST = 10_000  # of one part


def ask(order: WorkOrder, *, label: str, quantity: int, code: str = "", hold: bool = True) -> Part:
    """Return the part that an order asks of the store of its facility; the order is held up where it waits for it."""
    part = _made(order, label, quantity, ASKED, code)
    record(part, "ask", "", ASKED)
    if hold and order.state in (orders.PLANNED, orders.ASSIGNED):
        work.take(order)
    if hold and order.state == orders.PROGRESS:
        work.hold(order, reason=Reason("needs_part", f"{quantity} × {part.label}", orders.MACHINE.reasons["hold"]))
    return part


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
        ref, note = f"{WorkOrder.__entity__}/{part.order_id}", part.what[:200]
        part.movements = "\n".join(stock.issue(part.facility, part.code, part.quantity, ref, note=note))
    db.session.flush()
    with also(VIEW, WORK, REPORT):  # what was handed out lets the order go on, whoever did it
        _go_on(db.session.get_one(WorkOrder, part.order_id))
    return part


def _go_on(order: WorkOrder) -> None:
    waits = db.session.scalar(select(Part.id).where(Part.order_id == order.id, Part.state == ASKED).limit(1))
    if order.state == orders.HOLD and order.held_for == "needs_part" and waits is None:
        work.resume(order)


def parts_of(order: WorkOrder) -> list[Part]:
    """Return the parts of an order, the first one first."""
    return list(db.session.scalars(select(Part).where(Part.order_id == order.id).order_by(Part.id)))
