"""What is open for a piece that is disposed of: shown before, and closed with it for that reason."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from core.contract.words import _
from core.data.access import also
from core.data.db import db
from core.data.states import Reason
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.plans import services as plans
from plugins.gmao.plans.models import MaintenancePlan
from plugins.gmao.plans.states import ENDED
from plugins.gmao.requests import states as requests
from plugins.gmao.requests.models import Request
from plugins.gmao.rights import PLAN, VIEW, WORK
from plugins.gmao.workorders import services as work
from plugins.gmao.workorders import states as orders
from plugins.gmao.workorders.models import WorkOrder

LEFT = {orders.DONE: "close_unseen", orders.VERIFIED: "close"}  # finished, and not closed yet


@dataclass(frozen=True)
class OpenWork:
    """What is open for some pieces."""

    orders: Sequence[WorkOrder]
    requests: Sequence[Request]
    plans: Sequence[MaintenancePlan]


def open_work(ids: Sequence[int]) -> OpenWork:
    """Return the orders, fault reports and plans of some pieces that have not ended."""
    order = (WorkOrder.equipment_id.in_(ids), WorkOrder.state.in_((*orders.OPEN, *LEFT)))
    request = (Request.equipment_id.in_(ids), Request.state == requests.SUBMITTED)
    plan = (MaintenancePlan.equipment_id.in_(ids), MaintenancePlan.state != ENDED)
    return OpenWork(
        db.session.scalars(select(WorkOrder).where(*order).order_by(WorkOrder.id)).all(),
        db.session.scalars(select(Request).where(*request).order_by(Request.id)).all(),
        db.session.scalars(select(MaintenancePlan).where(*plan).order_by(MaintenancePlan.id)).all(),
    )


def close_work(row: Equipment, number: str) -> None:
    """End what is open for a piece that is disposed of under a number, in whichever workshop it is."""
    words = str(_("The equipment is disposed of: %(number)s", number=number))
    with also(VIEW, PLAN, WORK):
        found = open_work([row.id])
        for order in found.orders:
            why = Reason("disposed", number, orders.MACHINE.reasons["cancel"])
            done = LEFT.get(order.state)
            if done:
                orders.MACHINE.advance(order, done, words)
            else:
                work.cancel(order, why)
        for request in found.requests:
            requests.MACHINE.advance(request, "reject", words)
        for plan in found.plans:
            plans.end(plan, reason=words)
