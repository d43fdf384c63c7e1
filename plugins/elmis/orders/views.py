"""The pages of orders, deliveries and receipts."""

from typing import Any

from flask import Blueprint, flash, g, jsonify, redirect, request, url_for

from core.contract.ports import Words
from core.contract.verbs import Verb
from core.contract.words import _
from core.data.access import current
from core.data.codes import key_of
from core.data.errors import AmagaraError
from core.data.states import history
from core.web.doing import submit
from core.web.pages import page, panels, permission
from core.web.tables import Table
from core.web.timeline import events
from core.web.verbs import offered
from plugins.elmis.catalogue.scans import find_by_scan
from plugins.elmis.ledger.rules import MOVE
from plugins.elmis.orders import display, papers, reports, services
from plugins.elmis.orders.forms import PackForm, count_form, journey_form, lots_form, set_aside
from plugins.elmis.orders.offers import fair_shares, offers, proposal
from plugins.elmis.orders.tables import OrderTable, ReceiptTable, ShipmentTable
from plugins.elmis.orders.verbs import COUNT, ORDERS
from plugins.elmis.promises.machines import ORDER, RECEIPT, SHIPMENT
from plugins.elmis.promises.models import Order
from plugins.elmis.promises.rights import PREPARE, RECEIVE, SEND, VIEW

bp = Blueprint("orders", __name__, url_prefix="/elmis", template_folder="../templates")


@bp.route("/orders", methods=["GET", "POST"])
@permission(VIEW)
def index() -> Any:
    """Show the orders to prepare, on the way and done."""
    return OrderTable().respond(_("Order preparation"))


@bp.route("/shipments", methods=["GET", "POST"])
@permission(VIEW)
def shipments() -> Any:
    """Show the deliveries, sent and awaited."""
    actions = [(url_for("transfers.new"), _("Send goods without an order"), "truck", False)]
    shown = actions if current().can(SEND) else []
    return _beside_history(ShipmentTable(), _("Deliveries"), _("No delivery in Amagara yet"), actions=shown)


@bp.route("/receipts", methods=["GET", "POST"])
@permission(VIEW)
def receipts() -> Any:
    """Show the receipts: expected, disputed, confirmed."""
    return _beside_history(ReceiptTable(), _("Receipts"), _("No receipt in Amagara yet"))


def _beside_history(table: Table, label: Words, title: Words, **more: Any) -> Any:
    """Return the page of a list of deliveries; beside a history that came in, it says where those of before stand."""
    words: Words = ""
    if reports.has_history(g.place):
        words = _("The deliveries of before stand on the stock cards and among the last documents of the store.")
        way = (url_for("store.index"), _("Store work")) if current().can(MOVE) else (url_for("stock.index"), _("Stock"))
        table.empty = (title, "", *way)
    return table.respond(label, words, **more)


@bp.get("/orders/<int:id>")
@permission(VIEW)
def show(id: int) -> Any:
    """Show an order: its cycle, lines, lots, papers and past."""
    g.menu_endpoint = "orders.index"
    order = display.order(id)
    documents = [order, *(one for sent in order.shipments for one in sent.receipts)]
    steps = history(*documents)
    return page(
        "elmis/orders/show.html", order=order, display=display, lines=display.lines(order),
        state=ORDER.state(order), way_out=services.way_out, shipments=SHIPMENT, receipts=RECEIPT,
        rests=display.rests(order), past=steps, events=events(steps, *documents), documents=documents,
        panels=panels(order),
    )  # fmt: skip


def _may(order: Order, action: str) -> Verb:
    """Return the verb of a step of an order; raises unless this person may take it now."""
    g.menu_endpoint, verb = "orders.index", ORDERS[action]
    current().require(verb.permission, order.supplier)
    if action not in [each.action for each in offered(order)]:
        raise ORDER.over(order)
    return verb


@bp.route("/orders/<int:id>/allocate", methods=["GET", "POST"])
@permission(PREPARE)
def allocate(id: int) -> Any:
    """Choose the lots of an order; first expiry first is filled in."""
    order = display.order(id)
    verb, found = _may(order, "allocate"), offers(order)
    shares = fair_shares(order, found)
    form = lots_form(order, found, {} if set_aside(order) else proposal(order, found, shares))
    return submit(form, verb, id) or page(
        "elmis/orders/allocate.html", order=order, form=form, found=found, shares=shares, display=display
    )  # fmt: skip


@bp.route("/orders/<int:id>/pack", methods=["GET", "POST"])
@permission(PREPARE)
def pack(id: int) -> Any:
    """Pack what was picked: packages and seal."""
    order = display.order(id)
    verb, form = _may(order, "pack"), PackForm()
    return submit(form, verb, id) or page("elmis/orders/pack.html", form=form, order=order, display=display)


@bp.route("/orders/<int:id>/ship", methods=["GET", "POST"])
@permission(PREPARE)
def ship(id: int) -> Any:
    """Send the packed goods on their way."""
    order = display.order(id)
    verb, form, short = _may(order, "ship"), journey_form(order), [line for line in order.lines if line.open]
    if done := submit(form, verb, id):
        return done
    packed = next((one for one in display.order(id).shipments if one.state == "packed"), None)
    return page("elmis/orders/ship.html", form=form, order=order, packed=packed, short=short, display=display)


@bp.get("/shipments/<int:id>")
@permission(VIEW)
def shipment(id: int) -> Any:
    """Show a delivery: its lots, journey and receipts."""
    g.menu_endpoint, row = "orders.shipments", display.shipment(id)
    awaited = next((one for one in row.receipts if one.state == "expected"), None)
    documents = [row, *row.receipts]
    return page(
        "elmis/orders/shipment.html", shipment=row, display=display, state=SHIPMENT.state(row), receipts=RECEIPT,
        awaited=awaited if current().can(RECEIVE, row.facility) else None,
        events=events(history(*documents), *documents), documents=documents,
    )  # fmt: skip


@bp.get("/receipts/<int:id>")
@permission(VIEW)
def receipt(id: int) -> Any:
    """Show a receipt: what was counted, and the dispute about it."""
    g.menu_endpoint, row = "orders.shipments", display.receipt(id)
    return page(
        "elmis/orders/receipt.html", receipt=row, display=display, state=RECEIPT.state(row),
        events=events(history(row), row), panels=panels(row),
    )  # fmt: skip


@bp.route("/receipts/<int:id>/count", methods=["GET", "POST"])
@permission(RECEIVE)
def count(id: int) -> Any:
    """Count what arrived, by scan or by hand."""
    g.menu_endpoint, row = "orders.shipments", display.receipt(id)
    current().require(RECEIVE, row.facility)
    if row.state == "called_back":
        raise RECEIPT.over(row)
    if row.state != "expected" and request.method == "GET":
        flash(str(_("This delivery was counted already.")))
        return redirect(url_for("orders.receipt", id=id))
    form, lines = count_form(row), {str(line.id): line for line in row.shipment.lines}
    return submit(form, COUNT, id) or page(
        "elmis/orders/count.html", form=form, receipt=row, lines=lines, display=display
    )  # fmt: skip


@bp.post("/receipts/<int:id>/scan")
@permission(RECEIVE)
def scan(id: int) -> Any:
    """Answer which line of the delivery a scanned code belongs to."""
    try:
        found = find_by_scan(request.form.get("text", ""))
    except AmagaraError as refusal:
        return jsonify(error=str(refusal.message))
    same = [line for line in display.receipt(id).shipment.lines if line.product_id == found.product.id]
    named = key_of(found.lot)
    exact = [line for line in same if named in (line.lot.number_key, key_of(line.lot.printed))] if named else same
    if len(exact) == 1:
        return jsonify(line=exact[0].id, product=found.product.name)
    if exact:
        return jsonify(error=str(found.doubt or _("%(product)s: choose the lot by hand.", product=found.product.name)))
    words = {"product": found.product.name, "lot": found.lot}
    return jsonify(error=str(_("%(product)s, lot %(lot)s, is not on this delivery note.", **words)))


@bp.get("/orders/<int:id>/picking.pdf")
@permission(PREPARE)
def picking_pdf(id: int) -> Any:
    """Return the picking list."""
    order = display.order(id)
    return papers.show(f"{order.number}-prelevement", papers.picking_list(order))


@bp.get("/shipments/<int:id>/note.pdf")
@permission(VIEW)
def note_pdf(id: int) -> Any:
    """Return the delivery note."""
    row = display.shipment(id)
    return papers.show(row.number, papers.delivery_note(row))


@bp.get("/receipts/<int:id>/note.pdf")
@permission(VIEW)
def received_note_pdf(id: int) -> Any:
    """Return the goods received note."""
    row = display.receipt(id)
    return papers.show(row.number, papers.received_note(row))
