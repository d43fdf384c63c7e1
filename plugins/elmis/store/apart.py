"""Lots that somebody else finds at risk, such as a breach of the cold chain: put in quarantine, and judged there."""

from collections import Counter
from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core.contract.ports import LotHeld
from core.contract.words import _
from core.data.access import current
from core.data.db import db, today
from core.data.errors import Refused
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.catalogue.recalls import recall_of
from plugins.elmis.counts.meeting import Paper, placed
from plugins.elmis.ledger.models import DESTRUCTION, HELD, QUARANTINE, STORE, Movement, StockBalance, StockLocation
from plugins.elmis.ledger.moves import Move, code_of, location, lock_stores, stores
from plugins.elmis.ledger.rules import unusable
from plugins.elmis.ledger.services import post

SEE, MOVE = "elmis.stock.view", "elmis.stock.move"
Place = tuple[int, int]  # (lot id, id of the store that it lies in, or was taken from)


def store_names(facility: Facility) -> dict[str, str]:
    """Return {code: name} of a facility's stores, whose names everybody may know."""
    return {code_of(store): store.title for store in stores(facility)}


def cold_lots(facility: Facility, store: str = "") -> list[LotHeld]:
    """Return the lots of the cold chain in a facility's stores, or in one, first expiry first."""
    current().require(SEE, facility)
    query = select(StockBalance).join(StockLocation, StockLocation.id == StockBalance.location_id)
    query = query.join(Product, Product.id == StockBalance.product_id).join(Lot, Lot.id == StockBalance.lot_id)
    here = StockBalance.facility_id == facility.id, StockLocation.kind == STORE, Product.cold
    query = query.where(HELD, *here).order_by(Product.name_fr, Lot.expiry, Lot.id)
    query = query.options(selectinload(StockBalance.location), selectinload(StockBalance.lot).selectinload(Lot.product))
    rows = db.session.scalars(query).all()
    return [
        _held(row.lot, row.location, int(row.quantity)) for row in rows if store in ("", code_of(row.location))
    ]  # fmt: skip


def _held(lot: Lot, store: StockLocation, units: int) -> LotHeld:
    product = lot.product
    return LotHeld(
        f"{lot.id}:{store.id}", product.code, product.name, lot.printed, lot.expiry, units, product.unit, store.title
    )


def quarantine(facility: Facility, lots: Sequence[str], ref: str, number: str, note: str) -> list[str]:
    """Return the uuids of the movements that put all of some lots into quarantine."""
    current().require(MOVE, facility)
    lock_stores([facility.id])
    apart = location(facility, QUARANTINE).id
    query = select(StockBalance).where(HELD, StockBalance.facility_id == facility.id)
    lying = {(row.lot_id, row.location_id): int(row.quantity) for row in db.session.scalars(query)}
    moves = [
        Move(lot_id, lying[lot_id, place], place, apart, "quarantine", comment=note, document=number, document_ref=ref)
        for lot_id, place in _places(lots)
        if (lot_id, place) in lying
    ]
    return [row.uuid for row in post(placed(moves, Paper(today(), None)))]


def _places(keys: Iterable[str]) -> list[Place]:
    parts = (key.partition(":") for key in keys)
    return [(int(lot), int(store)) for lot, _colon, store in parts if lot.isdecimal() and store.isdecimal()]


def quarantined(facility: Facility, ref: str) -> list[LotHeld]:
    """Return what still lies in quarantine of what was put there for an object."""
    current().require(SEE, facility)
    left = _left(facility, ref)
    lots = {row.id: row for row in db.session.scalars(select(Lot).where(Lot.id.in_({lot for lot, _store in left})))}
    places = select(StockLocation).where(StockLocation.id.in_({store for _lot, store in left}))
    named = {row.id: row for row in db.session.scalars(places)}
    return [_held(lots[lot], named[store], units) for (lot, store), units in sorted(left.items())]


def _left(facility: Facility, ref: str) -> Counter[Place]:
    """Return {(lot, store that it was taken from): units} of what lies in quarantine for an object."""
    known = StockLocation.facility_id == facility.id, StockLocation.kind == QUARANTINE
    apart = db.session.scalar(select(StockLocation.id).where(*known))
    rows = db.session.scalars(select(Movement).where(Movement.document_ref == ref).order_by(Movement.id)).all()
    left = Counter[Place]()
    for row in rows:
        if row.target_id == apart:
            left[row.lot_id, row.source_id] += row.quantity
        elif row.source_id == apart and (row.lot_id, row.target_id) in left:
            left[row.lot_id, row.target_id] -= row.quantity
        elif row.source_id == apart:  # destroyed, from whichever store it was
            units = row.quantity
            for place in [each for each in left if each[0] == row.lot_id]:
                gone = min(left[place], units)
                left[place] -= gone
                units -= gone
    here = select(StockBalance.lot_id, StockBalance.quantity).where(StockBalance.location_id == apart, HELD)
    lying = Counter({lot: int(units) for lot, units in db.session.execute(here)})
    found = Counter[Place]()
    for (lot, store), units in left.items():  # others may have taken it out since
        found[lot, store] = min(units, lying[lot])
        lying[lot] -= found[lot, store]
    return +found


def end_quarantine(
    facility: Facility, lots: Sequence[str], ref: str, number: str, note: str, usable: bool
) -> list[str]:  # fmt: skip
    """Return the uuids of the movements by which lots went back to their stores, or were destroyed; Refused for one
    that may not be given out, or whose recall holds or is proposed, where it shall go back."""
    current().require(MOVE, facility)
    lock_stores([facility.id])
    left, apart = _left(facility, ref), location(facility, QUARANTINE).id
    gone = None if usable else location(facility, DESTRUCTION).id
    moves = []
    for lot_id, store in _places(lots):
        if units := left[lot_id, store]:
            if usable:
                _refuse_unusable(db.session.get_one(Lot, lot_id))
            reason, target = ("release", store) if gone is None else ("destroyed", gone)
            moves.append(Move(lot_id, units, apart, target, reason, comment=note, document=number, document_ref=ref))
    return [row.uuid for row in post(placed(moves, Paper(today(), None)))]


def _refuse_unusable(lot: Lot) -> None:
    why = unusable(lot, today())
    if why is None and recall_of(lot.id) is not None:
        why = _("The recall of lot %(lot)s is not decided, or holds.", lot=lot.number)
    if why is not None:
        raise Refused(why, field="lot")
