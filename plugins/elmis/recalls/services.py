"""A recall reaches who holds the lot; each place acknowledges, sets apart, sends back or destroys."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from core.contract.entities import ref
from core.contract.words import _
from core.data.access import also, current
from core.data.db import db, today
from core.data.errors import Conflict, Missing, Refused
from core.data.numbers import next_number
from core.data.states import record
from core.data.work import emit, tell
from core.facilities.models import Facility
from plugins.elmis import series
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.catalogue.recalls import (
    EDIT,
    HOLDING,
    LIFTED,
    MOVE,
    OPEN,
    PROPOSED,
    REFUSED,
    VIEW,
    Recall,
    RecallSite,
    recall_of,
    require_proposer,
)
from plugins.elmis.catalogue.twins import firsts, shares
from plugins.elmis.counts.meeting import Paper, placed
from plugins.elmis.ledger.models import DESTRUCTION, HELD, QUARANTINE, STORE, Movement, StockBalance, StockLocation
from plugins.elmis.ledger.services import Move, location, post
from plugins.elmis.lots.services import change_lot
from plugins.elmis.recalls import reports
from plugins.elmis.recalls.machines import RECALL, SITE


def decide(lot: Lot, action: str, reason: str) -> Lot:
    """Return the lot after it was held, recalled or released; a recall reaches every place that holds it."""
    found = recall_of(lot.id)
    change_lot(lot, action, reason)
    if action == "recall":
        issue(lot, reason, found)
    elif found is not None and found.state == OPEN and action == "release":
        RECALL.advance(found, "lift", reason)
    return lot


def issue(lot: Lot, reason: str, proposed: Recall | None = None) -> Recall:
    """Return the recall of a lot, with a line for each place that holds it or is about to receive it."""
    if proposed is None:
        recall = _new(lot, reason, OPEN, current().signed)
        record(recall, "recall", "", OPEN, reason)
    else:
        recall = proposed
        RECALL.advance(recall, "recall", reason)
        recall.reason, recall.issued_on, recall.issued_by = reason.strip(), today(), current().signed
    _tell(recall, reports.holders(recall.lot_id))
    emit("elmis.lot.recalled", recall, number=recall.number, lot=lot.number, product=lot.product.name)
    return recall


def propose(lot: Lot, place: Facility, reason: str) -> Recall:
    """Return the proposed recall of a lot: who keeps the catalogue decides, the places below set it apart meanwhile."""
    require_proposer(place)
    if not reason.strip():
        raise Refused(_("Please give a reason."), field="reason")
    if recall_of(lot.id) is not None:
        raise Conflict(_("This lot is recalled already, or its recall is proposed."))
    with also(EDIT):  # what is proposed belongs to the country
        recall = _new(lot, reason, PROPOSED, f"{current().signed}, {place.name}"[:200])
    record(recall, "propose", "", PROPOSED, reason)
    below = set(db.session.scalars(select(Facility.id).where(Facility.path.startswith(place.path, autoescape=True))))
    _tell(recall, {id_: units for id_, units in reports.holders(recall.lot_id).items() if id_ in below})
    return recall


def refuse(recall: Recall, reason: str) -> None:
    """Say that a proposed recall is not needed; what was set apart may go back to the shelves."""
    RECALL.advance(recall, "refuse", reason)


def _new(lot: Lot, reason: str, state: str, who: str) -> Recall:
    recall = Recall(
        number=next_number(series.RECALL), lot_id=lot.twin_of_id or lot.id, reason=reason.strip(), issued_on=today(),
        issued_by=who,
        state=state,
    )  # fmt: skip
    db.session.add(recall)
    db.session.flush()
    return recall


def _tell(recall: Recall, holders: Mapping[int, int]) -> None:
    """Give each place that has none yet its line of a recall: whoever recalls holds no right at the places he tells."""
    known = set(db.session.scalars(select(RecallSite.facility_id).where(RecallSite.recall_id == recall.id)))
    with also(VIEW, MOVE):
        for facility_id, units in sorted(holders.items()):
            if facility_id not in known:
                db.session.add(RecallSite(recall_id=recall.id, facility_id=facility_id, state="issued", held=units))
        db.session.flush()


def site_of(recall_id: int, facility: Facility) -> RecallSite:
    """Return a place's line of a recall, made when the lot has come to it since; Missing without the right."""
    current().require(MOVE, facility)
    recall = db.session.get(Recall, recall_id)
    found = select(RecallSite).where(RecallSite.recall_id == recall_id, RecallSite.facility_id == facility.id)
    site = db.session.scalar(found)
    if recall is None or (site is None and recall.state not in HOLDING):
        raise Missing(None)
    RECALL.refuse_overtaken(recall)  # lifted and issued anew it may ask for something else
    if site is None:
        site = RecallSite(recall_id=recall_id, facility_id=facility.id, state="issued", held=0)
        db.session.add(site)
        db.session.flush()
        record(site, "reach", "", "issued")
    return site


def arrived(facility: Facility, lot: Lot, units: int) -> None:
    """Note that so much of a recalled lot came in and was put in quarantine at once."""
    recall = recall_of(lot.id)
    if recall is not None:
        site = site_of(recall.id, facility)
        if lying(site, STORE):  # what lies on the shelves is still to be set apart
            record(site, "arrive", site.state, site.state)
        else:
            SITE.advance(site, "quarantine")
        site.quarantined += units
        db.session.flush()


def departed(facility: Facility, left: Mapping[int, int]) -> None:
    """Note what left a place's quarantine for another's, {lot id: units}, as whoever empties the place sends it."""
    units, printed = Counter[int](), firsts(set(left))
    for lot_id, number in left.items():
        units[printed[lot_id]] += number
    query = select(Recall).where(Recall.lot_id.in_(units), Recall.state.in_(HOLDING)).order_by(Recall.id)
    for recall in db.session.scalars(query).all():
        site = site_of(recall.id, facility)
        if site.state == "quarantined":
            SITE.advance(site, "send_back")
        site.sent_back += units[recall.lot_id]
    db.session.flush()


def acknowledge(site: RecallSite, reason: str = "") -> None:
    """The place says that it knows."""
    SITE.advance(site, "acknowledge", reason)


def quarantine(site: RecallSite, reason: str = "") -> None:
    """Move all that the place's stores hold of the lot into its quarantine."""
    _require(site, HOLDING)
    if not lying(site, STORE) and not lying(site, QUARANTINE):
        raise Refused(_("Nothing of the lot lies here: there is nothing to put in quarantine."))
    SITE.advance(site, "quarantine", reason)
    apart = location(site.facility, QUARANTINE)
    site.quarantined += _move_all(site, STORE, apart.id, "quarantine")
    db.session.flush()


def release(site: RecallSite, reason: str = "") -> None:
    """Put what was set apart back on the shelves, once nobody calls for the lot any more."""
    _require(site, (LIFTED, REFUSED))
    SITE.advance(site, "release", reason)
    _put_back(site)
    db.session.flush()


def _require(site: RecallSite, states: Sequence[str]) -> None:
    """Raise Conflict unless the recall is in one of some states."""
    db.session.refresh(site.recall, ["state"])
    RECALL.refuse_unless(site.recall, *states)


def destroy(site: RecallSite, reason: str) -> None:
    """What was set apart was destroyed here, with its reason."""
    SITE.advance(site, "destroy", reason)
    if not lying(site, QUARANTINE):
        raise Refused(_("Nothing of the lot lies in quarantine here."))
    site.destroyed += _move_all(site, QUARANTINE, location(site.facility, DESTRUCTION).id, "destroyed", reason)
    db.session.flush()


def lying(site: RecallSite, kind: str) -> list[Any]:
    """Return what of a recalled lot lies in a place's locations of a kind."""
    query = select(StockBalance).join(StockLocation, StockLocation.id == StockBalance.location_id)
    query = query.where(HELD, shares(StockBalance.lot_id, site.recall.lot_id), StockLocation.kind == kind)
    return list(db.session.scalars(query.where(StockBalance.facility_id == site.facility_id)))


def apart(recall: Recall, facility: Facility) -> int:
    """Return how many units of the lot lie in a place's quarantine."""
    return sum(int(row.quantity) for row in lying(site_of(recall.id, facility), QUARANTINE))


def _put_back(site: RecallSite) -> None:
    """Move what lies in quarantine to the stores that it was taken from, the rest to the main one; told where, when
    there are several."""
    apart, main = location(site.facility, QUARANTINE).id, location(site.facility, STORE).id
    units = Counter[tuple[int, int]]()  # {(lot id, store id): units}
    left = Counter({row.lot_id: int(row.quantity) for row in lying(site, QUARANTINE)})
    for (lot, store_id), number in sorted(_taken_from(site, apart).items()):
        units[lot, store_id] += min(left[lot], number)
        left[lot] -= min(left[lot], number)
    for lot, number in left.items():
        units[lot, main] += number
    _post([_move(site, lot, number, apart, store, "release") for (lot, store), number in (+units).items()])
    there = Counter[int]()
    for (_lot, store_id), number in (+units).items():
        there[store_id] += number
    if len(there) > 1:
        stores = {row.id: row for row in db.session.scalars(select(StockLocation).where(StockLocation.id.in_(there)))}
        where = ", ".join(f"{stores[store].title} ({number})" for store, number in there.items())
        tell(_("Back on the shelves where it was taken from: %(stores)s.", stores=where))


def _taken_from(site: RecallSite, apart: int) -> Counter[tuple[int, int]]:
    """Return {(lot id, store id): units} that this recall took into a quarantine and has not put back."""
    taken = Counter[tuple[int, int]]()
    for store, other, sign in (
        (Movement.source_id, Movement.target_id, 1),
        (Movement.target_id, Movement.source_id, -1),
    ):
        query = (
            select(Movement.lot_id, store, func.sum(Movement.quantity))
            .join(StockLocation, StockLocation.id == store)
            .where(other == apart, StockLocation.kind == STORE, shares(Movement.lot_id, site.recall.lot_id))
            .where(Movement.document_ref == ref(site.recall))
            .group_by(Movement.lot_id, store)
        )
        for lot_id, store_id, units in db.session.execute(query):
            taken[lot_id, store_id] += sign * int(units)
    return +taken


def _move_all(site: RecallSite, kind: str, target: int, reason: str, words: str = "") -> int:
    """Return how many units of the lot went from the place's locations of a kind to another."""
    rows = lying(site, kind)
    _post([_move(site, row.lot_id, row.quantity, row.location_id, target, reason, words) for row in rows])
    return sum(int(row.quantity) for row in rows)


def _move(site: RecallSite, lot_id: int, units: int, source: int, target: int, reason: str, words: str = "") -> Move:
    recall = site.recall
    return Move(
        lot_id, units, source, target, reason, comment=words or recall.reason, document=recall.number,
        document_ref=ref(recall),
    )  # fmt: skip


def _post(moves: Sequence[Move]) -> None:
    post(placed(moves, Paper(today(), None)))
