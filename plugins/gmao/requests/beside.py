"""What stands above the page of a piece for whoever is beside it: its open order, what ran out, its last fault."""

from collections.abc import Iterator

from sqlalchemy import select

from core.contract.ports import Panel, Words
from core.contract.words import _
from core.data.access import current
from core.data.db import db, today
from core.nouns.views import verbs
from core.web.pages import day
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.equipment.tables import SOON
from plugins.gmao.requests.models import Request
from plugins.gmao.requests.states import MACHINE
from plugins.gmao.workorders import states as work
from plugins.gmao.workorders.models import WorkOrder
from plugins.gmao.workorders.services import open_orders

STEPS = ("take", "resume", "finish")


def first_seen(row: Equipment) -> Iterator[Panel]:
    """Yield what somebody beside a piece has to know, where there is any of it; one's own order comes first."""
    order = next(iter(sorted(open_orders(row), key=lambda each: each.assignee_id != current().user_id)), None)
    reported = select(Request).where(Request.equipment_id == row.id).order_by(Request.id.desc()).limit(1)
    fault, ends = db.session.scalars(reported).first(), list(warnings(row))
    if order or fault or ends:
        context = {
            "order": order, "order_state": order and work.MACHINE.state(order), "warnings": ends, "fault": fault,
            "fault_state": fault and MACHINE.state(fault), "steps": _steps(order),
        }  # fmt: skip
        yield Panel(_("Before you begin"), "gmao/requests/beside.html", context, order=10, above=True)


def _steps(order: WorkOrder | None) -> list[object]:
    return [] if order is None else [verb for verb in verbs(order) if verb.action in STEPS]


def warnings(row: Equipment) -> Iterator[Words]:
    """Yield what is to be known of warranty and contract before somebody opens a piece: over, or soon to be."""
    ways = (
        (row.warranty_until, _("The warranty ended on %(day)s."), _("The warranty ends on %(day)s.")),
        (row.contract_until, _("The contract ended on %(day)s."), _("The contract ends on %(day)s.")),
    )
    for until, over, soon in ways:
        if until is not None and until <= today() + SOON:
            yield (over if until < today() else soon) % {"day": day(until)}
