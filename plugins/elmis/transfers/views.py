"""The pages of transfers, and of the requests for them."""

from typing import Any

from flask import Blueprint, g, request

from core.contract.verbs import Verb
from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.facilities.models import Facility
from core.nouns import views as nouns
from core.web.doing import submit
from core.web.fields import row_id
from core.web.pages import get_or_404, page, permission
from core.web.verbs import refuse_unless_possible
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger.models import KINDS
from plugins.elmis.ledger.reports import stock_by_lot
from plugins.elmis.orders.forms import empty_form
from plugins.elmis.promises.machines import SHIPMENT
from plugins.elmis.promises.rights import SEND as SENDING
from plugins.elmis.promises.rights import VIEW
from plugins.elmis.store.forms import kept
from plugins.elmis.transfers.forms import AskForm, transfer_form
from plugins.elmis.transfers.models import ASK, TransferRequest
from plugins.elmis.transfers.tables import TransferRequestTable
from plugins.elmis.transfers.verbs import ASKING, EMPTY, SEND, TRANSFER

bp = Blueprint("transfers", __name__, url_prefix="/elmis/transfers", template_folder="../templates")
requests = Blueprint(
    "transfer_requests", __name__, url_prefix="/elmis/transfer-requests", template_folder="../templates"
)
TEMPLATES = "elmis/transfers/"


@bp.route("/new", methods=["GET", "POST"])
@permission(SENDING)
def new() -> Any:
    """Send goods of a store, of this place's unless the address names another, to another facility."""
    wanted = request.args.get("from", type=row_id)
    place: Any = get_or_404(Facility, wanted) if wanted else g.place
    current().require(SENDING, place)
    return sending(TRANSFER, place, place, _asked(place), f"transfer-{place.id}")


def sending(verb: Verb, row: Any, place: Facility, start: dict[str, Any], draft: str) -> Any:
    """Return the page that sends goods of a place by a verb of a row, filled with a start."""
    g.menu_endpoint = "orders.shipments"
    form = transfer_form(place, start if request.method == "GET" else None)
    done = kept(submit(form, verb, row.id), form)
    return done or page(f"{TEMPLATES}send.html", form=form, source=place, draft=draft)


def _asked(source: Facility) -> dict[str, Any]:
    """Return what the address proposes to send: to whom, of which product and lot, how much."""
    ask = request.args.get
    to, of = ask("to", type=row_id), ask("product", type=row_id)
    target, product = (db.session.get(Facility, to), db.session.get(Product, of)) if to and of else (None, None)
    if target is None or product is None:
        return {}
    note = _("Redistribution: too much at %(source)s, missing at %(target)s.", source=source.name, target=target.name)
    return proposed(target, product, ask("lot", ""), ask("quantity", type=row_id), str(note))


def proposed(target: Facility, product: Product, lot: str, quantity: int | None, note: str) -> dict[str, Any]:
    """Return what the page starts with: to whom, of which product and lot, how much."""
    line = {"product": product, "lot": lot, "quantity": quantity, "measure": "unit"}
    return {"facility": target, "lines": [line], "note": note}


@bp.route("/empty/<int:id>", methods=["GET", "POST"], endpoint="empty")
@permission(SENDING)
def send_all(id: int) -> Any:
    """Send everything that a facility holds to another, before it closes."""
    g.menu_endpoint, place = "orders.shipments", get_or_404(Facility, id)
    current().require(SENDING, place)
    form = empty_form(place)
    rows = stock_by_lot(place) if current().can("elmis.stock.view", place) else []
    return submit(form, EMPTY, id) or page(
        f"{TEMPLATES}empty.html", form=form, source=place, rows=rows, kinds=KINDS
    )  # fmt: skip


# Requests


@requests.get("/")
@permission(VIEW)
def index() -> Any:
    """Show the requests: to answer, asked, and what became of them."""
    return TransferRequestTable().respond(_("Transfer requests"))


@requests.route("/new", methods=["GET", "POST"])
@permission(ASK)
def ask() -> Any:
    """Ask a holder for what the address proposes: of which lot, how much, for whom."""
    places = {name: request.args.get(name, type=row_id) for name in ("from", "to", "lot")}
    source, target = (get_or_404(Facility, places[name]) for name in ("from", "to"))
    lot = get_or_404(Lot, places["lot"])
    current().require(ASK, target)
    words = _("Too much at %(source)s, missing at %(target)s.", source=source.name, target=target.name)
    start = {"quantity": request.args.get("quantity", type=row_id), "reason": str(words)}
    form = AskForm(data=start | {"supplier": source, "lot": lot})
    return submit(form, ASKING, target.id) or page(
        f"{TEMPLATES}ask.html", form=form, source=source, target=target, lot=lot
    )  # fmt: skip


@requests.get("/<int:id>")
@permission(VIEW)
def show(id: int) -> Any:
    """Show a request, and what became of it."""
    row = get_or_404(TransferRequest, id)
    return nouns.show(row, f"{TEMPLATES}request.html", journey=SHIPMENT.state(row.shipment) if row.shipment else None)


@requests.route("/<int:id>/send", methods=["GET", "POST"])
@permission(SENDING)
def send(id: int) -> Any:
    """Accept: the transfer is filled in, and sent from here."""
    row = get_or_404(TransferRequest, id)
    refuse_unless_possible(SEND, row)
    note = _("%(number)s: %(reason)s", number=row.number, reason=row.reason)[:500]
    start = proposed(row.facility, row.product, row.lot.number, row.quantity, note)
    return sending(SEND, row, row.supplier, start, f"request-{id}")
