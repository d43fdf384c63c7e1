"""What is done with inventory campaigns and their scans."""

from dataclasses import replace
from typing import Any

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.data.naming import headed
from core.facilities.models import Facility
from core.web.forms import Stored
from core.web.reasons import steps
from plugins.gmao.campaigns import deciding, scanning, services
from plugins.gmao.campaigns.forms import (
    CampaignForm,
    IdentifyForm,
    SettleForm,
    decide_form,
    register_form,
    scan_form,
)
from plugins.gmao.campaigns.models import RESULTS, Campaign, CampaignScan
from plugins.gmao.campaigns.states import MACHINE, PLANNED, RECONCILIATION, TAKING
from plugins.gmao.formulas.inventory import UNLISTED
from plugins.gmao.rights import EDIT, REPORT

PLAN = Verb(
    "gmao.campaign.plan", _("New inventory"), EDIT, services.plan, Facility, CampaignForm,
    lambda row: _("%(number)s is planned. Open it when the counting begins.", number=row.number),
)  # fmt: skip
CHANGE = Verb(
    "gmao.campaign.change", _("Change"), EDIT, services.change, Campaign, Stored(CampaignForm),
    _("The changes are kept."), offered=lambda row: row.state in (PLANNED, *TAKING),
)  # fmt: skip
SCAN = Verb(
    "gmao.campaign.scan", _("Scan a piece"), REPORT, scanning.scan, Campaign, scan_form,
    lambda scan: headed(scan.what, RESULTS[scan.result].label),
    lambda scan: url_for("verbs.do", name="gmao.campaign.scan", id=scan.campaign_id, room=scan.room),
    offered=lambda row: row.state in TAKING, offline=["equipment.here"], kept_rows=services.at_hand,
)  # fmt: skip
DECIDE = Verb(
    "gmao.campaign.decide", _("Decide what differs"), EDIT, deciding.decide, Campaign, decide_form,
    _("The decisions are kept, and the register follows."),
    lambda row: url_for("equipment_campaigns.differences", id=row.id), page="equipment_campaigns.differences",
    offered=lambda row: row.state == RECONCILIATION,
)  # fmt: skip
SETTLE = Verb(
    "gmao.campaign.settle", _("Decide many at once"), EDIT, deciding.settle, Campaign, SettleForm,
    _("The decisions are kept, and the register follows."),
    lambda row: url_for("equipment_campaigns.differences", id=row.id),
    warning=_("All differences of a kind that wait for a decision are decided alike. The others stay."),
    offered=lambda row: row.state == RECONCILIATION,
)  # fmt: skip


def _unlisted(scan: CampaignScan) -> bool:
    return scan.result == UNLISTED and scan.campaign.state == RECONCILIATION


def _back(scan: CampaignScan) -> str:
    return url_for("equipment_campaigns.differences", id=scan.campaign_id)


REGISTER = Verb(
    "gmao.campaign_scan.register", _("Enter it into the register"), EDIT, deciding.register_found, CampaignScan,
    register_form, lambda row: _("It is in the register as %(tag)s. Print its label and stick it on.", tag=row.code),
    offered=_unlisted, strong=True,
)  # fmt: skip
IDENTIFY = Verb(
    "gmao.campaign_scan.identify", _("It is a piece of the register"), EDIT, deciding.identify, CampaignScan,
    IdentifyForm, _("It counts as found. Print its label anew."), _back, offered=_unlisted,
)  # fmt: skip
RUNS: dict[str, Any] = {
    "open": services.open_campaign, "reconcile": services.reconcile, "validate": services.validate,
}  # fmt: skip
STAYS = _("What was decided already stays in the register. The scans are kept.")
STEPS = [replace(each, warning=STAYS) if each.action == "cancel" else each for each in steps(MACHINE, Campaign, **RUNS)]
VERBS = [PLAN, CHANGE, SCAN, SETTLE, DECIDE, *STEPS]
SCAN_VERBS = [IDENTIFY, REGISTER]
