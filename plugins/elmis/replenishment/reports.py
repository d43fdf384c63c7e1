"""What the ledger says of a facility's stock, product by product, read in a few statements for all of them.

These are plain selects that no rights filter sees: whoever calls them has checked the facility.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, or_, select, union_all

from core.data.db import db, today
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Lot, Policy
from plugins.elmis.ledger.models import STORE, SUPPLIER, TRANSIT, Movement, Reason, StockBalance, StockLocation
from plugins.elmis.replenishment.lots import LotStock

# What a depot sends to those it supplies is what it consumes; goods they refuse come back to it.
DISTRIBUTED = ("shipment", "refused_transit", "return_accepted", "extra_shipped", "left_behind")
ARRIVED = ("extra_received", "found_transit")  # with a delivery, though not in its figures
RECEIVED, CONSUMED, ADJUSTED = "received", "consumed", "adjusted"


@dataclass(frozen=True, slots=True)
class Change:
    """What one kind of movement did to a product's stock in a day; `into` counts what came in alone."""

    day: date
    nature: str
    net: int
    into: int


@dataclass(frozen=True, slots=True)
class Before:
    """A product's stock on the eve of a day, and the day it first came in."""

    stock: int
    first_receipt: date | None


Stores = Any  # a select of location ids


def stores(facility: Facility) -> Stores:
    """Return the select of the facility's own stores."""
    return select(StockLocation.id).where(StockLocation.facility_id == facility.id, StockLocation.kind == STORE)


def _rows(query: Any, scalar: bool = False) -> Any:
    result = db.session.connection().execute(query)
    return result.scalars().all() if scalar else result.all()


def _legs(own: Stores, until: date) -> Any:
    """Return a subquery of every arrival (+) and departure (−) of the stores; moves between them cancel out."""
    columns = (Movement.product_id, Movement.lot_id, Movement.occurred_on, Movement.reason_id)
    arrivals = select(*columns, Movement.quantity.label("signed"), literal(1).label("arrives")).where(
        Movement.target_id.in_(own), Movement.source_id.not_in(own), Movement.occurred_on <= until
    )
    departures = select(*columns, (-Movement.quantity).label("signed"), literal(0).label("arrives")).where(
        Movement.source_id.in_(own), Movement.target_id.not_in(own), Movement.occurred_on <= until
    )
    return union_all(arrivals, departures).subquery()


def before(own: Stores, day: date, until: date) -> dict[int, Before]:
    """Return {product id: stock on the eve of `day` and first receipt up to `until`}."""
    legs = _legs(own, until)
    stock = func.sum(case((legs.c.occurred_on < day, legs.c.signed), else_=0))
    first = func.min(case((legs.c.arrives == 1, legs.c.occurred_on)))
    query = select(legs.c.product_id, stock, first).group_by(legs.c.product_id)
    return {product: Before(int(total or 0), _day(received)) for product, total, received in _rows(query)}


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def changes(own: Stores, first: date, last: date) -> dict[int, list[Change]]:
    """Return {product id: its changes by day and nature} from `first` to `last`."""
    legs = _legs(own, last)
    nature = _nature()
    net = func.sum(legs.c.signed)
    into = func.sum(case((legs.c.arrives == 1, legs.c.signed), else_=0))
    query = (
        select(legs.c.product_id, legs.c.occurred_on, nature, net, into)
        .join(Reason, Reason.id == legs.c.reason_id)
        .where(legs.c.occurred_on >= first)
        .group_by(legs.c.product_id, legs.c.occurred_on, nature)
    )
    found: dict[int, list[Change]] = defaultdict(list)
    for product, day, kind, total, arrived in _rows(query):
        found[product].append(Change(day, kind, int(total), int(arrived)))
    return found


def _nature() -> ColumnElement[str]:
    """Return which column of the report a movement belongs to: consumed (C), received (B), else adjusted (D)."""
    sent = Reason.from_kind.in_((SUPPLIER, TRANSIT)) & (Reason.to_kind == STORE)
    arrives = or_(sent, Reason.code.in_(ARRIVED))
    return case(
        (or_(Reason.counts_as_consumption, Reason.code.in_(DISTRIBUTED)), CONSUMED), (arrives, RECEIVED), else_=ADJUSTED
    )


def lots(own: Stores, on: date) -> dict[int, list[LotStock]]:
    """Return {product id: what the stores hold of each lot at the end of a day}."""
    held = _held_now(own) if on >= today() else _held_then(own, on)
    query = select(held.c.product_id, held.c.quantity, Lot.id, Lot.number, Lot.expiry, Lot.status, Lot.vvm)
    found: dict[int, list[LotStock]] = defaultdict(list)
    for product, quantity, lot, number, expiry, status, vvm in _rows(query.join(Lot, Lot.id == held.c.lot_id)):
        found[product].append(LotStock(lot, int(quantity), expiry, status, vvm, number))
    return found


def _held_now(own: Stores) -> Any:
    quantity = func.sum(StockBalance.quantity).label("quantity")
    query = select(StockBalance.product_id, StockBalance.lot_id, quantity)
    query = query.where(StockBalance.location_id.in_(own))
    return query.group_by(StockBalance.product_id, StockBalance.lot_id).having(quantity > 0).subquery()


def _held_then(own: Stores, on: date) -> Any:
    legs = _legs(own, on)
    quantity = func.sum(legs.c.signed).label("quantity")
    query = select(legs.c.product_id, legs.c.lot_id, quantity)
    return query.group_by(legs.c.product_id, legs.c.lot_id).having(quantity > 0).subquery()


def policies(facility: Facility) -> list[Any]:
    """Return the policy rows that may hold at a facility: its own, its type's, and those for every type."""
    query: Any = select(
        Policy.facility_id, Policy.facility_type_id, Policy.programme_id, Policy.product_id,
        Policy.min_months, Policy.max_months, Policy.emergency_months, Policy.lead_time_days,
    ).where(
        or_(Policy.facility_id == facility.id, Policy.facility_id.is_(None)),
        or_(Policy.facility_type_id == facility.type_id, Policy.facility_type_id.is_(None)),
    )  # fmt: skip
    return list(_rows(query))


def reported_months(facility_id: int, months: Iterable[date]) -> set[date]:
    """Return the months that the facility itself declared complete."""
    from plugins.elmis.requisitions.models import StockReport

    query = select(StockReport.month).where(StockReport.facility_id == facility_id, StockReport.month.in_(list(months)))
    return set(_rows(query, scalar=True))


def months_with_use(by_product: Mapping[int, Iterable[Change]]) -> set[date]:
    """Return the months in which the facility recorded any consumption: it was keeping its records."""
    return {
        change.day.replace(day=1)
        for one in by_product.values()
        for change in one
        if change.nature == CONSUMED and change.net
    }
