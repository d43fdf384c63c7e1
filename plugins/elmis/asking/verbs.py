"""What is done to transfer requests."""

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.facilities.models import Facility
from core.web.forms import ReasonForm
from plugins.elmis.asking import services
from plugins.elmis.asking.forms import AskForm
from plugins.elmis.asking.machines import REQUEST, SAID
from plugins.elmis.asking.models import ASK, TransferRequest
from plugins.elmis.orders.forms import TransferForm, transfer_form


def _to_shipment(row: TransferRequest) -> str:
    return url_for("orders.shipment", id=row.shipment_id)


def _what_is_asked(row: TransferRequest) -> TransferForm:
    return transfer_form(row.supplier)


ASKING = Verb(
    "elmis.transfer_request.ask", _("Ask for goods"), ASK, services.ask, Facility, AskForm,
    lambda row: _("%(facility)s was asked. You will see here what becomes of it.", facility=row.supplier.name),
    page="asking.new",
)  # fmt: skip
SEND = REQUEST.verb(
    "send", TransferRequest, services.give, form=_what_is_asked, page="asking.send",
    said=lambda row: _("%(number)s is on the way.", number=row.shipment.number), to=_to_shipment,
)  # fmt: skip
VERBS = [
    ASKING,
    SEND,
    REQUEST.verb("refuse", TransferRequest, form=ReasonForm, said=SAID["refuse"]),
    REQUEST.verb("withdraw", TransferRequest, form=ReasonForm, said=SAID["withdraw"]),
    REQUEST.verb("note", TransferRequest, said=SAID["note"], to="asking.index"),
]
