"""Keeping campaigns: planned, opened with the list of what is to be found, reconciled, validated."""

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core.contract.words import _
from core.data.access import current
from core.data.db import db, today, utcnow
from core.data.errors import Invalid, Refused
from core.data.numbers import next_number
from core.data.rows import store
from core.data.states import record
from core.facilities.models import Facility
from plugins.gmao.campaigns.comparing import compare
from plugins.gmao.campaigns.models import Campaign, CampaignLine
from plugins.gmao.campaigns.states import MACHINE, PLANNED, TAKING
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.equipment.states import THERE
from plugins.gmao.rights import EDIT
from plugins.gmao.series import CAMPAIGN


def plan(
    facility: Facility, *, name: str, starts_on: date, ends_on: date, team: str = "", note: str = ""
) -> Campaign:  # fmt: skip
    """Return a new campaign of a facility; Invalid for days that have passed, or in a wrong order."""
    current().require(EDIT, facility)
    if starts_on < today():
        raise Invalid({"starts_on": _("This day has passed.")})
    _refuse_order(starts_on, ends_on)
    row = Campaign(number=next_number(CAMPAIGN, on=today()), facility=facility, state=PLANNED)
    store(row, name=name, starts_on=starts_on, ends_on=ends_on, team=team, note=note)
    record(row, "plan", "", PLANNED)
    return row


def change(campaign: Campaign, *, starts_on: date, ends_on: date, **facts: Any) -> Campaign:
    """Return a campaign with other days or words."""
    current().require(EDIT, campaign.facility)
    MACHINE.refuse_unless(campaign, PLANNED, *TAKING)
    _refuse_order(starts_on, ends_on)
    return store(campaign, starts_on=starts_on, ends_on=ends_on, **facts)


def _refuse_order(first: date, last: date) -> None:
    if last < first:
        raise Invalid({"ends_on": _("It cannot end before it begins.")})


def open_campaign(campaign: Campaign) -> Campaign:
    """Open a campaign: what the register has here now is to be found. One at a time at a facility."""
    db.session.flush()
    db.session.refresh(campaign.facility, ["id"], with_for_update=True)  # of two at once the second sees the first
    query = select(Campaign.number).where(Campaign.facility_id == campaign.facility_id, Campaign.state.in_(TAKING))
    if (other := db.session.scalars(query.limit(1)).first()) is not None:
        raise Refused(_("The inventory %(number)s is under way here: finish it first.", number=other))
    MACHINE.advance(campaign, "open")
    campaign.opened_at = utcnow()
    pieces = select(Equipment).options(selectinload(Equipment.type))
    pieces = pieces.where(Equipment.facility_id == campaign.facility_id, Equipment.state.in_(THERE))
    lines = [
        CampaignLine(
            campaign=campaign, equipment_id=row.id, what=row.described, building=row.building, room=row.room,
            status=row.status,
        )
        for row in db.session.scalars(pieces.order_by(Equipment.id))
    ]  # fmt: skip
    if not lines:
        raise Refused(_("The register has nothing here. Enter the equipment, or bring in its list."))
    db.session.add_all(lines)
    db.session.flush()
    return campaign


def reconcile(campaign: Campaign) -> Campaign:
    """End the counting: what differs is decided. Scans that come later are taken, and say that they are late."""
    MACHINE.advance(campaign, "reconcile")
    campaign.counted_at = utcnow()
    return campaign


def validate(campaign: Campaign) -> Campaign:
    """Validate a campaign: its figures stand from now on; Refused while something that differs is not decided."""
    if waiting := len(compare(campaign).pending()):
        raise Refused(_("Differences without a decision: %(n)s. Decide them first.", n=waiting))
    MACHINE.advance(campaign, "validate")
    campaign.validated_at, campaign.validated_by = utcnow(), current().signed
    return campaign


def at_hand(place: Facility) -> list[Campaign]:
    """Return the campaigns of a place that take scans: what a device takes along."""
    query = select(Campaign).where(Campaign.facility_id == place.id, Campaign.state.in_(TAKING))
    return list(db.session.scalars(query.order_by(Campaign.id)))
