"""What transfers give to the plugin's hooks."""

from collections.abc import Iterator

from sqlalchemy import or_

from core.contract.entities import Entity
from core.contract.ports import MenuItem, Obstacle
from core.contract.words import _
from core.facilities.models import Facility
from core.facilities.stranded import named, under_way
from plugins.elmis.promises.rights import VIEW
from plugins.elmis.transfers.machines import REQUEST
from plugins.elmis.transfers.models import TransferRequest
from plugins.elmis.transfers.tables import TransferRequestTable
from plugins.elmis.transfers.verbs import EMPTY, TRANSFER, VERBS
from plugins.elmis.transfers.views import bp, requests

LIST = "transfer_requests.index"
ENTITIES = [
    Entity(
        "elmis.transfer_request", TransferRequest, _("Transfer request"), _("Transfer requests"),
        "transfer_requests.show", VIEW, TransferRequestTable, "truck", ("number",), words={"state": REQUEST.states},
        machine=REQUEST, verbs=VERBS, index=LIST,
    ),
]  # fmt: skip
VERBS_OF_OTHERS = [TRANSFER, EMPTY]
BLUEPRINTS = [bp, requests]
MENU = [MenuItem(_("Transfer requests"), LIST, VIEW, _("Health products"), "truck", order=141)]


def closing(facility: Facility) -> Iterator[Obstacle]:
    """Yield the requests for goods, to a facility or for it, that nobody has answered yet."""
    mine = or_(TransferRequest.facility_id == facility.id, TransferRequest.supplier_id == facility.id)
    waiting, detail = named(TransferRequest, TransferRequest.state == "asked", mine), _("Answer or withdraw them.")
    words, values = _("Transfer requests without an answer: %(n)s"), {"q": facility.name}
    yield from under_way(waiting, words, detail, "transfer_requests.show", LIST, values)
