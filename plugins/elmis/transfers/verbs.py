"""What is sent without an order, and what is done to requests for it."""

from typing import Any

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.facilities.models import Facility
from core.web.reasons import step
from plugins.elmis.orders import shipping
from plugins.elmis.orders.forms import empty_form
from plugins.elmis.promises.models import Shipment
from plugins.elmis.promises.rights import SEND as MOVE
from plugins.elmis.transfers import services
from plugins.elmis.transfers.forms import AskForm, TransferForm, transfer_form
from plugins.elmis.transfers.machines import REQUEST
from plugins.elmis.transfers.models import ASK, TransferRequest


def _to_shipment(row: TransferRequest) -> str:
    return url_for("orders.shipment", id=row.shipment_id)


def _what_is_asked(row: TransferRequest) -> TransferForm:
    return transfer_form(row.supplier)


def _emptied(sent: list[Shipment]) -> Any:
    names = ", ".join(one.number for one in sent)
    return _("%(number)s is on the way. Close the facility as soon as it is received.", number=names)


TRANSFER = Verb(
    "elmis.shipment.transfer", _("Send goods without an order"), MOVE, services.transfer, Facility,
    transfer_form, lambda sent: _("%(number)s is on the way.", number=sent.number), page="transfers.new",
)  # fmt: skip
EMPTY = Verb(
    "elmis.shipment.empty", _("Say where they go"), MOVE, shipping.empty, Facility, empty_form, _emptied,
    lambda sent: url_for("orders.shipment", id=sent[0].id), "transfers.empty",
)  # fmt: skip
ASKING = Verb(
    "elmis.transfer_request.ask", _("Ask for goods"), ASK, services.ask, Facility, AskForm,
    lambda row: _("%(facility)s was asked. You will see here what becomes of it.", facility=row.supplier.name),
    page="transfer_requests.ask",
)  # fmt: skip
SEND = REQUEST.verb(
    "send", TransferRequest, services.give, form=_what_is_asked, page="transfer_requests.send",
    said=lambda row: _("%(number)s is on the way.", number=row.shipment.number), to=_to_shipment,
)  # fmt: skip
VERBS = [
    ASKING,
    SEND,
    step(REQUEST, "refuse", TransferRequest),
    step(REQUEST, "withdraw", TransferRequest),
    step(REQUEST, "note", TransferRequest, to="transfer_requests.index"),
]
