"""The pages of transfer requests."""

from typing import Any

from flask import Blueprint, request

from core.contract.words import _
from core.data.access import current
from core.facilities.models import Facility
from core.nouns import views as nouns
from core.web.doing import submit
from core.web.fields import row_id
from core.web.pages import get_or_404, page, permission
from core.web.verbs import refuse_unless_possible
from plugins.elmis.asking.forms import AskForm
from plugins.elmis.asking.models import ASK, TransferRequest
from plugins.elmis.asking.tables import TransferRequestTable
from plugins.elmis.asking.verbs import ASKING, SEND
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.orders.transfers import proposed, sending
from plugins.elmis.promises.machines import SHIPMENT
from plugins.elmis.promises.rights import SEND as SENDING
from plugins.elmis.promises.rights import VIEW

bp = Blueprint("asking", __name__, url_prefix="/elmis/transfer-requests", template_folder="../templates")
TEMPLATES = "elmis/asking/"


@bp.get("/")
@permission(VIEW)
def index() -> Any:
    """Show the requests: to answer, asked, and what became of them."""
    return TransferRequestTable().respond(_("Transfer requests"))


@bp.route("/new", methods=["GET", "POST"])
@permission(ASK)
def new() -> Any:
    """Ask a holder for what the address proposes: of which lot, how much, for whom."""
    places = {name: request.args.get(name, type=row_id) for name in ("from", "to", "lot")}
    source, target = (get_or_404(Facility, places[name]) for name in ("from", "to"))
    lot = get_or_404(Lot, places["lot"])
    current().require(ASK, target)
    words = _("Too much at %(source)s, missing at %(target)s.", source=source.name, target=target.name)
    start = {"quantity": request.args.get("quantity", type=row_id), "reason": str(words)}
    form = AskForm(data=start | {"supplier": source, "lot": lot})
    return submit(form, ASKING, target.id) or page(
        f"{TEMPLATES}new.html", form=form, source=source, target=target, lot=lot
    )  # fmt: skip


@bp.get("/<int:id>")
@permission(VIEW)
def show(id: int) -> Any:
    """Show a request, and what became of it."""
    row = get_or_404(TransferRequest, id)
    return nouns.show(row, f"{TEMPLATES}show.html", journey=SHIPMENT.state(row.shipment) if row.shipment else None)


@bp.route("/<int:id>/send", methods=["GET", "POST"])
@permission(SENDING)
def send(id: int) -> Any:
    """Accept: the transfer is filled in, and sent from here."""
    row = get_or_404(TransferRequest, id)
    refuse_unless_possible(SEND, row)
    note = _("%(number)s: %(reason)s", number=row.number, reason=row.reason)[:500]
    start = proposed(row.facility, row.product, row.lot.number, row.quantity, note)
    return sending(SEND, row, row.supplier, start, f"request-{id}")
