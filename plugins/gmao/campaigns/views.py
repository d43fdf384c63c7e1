"""The pages of inventory campaigns: how far the rooms have come, what differs, the minutes."""

from typing import Any

from flask import Blueprint, g, request, url_for

from core.contract.words import _
from core.data.access import current
from core.data.naming import title_of
from core.nouns.pages import pages
from core.nouns.views import show, verbs
from core.web import documents
from core.web.doing import submit
from core.web.pages import get_or_404, number, page, permission
from core.web.verbs import blank
from plugins.gmao.campaigns.comparing import Comparison, compare, worded
from plugins.gmao.campaigns.models import OUTCOMES, RESULTS, Campaign
from plugins.gmao.campaigns.states import OPEN, RECONCILIATION
from plugins.gmao.campaigns.tables import CampaignTable, ScanTable
from plugins.gmao.campaigns.verbs import DECIDE, PLAN, SCAN
from plugins.gmao.equipment.models import STATUSES
from plugins.gmao.formulas.inventory import KINDS
from plugins.gmao.rights import EDIT, VIEW

TEMPLATES, LIST = "gmao/campaigns/", "equipment_campaigns.index"
bp = Blueprint("equipment_campaigns", __name__, template_folder="../templates", url_prefix="/gmao/campaigns")
scans = Blueprint("equipment_scans", __name__, url_prefix="/gmao/scans")


def drawn(campaign: Campaign) -> Any:
    """Return the page of a campaign: its figures, and how far each room has come."""
    found, offers = compare(campaign), verbs(campaign)
    large = [verb for verb in offers if verb.name == SCAN.name and campaign.state == OPEN]
    waits = {DECIDE.name, *(["gmao.campaign.validate"] if found.pending() else [])}  # the one has a link of its own
    return show(
        campaign, f"{TEMPLATES}show.html", figures_of=_figures(found), rooms=found.rooms(), large=large,
        verbs=lambda _row: [verb for verb in offers if verb not in large and verb.name not in waits],
        meanwhile=[] if found.over else found.meanwhile(), late=found.after_minutes,
    )  # fmt: skip


pages(bp, CampaignTable, PLAN, _("What is really there, scanned room by room and set against the register."), drawn)
pages(scans, ScanTable, subtitle=_("Each piece that was found in an inventory, where, when and by whom."))


def _figures(found: Comparison) -> list[dict[str, Any]]:
    """Return the figures of a campaign as a strip: the first three add up to what was to be found."""
    sums, waiting = found.tally, len(found.pending())
    scanned = url_for("equipment_scans.index", q=found.campaign.number)
    differ = url_for("equipment_campaigns.differences", id=found.campaign.id)
    said = [
        (_("Found"), len(sums.found), _("of %(n)s that were to be found", n=number(sums.expected)), scanned),
        (_("Not found"), len(sums.missing), _("%(n)s left meanwhile", n=number(len(sums.left))), differ),
        (_("Found besides"), len(sums.extra) + sums.unlisted,
         _("%(n)s of them not in the register", n=number(sums.unlisted)), scanned),
        (_("Without a decision"), waiting, _("differences"), differ),
    ]  # fmt: skip
    return [
        {"label": label, "value": number(count), "detail": detail, "url": url} for label, count, detail, url in said
    ]


@bp.route("/<int:id>/differences", methods=["GET", "POST"])
@permission(VIEW)
def differences(id: int) -> Any:
    """Show what differs from the register, and take the decisions."""
    g.menu_endpoint = LIST
    campaign = get_or_404(Campaign, id)
    form = blank(DECIDE, campaign)
    if request.method == "POST":
        current().require(EDIT, campaign.facility)
        if done := submit(form, DECIDE, id):
            return done
    found = form.found
    counts = {kind: sum(each.kind == kind for each in found.differing()) for kind in KINDS}
    return page(
        f"{TEMPLATES}differences.html", campaign=campaign, form=form, found=found, counts=counts, verb=DECIDE,
        title=title_of(campaign), results=RESULTS, outcomes=OUTCOMES, worded=worded, statuses=STATUSES,
        decides=campaign.state == RECONCILIATION and current().can(EDIT, campaign.facility),
        kind=request.args.get("kind", ""),
    )  # fmt: skip


@bp.get("/<int:id>/paper")
@permission(VIEW)
def paper(id: int) -> Any:
    """Return the minutes of a campaign (PDF); before it is validated they are a draft."""
    campaign = get_or_404(Campaign, id)
    found = compare(campaign)
    decided = found.decided()
    content = documents.paper(
        f"{TEMPLATES}minutes.html", _("Minutes of inventory"), campaign.number, campaign.facility.name,
        campaign=campaign, found=found, sums=found.tally,
        groups=[(kind, rows) for kind in KINDS if (rows := [each for each in decided if each.kind == kind])],
        results=RESULTS, outcomes=OUTCOMES, worded=worded, pending=found.pending(), rooms=found.rooms(),
        left=[line for line in found.lines if line.equipment_id in found.tally.left],
    )  # fmt: skip
    return documents.answer(campaign.number, content)
