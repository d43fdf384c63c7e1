"""What parts give to the plugin's hooks."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from core.contract.entities import Entity
from core.contract.ports import MenuItem, Obstacle, Panel
from core.contract.words import _
from core.facilities.models import Facility
from core.facilities.stranded import named, under_way
from core.nouns.pages import listed
from plugins.gmao.equipment.models import BEYOND, Equipment
from plugins.gmao.equipment.tables import EquipmentTable
from plugins.gmao.menu import DAILY
from plugins.gmao.parts import notices
from plugins.gmao.parts.jobs import SCHEDULE as SCHEDULE  # the plugin's hook of that name
from plugins.gmao.parts.models import Part
from plugins.gmao.parts.states import MACHINE, MISSING
from plugins.gmao.parts.tables import PartTable
from plugins.gmao.parts.verbs import ASK, BRING, VERBS
from plugins.gmao.parts.views import bp
from plugins.gmao.rights import PARTS
from plugins.gmao.workorders.models import WorkOrder
from plugins.gmao.workorders.states import OPEN

LIST = "equipment_parts.index"
BLUEPRINTS = [bp]
ENTITIES = [
    Entity(
        "gmao.part", Part, _("Part for a work order"), _("Parts for work orders"), "equipment_parts.show", PARTS,
        PartTable, "package", ("label", "code", "what"), words={"state": MACHINE.states}, machine=MACHINE, verbs=VERBS,
        index=LIST,
    )
]  # fmt: skip
VERBS_OF_OTHERS = [ASK, BRING]
FACTS, NOTICES = notices.FACTS, notices.KINDS
MENU = [MenuItem(_("Parts"), LIST, PARTS, DAILY, "package", order=309)]


def panels(obj: Any) -> list[Panel]:
    """Return the parts of a work order on its page; while it is open, sister units from which a part may be taken."""
    if not isinstance(obj, WorkOrder):
        return []
    theirs = Part.order_id == obj.id
    return [*listed(PartTable, theirs, {"q": obj.number}, order=30, empty=False), *_donors(obj)]


def _donors(order: WorkOrder) -> list[Panel]:
    """Return the pieces of the same model, else of the same type, that are beyond repair and that this person sees."""
    row = order.equipment
    if row is None or order.state not in OPEN or order.held_for != "needs_part":
        return []
    same = Equipment.model_id == row.model_id if row.model_id else Equipment.type_id == row.type_id
    condition = same & (Equipment.status == BEYOND) & (Equipment.id != row.id)
    name = row.model.code if row.model else row.type.label_fr
    found = listed(EquipmentTable, condition, {"f.status": BEYOND, "q": name}, order=31, empty=False)
    return [replace(panel, title=_("A part could be taken from")) for panel in found]


def closing(facility: Facility) -> Iterator[Obstacle]:
    """Yield the parts that are asked of the store of a facility."""
    waiting, detail = (
        named(Part, Part.state.in_(MISSING), Part.facility_id == facility.id, by="label"),
        _("Hand them out, or refuse them."),
    )
    yield from under_way(
        waiting, _("Parts asked of the store: %(n)s"), detail, "equipment_parts.show", LIST, {"q": facility.name}
    )
