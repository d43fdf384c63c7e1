"""The lists of inventory campaigns, and of what was scanned."""

from typing import Any

from flask import request
from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager

from core.contract.words import _
from core.facilities.listing import place_columns
from core.web.deadlines import OVERDUE, due_column, in_view
from core.web.tables import Column, Table
from plugins.gmao.campaigns.models import RESULTS, Campaign, CampaignScan
from plugins.gmao.campaigns.states import MACHINE
from plugins.gmao.equipment.models import REASONS, STATUSES
from plugins.gmao.formulas.inventory import UNLISTED


class CampaignTable(Table):
    """The inventory campaigns that this person may see."""

    model = Campaign
    columns = [
        Column("number", _("Number"), kind="code"),
        Column("name", _("Name")),
        *place_columns(Campaign),
        Column("state", _("State"), kind="state", facet=MACHINE.states),
        Column("starts_on", _("Inventory from"), kind="date"),
        Column("ends_on", _("Inventory until"), kind="date"),
        due_column(Campaign, default=False),
        Column("validated_at", _("Validated at"), kind="datetime", default=False),
        Column("validated_by", _("Validated by"), default=False),
    ]
    search = [Campaign.number, Campaign.name]
    default_sort = "-starts_on"
    views = [
        ("all", _("All"), {}),
        ("to_count", _("Under way"), {"view": "to_count"}),
        ("to_reconcile", _("To reconcile"), {"view": "to_reconcile"}),
        OVERDUE,
    ]
    empty = (_("No inventory yet"), _("Plan one: then people scan what is there, room by room, with their phones."))

    def query(self) -> Select[Any]:
        """Return the campaigns; those of a view alone."""
        view = request.args.get("view", "")
        return in_view(select(Campaign), Campaign, view) if view else select(Campaign)


class ScanTable(Table):
    """What was scanned, each scan a row: also those that a later one corrects."""

    model = CampaignScan
    columns = [
        Column("scanned_at", _("Scanned at"), kind="datetime"),
        Column("what", _("What it is about"), detail=lambda row: row.note),
        Column("result", _("Result of the scan"), kind="state", facet=RESULTS),
        Column("room", _("Room or service"), facet=True),
        Column("status", _("Working order"), kind="state", choices=STATUSES),
        Column("scanned_by", _("Scanned by")),
        Column("number", _("Inventory campaign"), Campaign.number, value=lambda row: row.campaign.number, kind="code"),
        Column("tag", _("What was read"), kind="code", default=False),
        Column("building", _("Building"), default=False),
        Column("because", _("Because"), choices=REASONS, default=False),
        Column("damaged", _("Label damaged or missing"), kind="bool", default=False),
        Column("late", _("Came after the counting"), kind="bool", default=False),
        Column("recorded_at", _("Recorded at"), kind="datetime", default=False),
        *place_columns(CampaignScan),
    ]
    search = [Campaign.number, CampaignScan.what, CampaignScan.tag, CampaignScan.room]
    default_sort = "-scanned_at"
    options = [contains_eager(CampaignScan.campaign)]
    views = [
        ("all", _("All"), {}),
        ("unlisted", _("Not in the register"), {"f.result": UNLISTED}),
        ("late", _("Late"), {"view": "late"}),
    ]
    empty = (_("Nothing was scanned yet"), _("“Scan a piece” stands on the page of an open inventory."))

    def query(self) -> Select[Any]:
        """Return the scans with their campaigns; the late ones alone in their view."""
        query = select(CampaignScan).join(Campaign, Campaign.id == CampaignScan.campaign_id)
        return query.where(CampaignScan.late) if request.args.get("view") == "late" else query
