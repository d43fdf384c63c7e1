"""The demonstration's stocks: fourteen months of one district, loaded in bulk and proved by the ledger."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import insert, select

from core.data import audit
from core.data.calendar import zone
from core.data.db import db, today
from core.facilities import country
from core.facilities.models import Facility
from plugins.elmis import reference
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.history import Event, history
from plugins.elmis.ledger import balances
from plugins.elmis.ledger.models import Movement, Reason, StockLocation

BATCH = 5000


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


def load() -> None:
    """Store the past of the focus district, unless stock was ever moved."""
    if db.session.scalar(select(Movement.id).limit(1)) is not None:
        return
    specs = country.demonstration()
    chosen = [*country.district(specs), *(spec for spec in specs if spec.code == country.CENTRAL_DEPOT)]
    wanted = [spec for spec in reference.products() if spec.in_district_demo]
    events = list(history(wanted, chosen, until=today()))
    rows = list(_movements(events))
    for start in range(0, len(rows), BATCH):
        db.session.execute(insert(Movement), rows[start : start + BATCH])
    balances.rebuild()
    audit.bulk("elmis.movement", "seed", len(rows), source="demonstration")


def _movements(events: Iterable[Event]) -> Iterator[dict[str, Any]]:
    """Yield the rows of the ledger that the events make."""
    events = list(events)
    facilities = {row.code: row for row in db.session.scalars(select(Facility))}
    places, lots = Places(facilities), _lots(events)
    reasons = {row.code: row for row in db.session.scalars(select(Reason))}
    for number, event in enumerate(events):
        reason, (product_id, lot_id) = reasons[event.reason], lots[event.product, event.lot]
        source, target = places.sides(event, reason)
        other = facilities.get(event.counterpart)
        yield {
            "uuid": f"demo:{number}",
            "source_id": places.location(source, reason.from_kind),
            "target_id": places.location(target, reason.to_kind),
            "source_facility_id": facilities[source].id,
            "target_facility_id": facilities[target].id,
            "product_id": product_id,
            "lot_id": lot_id,
            "quantity": event.quantity,
            "occurred_on": event.on,
            "recorded_at": _evening(event.on),
            "user_label": "Démonstration",
            "reason_id": reason.id,
            "comment": "Démonstration" if reason.needs_comment else "",
            "document": event.document,
            "counterpart": other.name if other else event.counterpart,
        }


def _evening(day: date) -> datetime:
    return datetime.combine(day, time(16, 30), tzinfo=zone())


def _lots(events: Iterable[Event]) -> dict[tuple[str, str], tuple[int, int]]:
    """Return {(product code, lot number): (product id, lot id)}, the lots stored."""
    codes = dict(db.session.execute(select(Product.code, Product.id)).all())
    wanted = {(event.product, event.lot): event.expiry for event in events}
    rows = [Lot(product_id=codes[code], number=number, expiry=expiry) for (code, number), expiry in wanted.items()]
    db.session.add_all(rows)
    db.session.flush()
    return {(code, row.number): (row.product_id, row.id) for (code, _n), row in zip(wanted, rows, strict=True)}
