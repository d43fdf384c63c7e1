"""The pages of the catalogue: products, lots, policies, programmes."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, g, redirect, request, url_for
from sqlalchemy import select

from core import journal
from core.contract.plugins import asked, hooks
from core.contract.ports import Panel
from core.contract.verbs import Verb
from core.contract.words import _
from core.data.access import current
from core.data.db import db, today
from core.data.errors import Missing
from core.data.settings import value_of
from core.nouns import views as nouns
from core.web.documents import code_svg
from core.web.doing import submit
from core.web.pages import day, get_or_404, language, page, permission
from core.web.verbs import blank
from plugins.elmis.catalogue import forms, measures, proposals, services, tables, verbs
from plugins.elmis.catalogue.limits import EXPIRY_DAYS
from plugins.elmis.catalogue.models import IMPORT, LOT_STATUSES, VEN, Lot, LotProposal, Pack, Policy, Product, Programme
from plugins.elmis.catalogue.twins import sharing
from plugins.elmis.catalogue.units import plural
from plugins.elmis.catalogue.verbs import FATES
from plugins.elmis.ledger import reports
from plugins.elmis.recalls import reports as holding
from plugins.elmis.recalls import services as recalls

bp = Blueprint("catalogue", __name__, url_prefix="/elmis/catalogue", template_folder="../templates")
VIEW, EDIT, TEMPLATES = "elmis.catalogue.view", "elmis.catalogue.edit", "elmis/catalogue/"
SAID = {**services.FATE_LABELS, "correct": _("Expiry corrected")}


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
    words = {"lot_statuses": LOT_STATUSES, "lot_states": tables.LOT_STATES, "today": today(), "may_edit": may_edit()}
    return {**words, "warned": warned}


def warned() -> date:
    """Return the last day of which this person's place is warned that a lot expires on it."""
    return today() + timedelta(days=value_of(EXPIRY_DAYS, g.place))


def may_edit() -> bool:
    """Return whether this person may change the catalogue."""
    return current().can(EDIT)


@bp.route("/", methods=["GET", "POST"])
@permission(VIEW)
def index() -> Any:
    """Show all products; POST takes chosen ones out of use."""
    actions: list[Any] = [
        (url_for("catalogue.lots"), _("Lots"), "box", False),
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
    """Show a product: what it is, its packs, who holds it, which policies name it."""
    row = get_or_404(Product, id)
    policies = db.session.scalars(select(Policy).where(Policy.product_id == id)).all()
    return page(
        f"{TEMPLATES}product.html",
        row=row,
        ven=VEN,
        holders=reports.holders(current(), row),
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
    return [*sorted(asked(hooks().panels, obj=row), key=lambda panel: panel.order), journal.panel(row)]


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


@bp.get("/lots")
@permission(VIEW)
def lots() -> Any:
    """Show all lots."""
    crumbs = [(_("Products"), url_for("catalogue.index")), (_("Lots"), None)]
    bring = (url_for("imports.new", entity="elmis.lot"), _("Import"), "upload", False)
    may = current().can(IMPORT) and current().can("core.import")
    return tables.LotTable().respond(_("Lots"), crumbs=crumbs, actions=[bring] if may else [])


@bp.get("/lots/<int:id>")
@permission(VIEW)
def lot(id: int) -> Any:
    """Show a lot: its dates, where it lies, and what was decided about it."""
    row = get_or_404(Lot, id)
    known = {each.id for each in sharing(id)}
    holders = [each for each in reports.holders(current(), row.product) if each.lot_id in known]
    actions, recall = [FATES[action] for action in services.actions(row)], recalls.recall_of(id)
    return nouns.show(
        row, f"{TEMPLATES}lot.html", title=_("Lot %(lot)s", lot=row.number), holders=holders, twins=len(known) > 1,
        actions=actions, recall=recall, may_propose=not may_edit() and recalls.may_propose(g.place),
    )  # fmt: skip


@bp.route("/lots/<int:id>/edit", methods=["GET", "POST"])
@permission(EDIT)
def edit_lot(id: int) -> Any:
    """Correct the facts of a lot."""
    row = get_or_404(Lot, id)
    return _form(verbs.CORRECT, row, url_for("catalogue.lot", id=id), row.number)


@bp.route("/lots/<int:id>/<action>", methods=["GET", "POST"])
@permission(EDIT)
def decide(id: int, action: str) -> Any:
    """Put a lot on hold, recall or release it, everywhere."""
    row, form = get_or_404(Lot, id), forms.FateForm()
    if action not in FATES:
        raise Missing(None)
    answer = submit(form, FATES[action], id)
    reach, cancel = holding.named_holders(id) if action == "recall" else None, url_for("catalogue.lot", id=id)
    facts = {"title": FATES[action].label, "cancel": cancel, "subject": row, "reach": reach}
    return answer or page(f"{TEMPLATES}form.html", form=form, **facts)


@bp.route("/lots/<int:id>/propose", methods=["GET", "POST"])
@permission("elmis.stock.move")
def propose(id: int) -> Any:
    """Say that a package of a lot carries another expiry."""
    row = get_or_404(Lot, id)
    current().require("elmis.stock.move", g.place)
    alone = proposals.holders_of(row) <= {g.place.id}
    what = (
        _("Nobody else holds it: the expiry is corrected at once.")
        if alone
        else _("Others hold it: the pharmacist decides.")
    )
    return _form(
        verbs.SUGGEST, row, url_for("catalogue.lot", id=id), subject=row,
        known=_("Recorded until now: %(expiry)s.", expiry=day(row.expiry) or "–"), what=what,
        send=_("Correct the expiry") if alone else _("Send the proposal"),
    )  # fmt: skip


@bp.get("/proposals")
@permission(VIEW)
def proposal_list() -> Any:
    """Show the proposals about lots that wait."""
    return page(f"{TEMPLATES}proposals.html", rows=proposals.waiting())


@bp.route("/proposals/<int:id>", methods=["GET", "POST"])
@permission(VIEW)
def proposal(id: int) -> Any:
    """Decide which expiry of a lot is right; who may not reads what was proposed, and decided."""
    row, form = get_or_404(LotProposal, id), forms.DecideForm()
    if request.method == "POST":
        current().require(EDIT)

    known = {each.id for each in sharing(row.lot_id)}
    holders = [each for each in reports.holders(current(), row.lot.product) if each.lot_id in known]
    answer = submit(form, verbs.DECIDE, id)
    state = proposals.STATES[row.state]
    return answer or page(f"{TEMPLATES}proposal.html", form=form, row=row, holders=holders, state=state)


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
