"""The pages of recalls."""

from typing import Any

from flask import Blueprint, g, url_for

from core.contract.words import _
from core.data.access import current
from core.data.states import history
from core.facilities.models import Facility
from core.web.pages import Done, act, get_or_404, moment, page, permission, submit
from plugins.elmis.orders.forms import EmptyForm, ReasonForm
from plugins.elmis.orders.shipping import Journey
from plugins.elmis.orders.transfers import chosen_place
from plugins.elmis.recalls import reports, services
from plugins.elmis.recalls.machines import RECALLS, SAID, SITE
from plugins.elmis.recalls.models import EDIT, MOVE, OPEN, VIEW, Recall, RecallSite
from plugins.elmis.recalls.tables import RecallTable

bp = Blueprint("recalls", __name__, url_prefix="/elmis/recalls", template_folder="../templates")
TEMPLATES = "elmis/recalls/"


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
    known = [one for one in recall.sites if one.facility_id in {row.facility_id for row in rows}]
    return page(
        f"{TEMPLATES}show.html", recall=recall, rows=rows, open=recall.state == OPEN, events=_events(recall, known),
        states=SITE.states, state=RECALLS[recall.state], whole=access.can_everywhere(EDIT),
    )  # fmt: skip


def _events(recall: Recall, sites: list[RecallSite]) -> list[dict[str, Any]]:
    names = {(one.__entity__, one.id): one.facility.name for one in sites}
    steps = history(recall, *sites)[-40:]
    return [
        {
            "title": SAID.get(step.action, _("Recalled") if step.action == "recall" else _("Lifted")),
            "detail": ", ".join(
                filter(None, (names.get((step.entity, step.entity_id)), moment(step.at), step.user_label))
            ),
            "reason": step.reason,
        }
        for step in reversed(steps)
    ]


@bp.post("/<int:id>/places/<int:place>/<any(acknowledge, quarantine):action>")
@permission(MOVE)
def step(id: int, place: int, action: str) -> Any:
    """Acknowledge a recall, or put all that lies there of the lot in quarantine."""

    def operation() -> Done:
        take = services.acknowledge if action == "acknowledge" else services.quarantine
        take(services.site_of(id, get_or_404(Facility, place)))
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
        f"{TEMPLATES}form.html", form=form, recall=recall, facility=facility, label=_("It was destroyed")
    )


@bp.route("/<int:id>/places/<int:place>/send-back", methods=["GET", "POST"])
@permission(MOVE)
def send_back(id: int, place: int) -> Any:
    """Send what was set apart to another place's quarantine."""
    g.menu_endpoint, recall, facility = "recalls.index", get_or_404(Recall, id), get_or_404(Facility, place)
    current().require(MOVE, facility)
    form = EmptyForm()

    def operation() -> Done:
        journey = Journey(form.shipped_on.data, driver=form.driver.data or "", vehicle=form.vehicle.data or "")
        site = services.site_of(id, get_or_404(Facility, place))
        sent = services.send_back(site, chosen_place(form), journey, form.packages.data or 1, form.note.data or "")
        return Done(url_for("orders.shipment", id=sent.id), _("%(number)s is on the way.", number=sent.number))

    done = submit(form, operation)
    return done or page(f"{TEMPLATES}form.html", form=form, recall=recall, facility=facility, label=_("Send it back"))
