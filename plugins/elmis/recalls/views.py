"""The pages of recalls, and of what is decided about a lot everywhere."""

from typing import Any

from flask import Blueprint, g, request, url_for

from core.contract.entities import ref
from core.contract.words import _
from core.data.access import current
from core.data.db import today
from core.data.states import OVERDUE, Step, history
from core.facilities.models import Facility
from core.users.directory.services import holders
from core.web.doing import submit
from core.web.fields import row_id
from core.web.pages import get_or_404, page, panels, permission
from core.web.timeline import events
from core.web.verbs import blank, named
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.catalogue.recalls import (
    EDIT,
    HOLDING,
    LIFTED,
    MOVE,
    REFUSED,
    VIEW,
    Recall,
    RecallSite,
    require_proposer,
)
from plugins.elmis.recalls import reports, services
from plugins.elmis.recalls.forms import FateForm, ProposeForm
from plugins.elmis.recalls.machines import RECALL, SITE
from plugins.elmis.recalls.tables import RecallTable
from plugins.elmis.recalls.verbs import FATES, PROPOSE

bp = Blueprint("recalls", __name__, url_prefix="/elmis/recalls", template_folder="../templates")
fates = Blueprint("fates", __name__, url_prefix="/elmis/catalogue/lots", template_folder="../templates")
TEMPLATES = "elmis/recalls/"
FEW = 5  # places that the page of a recall names once it is over


@bp.get("/")
@permission(VIEW)
def index() -> Any:
    """Show the recalls."""
    return RecallTable().respond(_("Recalls"))


@bp.get("/<int:id>")
@permission(VIEW)
def show(id: int) -> Any:
    """Show a recall: every place that holds the lot, for who recalled it; one's own places for others."""
    g.menu_endpoint, recall, access = "recalls.index", get_or_404(Recall, id), current()
    rows = reports.places(recall, access)
    over = recall.state not in HOLDING and request.args.get("places") != "all"
    if over:  # then only what is still set apart matters
        rows.sort(key=lambda row: not row.quarantine)
    known = [one for one in recall.sites if one.facility_id in {row.facility_id for row in rows}]
    due, answer = recall.issued_on + reports.CLOCK, _answer(recall)
    return page(
        f"{TEMPLATES}show.html", recall=recall, rows=rows, events=_events(recall, known), states=SITE.states,
        state=RECALL.state(recall), whole=access.can_everywhere(EDIT), open=recall.state in HOLDING, due=due,
        most=FEW if over else len(rows),
        late=(today() - due).days, deciders=holders(EDIT, g.place.path),
        answer=answer.reason if answer and recall.state in (LIFTED, REFUSED) else "", panels=panels(recall),
    )  # fmt: skip


@bp.route("/new/<int:id>", methods=["GET", "POST"])
@permission(VIEW)
def propose(id: int) -> Any:
    """Ask for the recall of a lot; the places of this person set it apart meanwhile."""
    g.menu_endpoint, lot, form = "recalls.index", get_or_404(Lot, id), ProposeForm()
    require_proposer(g.place)
    return submit(form, PROPOSE, id) or page(
        f"{TEMPLATES}propose.html", form=form, lot=lot, back=url_for("lots.show", id=id),
        deciders=holders(EDIT, g.place.path),
    )  # fmt: skip


@fates.route("/<int:id>/<any(hold, recall, release):action>", methods=["GET", "POST"])
@permission(EDIT)
def decide(id: int, action: str) -> Any:
    """Put a lot on hold, recall or release it, everywhere."""
    row, verb, form, g.menu_endpoint = get_or_404(Lot, id), FATES[action], FateForm(), "catalogue.index"
    answer = submit(form, verb, id)
    reach, cancel = reports.named_holders(id) if action == "recall" else None, url_for("lots.show", id=id)
    facts = {"title": verb.label, "cancel": cancel, "subject": row, "reach": reach}
    return answer or page(f"{TEMPLATES}fate.html", form=form, **facts)


def _answer(recall: Recall) -> Step | None:
    """Return the last step that somebody took."""
    return next((step for step in reversed(history(recall)) if step.action != OVERDUE), None)


def _events(recall: Recall, sites: list[RecallSite]) -> list[dict[str, Any]]:
    return events(history(recall, *sites)[-40:], names={ref(one): one.facility.name for one in sites})


@bp.route("/<int:id>/<any(destroy, send_back):action>", methods=["GET", "POST"])
@permission(MOVE)
def at_place(id: int, action: str) -> Any:
    """Say that what a place had set apart was destroyed, or send it to another place's quarantine."""
    g.menu_endpoint, recall, verb = "recalls.index", get_or_404(Recall, id), named(f"elmis.recall.{action}")
    form = blank(verb)
    place = form.place.data or get_or_404(Facility, request.args.get("place", type=row_id))
    current().require(MOVE, place)
    form.place.data = place
    return submit(form, verb, id) or page(
        f"{TEMPLATES}form.html", form=form, recall=recall, facility=place, label=verb.label,
        units=services.apart(recall, place), site=_site(recall, place.id),
    )  # fmt: skip


def _site(recall: Recall, place: int) -> RecallSite | None:
    return next((site for site in recall.sites if site.facility_id == place), None)
