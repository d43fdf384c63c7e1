"""The pages of lots, beside those of their products."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, g, request, url_for

from core.contract.words import _
from core.data.access import current
from core.nouns import views as nouns
from core.web.doing import submit
from core.web.pages import day, get_or_404, page, permission
from core.web.verbs import blank, named
from plugins.elmis.catalogue.models import IMPORT, LOT_STATUSES, Lot
from plugins.elmis.catalogue.recalls import may_propose, recall_of
from plugins.elmis.catalogue.services import EDIT
from plugins.elmis.catalogue.twins import sharing
from plugins.elmis.ledger import reports
from plugins.elmis.lots import proposals, services
from plugins.elmis.lots.forms import DecideForm
from plugins.elmis.lots.models import LotProposal
from plugins.elmis.lots.tables import LOT_STATES, LotTable
from plugins.elmis.lots.verbs import CORRECT, DECIDE, SUGGEST

bp = Blueprint("lots", __name__, url_prefix="/elmis/catalogue", template_folder="../templates")
VIEW, FORM = "elmis.catalogue.view", "elmis/catalogue/form.html"


@bp.context_processor
def _words() -> dict[str, Any]:
    g.setdefault("menu_endpoint", "catalogue.index")
    return {"lot_statuses": LOT_STATUSES, "lot_states": LOT_STATES, "may_edit": current().can(EDIT)}


@bp.route("/lots", methods=["GET", "POST"])
@permission(VIEW)
def index() -> Any:
    """Show all lots."""
    crumbs = [(_("Products"), url_for("catalogue.index")), (_("Lots"), None)]
    bring = (url_for("imports.new", entity="elmis.lot"), _("Import"), "upload", False)
    may = current().can(IMPORT) and current().can("core.import")
    return LotTable().respond(_("Lots"), crumbs=crumbs, actions=[bring] if may else [])


@bp.get("/lots/<int:id>")
@permission(VIEW)
def show(id: int) -> Any:
    """Show a lot: its dates, where it lies, and what was decided about it."""
    row, twins = get_or_404(Lot, id), sharing(id)
    return nouns.show(
        row, "elmis/lots/show.html", title=_("Lot %(lot)s", lot=row.number), holders=_holders(row, twins),
        twins=len(twins) > 1, actions=[named(f"elmis.lot.{action}") for action in services.actions(row)],
        recall=recall_of(id), may_propose=not current().can(EDIT) and may_propose(g.place),
    )  # fmt: skip


def _holders(lot: Lot, twins: Sequence[Lot]) -> list[reports.LotRow]:
    """Return who holds packs of a lot's number, of the facilities whose stock this person may see."""
    known = {each.id for each in twins}
    return [each for each in reports.holders(current(), lot.product) if each.lot_id in known]


@bp.route("/lots/<int:id>/edit", methods=["GET", "POST"])
@permission(EDIT)
def edit(id: int) -> Any:
    """Correct the facts of a lot."""
    row = get_or_404(Lot, id)
    form, cancel = blank(CORRECT, row), url_for("lots.show", id=id)
    return submit(form, CORRECT, id) or page(FORM, form=form, title=row.number, cancel=cancel)


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
    form = blank(SUGGEST, row)
    return submit(form, SUGGEST, id) or page(
        FORM, form=form, title=SUGGEST.label, cancel=url_for("lots.show", id=id), subject=row,
        known=_("Recorded until now: %(expiry)s.", expiry=day(row.expiry) or "–"), what=what,
        send=_("Correct the expiry") if alone else _("Send the proposal"),
    )  # fmt: skip


@bp.get("/proposals")
@permission(VIEW)
def proposed() -> Any:
    """Show the proposals about lots that wait."""
    return page("elmis/lots/proposals.html", rows=proposals.waiting())


@bp.route("/proposals/<int:id>", methods=["GET", "POST"])
@permission(VIEW)
def proposal(id: int) -> Any:
    """Decide which expiry of a lot is right; who may not reads what was proposed, and decided."""
    row, form = get_or_404(LotProposal, id), DecideForm()
    if request.method == "POST":
        current().require(EDIT)
    holders, answer = _holders(row.lot, sharing(row.lot_id)), submit(form, DECIDE, id)
    state = proposals.MACHINE.state(row)
    return answer or page("elmis/lots/proposal.html", form=form, row=row, holders=holders, state=state)
