"""What the ledger says of the stock of some facilities, product by product, read in a few statements for all of them.

These are plain selects that no rights filter sees: whoever calls them has checked the facilities. What they give is
found by (facility id, product id).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, union_all

from core.data.bulk import read_beside
from core.data.db import today
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import ACTIVE, HELD, Lot, Policy
from plugins.elmis.ledger import givable
from plugins.elmis.ledger.models import (
    RETURNING,
    STORE,
    SUPPLIER,
    TRANSIT,
    Movement,
    Reason,
    StockBalance,
    StockLocation,
)
from plugins.elmis.ledger.turns import TURN, number_of
from plugins.elmis.replenishment.cmm import Change, closed_months, month_of
from plugins.elmis.replenishment.lots import LotStock

Pair = tuple[int, int]  # facility id, product id
Stores = Any  # a select of location ids
# What a depot sends to those it supplies is what it consumes.
DISTRIBUTED = ("shipment", "extra_shipped")
ARRIVED = (
    "delivery",
    "transfer_in",
    "extra_received",
    "found_transit",
)  # with a delivery, or though not in its figures
STAYED = "left_behind"  # was sent on paper alone: back in stock, though it came from no road
RECEIVED, CONSUMED, ADJUSTED, BACK = "received", "consumed", "adjusted", "back"
ALLOWED = "figures of the places that whoever asks was allowed"


@dataclass(frozen=True, slots=True)
class Flow:
    """What one kind of movement did to a product's stock in a day; `day` None: before the window."""

    day: date | None
    nature: str
    net: int


def stores(*facilities: int) -> Stores:
    """Return the select of the stores of some facilities."""
    return select(StockLocation.id).where(StockLocation.facility_id.in_(facilities), StockLocation.kind == STORE)


def _rows(query: Any) -> Any:
    return read_beside(query, ALLOWED).all()


def _legs(
    own: Stores, until: date, products: Collection[int] | None, since: date | None = None, pairs: Any = None
) -> Any:  # fmt: skip
    """Return a select of every arrival (+) and departure (−) of the stores; moves between them cancel out.

    `came` is what arrived; the reversal of an arrival takes it back. `pairs` is a select of (facility, product).
    """
    moved = (Movement.product_id, Movement.lot_id, Movement.occurred_on.label("day"))
    sides = []
    for side, other, sign in (
        (Movement.target_id, Movement.source_id, 1), (Movement.source_id, Movement.target_id, -1),
    ):  # fmt: skip
        signed = sign * Movement.quantity
        came = case((Reason.to_kind == STORE, signed), else_=0).label("came")
        query = (
            select(StockLocation.facility_id, *moved, signed.label("signed"), came, nature().label("nature"))
            .join_from(Movement, StockLocation, StockLocation.id == side)
            .join(Reason, Reason.id == Movement.reason_id)
            .where(side.in_(own), other.not_in(own), Movement.occurred_on <= until)
        )
        if products is not None:
            query = query.where(Movement.product_id.in_(products))
        if since is not None:
            query = query.where(Movement.occurred_on >= since)
        if pairs is not None:
            same = (pairs.c.facility_id == StockLocation.facility_id, pairs.c.product_id == Movement.product_id)
            query = query.join(pairs, and_(*same))
        sides.append(query)
    return union_all(*sides)


def nature() -> ColumnElement[str]:
    """Return which column of the report a movement belongs to: consumed (C), received (B), else adjusted (D)."""
    arrives = or_(and_(Reason.from_kind.in_((SUPPLIER, TRANSIT)), Reason.to_kind == STORE), Reason.code.in_(ARRIVED))
    on_road = and_(Reason.from_kind.in_((TRANSIT, RETURNING)), Reason.to_kind == STORE)
    back = or_(and_(on_road, Reason.code.not_in(ARRIVED)), Reason.code == STAYED)
    consumed = or_(Reason.counts_as_consumption, Reason.code.in_(DISTRIBUTED))
    return case((consumed, CONSUMED), (back, BACK), (arrives, RECEIVED), else_=ADJUSTED)


def flows(
    own: Stores, first: date, last: date, products: Collection[int] | None = None, brief: bool = False
) -> dict[Pair, list[Flow]]:  # fmt: skip
    """Return what came and went from `first` to `last`, by day and nature, and the sum of all before. In brief, by the
    first day of the month, and nothing before."""
    legs = _legs(own, last, products, first if brief else None).subquery()
    months = closed_months(last, number_of(last) - number_of(first)) if brief else ()
    firsts = [last.replace(day=1), *(month.first for month in reversed(months))]
    day = (
        case(*((legs.c.day >= each, literal(each)) for each in firsts))
        if brief
        else case((legs.c.day >= first, legs.c.day))
    )
    keys = (legs.c.facility_id, legs.c.product_id, day, legs.c.nature)
    found: dict[Pair, list[Flow]] = defaultdict(list)
    for facility, product, when, nature, net in _rows(select(*keys, func.sum(legs.c.signed)).group_by(*keys)):
        found[facility, product].append(Flow(when, nature, int(net)))
    return found


def usable_changes(
    own: Stores, first: date, last: date, products: Collection[int] | None = None, brief: bool = False
) -> dict[Pair, tuple[int, list[Change]]]:
    """Return the stock that could be given out on the eve of `first`, and its changes up to `last`: what became
    available on a day and what left it apart. In brief, only of what was out on some day: the turns tell."""
    pairs = _out(own, first, last, products).cte("out_once") if brief else None
    legs = _legs(own, last, products, pairs=pairs).cte("legs")  # read once, though events are made of it five times
    events = givable.events(legs, ("facility_id", "product_id")).subquery()
    day = case((events.c.day >= first, events.c.day))
    keys = (events.c.facility_id, events.c.product_id, day)
    query = select(*keys, func.sum(events.c.delta), func.sum(events.c.gain)).where(events.c.day <= last)
    eves: dict[Pair, int] = defaultdict(int)
    changes: dict[Pair, list[Change]] = defaultdict(list)
    for facility, product, when, delta, gain in _rows(query.group_by(*keys)):
        if when is None:
            eves[facility, product] += int(delta)
        else:
            parts = (int(gain), int(delta) - int(gain))
            changes[facility, product] += [(when, part) for part in parts if part]
    return {pair: (eves[pair], changes[pair]) for pair in {*eves, *changes}}


def _out(own: Stores, first: date, last: date, products: Collection[int] | None) -> Any:
    """Return the select of the (facility, product) that were not there at the end of each day from the eve of `first`
    to `last`."""
    places = select(StockLocation.facility_id).where(StockLocation.id.in_(own))
    keys = (TURN.c.facility_id, TURN.c.product_id)
    eve = func.sum(case((TURN.c.day < first, TURN.c.there), else_=0))
    turned = func.sum(case((TURN.c.day >= first, TURN.c.there * TURN.c.there), else_=0))
    query = select(*keys).where(TURN.c.facility_id.in_(places), TURN.c.day <= last).group_by(*keys)
    query = query.having(or_(eve == 0, turned > 0))
    return query if products is None else query.where(TURN.c.product_id.in_(products))


def lots(own: Stores, on: date, products: Collection[int] | None = None) -> dict[Pair, list[LotStock]]:
    """Return what the stores hold of each lot at the end of a day; of a past day, also whether it was held then."""
    past = on < today()
    held = _held_then(own, on, products) if past else _held_now(own, products)
    then = case((givable.held_on(Lot.id, on), case((Lot.status == ACTIVE, HELD), else_=Lot.status)), else_=ACTIVE)
    state = (then, literal(None)) if past else (Lot.status, Lot.vvm)
    query = select(held.c.facility_id, held.c.product_id, held.c.quantity, Lot.id, Lot.number, Lot.expiry, *state)
    found: dict[Pair, list[LotStock]] = defaultdict(list)
    rows = _rows(query.join(Lot, Lot.id == held.c.lot_id))
    for facility, product, quantity, lot, number, expiry, status, vvm in rows:
        found[facility, product].append(LotStock(lot, int(quantity), expiry, status, vvm, number))
    return found


def _held_now(own: Stores, products: Collection[int] | None) -> Any:
    keys = (StockBalance.facility_id, StockBalance.product_id, StockBalance.lot_id)
    quantity = func.sum(StockBalance.quantity).label("quantity")
    query = select(*keys, quantity).where(StockBalance.location_id.in_(own)).group_by(*keys).having(quantity > 0)
    return (query if products is None else query.where(StockBalance.product_id.in_(products))).subquery()


def _held_then(own: Stores, on: date, products: Collection[int] | None) -> Any:
    legs = _legs(own, on, products).subquery()
    keys = (legs.c.facility_id, legs.c.product_id, legs.c.lot_id)
    quantity = func.sum(legs.c.signed).label("quantity")
    return select(*keys, quantity).group_by(*keys).having(quantity > 0).subquery()


def policies(*facilities: Facility) -> list[Any]:
    """Return the policy rows that may hold at one of them: their own, their types', and those for every type."""
    ids, types = {one.id for one in facilities}, {one.type_id for one in facilities}
    query: Any = select(
        Policy.facility_id, Policy.facility_type_id, Policy.programme_id, Policy.product_id,
        Policy.min_months, Policy.max_months, Policy.emergency_months, Policy.lead_time_days, Policy.least_days,
    ).where(
        or_(Policy.facility_id.in_(ids), Policy.facility_id.is_(None)),
        or_(Policy.facility_type_id.in_(types), Policy.facility_type_id.is_(None)),
    )  # fmt: skip
    return list(_rows(query))


def first_days(
    facilities: Iterable[int], months: Sequence[date], until: date, own: Stores | None = None
) -> tuple[dict[Pair, date], dict[int, set[date]]]:
    """Return the day on which each product first came (one whose receipt was reversed never did), and
    {facility: the months that it declared complete}, in one statement; with its stores, also those with any use."""
    from plugins.elmis.requisitions.models import StockReport

    ids = list(facilities)
    came = select(TURN.c.facility_id, TURN.c.product_id, TURN.c.day).where(
        TURN.c.held == 1, TURN.c.day <= until, TURN.c.facility_id.in_(ids)
    )
    told = select(StockReport.facility_id, literal(0), StockReport.month)
    told = told.where(StockReport.facility_id.in_(ids), StockReport.month.in_(list(months)))
    parts = [came, told] if own is None else [came, told, _used(own, months)]
    firsts: dict[Pair, date] = {}
    reported: dict[int, set[date]] = defaultdict(set)
    for facility, product, day in _rows(union_all(*parts)):
        if product:
            firsts[facility, product] = day
        else:
            reported[facility].add(day.replace(day=1))
    return firsts, reported


def _used(own: Stores, months: Sequence[date]) -> Any:
    """Return the select of the closed months in which stores recorded any consumption: they were keeping records."""
    day = Movement.occurred_on
    month = case(*((day >= first, literal(first)) for first in reversed(months)))
    return (
        select(Movement.source_facility_id, literal(0), month)
        .join(Reason, Reason.id == Movement.reason_id)
        .where(Movement.source_id.in_(own), day.between(months[0], month_of(months[-1]).last))
        .where(or_(Reason.counts_as_consumption, Reason.code.in_(DISTRIBUTED)))
        .distinct()
    )


def months_with_use(found: Mapping[Pair, Iterable[Flow]]) -> dict[int, set[date]]:
    """Return {facility: the months in which it recorded any consumption}: it was keeping its records."""
    used: dict[int, set[date]] = defaultdict(set)
    for (facility, _product), moved in found.items():
        used[facility].update(one.day.replace(day=1) for one in moved if one.day and one.nature == CONSUMED and one.net)
    return used
