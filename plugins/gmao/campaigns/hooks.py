"""What inventory campaigns give to the plugin's hooks."""

from collections.abc import Iterator
from typing import Any

from core.contract.entities import Entity
from core.contract.ports import MenuItem, Obstacle, Panel
from core.contract.words import _
from core.facilities.models import Facility
from core.facilities.stranded import named, under_way
from core.nouns.pages import listed
from plugins.gmao.campaigns.models import (
    OUTCOMES,
    RESULTS,
    Campaign,
    CampaignDecision,
    CampaignLine,
    CampaignScan,
)
from plugins.gmao.campaigns.states import MACHINE, PLANNED, TAKING
from plugins.gmao.campaigns.tables import CampaignTable, ScanTable
from plugins.gmao.campaigns.verbs import SCAN_VERBS, VERBS
from plugins.gmao.campaigns.views import bp, scans
from plugins.gmao.equipment.models import REASONS, STATUSES, Equipment
from plugins.gmao.menu import REGISTER
from plugins.gmao.rights import VIEW

LIST = "equipment_campaigns.index"
BLUEPRINTS = [bp, scans]
ENTITIES = [
    Entity(
        "gmao.campaign", Campaign, _("Inventory campaign"), _("Inventory campaigns"), "equipment_campaigns.show", VIEW,
        CampaignTable, "scan-barcode", ("number", "name"), words={"state": MACHINE.states}, machine=MACHINE,
        verbs=VERBS, attachments=True, comments=True, index=LIST,
    ),
    Entity(
        "gmao.campaign_scan", CampaignScan, _("Scan of an inventory"), _("Scans of inventories"),
        "equipment_scans.show", VIEW, ScanTable, "scan-barcode", ("what", "tag"),
        words={"result": RESULTS, "status": STATUSES, "because": REASONS}, named=("what",), verbs=SCAN_VERBS,
        attachments=True, index="equipment_scans.index",
    ),
    Entity(
        "gmao.campaign_line", CampaignLine, _("Piece of an inventory"), _("Pieces of inventories"), permission=VIEW,
        words={"status": STATUSES}, named=("campaign_id", "what"),
    ),
    Entity(
        "gmao.campaign_decision", CampaignDecision, _("Decision of an inventory"), _("Decisions of inventories"),
        permission=VIEW, words={"kind": RESULTS, "outcome": OUTCOMES}, named=("campaign_id", "what"),
    ),
]  # fmt: skip
MENU = [MenuItem(_("Inventory campaigns"), LIST, VIEW, REGISTER, "scan-barcode", order=331)]


def panels(obj: Any) -> list[Panel]:
    """Return the scans of a campaign, and of a piece, on their pages, and the campaigns of a facility."""
    if isinstance(obj, Campaign):
        return listed(ScanTable, CampaignScan.campaign_id == obj.id, {"q": obj.number}, order=30)
    if isinstance(obj, Equipment):
        return listed(ScanTable, CampaignScan.equipment_id == obj.id, {"q": obj.code}, order=45, empty=False)
    if isinstance(obj, Facility):
        return listed(CampaignTable, Campaign.facility == obj, {"f.facility": obj.name}, order=57, empty=False)
    return []


def closing(facility: Facility) -> Iterator[Obstacle]:
    """Yield the campaigns of a facility that are not at their end."""
    waiting = named(Campaign, Campaign.state.in_((PLANNED, *TAKING)), Campaign.facility_id == facility.id)
    words, detail = _("Inventory campaigns under way: %(n)s"), _("Validate or cancel them.")
    yield from under_way(waiting, words, detail, "equipment_campaigns.show", LIST, {"f.facility": facility.name})
