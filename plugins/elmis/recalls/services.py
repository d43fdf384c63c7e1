"""A recall reaches who holds the lot; each place acknowledges, sets apart, sends back or destroys."""

from typing import Any

from sqlalchemy import select

from core.contract.words import _
from core.data.access import current
from core.data.db import db, today
from core.data.errors import Missing, Refused
from core.data.numbers import next_number
from core.data.states import record
from core.data.work import emit
from core.facilities.models import Facility
from plugins.elmis.catalogue import services as catalogue
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.ledger.models import DESTRUCTION, HELD, QUARANTINE, STORE, StockBalance, StockLocation
from plugins.elmis.ledger.services import Move, location, post
from plugins.elmis.orders.models import Shipment
from plugins.elmis.orders.rights import on_behalf
from plugins.elmis.orders.shipping import Journey, send_quarantined
from plugins.elmis.recalls import reports
from plugins.elmis.recalls.machines import SITE
from plugins.elmis.recalls.models import LIFTED, MOVE, OPEN, Recall, RecallSite


def decide(lot_id: int, action: str, reason: str) -> Lot:
    """Return the lot after it was held, recalled or released; a recall reaches every place that holds it."""
    before = open_recall(lot_id)
    lot = catalogue.change_lot(lot_id, action, reason)
    if action == "recall":
        issue(lot, reason)
    elif before is not None and action == "release":
        before.state = LIFTED
        record(before, "lift", OPEN, LIFTED, reason)
    return lot


def open_recall(lot_id: int) -> Recall | None:
    """Return the recall that holds for a lot, or None."""
    return db.session.scalar(select(Recall).where(Recall.lot_id == lot_id, Recall.state == OPEN).limit(1))


def issue(lot: Lot, reason: str) -> Recall:
    """Return the new recall of a lot, with a line for each place that holds it or is about to receive it."""
    recall = Recall(
        number=next_number("RP"), lot_id=lot.id, reason=reason.strip(), issued_on=today(), issued_by=current().label
    )
    db.session.add(recall)
    db.session.flush()
    record(recall, "recall", "", OPEN, reason)
    with on_behalf():  # whoever recalls holds no right at the places he tells
        for facility_id, units in sorted(reports.holders(lot.id).items()):
            db.session.add(RecallSite(recall_id=recall.id, facility_id=facility_id, state="issued", held=units))
        db.session.flush()
    emit("elmis.lot.recalled", recall, number=recall.number)
    return recall


def site_of(recall_id: int, facility: Facility) -> RecallSite:
    """Return a place's line of a recall, made when the lot has come to it since; Missing without the right."""
    current().require(MOVE, facility)
    recall = db.session.get(Recall, recall_id)
    if recall is None or recall.state != OPEN:
        raise Missing(None)
    found = select(RecallSite).where(RecallSite.recall_id == recall_id, RecallSite.facility_id == facility.id)
    site = db.session.scalar(found)
    if site is None:
        site = RecallSite(recall_id=recall_id, facility_id=facility.id, state="issued", held=0)
        db.session.add(site)
        db.session.flush()
        record(site, "reach", "", "issued")
    return site


def acknowledge(site: RecallSite, reason: str = "") -> None:
    """The place says that it knows."""
    SITE.advance(site, "acknowledge", reason)


def quarantine(site: RecallSite, reason: str = "") -> None:
    """Move all that the place's stores hold of the lot into its quarantine."""
    SITE.advance(site, "quarantine", reason)
    apart = location(site.facility, QUARANTINE)
    site.quarantined += _move_all(site, STORE, apart.id, "quarantine")
    db.session.flush()


def destroy(site: RecallSite, reason: str) -> None:
    """What was set apart was destroyed here, with its reason."""
    SITE.advance(site, "destroy", reason)
    site.destroyed += _move_all(site, QUARANTINE, location(site.facility, DESTRUCTION).id, "destroyed", reason)
    db.session.flush()


def send_back(site: RecallSite, target: Facility, journey: Journey, packages: int, note: str) -> Shipment:
    """Return the shipment of what was set apart; it arrives in the quarantine of the other side."""
    SITE.advance(site, "send_back", note)
    lying = _lying(site, QUARANTINE)
    if not lying:
        raise Refused(_("Nothing of the lot lies in quarantine here."))
    words = f"{site.recall.number}. {note}".strip()
    shipment = send_quarantined(site.facility, target, [(row.lot_id, row.quantity, row.location_id) for row in lying],
                                journey, packages, words)  # fmt: skip
    site.sent_back += sum(row.quantity for row in lying)
    db.session.flush()
    return shipment


def _lying(site: RecallSite, kind: str) -> list[Any]:
    query = select(StockBalance).join(StockLocation, StockLocation.id == StockBalance.location_id)
    query = query.where(HELD, StockBalance.lot_id == site.recall.lot_id, StockLocation.kind == kind)
    return list(db.session.scalars(query.where(StockBalance.facility_id == site.facility_id)))


def _move_all(site: RecallSite, kind: str, target: int, reason: str, words: str = "") -> int:
    """Return how many units of the lot went from the place's locations of a kind to another."""
    rows, recall = _lying(site, kind), site.recall
    post(
        [
            Move(
                row.lot_id, row.quantity, row.location_id, target, reason, comment=words or recall.reason,
                document=recall.number, document_ref=f"{recall.__entity__}/{recall.id}",
            )
            for row in rows
        ]
    )  # fmt: skip
    return sum(int(row.quantity) for row in rows)


STEPS = {"acknowledge": acknowledge, "quarantine": quarantine, "destroy": destroy}
