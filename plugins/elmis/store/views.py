"""The pages of a store's work."""

import re
from collections.abc import Callable
from typing import Any

from flask import Blueprint, g, jsonify, redirect, request, url_for

from core.contract.words import _
from core.data.access import current
from core.data.errors import AmagaraError, Missing
from core.data.numbers import of_place
from core.facilities.where import place_here
from core.web import documents
from core.web.doing import submit
from core.web.fields import row_id
from core.web.pages import get_or_404, page, permission
from core.web.pages import kept as kept_on_device
from plugins.elmis.catalogue.scans import find_by_scan
from plugins.elmis.ledger.models import STORE, StockLocation
from plugins.elmis.ledger.moves import stores
from plugins.elmis.store import shelf
from plugins.elmis.store.forms import StoreNameForm, form_for, found, kept, name_form
from plugins.elmis.store.kinds import KINDS
from plugins.elmis.store.readers import samples, understood
from plugins.elmis.store.services import labels_of, last_documents, lines_of, slips
from plugins.elmis.store.verbs import ADD_STORE, DOCUMENTS, RENAME_STORE

bp = Blueprint("store", __name__, url_prefix="/elmis/store", template_folder="../templates")


@bp.get("/")
@permission("elmis.stock.view")
@kept_on_device(_("Store work"))
def index() -> Any:
    """Show what can be done in the store, and its last documents."""
    own, last = stores(g.place), last_documents(g.place)
    kinds = [kind for kind in KINDS.values() if current().can(kind.permission, g.place)]
    kinds = [kind for kind in kinds if kind.code != "move" or len(own) > 1]
    return page("elmis/store/index.html", kinds=kinds, documents=last, stores=own)


@bp.route("/new/<action>", methods=["GET", "POST"])
@permission("elmis.stock.move")
def new(action: str) -> Any:
    """Write a document: head and lines, posted all or none."""
    if action not in KINDS:
        raise Missing(None)
    kind = KINDS[action]
    current().require(kind.permission, g.place)
    if kind.code == "move" and len(stores(g.place)) < 2:
        return redirect(url_for("store.own_stores"))
    form = form_for(kind, g.place, **(_proposed() if request.method == "GET" else {}))
    done = kept(submit(form, DOCUMENTS[action], g.place.id), form)
    return done or page("elmis/store/form.html", form=form, kind=kind)


def _proposed() -> dict[str, Any]:
    """Return what the address proposes: of which product and lot how much, from one store to another."""
    ask, product = request.args.get, shelf.product_of(request.args.get("product", ""))
    if product is None:
        return {}
    line = {"product": product, "lot": ask("lot", ""), "quantity": ask("quantity", type=row_id), "measure": "unit"}
    return {"store": ask("from", ""), "target": ask("to", ""), "lines": [line]}


@bp.get("/articles")
@permission("elmis.stock.view")
def articles() -> Any:
    """Return the products that fit what was typed, those in stock first, each with what can be given out."""
    current().require("elmis.stock.view", g.place)
    if "kept" in request.args:
        return jsonify(results=shelf.articles(_store(), "", None))
    return jsonify(results=shelf.articles(_store(), request.args.get("q", "")))


@bp.get("/lots")
@permission("elmis.stock.view")
def lots() -> Any:
    """Return the lots of a product in a store, first expiry first."""
    current().require("elmis.stock.view", g.place)
    if "kept" in request.args:
        return _of_each(shelf.lots)
    return jsonify(results=shelf.lots(_store(), request.args.get("product", ""), request.args.get("q", "")))


@bp.get("/shelf")
@permission("elmis.stock.view")
def at_the_line() -> Any:
    """Return what a line says of its product: unit, pack, stock on hand and lots."""
    current().require("elmis.stock.view", g.place)
    if "kept" in request.args:
        return _of_each(shelf.facts)
    return jsonify(shelf.facts(_store(), request.args.get("product", "")))


def _of_each(answer: Callable[[StockLocation | None, str], Any]) -> Any:
    """Return what a device keeps of a list: its answer for each product that lies in the store, by code."""
    store = _store()
    each = {code: answer(store, code) for code in shelf.codes_in(store)}
    return jsonify(by="product", store=None if store is None else store.id, each=each)


def _store() -> StockLocation | None:
    """Return the store that the address names, else the first one; None before anything was received."""
    own, wanted = stores(g.place), request.args.get("store", "")
    return next((one for one in own if str(one.id) == wanted), own[0] if own else None)


@bp.route("/stores", methods=["GET", "POST"])
@permission("elmis.stock.move")
def own_stores() -> Any:
    """Show the stores of this place, and add one."""
    current().require("elmis.stock.move", g.place)
    form, rows = StoreNameForm(), shelf.stores_with_lots(g.place)
    return submit(form, ADD_STORE, g.place.id) or page("elmis/store/stores.html", form=form, rows=rows)


@bp.route("/stores/<int:id>", methods=["GET", "POST"])
@permission("elmis.stock.move")
def rename(id: int) -> Any:
    """Give a store of this place another name."""
    row = get_or_404(StockLocation, id)
    current().require("elmis.stock.move", row.facility)
    form = name_form(row)
    return submit(form, RENAME_STORE, id) or page("elmis/store/store.html", form=form, row=row)


@bp.get("/documents/<number>")
@permission("elmis.stock.view")
def document(number: str) -> Any:
    """Show a document of a store, to check; one that lies elsewhere alone is looked for under its number."""
    if not request.args.get("facility") and not lines_of(g.place, number) and slips(number):
        return redirect(url_for("search.search", q=number))
    return page("elmis/store/document.html", number=number, **_slip(number))


@bp.get("/documents/<number>/paper")
@permission("elmis.stock.view")
def paper(number: str) -> Any:
    """Return a document of a store as a paper (PDF)."""
    slip = _slip(number)
    first, place = slip["rows"][0], slip["place"]
    words = re.split("[^A-Za-z0-9]", number)
    heading = next((kind.paper for kind in KINDS.values() if kind.series.kind in words), first.reason.label)
    content = documents.paper("elmis/store/slip.html", heading, slip["name"], place.name, **slip)
    return documents.answer(number, content)


def _slip(number: str) -> dict[str, Any]:
    """Return what the page and the paper of a document say; Missing where this place has none of that number."""
    place = place_here("elmis.stock.view")
    rows = lines_of(place, number)
    if not rows:
        raise Missing(None)
    own = [one for one in (rows[0].source, rows[0].target) if one.kind == STORE and one.facility_id == place.id]
    return {"rows": rows, "store": " → ".join(each.title for each in own), "place": place,
            "name": of_place(number, place), "undone": [row.reverses_id for row in rows],
            "labels": labels_of(rows)}  # fmt: skip


@bp.route("/reader", methods=["GET", "POST"])
@permission("elmis.stock.view")
def reader() -> Any:
    """Show what a reader sends, and what is understood of it; codes to try stand on the page."""
    text = request.form.get("text", "")
    read = understood(text) if request.method == "POST" else []
    if request.accept_mimetypes.best == "application/json":
        return jsonify(rows=read)
    return page("elmis/store/reader.html", read=read, text=text, samples=samples())


@bp.post("/scan")
@permission("elmis.stock.view")
def scan() -> Any:
    """Answer what a scanned code means, for the lines of a form."""
    try:
        return jsonify(found(find_by_scan(request.form.get("text", ""))))
    except AmagaraError as refusal:
        return jsonify(error=str(refusal.message))
