"""What disposals give to the plugin's hooks."""

from collections.abc import Iterator
from typing import Any

from core.contract.entities import Entity
from core.contract.ports import MenuItem, Obstacle, Panel
from core.contract.words import _
from core.facilities.models import Facility
from core.facilities.stranded import named, under_way
from core.nouns.pages import listed
from plugins.gmao.disposals.models import METHODS, WHYS, DisposalCase, DisposalPiece
from plugins.gmao.disposals.states import MACHINE, OPEN
from plugins.gmao.disposals.tables import DisposalTable
from plugins.gmao.disposals.verbs import OF_A_PIECE, VERBS
from plugins.gmao.disposals.views import bp
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.equipment.states import MACHINE as LIFE
from plugins.gmao.menu import REGISTER
from plugins.gmao.rights import VIEW

LIST = "equipment_disposals.index"
BLUEPRINTS = [bp]
ENTITIES = [
    Entity(
        "gmao.disposal", DisposalCase, _("Disposal"), _("Disposals"), "equipment_disposals.show", VIEW, DisposalTable,
        "trash-2", ("number", "what"), words={"state": MACHINE.states, "method": METHODS, "because": WHYS},
        machine=MACHINE, verbs=VERBS, attachments=True, comments=True, index=LIST,
    ),
    Entity(
        "gmao.disposal_piece", DisposalPiece, _("Piece of a disposal"), _("Pieces of disposals"), permission=VIEW,
        words={"was": LIFE.states}, named=("case_id", "what"),
    ),
]  # fmt: skip
VERBS_OF_OTHERS = OF_A_PIECE
MENU = [MenuItem(_("Disposals"), LIST, VIEW, REGISTER, "trash-2", order=336)]


def panels(obj: Any) -> list[Panel]:
    """Return the disposals of a piece on its page, and those of a facility."""
    if isinstance(obj, Equipment):
        theirs = DisposalCase.pieces.any(DisposalPiece.equipment_id == obj.id)
        return listed(DisposalTable, theirs, {"q": obj.code}, order=46, empty=False)
    if isinstance(obj, Facility):
        return listed(DisposalTable, DisposalCase.facility == obj, {"f.facility": obj.name}, order=58, empty=False)
    return []


def closing(facility: Facility) -> Iterator[Obstacle]:
    """Yield the disposals of a facility that are not at their end."""
    waiting = named(DisposalCase, DisposalCase.state.in_(OPEN), DisposalCase.facility_id == facility.id)
    words, detail = _("Disposals under way: %(n)s"), _("Carry them out, or give them up.")
    yield from under_way(waiting, words, detail, "equipment_disposals.show", LIST, {"f.facility": facility.name})
