"""The pages of a store's work."""

from typing import Any

from flask import Blueprint, g, jsonify, request, url_for

from core.contract.words import _
from core.data.access import current
from core.data.errors import AmagaraError, Missing
from core.facilities.models import Facility
from core.web.pages import Done, get_or_404, page, permission, submit
from plugins.elmis.catalogue.scans import find_by_scan
from plugins.elmis.store.forms import form_for, found
from plugins.elmis.store.kinds import KINDS
from plugins.elmis.store.services import documents, lines_of, record

bp = Blueprint("store", __name__, url_prefix="/elmis/store", template_folder="../templates")


@bp.get("/")
@permission("elmis.stock.view")
def index() -> Any:
    """Show what can be done in the store, and its last documents."""
    kinds = [kind for kind in KINDS.values() if current().can(kind.permission, g.place)]
    return page("elmis/store/index.html", kinds=kinds, documents=documents(g.place))


@bp.route("/new/<code>", methods=["GET", "POST"])
@permission("elmis.stock.move")
def new(code: str) -> Any:
    """Write a document: head and lines, posted all or none."""
    if code not in KINDS:
        raise Missing(None)
    kind, place_id = KINDS[code], g.place.id
    current().require(kind.permission, g.place)
    form = form_for(kind, g.place)

    def operation() -> Done:
        number = record(kind, get_or_404(Facility, place_id), form.header(kind), form.rows())
        return Done(url_for("store.document", number=number), _("%(number)s is recorded.", number=number))

    return submit(form, operation) or page("elmis/store/form.html", form=form, kind=kind)


@bp.get("/documents/<number>")
@permission("elmis.stock.view")
def document(number: str) -> Any:
    """Show a document of this store, to check or print."""
    rows = lines_of(g.place, number)
    if not rows:
        raise Missing(None)
    return page("elmis/store/document.html", number=number, rows=rows)


@bp.post("/scan")
@permission("elmis.stock.view")
def scan() -> Any:
    """Answer what a scanned code means, for the lines of a form."""
    try:
        return jsonify(found(find_by_scan(request.form.get("text", ""))))
    except AmagaraError as refusal:
        return jsonify(error=str(refusal.message))
