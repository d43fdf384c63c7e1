"""An inventory campaign: what was to be found, what was scanned, and what was decided of what differs."""

from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.contract.words import _
from core.data.access import At, Within
from core.data.db import Model, UTCDateTime, utcnow
from core.data.states import State
from core.facilities.models import Facility
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.formulas.inventory import DAMAGED, DIFFERS, ELSEWHERE, GONE, MOVED, NOT_FOUND, OK, UNLISTED
from plugins.gmao.rights import DISPOSE, EDIT, REPORT, VIEW

RESULTS = {
    OK: State(_("As in the register"), "ok"),
    MOVED: State(_("Found elsewhere"), "warn"),
    UNLISTED: State(_("Not in the register"), "danger"),
    NOT_FOUND: State(_("Not found"), "danger"),
    DAMAGED: State(_("Label damaged"), "info"),
    DIFFERS: State(_("Other working order"), "warn"),
    ELSEWHERE: State(_("From another facility"), "warn"),
    GONE: State(_("Written off, and here"), "danger"),
}
ENTER, LEAVE, TAKE, TAKE_FOR_GOOD, RELABEL, SEARCH, LOST, FOUND, REGISTERED, IDENTIFIED, FOREIGN = (
    "enter", "leave", "take", "take_for_good", "relabel", "search", "lost", "found", "registered", "identified",
    "foreign",
)  # fmt: skip
OUTCOMES = {
    ENTER: _("Enter it into the register"),
    LEAVE: _("The register stays as it is"),
    TAKE: _("Take it in, as lent or given back"),
    TAKE_FOR_GOOD: _("Take it over for good"),
    RELABEL: _("A new label is stuck on"),
    SEARCH: _("It is searched for"),
    LOST: _("It is lost"),
    FOUND: _("It was found again"),
    REGISTERED: _("It is registered"),
    IDENTIFIED: _("It is a piece of the register"),
    FOREIGN: _("It is not to be registered"),
}
CHOICES = {  # what may be decided of what differs
    MOVED: (ENTER, LEAVE),
    DIFFERS: (ENTER, LEAVE),
    DAMAGED: (RELABEL, LEAVE),
    ELSEWHERE: (TAKE, TAKE_FOR_GOOD, LEAVE),
    GONE: (FOUND, LEAVE),
    UNLISTED: (FOREIGN,),  # or registered, or identified, each by a form of its own
    NOT_FOUND: (SEARCH, LOST),
}


class Campaign(Model):
    """An inventory campaign (recensement) of a facility."""

    __tablename__ = "gmao_campaign"
    __entity__ = "gmao.campaign"
    __scope__ = At("facility_id", read=VIEW, write=(EDIT, REPORT, DISPOSE))
    __table_args__ = (CheckConstraint("ends_on >= starts_on", name="days"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True, info={"label": _("Number")})
    name: Mapped[str] = mapped_column(String(120), info={"label": _("Name")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("Facility")})
    state: Mapped[str] = mapped_column(String(20), default="planned", index=True, info={"label": _("State")})
    starts_on: Mapped[date] = mapped_column(Date, info={"label": _("Inventory from")})
    ends_on: Mapped[date] = mapped_column(Date, info={"label": _("Inventory until")})
    team: Mapped[str] = mapped_column(Text, default="", info={"label": _("Who takes part")})
    note: Mapped[str] = mapped_column(Text, default="", info={"label": _("Remarks")})
    opened_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info={"label": _("Inventory opened at")})
    counted_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info={"label": _("Reconciliation begun at")})
    validated_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info={"label": _("Validated at")})
    validated_by: Mapped[str] = mapped_column(String(200), default="", info={"label": _("Validated by")})

    facility: Mapped[Facility] = relationship()


class CampaignLine(Model):
    """A piece that a campaign is to find, as the register had it when the campaign was opened."""

    __tablename__ = "gmao_campaign_line"
    __entity__ = "gmao.campaign_line"
    __append_only__ = True
    __scope__ = Within("campaign")
    __table_args__ = (UniqueConstraint("campaign_id", "equipment_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey(Campaign.id), info={"label": _("Inventory campaign")})
    equipment_id: Mapped[int] = mapped_column(
        ForeignKey(Equipment.id), index=True, info={"label": _("Piece of equipment")}
    )
    what: Mapped[str] = mapped_column(String(300), info={"label": _("What it is about")})
    building: Mapped[str] = mapped_column(String(80), default="", info={"label": _("Building")})
    room: Mapped[str] = mapped_column(String(80), default="", info={"label": _("Room or service")})
    status: Mapped[str] = mapped_column(String(20), info={"label": _("Working order")})

    campaign: Mapped[Campaign] = relationship()


class CampaignScan(Model):
    """A piece that somebody has found, where and how: written once. The latest of a piece counts, all are kept.

    `equipment_id` is empty where no piece bears the tag; `what` says then how it was described.
    """

    __tablename__ = "gmao_campaign_scan"
    __entity__ = "gmao.campaign_scan"
    __append_only__ = True
    __scope__ = At("facility_id", read=VIEW, write=(REPORT, EDIT))
    __table_args__ = (Index("ix_gmao_campaign_scan_campaign_id", "campaign_id", "equipment_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey(Campaign.id), info={"label": _("Inventory campaign")})
    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), index=True, info={"label": _("Facility")})
    equipment_id: Mapped[int | None] = mapped_column(
        ForeignKey(Equipment.id), index=True, info={"label": _("Piece of equipment")}
    )
    tag: Mapped[str] = mapped_column(String(200), default="", info={"label": _("What was read")})
    what: Mapped[str] = mapped_column(String(300), default="", info={"label": _("What it is about")})
    result: Mapped[str] = mapped_column(String(20), info={"label": _("Result of the scan")})
    building: Mapped[str] = mapped_column(String(80), default="", info={"label": _("Building")})
    room: Mapped[str] = mapped_column(String(80), default="", info={"label": _("Room or service")})
    status: Mapped[str | None] = mapped_column(String(20), info={"label": _("Working order")})
    because: Mapped[str | None] = mapped_column(String(20), info={"label": _("Because")})
    damaged: Mapped[bool] = mapped_column(Boolean, default=False, info={"label": _("Label damaged or missing")})
    note: Mapped[str] = mapped_column(Text, default="", info={"label": _("Remarks")})
    scanned_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True, info={"label": _("Scanned at")})
    scanned_by: Mapped[str] = mapped_column(String(200), info={"label": _("Scanned by")})
    scanned_by_id: Mapped[int | None] = mapped_column(Integer, info={"unshown": True})
    recorded_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Recorded at")})
    late: Mapped[bool] = mapped_column(Boolean, default=False, info={"label": _("Came after the counting")})

    campaign: Mapped[Campaign] = relationship()
    facility: Mapped[Facility] = relationship()


class CampaignDecision(Model):
    """What was decided of something that differs, in the words of then. One that names no scan is of a piece that
    nobody found: the latest one of it holds."""

    __tablename__ = "gmao_campaign_decision"
    __entity__ = "gmao.campaign_decision"
    __append_only__ = True
    __scope__ = Within("campaign")
    __table_args__ = (Index("ix_gmao_campaign_decision_campaign_id", "campaign_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey(Campaign.id), info={"label": _("Inventory campaign")})
    kind: Mapped[str] = mapped_column(String(20), info={"label": _("What differs")})
    equipment_id: Mapped[int | None] = mapped_column(
        ForeignKey(Equipment.id), index=True, info={"label": _("Piece of equipment")}
    )
    scan_id: Mapped[int | None] = mapped_column(
        ForeignKey(CampaignScan.id), index=True, info={"label": _("Scan of an inventory")}
    )
    what: Mapped[str] = mapped_column(String(300), info={"label": _("What it is about")})
    before: Mapped[str] = mapped_column(String(300), default="", info={"label": _("In the register")})
    after: Mapped[str] = mapped_column(String(300), default="", info={"label": _("As it was found")})
    outcome: Mapped[str] = mapped_column(String(20), info={"label": _("Decision")})
    note: Mapped[str] = mapped_column(Text, default="", info={"label": _("Remarks")})
    decided_at: Mapped[datetime] = mapped_column(UTCDateTime, default=utcnow, info={"label": _("Decided at")})
    decided_by: Mapped[str] = mapped_column(String(200), info={"label": _("Decided by")})

    campaign: Mapped[Campaign] = relationship()
