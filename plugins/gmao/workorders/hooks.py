"""What work orders give to the plugin's hooks."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, or_, select

from core.contract.entities import Entity
from core.contract.ports import Card, Fact, MenuItem, Obstacle, Panel
from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.facilities.models import Facility
from core.facilities.stranded import named, under_way
from core.nouns.pages import listed
from core.web.pages import number
from plugins.gmao.equipment.models import REASONS, STATUSES, Equipment
from plugins.gmao.menu import DAILY
from plugins.gmao.rights import VIEW
from plugins.gmao.workorders.importer import HISTORY
from plugins.gmao.workorders.models import ACTIONS, CAUSES, KINDS, PRIORITIES, Intervention, WorkOrder
from plugins.gmao.workorders.states import HOLD, MACHINE, OPEN
from plugins.gmao.workorders.tables import OrderTable
from plugins.gmao.workorders.verbs import PLAN_FOR, REPAIR, VERBS
from plugins.gmao.workorders.views import bp

LIST = "workorders.index"
BLUEPRINTS = [bp]
ENTITIES = [
    Entity(
        "gmao.workorder", WorkOrder, _("Work order"), _("Work orders"), "workorders.show", VIEW, OrderTable,
        "clipboard-list", ("number", "what"),
        words={"state": MACHINE.states, "kind": KINDS, "priority": PRIORITIES, "held_for": REASONS},
        machine=MACHINE, verbs=VERBS, attachments=True, comments=True, index=LIST, importer=HISTORY,
    ),
    Entity(
        "gmao.intervention", Intervention, _("Intervention"), _("Interventions"), permission=VIEW,
        words={"cause": CAUSES, "action": ACTIONS, "status": STATUSES}, named=("order_id", "ended_at"),
    ),
]  # fmt: skip
VERBS_OF_OTHERS = [REPAIR, PLAN_FOR]
FACTS = [Fact("gmao.workorder.done", _("Work on equipment is finished"))]
MENU = [MenuItem(_("Work orders"), LIST, VIEW, DAILY, "clipboard-list", order=305)]


def panels(obj: Any) -> list[Panel]:
    """Return the work orders of a piece on its page, and those of a facility."""
    if isinstance(obj, Equipment):
        return listed(OrderTable, WorkOrder.equipment_id == obj.id, {"q": obj.code}, order=40)
    if isinstance(obj, Facility):
        return listed(OrderTable, WorkOrder.facility == obj, {"f.facility": obj.name}, order=56, empty=False)
    return []


def cards(facility: Facility) -> Iterator[Card]:
    """Yield how many orders are open, and how many are held up, at a facility and below it."""
    if not current().can(VIEW, facility):
        return
    here = WorkOrder.facility.has(Facility.path.startswith(facility.path)), WorkOrder.state.in_(OPEN)
    query = select(WorkOrder.state, func.count(WorkOrder.id)).where(*here).group_by(WorkOrder.state)
    counts: dict[str, int] = dict(db.session.execute(query).all())
    if counts:
        held = _("%(held)s held up", held=number(counts[HOLD])) if counts.get(HOLD) else ""
        yield Card(_("Open work orders"), number(sum(counts.values())), LIST, {"view": "open"}, held, order=32)


def closing(facility: Facility) -> Iterator[Obstacle]:
    """Yield the work that is not finished at a facility, or in its workshop."""
    here = or_(WorkOrder.facility_id == facility.id, WorkOrder.workshop_id == facility.id)
    waiting, detail = named(WorkOrder, WorkOrder.state.in_(OPEN), here), _("Finish, pass on or cancel it.")
    yield from under_way(waiting, _("Open work orders: %(n)s"), detail, "workorders.show", LIST, {"q": facility.name})
