"""What the ledger says of the movements of some facilities, product by product, read in few statements for all of them.

These are plain selects that no rights filter sees: whoever calls them has checked the facilities. What they give is
found by (facility id, product id). None of them reads what is older than the window it is asked for, and movements are
summed up from their indexes alone. The statements are put together once, and their values bound each time.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Integer,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from core.data.bulk import beside
from core.data.db import db
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Policy, Product
from plugins.elmis.ledger.models import (
    RETURNING,
    STORE,
    SUPPLIER,
    TRANSIT,
    Movement,
    Reason,
    StockLocation,
)
from plugins.elmis.replenishment.among import Ids, among
from plugins.elmis.replenishment.cmm import Change, DayRange, month_of

Pair = tuple[int, int]  # facility id, product id
Stores = Any  # a select, or a list, of location ids
Own = Mapping[int, int]  # location id → facility id, of the stores that are looked at together
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


IDS = Ids()


def _list(name: str) -> Any:
    return bindparam(name, expanding=True, type_=Integer)


OWN, PRODUCTS, PLACES = _list("own"), bindparam("products", type_=IDS), _list("places")
FIRST, LAST = (bindparam(name, type_=Date) for name in ("first", "last"))
SIDES = ((1, Movement.target_id, Movement.source_id), (-1, Movement.source_id, Movement.target_id))


def rows_of(query: Any, **values: Any) -> Sequence[Any]:
    """Return the rows of a statement that was put together before, with these values."""
    connection = db.session.connection()
    if "products" in values:  # made ready once: a statement names them many times
        values["products"] = IDS.process_bind_param(values["products"], connection.dialect)
    return connection.execute(query, values).all()


def stores(*facilities: int) -> Stores:
    """Return the select of the stores of some facilities."""
    return select(StockLocation.id).where(StockLocation.facility_id.in_(facilities), StockLocation.kind == STORE)


@cache
def _own() -> Any:
    query = select(StockLocation.id, StockLocation.facility_id)
    return beside(query.where(StockLocation.facility_id.in_(PLACES), StockLocation.kind == STORE), ALLOWED)


def own_stores(facilities: Iterable[int]) -> dict[int, int]:
    """Return {location id: facility id} of the stores of some facilities."""
    return dict(map(tuple, rows_of(_own(), places=list(facilities))))


def nature() -> ColumnElement[str]:
    """Return which column of the report a movement belongs to: consumed (C), received (B), else adjusted (D)."""
    arrives = or_(and_(Reason.from_kind.in_((SUPPLIER, TRANSIT)), Reason.to_kind == STORE), Reason.code.in_(ARRIVED))
    on_road = and_(Reason.from_kind.in_((TRANSIT, RETURNING)), Reason.to_kind == STORE)
    back = or_(and_(on_road, Reason.code.not_in(ARRIVED)), Reason.code == STAYED)
    consumed = or_(Reason.counts_as_consumption, Reason.code.in_(DISTRIBUTED))
    return case((consumed, CONSUMED), (back, BACK), (arrives, RECEIVED), else_=ADJUSTED)


@cache
def _natures() -> Any:
    return beside(select(Reason.id, nature()), ALLOWED)


Natures = Mapping[str, list[int]]


def natures() -> Natures:
    """Return {nature: the reasons of that nature}, so that movements are summed up without reading reasons."""
    found: dict[str, list[int]] = {CONSUMED: [], RECEIVED: [], BACK: []}
    for reason, kind in rows_of(_natures()):
        if kind != ADJUSTED:
            found[kind].append(reason)
    return found


class Moved(NamedTuple):
    """What came to a product's stock (+) and left it (−) in a month so far, by nature; `all` of them together."""

    consumed: int = 0
    received: int = 0
    back: int = 0
    all: int = 0


NOT_MOVED = Moved()


def _crossing(sign: int, *columns: Any) -> Any:
    """Return the select of what crossed the edge of the stores in one direction up to a day, by store and product: the
    sums of columns."""
    _sign, side, other = next(each for each in SIDES if each[0] == sign)
    sums = (cast(sign * func.sum(column), BigInteger) for column in columns)
    query = select(side.label("place"), Movement.product_id, *sums).group_by(side, Movement.product_id)
    return query.where(
        side.in_(OWN), other.not_in(OWN), among(Movement.product_id, PRODUCTS), Movement.occurred_on <= LAST
    )


def _of(kind: str) -> ColumnElement[bool]:
    return Movement.reason_id.in_(_list(kind))


@cache
def _used(months: int) -> Any:
    starts, day = [bindparam(f"from{number}", type_=Date) for number in range(months)], Movement.occurred_on
    spans = [*(and_(day >= begins, day < ends) for begins, ends in pairwise(starts)), day >= starts[-1]]
    columns = [case((span, Movement.quantity), else_=0) for span in spans]
    parts = [_crossing(sign, *columns).where(day >= starts[0], _of(CONSUMED)) for sign, _side, _other in SIDES]
    return beside(union_all(*parts), ALLOWED)


def used(own: Own, months: Sequence[DayRange], products: Collection[int], kinds: Natures) -> dict[Pair, Sequence[int]]:
    """Return what left the stores as consumption (below zero) in each of some months that follow one another."""
    values: dict[str, Any] = {f"from{number}": month.first for number, month in enumerate(months)}
    values |= {"own": list(own), "last": months[-1].last, "products": products, CONSUMED: kinds[CONSUMED]}
    found: dict[Pair, Sequence[int]] = {}
    for place, product, *parts in rows_of(_used(len(months)), **values):
        known = found.get((own[place], product))
        found[own[place], product] = parts if known is None else [sum(both) for both in zip(known, parts, strict=True)]
    return found


@cache
def _moved() -> Any:
    units = Movement.quantity
    kinds = (case((_of(kind), units), else_=0) for kind in (CONSUMED, RECEIVED, BACK))
    columns = (*kinds, units)
    parts = (_crossing(sign, *columns).where(Movement.occurred_on >= FIRST) for sign, _side, _other in SIDES)
    return beside(union_all(*parts), ALLOWED)


def moved(own: Own, last: date, products: Collection[int], kinds: Natures) -> dict[Pair, Moved]:
    """Return what came and went in the month of a day, up to that day."""
    values = {"own": list(own), "first": last.replace(day=1), "last": last, "products": products, **kinds}
    found: dict[Pair, Moved] = {}
    for place, product, consumed, received, back, all_ in rows_of(_moved(), **values):
        pair = own[place], product
        was = found.get(pair, NOT_MOVED)
        found[pair] = Moved(was[0] + consumed, was[1] + received, was[2] + back, was[3] + all_)
    return found


@cache
def _came_back() -> Any:
    query = select(literal(1)).where(Movement.target_id.in_(OWN), among(Movement.product_id, PRODUCTS), _of(BACK))
    return beside(query.where(Movement.occurred_on.between(FIRST, LAST)).limit(1), ALLOWED)


def came_back(own: Own, first: date, last: date, products: Collection[int], kinds: Natures) -> bool:
    """Return whether anything that had been sent came back to the stores."""
    values = {"own": list(own), "first": first, "last": last, "products": products, BACK: kinds[BACK]}
    return bool(rows_of(_came_back(), **values))


@cache
def _consumed() -> Any:
    parts = (
        select(side.label("place"), Movement.product_id, Movement.occurred_on, -sign * Movement.quantity)
        .where(side.in_(OWN), other.not_in(OWN), among(Movement.product_id, PRODUCTS), _of(CONSUMED))
        .where(Movement.occurred_on.between(FIRST, LAST))
        for sign, side, other in SIDES
    )
    return beside(union_all(*parts), ALLOWED)


def consumed(
    own: Own, first: date, last: date, products: Collection[int], kinds: Natures
) -> dict[Pair, list[Change]]:  # fmt: skip
    """Return (day, units consumed) from `first` to `last`, what was reversed below zero."""
    values = {"own": list(own), "first": first, "last": last, "products": products, CONSUMED: kinds[CONSUMED]}
    found: dict[Pair, list[Change]] = defaultdict(list)
    for place, product, day, units in rows_of(_consumed(), **values):
        found[own[place], product].append((day, units))
    return found


@cache
def _articles() -> Any:
    columns = (
        Product.id, Product.code, Product.name_fr, Product.name_en, Product.programme_id, Product.pack_size,
        Product.rounding_threshold, Product.unit_price,
    )  # fmt: skip
    return beside(select(*columns).where(Product.active), "everyone reads the catalogue")


def articles(ids: Collection[int]) -> list[Any]:
    """Return what suggestions need of those of some products that are active."""
    return [row for row in rows_of(_articles()) if row.id in ids]


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
    return list(rows_of(beside(query, ALLOWED)))


@cache
def _declared() -> Any:
    from plugins.elmis.requisitions.models import StockReport

    told = select(StockReport.facility_id, StockReport.month)
    told = told.where(StockReport.facility_id.in_(PLACES), StockReport.month.in_(bindparam("months", expanding=True)))
    return beside(told, ALLOWED)


def declared(facilities: Iterable[int], months: Sequence[date]) -> dict[int, set[date]]:
    """Return {facility: those of some months that it declared complete}."""
    found: dict[int, set[date]] = defaultdict(set)
    for facility, month in rows_of(_declared(), places=list(facilities), months=list(months)):
        found[facility].add(month)
    return found


@cache
def _kept(months: int) -> Any:
    """Return the select of the numbers of the months that a facility declared complete, or in which its stores consumed
    anything that was not taken back."""
    from plugins.elmis.requisitions.models import StockReport

    undone, parts = aliased(Movement), []
    for number in range(months):
        first, last = (bindparam(f"{end}{number}", type_=Date) for end in ("from", "to"))
        told = exists().where(StockReport.facility_id.in_(PLACES), StockReport.month == first)
        within = (
            Movement.source_id.in_(OWN),
            among(Movement.product_id, PRODUCTS),
            Movement.occurred_on.between(first, last),
        )
        used = exists().where(*within, _of(CONSUMED), ~exists().where(undone.reverses_id == Movement.id))
        parts.append(select(literal(number)).where(or_(told, used)))
    return beside(union_all(*parts), ALLOWED)


def kept(own: Own, months: Sequence[DayRange], products: Collection[int], kinds: Natures) -> set[date]:
    """Return the months that one facility declared complete, or in which it recorded any consumption: it was keeping
    its records."""
    values: dict[str, Any] = {f"from{number}": month.first for number, month in enumerate(months)}
    values |= {f"to{number}": month.last for number, month in enumerate(months)}
    places = {"own": list(own), "places": list(set(own.values())), "products": products, CONSUMED: kinds[CONSUMED]}
    return {months[number].first for (number,) in rows_of(_kept(len(months)), **values, **places)}


def with_use(own: Own, months: Sequence[date]) -> dict[int, set[date]]:
    """Return {facility: the closed months in which it recorded any consumption}: it was keeping its records."""
    day = Movement.occurred_on
    month = case(*((day >= first, literal(first)) for first in reversed(months)))
    query = (
        select(Movement.source_facility_id, month)
        .join(Reason, Reason.id == Movement.reason_id)
        .where(Movement.source_id.in_(list(own)), day.between(months[0], month_of(months[-1]).last))
        .where(or_(Reason.counts_as_consumption, Reason.code.in_(DISTRIBUTED)))
        .distinct()
    )
    used: dict[int, set[date]] = defaultdict(set)
    for facility, first in rows_of(beside(query, ALLOWED)):
        used[facility].add(first)
    return used
