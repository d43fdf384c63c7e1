"""The demonstration's stocks: fourteen months of one district or of a country, loaded as a stream in bulk."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import islice
from typing import Any
from typing import cast as typed

from sqlalchemy import Table, insert, select

from core.data import audit
from core.data.bulk import beside, poured_into
from core.data.calendar import zone
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

BATCH, SAID = 5000, "the demonstration: one line of the trail says so"
HOME, ABROAD = "demo:", "demo:country:"  # what the movements' keys begin with


@dataclass
class Places:
    """The facilities and locations of the events, and who sent what is on its way."""

    facilities: Mapping[str, Facility]
    locations: dict[tuple[int, str], int] = field(default_factory=dict)
    senders: dict[str, str] = field(default_factory=dict)

    def location(self, code: str, kind: str) -> int:
        """Return the id of a facility's location of a kind, made when it is first needed."""
        key = (self.facilities[code].id, kind)
        if key not in self.locations:
            row = StockLocation(facility_id=key[0], kind=kind, name="")
            db.session.add(row)
            db.session.flush()
            self.locations[key] = row.id
        return self.locations[key]

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

    def of(self, event: Event) -> int:
        """Return the id of an event's lot."""
        key = (event.product, event.lot)
        if key not in self.known:
            row = Lot(product_id=self.products[event.product], number=event.lot, expiry=event.expiry)
            db.session.add(row)
            db.session.flush()
            self.known[key] = row.id
        return self.known[key]


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
    rows, written, connection = _movements(events, prefix), 0, db.session.connection()
    with poured_into(typed(Table, Movement.__table__), SAID):
        while batch := list(islice(rows, BATCH)):
            connection.execute(beside(insert(Movement), SAID), batch)
            written += len(batch)
    balances.rebuild()
    turns.rebuild()
    learn()
    audit.bulk("elmis.movement", "seed", written, source="demonstration")


def _movements(events: Iterable[Event], prefix: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of the ledger that the events make."""
    facilities = {row.code: row for row in db.session.scalars(select(Facility))}
    products = dict(db.session.execute(select(Product.code, Product.id)).all())
    places, lots = Places(facilities, _locations()), Lots(products)
    reasons = {row.code: row for row in db.session.scalars(select(Reason))}
    for number, event in enumerate(events):
        reason, other = reasons[event.reason], facilities.get(event.counterpart)
        source, target = places.sides(event, reason)
        yield {
            "uuid": f"{prefix}{number}",
            "source_id": places.location(source, reason.from_kind),
            "target_id": places.location(target, reason.to_kind),
            "source_facility_id": facilities[source].id,
            "target_facility_id": facilities[target].id,
            "product_id": products[event.product],
            "lot_id": lots.of(event),
            "quantity": event.quantity,
            "occurred_on": event.on,
            "recorded_at": _evening(event.on),
            "user_label": "Démonstration",
            "reason_id": reason.id,
            "comment": "Démonstration" if reason.needs_comment else "",
            "document": event.document,
            "counterpart": other.name if other else event.counterpart,
        }


def _locations() -> dict[tuple[int, str], int]:
    """Return the ids of the unnamed locations that are there, by facility and kind."""
    rows = db.session.scalars(select(StockLocation).where(StockLocation.name == ""))
    return {(row.facility_id, row.kind): row.id for row in rows}


@cache
def _evening(day: date) -> datetime:
    """Return when the papers of a day were entered: never later than now, or they would stand after counts."""
    return min(datetime.combine(day, time(16, 30), tzinfo=zone()), utcnow())
