"""Scanning: what somebody has in front of him is written down, whatever the register says of it."""

from collections.abc import Collection

from sqlalchemy import select

from core.contract.words import _
from core.data.access import current
from core.data.calendar import local
from core.data.codes import key_of
from core.data.db import db, utcnow
from core.data.errors import Refused
from core.data.work import tell, written_at
from core.facilities.models import Facility
from core.files.services import attach
from core.files.taking import Content
from plugins.gmao.campaigns.comparing import Piece, register, seen
from plugins.gmao.campaigns.models import RESULTS, Campaign, CampaignScan
from plugins.gmao.campaigns.states import MACHINE, OPEN, PLANNED, TAKING
from plugins.gmao.equipment.models import Equipment, needs_reason
from plugins.gmao.formulas.inventory import ELSEWHERE, GONE, differences, result_of
from plugins.gmao.formulas.tags import BadTag, read
from plugins.gmao.rights import REPORT

WHEREABOUTS = (GONE, ELSEWHERE)  # "found elsewhere" alone does not say it


def scan(
    campaign: Campaign, *, equipment: str = "", what: str = "", building: str = "", room: str = "",
    status: str | None = None, because: str | None = None, damaged: bool = False, note: str = "",
    photos: Collection[Content] = (),
) -> CampaignScan:  # fmt: skip
    """Return what somebody has found, by its tag or, where no piece bears it, by a description.

    Raises Conflict where no scans are taken, Refused for a tag that nothing bears and that is not described. What has
    waited on a device is taken all the same: beside the minutes where these stand already.
    """
    current().require(REPORT, campaign.facility)
    then = written_at()
    if campaign.state not in TAKING and (then is None or campaign.state == PLANNED):
        raise MACHINE.over(campaign)
    piece = piece_of(campaign.facility, equipment) if equipment.strip() else None
    if piece is None and not what.strip() and then is None:
        words = _("No piece bears this tag. Check it; or describe the piece, and it is noted as not in the register.")
        raise Refused(words, field="what")
    if status is not None and needs_reason(status) and because is None:
        raise Refused(_("Choose the reason."), field="because")
    made = keep(
        campaign, piece, tag=equipment.strip()[:200], what=what.strip(), building=building.strip(), room=room.strip(),
        status=status, because=because if needs_reason(status) else None, damaged=damaged, note=note.strip(),
        scanned_at=min(then or utcnow(), utcnow()),
    )  # fmt: skip
    attach(made, photos)
    return made


def keep(campaign: Campaign, piece: Piece | None, **facts: object) -> CampaignScan:
    """Return a scan that is stored with its class; an earlier one of the same piece stays beside it, and is told."""
    before = _before(campaign, piece) if piece is not None else None
    facts = {"tag": "", "what": "", "building": "", "room": "", "damaged": False, **facts}
    made = CampaignScan(
        campaign=campaign, facility=campaign.facility, equipment_id=piece.id if piece else None, result="",
        scanned_by=current().signed, scanned_by_id=current().user_id, late=campaign.state != OPEN, **facts,
    )  # fmt: skip
    made.what = piece.what if piece is not None else made.what or made.tag
    made.result = result_of(piece.facts if piece else None, seen(made))
    db.session.add(made)
    db.session.flush()
    if piece is not None and (kinds := differences(piece.facts, seen(made))) and kinds[0] in WHEREABOUTS:
        tell(_("%(class)s: the reconciliation decides.", **{"class": RESULTS[kinds[0]].label}))
    if before is not None:
        when = f"{local(before.scanned_at):%d/%m/%Y %H:%M}"
        words = _("%(who)s scanned it on %(when)s already (%(room)s): both are kept, the later one counts.",
                  who=before.scanned_by, when=when, room=before.room or "–")  # fmt: skip
        tell(words)
    return made


def _before(campaign: Campaign, piece: Piece) -> CampaignScan | None:
    query = select(CampaignScan).where(CampaignScan.campaign_id == campaign.id, CampaignScan.equipment_id == piece.id)
    return db.session.scalars(query.order_by(CampaignScan.id.desc()).limit(1)).first()


def piece_of(facility: Facility, text: str) -> Piece | None:
    """Return the piece of a tag as it was typed, or read from a label (which may bear an address), seen from a
    facility; None where nothing bears it."""
    typed = text.strip().rsplit("/", 1)[-1]
    try:
        tag = read(typed)
    except BadTag:
        tag = typed
    return next(iter(register(facility, Equipment.code_key == key_of(tag)).values()), None)
