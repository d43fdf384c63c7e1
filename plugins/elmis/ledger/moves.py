"""What shall move, and the rows it speaks of."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import bindparam, inspect, select
from sqlalchemy.orm import aliased, joinedload

from core.contract.words import _
from core.data.audit import work
from core.data.bulk import beside
from core.data.codes import key_of
from core.data.db import db, today, upsert
from core.data.errors import Refused
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.ledger.models import STORE, Reason, StockLocation


@dataclass(frozen=True)
class Move:
    """What shall go from one location to another; quantity in base units, `reason` a code of elmis_reason.

    `happened_at` places it among the counts of its day; None means: when it is recorded, so after those made before.
    """

    lot_id: int
    quantity: int
    source_id: int
    target_id: int
    reason: str
    occurred_on: date = field(default_factory=today)
    comment: str = ""
    document: str = ""
    document_ref: str = ""
    paper: str = ""
    counterpart: str = ""
    device: str = ""
    happened_at: datetime | None = None
    uuid: str = field(default_factory=lambda: str(uuid4()))


@dataclass(frozen=True)
class Facts:
    """The rows that a posting speaks of, loaded once; of the reasons those named, and the ledger's own.

    `counted`: the last counts of its lots on its days, by (location id, lot id, day), as `already` tells them.
    """

    lots: Mapping[int, Lot]
    locations: Mapping[int, StockLocation]
    reasons: Mapping[str, Reason]
    counted: Mapping[tuple[int, int, date], Any] = field(default_factory=dict)


CODE = "MAG-"
OF_KIND = StockLocation.facility_id == bindparam("facility"), StockLocation.kind == bindparam("kind")
NAMED = select(StockLocation).where(*OF_KIND, StockLocation.name_key == bindparam("name"))
STORES = select(StockLocation).where(*OF_KIND).order_by(StockLocation.name_key)


def location(facility: Facility, kind: str = "store", name: str = "") -> StockLocation:
    """Return a facility's location of a kind, made when it is first needed."""
    wanted = {"facility": facility.id, "kind": kind, "name": key_of(name)}
    found = db.session.scalar(NAMED, wanted)
    if found is None:
        row = upsert(StockLocation).values(facility_id=facility.id, kind=kind, name=name)
        db.session.connection().execute(beside(row.on_conflict_do_nothing(), "a place is made with its first movement"))
        found = db.session.scalars(NAMED, wanted).one()
    return found


def stores(facility: Facility) -> list[StockLocation]:
    """Return a facility's stores, the main one first; none before anything was received."""
    return list(db.session.scalars(STORES, {"facility": facility.id, "kind": STORE}))


def code_of(store: StockLocation) -> str:
    """Return what stands in the code on a store's door or shelf, "MAG-12": the search finds the store by it."""
    return f"{CODE}{store.id}"


def store_of(
    facility: Facility, store_id: int | None, known: Sequence[StockLocation] | None = None
) -> StockLocation:  # fmt: skip
    """Return one of a facility's stores (which may be known), the first one when none is named."""
    every = (stores(facility) if known is None else known) or [location(facility)]
    found = every[0] if store_id is None else next((one for one in every if one.id == store_id), None)
    if found is None:
        raise Refused(_("This store does not belong to %(facility)s.", facility=facility.name), field="store")
    return found


OF_KINDS = select(StockLocation).where(
    StockLocation.facility_id == bindparam("facility"), StockLocation.kind.in_(bindparam("kinds", expanding=True))
)
LOCKED = OF_KINDS.order_by(StockLocation.id).with_for_update(key_share=True, of=StockLocation)


def locked_of(facility: Facility, kinds: Iterable[str]) -> list[StockLocation]:
    """Return a facility's locations of some kinds, stores among them, the main ones first; its stores are locked, as
    `lock_stores` does it."""
    found = db.session.scalars(LOCKED, {"facility": facility.id, "kinds": [*{STORE, *kinds}]})
    rows = sorted(found, key=lambda one: one.name_key)
    _hold({facility.id}, {row.id for row in rows})
    return rows


def lock_stores(facilities: Iterable[int]) -> None:
    """Let no one else change the stores of some facilities (ids), or set goods aside there, before the commit: what is
    read of them from here on holds until then."""
    if db.engine.dialect.name == "sqlite":  # there one writes at a time
        return
    if asked := {*facilities} - work().held.get("elmis.stores", set()):
        place = StockLocation.__table__.c
        mine = select(place.id).where(place.facility_id.in_(asked), place.kind == STORE).order_by(place.id)
        db.session.execute(mine.with_for_update(key_share=True))
        _hold(asked)


def lock_stores_of(places: Collection[int]) -> None:
    """Lock likewise all stores of the facilities of which some places (ids) are stores, before anything is read."""
    if db.engine.dialect.name == "sqlite" or not (asked := {*places} - work().held.get("elmis.places", set())):
        return
    place, named = StockLocation.__table__.c, aliased(StockLocation.__table__)
    theirs = select(named.c.facility_id).where(named.c.id.in_(asked), named.c.kind == STORE)
    mine = select(place.id, place.facility_id).where(place.facility_id.in_(theirs), place.kind == STORE)
    rows = db.session.execute(mine.order_by(place.id).with_for_update(key_share=True))
    _hold({row.facility_id for row in rows}, asked)


def _hold(facilities: Iterable[int], places: Iterable[int] = ()) -> None:
    """Remember whose stores this transaction has locked, and of which places that is known; within a savepoint it may
    let go of them before its end."""
    if not db.session().in_nested_transaction():
        work().held.setdefault("elmis.stores", set()).update(facilities)
        work().held.setdefault("elmis.places", set()).update(places)


IDS: Any = bindparam("ids", expanding=True)
LOTS = select(Lot).where(Lot.id.in_(IDS)).options(joinedload(Lot.product))
PLACES = select(StockLocation).where(StockLocation.id.in_(IDS))
PLACES = PLACES.options(joinedload(StockLocation.facility))
OWN_REASONS = ("count_excess", "count_shortage", "discrepancy")  # what the ledger adds by itself
REASONS = select(Reason).where(Reason.code.in_(bindparam("codes", expanding=True)))


def load(moves: Iterable[Any], seen: Iterable[Any] = ()) -> Facts:
    """Return the rows that moves (or movements) and what was seen speak of; an unknown one is Refused."""
    moves, seen = list(moves), list(seen)
    lot_ids = {each.lot_id for each in (*moves, *seen)}
    place_ids = {place for move in moves for place in (move.source_id, move.target_id)}
    place_ids |= {each.location_id for each in seen}
    lots, locations = _rows(LOTS, lot_ids, Lot.product), _rows(PLACES, place_ids, StockLocation.facility)
    named = {move.reason for move in moves if isinstance(move, Move)}
    reasons = reasons_of(named)
    if lot_ids - lots.keys() or place_ids - locations.keys() or named - reasons.keys():
        raise Refused(_("A lot, store or reason of this document does not exist. Reload the page and try again."))
    return Facts(lots, locations, reasons)


def reasons_of(codes: Iterable[str]) -> dict[str, Reason]:
    """Return {code: reason} of those that there are of some codes, and of those that the ledger adds by itself.

    The transaction holds them: a document names its reason before its movements do.
    """
    held: dict[str, Reason] = work().held.setdefault("elmis.reasons", {})
    if asked := {*codes, *OWN_REASONS} - held.keys():
        held |= {row.code: row for row in db.session.scalars(REASONS, {"codes": list(asked)})}
    return dict(held)


def _rows(query: Any, ids: Iterable[int], other: Any) -> dict[int, Any]:
    """Return {id: row} with the row of the `other` table that each names; those that this transaction has at hand are
    not asked for again."""
    at_hand, model, (column,) = db.session().identity_map, other.class_, other.property.local_columns
    named = model.__mapper__.get_property_by_column(column).key

    def row_at_hand(mapper: Any, id_: int) -> Any:
        row = at_hand.get(mapper.identity_key_from_primary_key((id_,)))
        return None if row is None or inspect(row).expired_attributes else row

    found = {id_: row for id_ in ids if (row := row_at_hand(model.__mapper__, id_)) is not None}
    found = {id_: row for id_, row in found.items() if row_at_hand(other.property.mapper, getattr(row, named))}
    asked = [id_ for id_ in ids if id_ not in found]
    return found | {row.id: row for row in (db.session.scalars(query, {"ids": asked}) if asked else ())}


def deltas(moves: Iterable[Any]) -> Counter[tuple[int, int]]:
    """Return what the moves change together: {(location id, lot id): base units}."""
    changes: Counter[tuple[int, int]] = Counter()
    for move in moves:
        changes[move.source_id, move.lot_id] -= move.quantity
        changes[move.target_id, move.lot_id] += move.quantity
    return changes
