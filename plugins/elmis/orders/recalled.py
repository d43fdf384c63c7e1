"""What a place had set apart of a recalled lot goes to another place's quarantine."""

from core.contract.words import _
from core.data.db import db
from core.data.errors import Refused
from core.facilities.models import Facility
from plugins.elmis.catalogue.recalls import RecallSite
from plugins.elmis.ledger.models import QUARANTINE
from plugins.elmis.orders.shipping import Journey, send_quarantined
from plugins.elmis.promises.models import Shipment
from plugins.elmis.recalls.machines import SITE
from plugins.elmis.recalls.services import lying


def send_back(site: RecallSite, facility: Facility, journey: Journey, packages: int, note: str) -> Shipment:
    """Return the shipment of what was set apart; it arrives in the quarantine of the other side."""
    SITE.advance(site, "send_back", note)
    apart = lying(site, QUARANTINE)
    if not apart:
        raise Refused(_("Nothing of the lot lies in quarantine here."))
    words = f"{site.recall.number}. {note}".strip()
    shipment = send_quarantined(site.facility, facility, [(row.lot_id, row.quantity, row.location_id) for row in apart],
                                journey, packages, words)  # fmt: skip
    site.sent_back += sum(row.quantity for row in apart)
    db.session.flush()
    return shipment
