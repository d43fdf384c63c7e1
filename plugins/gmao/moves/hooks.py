"""What moves give to the plugin's hooks."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import or_

from core.contract.entities import Entity
from core.contract.ports import MenuItem, Obstacle, Panel
from core.contract.words import _
from core.facilities.models import Facility
from core.facilities.stranded import named, under_way
from core.nouns.pages import listed
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.menu import REGISTER
from plugins.gmao.moves.models import PURPOSES, Move
from plugins.gmao.moves.states import MACHINE
from plugins.gmao.moves.tables import MoveTable
from plugins.gmao.moves.verbs import SEND, VERBS
from plugins.gmao.moves.views import bp
from plugins.gmao.rights import VIEW

LIST = "equipment_moves.index"
BLUEPRINTS = [bp]
ENTITIES = [
    Entity(
        "gmao.move", Move, _("Move of equipment"), _("Moves of equipment"), "equipment_moves.show", VIEW, MoveTable,
        "truck", ("number", "what"), words={"state": MACHINE.states, "purpose": PURPOSES}, machine=MACHINE, verbs=VERBS,
        attachments=True, comments=True, index=LIST,
    )
]  # fmt: skip
VERBS_OF_OTHERS = [SEND]
MENU = [MenuItem(_("Moves"), LIST, VIEW, REGISTER, "truck", order=332)]


def panels(obj: Any) -> list[Panel]:
    """Return the moves of a piece on its page, where it was ever sent."""
    if not isinstance(obj, Equipment):
        return []
    return listed(MoveTable, Move.equipment_id == obj.id, {"q": obj.code}, empty=False)


def closing(facility: Facility) -> Iterator[Obstacle]:
    """Yield the moves from a facility or to it that are not at their end."""
    here = or_(Move.source_id == facility.id, Move.facility_id == facility.id)
    waiting, detail = named(Move, Move.state == "sent", here), _("Acknowledge, refuse or withdraw them.")
    words = _("Equipment on its way: %(n)s")
    yield from under_way(waiting, words, detail, "equipment_moves.show", LIST, {"q": facility.name})
