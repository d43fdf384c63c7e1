"""The demonstration's stocks: fourteen months of one district or of a country, loaded as a stream in bulk."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from itertools import chain, islice
from typing import Any
from typing import cast as typed

from sqlalchemy import Table, select

from core.data import audit
from core.data.bulk import pour, poured_into
from core.data.calendar import zone
from core.data.codes import number_key
from core.data.db import db, learn, today, utcnow
from core.data.errors import Refused
from core.facilities import country
from core.facilities.models import Facility
from plugins.elmis import reference
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.demo.country import country as country_history
from plugins.elmis.demo.history import Event, history
from plugins.elmis.ledger import balances, turns
from plugins.elmis.ledger.models import Movement, Reason, StockBalance, StockLocation
from plugins.elmis.ledger.moves import stores
from plugins.elmis.ledger.services import Move, location, post

BATCH, SAID = 20_000, "the demonstration: one line of the trail says so"
NAMES = (
    "uuid", "source_id", "target_id", "source_facility_id", "target_facility_id", "product_id", "lot_id", "quantity",
    "occurred_on", "recorded_at", "user_label", "reason_id", "comment", "document", "paper_key", "document_ref",
    "paper", "device", "counterpart",
)  # fmt: skip
Side = tuple[str, str]  # code of a facility, kind of its location
HOME, ABROAD = "demo:", "demo:country:"  # what the movements' keys begin with


@dataclass
class Places:
    """The facilities and locations of the events, and who sent what is on its way."""

    facilities: Mapping[str, int]
    locations: dict[Side, int] = field(default_factory=dict)
    senders: dict[str, str] = field(default_factory=dict)

    def make(self, needed: Iterable[Side]) -> None:
        """Store the locations that are needed first."""
        rows = {
            side: StockLocation(facility_id=self.facilities[side[0]], kind=side[1], name="")
            for side in dict.fromkeys(needed) if side not in self.locations
        }  # fmt: skip
        db.session.add_all(rows.values())
        db.session.flush()
        self.locations |= {side: row.id for side, row in rows.items()}

    def sides(self, event: Event, reason: Reason) -> tuple[str, str]:
        """Return the codes of the sending and the receiving facility; goods on their way are the sender's."""
        if reason.to_kind == "in_transit":
            self.senders[event.document] = event.facility
            return event.facility, event.facility
        if reason.from_kind == "in_transit":
            return self.senders.get(event.document, event.facility), event.facility
        return event.facility, event.facility


@dataclass
class Lots:
    """The lots of the events, each stored when it is first seen."""

    products: Mapping[str, int]
    known: dict[tuple[str, str], int] = field(default_factory=dict)

    def make(self, events: Iterable[Event]) -> None:
        """Store the lots that come first in some events."""
        rows: dict[tuple[str, str], Lot] = {}
        for one in events:
            if (key := (one.product, one.lot)) not in self.known and key not in rows:
                rows[key] = Lot(product_id=self.products[one.product], number=one.lot, expiry=one.expiry)
        db.session.add_all(rows.values())
        db.session.flush()
        self.known |= {key: row.id for key, row in rows.items()}


def load(size: str = "district") -> None:
    """Store the past of the home district, unless stock was ever moved; for a country, then that of all others."""
    specs, wanted = country.demonstration(), [spec for spec in reference.products() if spec.in_district_demo]
    if not _any_movement():
        chosen = [*country.district(specs), *(spec for spec in specs if spec.code == country.CENTRAL_DEPOT)]
        _store(history(wanted, chosen, until=today()), HOME)
        _second_store()
    if size == "country" and not _stored(ABROAD):
        if not _stored(HOME):
            raise Refused("Stock was moved before the demonstration was loaded: the country cannot be added to it.")
        _store(country_history(wanted, specs, until=today()), ABROAD)


HOSPITAL, DAY_STORE, MOVED = "HOP-KAYANZA", "Pharmacie de jour", 12


def _second_store() -> None:
    """Give the hospital a second store, which holds a third of a dozen lots of the main one."""
    hospital = db.session.scalar(select(Facility).where(Facility.code == HOSPITAL))
    if hospital is None or len(stores(hospital)) != 1:
        return
    main, second = location(hospital), StockLocation(facility_id=hospital.id, kind="store", name=DAY_STORE)
    db.session.add(second)
    db.session.flush()
    held = select(StockBalance.lot_id, StockBalance.quantity).where(
        StockBalance.location_id == main.id, StockBalance.quantity >= 30
    )
    usable = held.join(Lot, Lot.id == StockBalance.lot_id).where(Lot.expiry > today() + timedelta(days=90))
    rows = db.session.execute(usable.order_by(StockBalance.quantity.desc(), StockBalance.lot_id).limit(MOVED)).all()
    post([Move(lot, units // 3, main.id, second.id, "store_move", today(), DAY_STORE) for lot, units in rows])


def _any_movement() -> bool:
    return db.session.scalar(select(Movement.id).limit(1)) is not None


def _stored(prefix: str) -> bool:
    """Return whether the first movement of a part of the demonstration is there."""
    return db.session.scalar(select(Movement.id).where(Movement.uuid == f"{prefix}0")) is not None


def _store(events: Iterable[Event], prefix: str) -> None:
    """Write the events into the ledger as they come, then the balances anew."""
    past, numbered, written = _Past(), enumerate(events), 0
    with poured_into(typed(Table, Movement.__table__), SAID):
        while batch := list(islice(numbered, BATCH)):
            pour(typed(Table, Movement.__table__), NAMES, past.movements(batch, prefix), SAID)
            written += len(batch)
    balances.rebuild()
    turns.rebuild()
    learn()
    audit.bulk("elmis.movement", "seed", written, source="demonstration")


class _Past:
    """What the events name, as it is stored."""

    def __init__(self) -> None:
        facility = Facility.__table__.c
        self.names = {row.code: row.name for row in db.session.execute(select(facility.code, facility.name))}
        self.places = Places(dict(_ids(Facility)), _locations())
        self.lots = Lots(dict(_ids(Product)))
        self.reasons = {row.code: row for row in db.session.scalars(select(Reason))}

    def movements(self, events: Sequence[tuple[int, Event]], prefix: str) -> list[tuple[Any, ...]]:
        """Return the rows of the ledger, as NAMES has them, that numbered events make; what they name is stored."""
        sides = [self._sides(event) for _number, event in events]
        self.places.make(chain.from_iterable(sides))
        self.lots.make(event for _number, event in events)
        return [
            self._row(f"{prefix}{number}", event, *between)
            for (number, event), between in zip(events, sides, strict=True)
        ]

    def _sides(self, event: Event) -> tuple[Side, Side]:
        reason = self.reasons[event.reason]
        source, target = self.places.sides(event, reason)
        return (source, reason.from_kind), (target, reason.to_kind)

    def _row(self, uuid: str, event: Event, source: Side, target: Side) -> tuple[Any, ...]:
        reason, places = self.reasons[event.reason], self.places
        return (
            uuid, places.locations[source], places.locations[target], places.facilities[source[0]],
            places.facilities[target[0]], self.lots.products[event.product], self.lots.known[event.product, event.lot],
            event.quantity, event.on, _evening(event.on), "Démonstration", reason.id,
            "Démonstration" if reason.needs_comment else "", event.document, _key(event.document), "", "", "",
            self.names.get(event.counterpart, event.counterpart),
        )  # fmt: skip


def _ids(model: Any) -> Any:
    return db.session.execute(select(model.code, model.id)).all()


def _locations() -> dict[Side, int]:
    """Return the ids of the unnamed locations that are there."""
    rows = select(Facility.code, StockLocation.kind, StockLocation.id).join(StockLocation.facility)
    return {(code, kind): id_ for code, kind, id_ in db.session.execute(rows.where(StockLocation.name == ""))}


_key = lru_cache(BATCH)(number_key)


@cache
def _evening(day: date) -> datetime:
    """Return when the papers of a day were entered: never later than now, or they would stand after counts."""
    return min(datetime.combine(day, time(16, 30), tzinfo=zone()), utcnow())
