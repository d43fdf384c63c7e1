"""The pages of recalls."""

from typing import Any

from flask import Blueprint, g, request, url_for

from core.contract.words import _
from core.data.access import current
from core.data.db import today
from core.data.errors import Missing
from core.data.states import history
from core.facilities.models import Facility
from core.users.refusals import holders
from core.web.doing import Done, act, submit
from core.web.forms import ReasonForm
from core.web.pages import get_or_404, moment, page, permission
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.orders.forms import EmptyForm
from plugins.elmis.recalls import reports, services
from plugins.elmis.recalls.machines import RECALL, SAID, SITE
from plugins.elmis.recalls.models import EDIT, HOLDING, LIFTED, MOVE, PROPOSED, REFUSED, VIEW, Recall, RecallSite
from plugins.elmis.recalls.tables import RecallTable

bp = Blueprint("recalls", __name__, url_prefix="/elmis/recalls", template_folder="../templates")
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
    due, answer = recall.issued_on + reports.CLOCK, next(iter(history(recall)[::-1]), None)
    return page(
        f"{TEMPLATES}show.html", recall=recall, rows=rows, events=_events(recall, known), states=SITE.states,
        state=RECALL.state(recall), whole=access.can_everywhere(EDIT), open=recall.state in HOLDING, due=due,
        most=FEW if over else len(rows),
        late=(today() - due).days, deciders=holders(EDIT, g.place.path),
        answer=answer.reason if answer and recall.state in (LIFTED, REFUSED) else "",
    )  # fmt: skip


@bp.route("/new/<int:lot_id>", methods=["GET", "POST"])
@permission(VIEW)
def propose(lot_id: int) -> Any:
    """Ask for the recall of a lot; the places of this person set it apart meanwhile."""
    g.menu_endpoint, lot, place_id = "recalls.index", get_or_404(Lot, lot_id), g.place.id
    services.require_proposer(g.place)
    form, back = ReasonForm(), url_for("catalogue.lot", id=lot_id)

    def operation() -> Done:
        made = services.propose(get_or_404(Lot, lot_id), get_or_404(Facility, place_id), form.reason.data or "")
        words = _("%(number)s was sent to who may recall; set the lot apart meanwhile.", number=made.number)
        return Done(url_for("recalls.show", id=made.id), words, made.number)

    done = submit(form, operation)
    return done or page(f"{TEMPLATES}propose.html", form=form, lot=lot, back=back, deciders=holders(EDIT, g.place.path))


@bp.route("/<int:id>/refuse", methods=["GET", "POST"])
@permission(EDIT)
def refuse(id: int) -> Any:
    """Say that a proposed recall is not needed."""
    g.menu_endpoint, recall, form = "recalls.index", get_or_404(Recall, id), ReasonForm()
    if recall.state != PROPOSED:
        raise Missing(None)

    def operation() -> Done:
        services.refuse(get_or_404(Recall, id), form.reason.data or "")
        return Done(url_for("recalls.show", id=id), SAID["refuse"])

    done = submit(form, operation)
    return done or page(
        f"{TEMPLATES}form.html", form=form, recall=recall, facility=g.place, label=_("No recall is needed")
    )


def _events(recall: Recall, sites: list[RecallSite]) -> list[dict[str, Any]]:
    names = {(one.__entity__, one.id): one.facility.name for one in sites}
    steps = history(recall, *sites)[-40:]
    return [
        {
            "title": SAID[step.action],
            "detail": ", ".join(
                filter(None, (names.get((step.entity, step.entity_id)), moment(step.at), step.user_label))
            ),
            "reason": step.reason,
        }
        for step in reversed(steps)
    ]


@bp.post("/<int:id>/places/<int:place>/<any(acknowledge, quarantine, release):action>")
@permission(MOVE)
def step(id: int, place: int, action: str) -> Any:
    """Acknowledge a recall, put all that lies there of the lot in quarantine, or back on the shelves afterwards."""

    def operation() -> Done:
        services.STEPS[action](services.site_of(id, get_or_404(Facility, place)), "")
        return Done(url_for("recalls.show", id=id), SAID[action])

    return act(operation)


@bp.route("/<int:id>/places/<int:place>/destroy", methods=["GET", "POST"])
@permission(MOVE)
def destroy(id: int, place: int) -> Any:
    """Say that what was set apart was destroyed."""
    g.menu_endpoint, recall, facility = "recalls.index", get_or_404(Recall, id), get_or_404(Facility, place)
    current().require(MOVE, facility)
    form, back = ReasonForm(), url_for("recalls.show", id=id)

    def operation() -> Done:
        services.destroy(services.site_of(id, get_or_404(Facility, place)), form.reason.data or "")
        return Done(back, SAID["destroy"])

    done = submit(form, operation)
    return done or page(
        f"{TEMPLATES}form.html", form=form, recall=recall, facility=facility, label=_("It was destroyed"),
        units=services.apart(recall, facility), site=_site(recall, place),
    )  # fmt: skip


@bp.route("/<int:id>/places/<int:place>/send-back", methods=["GET", "POST"])
@permission(MOVE)
def send_back(id: int, place: int) -> Any:
    """Send what was set apart to another place's quarantine."""
    g.menu_endpoint, recall, facility = "recalls.index", get_or_404(Recall, id), get_or_404(Facility, place)
    current().require(MOVE, facility)
    form = EmptyForm()

    def operation() -> Done:
        sent = services.send_back(services.site_of(id, get_or_404(Facility, place)), **form.values())
        return Done(
            url_for("orders.shipment", id=sent.id), _("%(number)s is on the way.", number=sent.number), sent.number
        )

    done = submit(form, operation)
    return done or page(
        f"{TEMPLATES}form.html", form=form, recall=recall, facility=facility, label=_("Send it back"),
        units=services.apart(recall, facility), site=_site(recall, place),
    )  # fmt: skip


def _site(recall: Recall, place: int) -> RecallSite | None:
    return next((site for site in recall.sites if site.facility_id == place), None)
