"""The pages of the catalogue: products, policies, programmes."""

from typing import Any

from flask import Blueprint, g, redirect, url_for
from sqlalchemy import bindparam, select
from sqlalchemy.orm import joinedload

from core import journal
from core.contract.ports import Panel
from core.contract.verbs import Verb
from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.web.documents import code_svg
from core.web.doing import submit
from core.web.pages import get_or_404, language, page, panels, permission
from core.web.verbs import blank
from plugins.elmis.catalogue import measures, services, tables, verbs
from plugins.elmis.catalogue.models import VEN, Pack, Policy, Product, Programme
from plugins.elmis.catalogue.units import plural

bp = Blueprint("catalogue", __name__, url_prefix="/elmis/catalogue", template_folder="../templates")
NAMING = select(Policy).where(Policy.product_id == bindparam("product"))  # the policies that name a product
VIEW, EDIT, TEMPLATES = "elmis.catalogue.view", "elmis.catalogue.edit", "elmis/catalogue/"


@bp.app_template_filter()
def counted(unit: str, quantity: float | None) -> str:
    """Return a unit as it is said of a quantity: 226 comprimés."""
    return plural(unit, quantity, language())


bp.add_app_template_filter(measures.packs, "packs")
bp.add_app_template_filter(measures.pack_words)
bp.add_app_template_test(measures.broken, "opening_a_pack")


@bp.context_processor
def _words() -> dict[str, Any]:
    g.setdefault("menu_endpoint", "catalogue.index")
    return {"may_edit": may_edit()}


def may_edit() -> bool:
    """Return whether this person may change the catalogue."""
    return current().can(EDIT)


@bp.route("/", methods=["GET", "POST"])
@permission(VIEW)
def index() -> Any:
    """Show all products; POST takes chosen ones out of use."""
    actions: list[Any] = [
        (url_for("lots.index"), _("Lots"), "box", False),
        (url_for("catalogue.policies"), _("Stock policies"), "settings", False),
        (url_for("catalogue.programmes"), _("Programmes"), "clipboard-list", False),
    ]
    if may_edit() and current().can("core.import"):
        actions.append((url_for("imports.new", entity="elmis.product"), _("Import"), "upload", False))
    if may_edit():
        actions.append((url_for("catalogue.new"), _("New product"), "plus", True))
    return tables.ProductTable().respond(_("Products"), actions=actions)


@bp.get("/products/<int:id>")
@permission(VIEW)
def product(id: int) -> Any:
    """Show a product: what it is, its packs, which policies name it, and what other rooms know of it."""
    row = get_or_404(Product, id, joinedload(Product.programme))  # everybody reads the programmes: it may be joined
    policies = db.session.scalars(NAMING, {"product": id}).all()
    return page(
        f"{TEMPLATES}product.html",
        row=row,
        ven=VEN,
        packs=[_shown(pack) for pack in row.packs],
        policies=policies,
        whom=tables.whom,
        panels=_panels(row),
    )


def _shown(pack: Pack) -> dict[str, Any]:
    """Return a pack with the code that stands on it, to be scanned from the screen."""
    code = code_svg(f"(01){pack.gtin}", "datamatrix", gs1=True) if pack.gtin else None
    return {"label": pack.label, "size": pack.size, "gtin": pack.gtin, "code": code}


def _panels(row: Any) -> list[Panel]:
    """Return what the plugins know of a row, and its history."""
    return [*panels(row), journal.panel(row)]


@bp.route("/products/new", methods=["GET", "POST"])
@permission(EDIT)
def new() -> Any:
    """Add a product."""
    return _form(verbs.ADD, None, url_for("catalogue.index"), template="product_form")


@bp.route("/products/<int:id>/edit", methods=["GET", "POST"])
@permission(EDIT)
def edit(id: int) -> Any:
    """Change a product and its packs."""
    row = get_or_404(Product, id)
    return _form(verbs.CHANGE, row, url_for("catalogue.product", id=id), row.name, "product_form")


def _form(
    verb: Verb, row: Any, cancel: str, title: Any = "", template: str = "form", form: Any = None, **more: Any
) -> Any:
    """Return the answer of the form of a verb, or its page."""
    form = form or blank(verb, row)
    facts = {"form": form, "title": title or verb.label, "cancel": cancel, **more}
    return submit(form, verb, row.id if row is not None else None) or page(f"{TEMPLATES}{template}.html", **facts)


@bp.get("/policies")
@permission(VIEW)
def policies() -> Any:
    """Show how many months of stock are kept, by whom."""
    actions = [(url_for("catalogue.new_policy"), _("New policy"), "plus", True)] if may_edit() else []
    crumbs = [(_("Products"), url_for("catalogue.index")), (_("Stock policies"), None)]
    return tables.PolicyTable().respond(_("Stock policies"), actions=actions, crumbs=crumbs)


@bp.get("/policies/<int:id>")
@permission(VIEW)
def policy(id: int) -> Any:
    """Show a policy."""
    row = get_or_404(Policy, id)
    facts = {"whom": tables.whom(row), "what": tables.what(row), "history": journal.panel(row)}
    return page(f"{TEMPLATES}policy.html", row=row, **facts)


@bp.route("/policies/new", methods=["GET", "POST"])
@permission(EDIT)
def new_policy() -> Any:
    """Add a policy."""
    return _form(verbs.ADD_POLICY, None, url_for("catalogue.policies"))


@bp.route("/policies/<int:id>/edit", methods=["GET", "POST"])
@permission(EDIT)
def edit_policy(id: int) -> Any:
    """Change a policy."""
    return _form(verbs.CHANGE_POLICY, get_or_404(Policy, id), url_for("catalogue.policy", id=id))


@bp.get("/programmes")
@permission(VIEW)
def programmes() -> Any:
    """Show the programmes."""
    rows = db.session.scalars(select(Programme).order_by(Programme.code)).all()
    return page(f"{TEMPLATES}programmes.html", rows=rows, counts=services.products_by_programme())


@bp.get("/programmes/<int:id>")
@permission(VIEW)
def programme(id: int) -> Any:
    """Show the products of a programme."""
    return redirect(url_for("catalogue.index", **{"f.programme": get_or_404(Programme, id).id}))


@bp.route("/programmes/new", methods=["GET", "POST"])
@permission(EDIT)
def new_programme() -> Any:
    """Add a programme."""
    return _form(verbs.ADD_PROGRAMME, None, url_for("catalogue.programmes"))


@bp.route("/programmes/<int:id>/edit", methods=["GET", "POST"])
@permission(EDIT)
def edit_programme(id: int) -> Any:
    """Change a programme."""
    row = get_or_404(Programme, id)
    return _form(verbs.CHANGE_PROGRAMME, row, url_for("catalogue.programmes"), history=journal.panel(row))
