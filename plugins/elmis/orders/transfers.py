"""The page that sends goods to another facility without an order."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, g, request, url_for

from core.contract.words import _
from core.data.access import current
from core.data.db import db, today
from core.data.errors import Gathering
from core.data.work import settle
from core.facilities.models import Facility
from core.web.fields import row_id
from core.web.pages import Done, get_or_404, page, permission, submit
from plugins.elmis.catalogue.models import Product
from plugins.elmis.counts.meeting import Paper
from plugins.elmis.ledger.days import check_day
from plugins.elmis.ledger.models import KINDS, StockLocation
from plugins.elmis.ledger.moves import store_of
from plugins.elmis.ledger.reports import stock_by_lot
from plugins.elmis.orders.forms import EmptyForm, TransferForm
from plugins.elmis.orders.models import Shipment
from plugins.elmis.orders.rights import SEND
from plugins.elmis.orders.shipping import Journey, Sent, empty, refuse_way, send, ways_from
from plugins.elmis.store.forms import choose_store, kept, units_of
from plugins.elmis.store.leaving import picks
from plugins.elmis.store.lines import Header, Line

bp = Blueprint("transfers", __name__, url_prefix="/elmis/transfers", template_folder="../templates")


@bp.route("/new", methods=["GET", "POST"])
@permission(SEND)
def new() -> Any:
    """Send goods of a store, of this place's unless the address names another, to another facility."""
    g.menu_endpoint = "orders.shipments"
    wanted = request.args.get("from", type=row_id)
    place: Any = get_or_404(Facility, wanted) if wanted else g.place
    current().require(SEND, place)
    return sending(place, _asked(place))


def sending(
    place: Facility, start: dict[str, Any], answered: Callable[[Shipment], None] | None = None, draft: str = ""
) -> Any:  # fmt: skip
    """Return the page that sends goods of a place, filled with a start; `answered` is told of the shipment."""
    place_id = place.id
    filled: dict[str, Any] = {"data": start} if request.method == "GET" else {}
    form = choose_store(TransferForm(**filled), place)
    form.facility.limits = {"kinds": ways_from(place)}

    def operation() -> Done:
        source, target = get_or_404(Facility, place_id), chosen_place(form)
        journey = Journey(form.shipped_on.data, driver=form.driver.data or "", vehicle=form.vehicle.data or "")
        store, refused, lines = store_of(source, form.store.data if "store" in form else None), Gathering(), []
        with refused.step():
            check_day(source, form.shipped_on.data or today(), "shipped_on")
        with refused.step():
            refuse_way(source, target)
        with refused.step():
            lines = _lines(store, form)
        refused.settle()
        settle()
        sent = send(source, target, lines, journey, form.packages.data or 1, form.note.data or "", store)
        if answered:
            answered(sent)
        return Done(
            url_for("orders.shipment", id=sent.id), _("%(number)s is on the way.", number=sent.number), sent.number
        )

    done = kept(submit(form, operation), form)
    return done or page("elmis/orders/transfer.html", form=form, source=place, draft=draft or f"transfer-{place_id}")


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
@permission(SEND)
def send_all(id: int) -> Any:
    """Send everything that a facility holds to another, before it closes."""
    g.menu_endpoint, place, form = "orders.shipments", get_or_404(Facility, id), EmptyForm()
    current().require(SEND, place)
    form.facility.limits = {"kinds": ways_from(place)}

    def operation() -> Done:
        source, target = get_or_404(Facility, id), chosen_place(form)
        journey = Journey(form.shipped_on.data, driver=form.driver.data or "", vehicle=form.vehicle.data or "")
        sent = empty(source, target, journey, form.packages.data or 1, form.note.data or "")
        names = ", ".join(one.number for one in sent)
        words = _("%(number)s is on the way. Close the facility as soon as it is received.", number=names)
        return Done(url_for("orders.shipment", id=sent[0].id), words)

    rows = stock_by_lot(place) if current().can("elmis.stock.view", place) else []
    return submit(form, operation) or page("elmis/orders/empty.html", form=form, source=place, rows=rows, kinds=KINDS)


def chosen_place(form: EmptyForm) -> Facility:
    """Return the receiver, loaded in this transaction."""
    chosen: Any = form.facility.data
    return db.session.merge(chosen, load=False)


def _lines(source: StockLocation, form: TransferForm) -> list[Sent]:
    """Return the lots to send: those named, else first expiry first."""
    header = Header(form.shipped_on.data or today(), "transfer_out", comment=form.note.data or "")
    paper = Paper(header.occurred_on, "shipped_on")
    lines = [Line(row["product"], units_of(row, n), row["lot"] or "") for n, row in enumerate(form.lines.data)]
    found = picks(source, header, lines, paper=paper)
    return [Sent(lot_id, units) for _number, lot_id, units in found]
