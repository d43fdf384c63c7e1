"""The pages that send goods to another facility without an order."""

from typing import Any

from flask import Blueprint, g, request

from core.contract.verbs import Verb
from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.facilities.models import Facility
from core.web.doing import submit
from core.web.fields import row_id
from core.web.pages import get_or_404, page, permission
from plugins.elmis.catalogue.models import Product
from plugins.elmis.ledger.models import KINDS
from plugins.elmis.ledger.reports import stock_by_lot
from plugins.elmis.orders.forms import empty_form, transfer_form
from plugins.elmis.orders.verbs import EMPTY, TRANSFER
from plugins.elmis.promises.rights import SEND
from plugins.elmis.store.forms import kept

bp = Blueprint("transfers", __name__, url_prefix="/elmis/transfers", template_folder="../templates")


@bp.route("/new", methods=["GET", "POST"])
@permission(SEND)
def new() -> Any:
    """Send goods of a store, of this place's unless the address names another, to another facility."""
    wanted = request.args.get("from", type=row_id)
    place: Any = get_or_404(Facility, wanted) if wanted else g.place
    current().require(SEND, place)
    return sending(TRANSFER, place, place, _asked(place), f"transfer-{place.id}")


def sending(verb: Verb, row: Any, place: Facility, start: dict[str, Any], draft: str) -> Any:
    """Return the page that sends goods of a place by a verb of a row, filled with a start."""
    g.menu_endpoint = "orders.shipments"
    form = transfer_form(place, start if request.method == "GET" else None)
    done = kept(submit(form, verb, row.id), form)
    return done or page("elmis/orders/transfer.html", form=form, source=place, draft=draft)


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
    g.menu_endpoint, place = "orders.shipments", get_or_404(Facility, id)
    current().require(SEND, place)
    form = empty_form(place)
    rows = stock_by_lot(place) if current().can("elmis.stock.view", place) else []
    return submit(form, EMPTY, id) or page(
        "elmis/orders/empty.html", form=form, source=place, rows=rows, kinds=KINDS
    )  # fmt: skip
