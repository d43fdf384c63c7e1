"""What fault reports give to the plugin's hooks."""

from collections.abc import Iterator
from typing import Any

from core.contract.entities import Entity
from core.contract.ports import Fact, MenuItem, Obstacle, Panel
from core.contract.words import _
from core.facilities.models import Facility
from core.facilities.stranded import named, under_way
from core.nouns.pages import listed
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.menu import DAILY
from plugins.gmao.requests.beside import first_seen
from plugins.gmao.requests.models import WORKS, Request
from plugins.gmao.requests.states import MACHINE, SUBMITTED
from plugins.gmao.requests.tables import RequestTable
from plugins.gmao.requests.verbs import FAULT, VERBS
from plugins.gmao.requests.views import bp, label
from plugins.gmao.rights import VIEW
from plugins.gmao.workorders.models import WorkOrder

LIST = "equipment_requests.index"
BLUEPRINTS = [bp, label]
ENTITIES = [
    Entity(
        "gmao.request", Request, _("Fault report"), _("Fault reports"), "equipment_requests.show", VIEW, RequestTable,
        "circle-alert", ("number", "what"), words={"state": MACHINE.states, "works": WORKS}, machine=MACHINE,
        verbs=VERBS, attachments=True, comments=True, index=LIST,
    )
]  # fmt: skip
VERBS_OF_OTHERS = [FAULT]
FACTS = [Fact("gmao.request.reported", _("A fault of equipment is reported"))]
MENU = [MenuItem(_("Fault reports"), LIST, VIEW, DAILY, "circle-alert", order=300)]


def panels(obj: Any) -> list[Panel]:
    """Return the fault reports of a piece and of an order on their pages, and what to know beside a piece."""
    if isinstance(obj, Equipment):
        theirs = Request.equipment_id == obj.id
        return [*first_seen(obj), *listed(RequestTable, theirs, {"q": obj.code}, order=45, empty=False)]
    if isinstance(obj, WorkOrder):
        return listed(RequestTable, Request.order_id == obj.id, {"q": obj.what}, empty=False)
    return []


def closing(facility: Facility) -> Iterator[Obstacle]:
    """Yield the fault reports of a facility that nobody has answered."""
    waiting, detail = (
        named(Request, Request.state == SUBMITTED, Request.facility_id == facility.id),
        _("Decide on them."),
    )
    yield from under_way(
        waiting, _("Fault reports without an answer: %(n)s"), detail, "equipment_requests.show", LIST,
        {"q": facility.name},
    )  # fmt: skip
