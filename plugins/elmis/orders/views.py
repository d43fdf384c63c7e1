"""The pages of orders, deliveries and receipts."""

from typing import Any

from flask import Blueprint, flash, g, jsonify, redirect, request, url_for

from core.contract.ports import Words
from core.contract.words import _
from core.data.access import current
from core.data.codes import key_of
from core.data.errors import AmagaraError
from core.data.states import history
from core.web.pages import Done, act, get_or_404, page, permission, submit
from core.web.tables import Table
from plugins.elmis.catalogue.models import RECALLED
from plugins.elmis.catalogue.scans import find_by_scan
from plugins.elmis.ledger.moves import stores
from plugins.elmis.ledger.rules import MOVE
from plugins.elmis.orders import papers, receiving, reports, services, sheet, shipping
from plugins.elmis.orders.forms import JourneyForm, PackForm, ReasonForm, count_form, lots_form, set_aside
from plugins.elmis.orders.machines import ORDER, RECEIPT, SHIPMENT
from plugins.elmis.orders.models import Order, Receipt
from plugins.elmis.orders.offers import fair_shares, offers, proposal
from plugins.elmis.orders.rights import PREPARE, RECEIVE, SEND, VIEW
from plugins.elmis.orders.settling import is_left
from plugins.elmis.orders.tables import OrderTable, ReceiptTable, ShipmentTable

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
    order = sheet.order(id)
    documents = [order, *(one for sent in order.shipments for one in sent.receipts)]
    steps = history(*documents)
    return page(
        "elmis/orders/show.html", order=order, sheet=sheet, lines=sheet.lines(order), actions=services.actions(order),
        state=ORDER.state(order), way_out=services.way_out, shipments=SHIPMENT, receipts=RECEIPT,
        rests=sheet.rests(order), past=steps, events=sheet.events(steps, *documents),
    )  # fmt: skip


@bp.route("/orders/<int:id>/allocate", methods=["GET", "POST"])
@permission(PREPARE)
def allocate(id: int) -> Any:
    """Choose the lots of an order; first expiry first is filled in."""
    g.menu_endpoint, order = "orders.index", sheet.order(id)
    _refuse_unless(order, "allocate")
    found = offers(order)
    shares = fair_shares(order, found)
    form = lots_form(order, found, {} if set_aside(order) else proposal(order, found, shares))

    def operation() -> Done:
        services.allocate(get_or_404(Order, id), form.chosen())
        return Done(url_for("orders.show", id=id), _("The lots are set aside. Print the picking list."))

    done = submit(form, operation)
    return done or page("elmis/orders/allocate.html", order=order, form=form, found=found, shares=shares, sheet=sheet)


def _refuse_unless(order: Order, action: str) -> None:
    """Raise unless this step of an order may be taken now, by this person."""
    current().require(next(step.permission for step in ORDER.transitions if step.action == action), order.supplier)
    if action not in [step.action for step in ORDER.actions(order)]:
        raise ORDER.over(order)


SIMPLE = {
    "pick": (services.pick, _("The picking is confirmed. Pack the goods.")),
    "release": (services.release, _("The lots are free again.")),
    "unpack": (services.unpack, _("The order is unpacked; its lots stay set aside.")),
    "close": (services.close, _("The order is closed.")),
}


@bp.post("/orders/<int:id>/<any(pick, release, unpack, close):action>")
@permission(VIEW)
def step(id: int, action: str) -> Any:
    """Take a step that needs nothing but the click."""
    take, message = SIMPLE[action]

    def operation() -> Done:
        take(get_or_404(Order, id))
        return Done(url_for("orders.show", id=id), message)

    return act(operation)


@bp.route("/orders/<int:id>/cancel", methods=["GET", "POST"])
@permission(PREPARE)
def cancel(id: int) -> Any:
    """Give an order up, with its reason."""
    g.menu_endpoint, order, form = "orders.index", sheet.order(id), ReasonForm()
    _refuse_unless(order, "cancel")

    def operation() -> Done:
        services.cancel(get_or_404(Order, id), form.reason.data or "")
        return Done(url_for("orders.show", id=id), _("The order is cancelled; its lots are free again."))

    back = url_for("orders.show", id=id)
    done = submit(form, operation)
    return done or page("elmis/orders/reason.html", form=form, document=order, label=_("Cancel the order"), back=back)


@bp.route("/orders/<int:id>/pack", methods=["GET", "POST"])
@permission(PREPARE)
def pack(id: int) -> Any:
    """Pack what was picked: packages and seal."""
    g.menu_endpoint, order, form = "orders.index", sheet.order(id), PackForm()
    _refuse_unless(order, "pack")

    def operation() -> Done:
        made = services.pack(get_or_404(Order, id), form.packages.data or 1, form.seal.data or "", form.note.data or "")
        return Done(url_for("orders.show", id=id), _("%(number)s is ready to leave.", number=made.number), made.number)

    return submit(form, operation) or page("elmis/orders/pack.html", form=form, order=order, sheet=sheet)


@bp.route("/orders/<int:id>/ship", methods=["GET", "POST"])
@permission(PREPARE)
def ship(id: int) -> Any:
    """Send the packed goods on their way."""
    g.menu_endpoint, order, form = "orders.index", sheet.order(id), JourneyForm()
    _refuse_unless(order, "ship")
    short = [line for line in order.lines if line.open]
    if not short:
        del form.rest

    def operation() -> Done:
        rest = "rest" not in form or form.rest.data == "follows"
        sent = shipping.ship(get_or_404(Order, id), form.journey(), rest)
        words = _("%(number)s is on the way. Print the delivery note in three copies.", number=sent.number)
        return Done(url_for("orders.shipment", id=sent.id), words, sent.number)

    done = submit(form, operation)
    packed = done or next((one for one in sheet.order(id).shipments if one.state == "packed"), None)
    return done or page("elmis/orders/ship.html", form=form, order=order, packed=packed, short=short, sheet=sheet)


@bp.get("/shipments/<int:id>")
@permission(VIEW)
def shipment(id: int) -> Any:
    """Show a delivery: its lots, journey and receipts."""
    g.menu_endpoint, row = "orders.shipments", sheet.shipment(id)
    awaited = next((one for one in row.receipts if one.state == "expected"), None)
    back = any(step.action == "call_back" for step in SHIPMENT.actions(row))
    documents = [row, *row.receipts]
    return page(
        "elmis/orders/shipment.html", shipment=row, sheet=sheet, state=SHIPMENT.state(row), receipts=RECEIPT, back=back,
        awaited=awaited if current().can(RECEIVE, row.facility) else None,
        events=sheet.events(history(*documents), *documents),
    )  # fmt: skip


@bp.get("/receipts/<int:id>")
@permission(VIEW)
def receipt(id: int) -> Any:
    """Show a receipt: what was counted, and the dispute about it."""
    g.menu_endpoint, row = "orders.shipments", sheet.receipt(id)
    actions = [step for step in RECEIPT.actions(row) if _has_turn(row, step.action)]
    return page(
        "elmis/orders/receipt.html", receipt=row, sheet=sheet, state=RECEIPT.state(row), actions=actions,
        events=sheet.events(history(row), row),
    )  # fmt: skip


def _has_turn(row: Receipt, action: str) -> bool:
    """Return whether a step is this side's to take: each answers the other."""
    turns = {"answer": "facility", "withdraw": "facility", "contest": "supplier"}
    return row.turn == turns.get(action, row.turn) and is_left(row, action)


@bp.route("/receipts/<int:id>/count", methods=["GET", "POST"])
@permission(RECEIVE)
def count(id: int) -> Any:
    """Count what arrived, by scan or by hand."""
    g.menu_endpoint, row = "orders.shipments", sheet.receipt(id)
    current().require(RECEIVE, row.facility)
    if row.state == "called_back":
        raise RECEIPT.over(row)
    if row.state != "expected" and request.method == "GET":
        flash(str(_("This delivery was counted already.")))
        return redirect(url_for("orders.receipt", id=id))
    waiting = [line for line in row.shipment.lines if line.in_transit]
    form = count_form(waiting, stores(row.facility))

    def operation() -> Done:
        found = receiving.receive(get_or_404(Receipt, id), form.counted(), form.arrival(), form.beyond())
        return Done(url_for("orders.receipt", id=id), _came(found), found.number)

    done = submit(form, operation)
    lines = {str(line.id): line for line in row.shipment.lines}
    return done or page("elmis/orders/count.html", form=form, receipt=row, lines=lines, sheet=sheet)


def _came(row: Receipt) -> str:
    """Return what a count has done; what went into quarantine is told beside it, and is not called stock."""
    apart = any(line.accepted and line.shipment_line.lot.status == RECALLED for line in row.lines)
    where = _("The delivery is received.") if apart else _("The delivery is received; what you accepted is in stock.")
    return f"{where} {_('The supplier was told of the differences.')}" if row.state == "disputed" else str(where)


@bp.post("/receipts/<int:id>/scan")
@permission(RECEIVE)
def scan(id: int) -> Any:
    """Answer which line of the delivery a scanned code belongs to."""
    try:
        found = find_by_scan(request.form.get("text", ""))
    except AmagaraError as refusal:
        return jsonify(error=str(refusal.message))
    same = [line for line in sheet.receipt(id).shipment.lines if line.product_id == found.product.id]
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
    order = sheet.order(id)
    return papers.show(f"{order.number}-prelevement", papers.picking_list(order))


@bp.get("/shipments/<int:id>/note.pdf")
@permission(VIEW)
def note_pdf(id: int) -> Any:
    """Return the delivery note."""
    row = sheet.shipment(id)
    return papers.show(row.number, papers.delivery_note(row))


@bp.get("/receipts/<int:id>/sheet.pdf")
@permission(VIEW)
def sheet_pdf(id: int) -> Any:
    """Return the receipt sheet."""
    row = sheet.receipt(id)
    return papers.show(row.number, papers.receipt_sheet(row))
