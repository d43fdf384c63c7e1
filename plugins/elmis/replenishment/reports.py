"""What the ledger says of the movements of some facilities, product by product, read in few statements for all of them.

These are plain selects that no rights filter sees: whoever calls them has checked the facilities. What they give is
found by (facility id, product id). None of them reads what is older than the window it is asked for, and movements are
summed up from their indexes alone. The statements are put together once, and their values bound each time.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cache
from itertools import pairwise
from operator import add
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

from core.data.bulk import read_beside
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Policy, Product
from plugins.elmis.formulas.cmm import Change, DayRange
from plugins.elmis.ledger.models import (
    RETURNING,
    STORE,
    SUPPLIER,
    TRANSIT,
    Movement,
    Reason,
    StockLocation,
    StockReport,
)
from plugins.elmis.replenishment.among import Ids, among

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
NATURES = (CONSUMED, BACK, RECEIVED)  # the others are adjustments
ALLOWED = "figures of the places that whoever asks was allowed"


IDS = Ids()


def _list(name: str) -> Any:
    return bindparam(name, expanding=True, type_=Integer)


OWN, PRODUCTS, PLACES = _list("own"), bindparam("products", type_=IDS), _list("places")
FIRST, LAST = (bindparam(name, type_=Date) for name in ("first", "last"))
SIDES = ((1, Movement.target_id, Movement.source_id), (-1, Movement.source_id, Movement.target_id))


def rows_of(query: Any, **values: Any) -> Sequence[Any]:
    """Return the rows of a statement that was put together before, with these values."""
    if "products" in values:  # made ready once: a statement names them many times
        values["products"] = IDS.ready(values["products"])
    return read_beside(query, ALLOWED, values).all()


def stores(*facilities: int) -> Stores:
    """Return the select of the stores of some facilities."""
    return select(StockLocation.id).where(StockLocation.facility_id.in_(facilities), StockLocation.kind == STORE)


def nature() -> ColumnElement[str]:
    """Return which column of the report a movement belongs to: consumed (C), received (B), else adjusted (D)."""
    arrives = or_(and_(Reason.from_kind.in_((SUPPLIER, TRANSIT)), Reason.to_kind == STORE), Reason.code.in_(ARRIVED))
    on_road = and_(Reason.from_kind.in_((TRANSIT, RETURNING)), Reason.to_kind == STORE)
    back = or_(and_(on_road, Reason.code.not_in(ARRIVED)), Reason.code == STAYED)
    consumed = or_(Reason.counts_as_consumption, Reason.code.in_(DISTRIBUTED))
    return case((consumed, CONSUMED), (back, BACK), (arrives, RECEIVED), else_=ADJUSTED)


Natures = Mapping[str, list[int]]  # nature → the reasons of that nature


class Ground(NamedTuple):
    """What is summed up by and what holds, so that neither stores nor reasons are read with each movement: the stores,
    the reasons by nature, and the policy rows that may hold at one of the facilities."""

    own: Own
    kinds: Natures
    rules: Sequence[Any]


RULE, OWN_STORE, REASON = -3, -2, -1  # what a row of the ground is


@cache
def _ground() -> Any:
    rules = select(
        literal(RULE), Policy.facility_id, Policy.facility_type_id, Policy.programme_id, Policy.product_id,
        Policy.min_months, Policy.max_months, Policy.emergency_months, Policy.lead_time_days, Policy.least_days,
    ).where(
        or_(Policy.facility_id.in_(PLACES), Policy.facility_id.is_(None)),
        or_(Policy.facility_type_id.in_(_list("types")), Policy.facility_type_id.is_(None)),
    )  # fmt: skip
    rest = [literal(0)] * 7
    own = select(literal(OWN_STORE), StockLocation.id, StockLocation.facility_id, *rest)
    own = own.where(StockLocation.facility_id.in_(PLACES), StockLocation.kind == STORE)
    number = case(*((nature() == kind, place) for place, kind in enumerate(NATURES)), else_=len(NATURES))
    return union_all(rules, own, select(literal(REASON), Reason.id, number, *rest))


def ground(facilities: Sequence[Facility]) -> Ground:
    """Return what the figures of some facilities stand on."""
    own: dict[int, int] = {}
    kinds: dict[str, list[int]] = {kind: [] for kind in (*NATURES, ADJUSTED)}
    names, rules = list(kinds), []
    values = {"places": [one.id for one in facilities], "types": list({one.type_id for one in facilities})}
    for row in rows_of(_ground(), **values):
        if row[0] == RULE:
            rules.append(row)
        elif row[0] == OWN_STORE:
            own[row[1]] = row[2]
        else:
            kinds[names[row[2]]].append(row[1])
    return Ground(own, kinds, rules)


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
    products = among(Movement.product_id, PRODUCTS)
    return query.where(side.in_(OWN), other.not_in(OWN), products, Movement.occurred_on <= LAST)


def _of(kind: str) -> ColumnElement[bool]:
    return Movement.reason_id.in_(_list(kind))


CAME_BACK, KEPT = -1, -2  # in place of a store: what else one statement tells


@cache
def _moved(months: int, alone: int) -> Any:
    """Return the select of what was consumed in closed months, of all that moved in the one after them, of whether
    anything came back, and of one facility the numbers of so many months in which it kept its records."""
    starts, day, units = _days("since", months), Movement.occurred_on, Movement.quantity
    spans = [and_(day >= begins, day < ends) for begins, ends in pairwise([*starts, FIRST])]
    spent = [case((span, units), else_=0) for span in spans]
    kinds = [*(case((_of(kind), units), else_=0) for kind in (CONSUMED, RECEIVED, BACK)), units]
    nothing = [literal(0)] * (months + len(kinds))
    parts = []
    for sign, _side, _other in SIDES:
        closed = _crossing(sign, *spent, *nothing[: len(kinds)])
        parts.append(closed.where(day >= starts[0], day < FIRST, _of(CONSUMED)))
        parts.append(_crossing(sign, *nothing[:months], *kinds).where(day >= FIRST))
    back = _came_back(starts[0])
    parts.append(select(literal(CAME_BACK), literal(0), *nothing).where(back))
    if alone:
        kept = _months(alone)
        parts.append(select(literal(KEPT), kept.c.number, *nothing).where(_kept(kept)))
    return union_all(*parts)


def _days(name: str, count: int) -> list[Any]:
    return [bindparam(f"{name}{number}", type_=Date) for number in range(count)]


def _came_back(first: Any) -> ColumnElement[bool]:
    """Return whether anything that had been sent came back to the stores since a day."""
    here = (Movement.target_id.in_(OWN), among(Movement.product_id, PRODUCTS), _of(BACK))
    return exists().where(*here, Movement.occurred_on.between(first, LAST))


def _months(count: int) -> Any:
    """Return some months as rows: number, first and last day."""
    ends = enumerate(zip(_days("from", count), _days("to", count), strict=True))
    rows = (select(literal(number).label("number"), a.label("first"), z.label("last")) for number, (a, z) in ends)
    return union_all(*rows).cte("months")


def _kept(month: Any) -> ColumnElement[bool]:
    """Return whether the facility declared a month complete, or its stores consumed anything in it that was not taken
    back: it was keeping its records."""
    undone, had = aliased(Movement), among(Movement.product_id, bindparam("had", type_=IDS))
    told = exists().where(StockReport.facility_id.in_(PLACES), StockReport.month == month.c.first)
    day = Movement.occurred_on.between(month.c.first, month.c.last)
    within = (Movement.source_id.in_(OWN), had, day, _of(CONSUMED))
    return or_(told, exists().where(*within, ~exists().where(undone.reverses_id == Movement.id)))


class Course(NamedTuple):
    """What movements say of some products: what left as consumption (below zero) in each of some closed months, and
    the month after them; whether anything came back; and the months in which one facility kept its records."""

    used: Mapping[Pair, Sequence[int]]
    month: Mapping[Pair, Moved]
    came_back: bool
    kept: set[date]


def moved(
    known: Ground, months: Sequence[DayRange], last: date, products: Collection[int],
    kept: Sequence[DayRange] = (), had: Collection[int] = (),
) -> Course:  # fmt: skip
    """Return what moved in some closed months and up to a day of the one after them; of one facility also which of
    the months `kept` it kept, by all the products it has had."""
    values: dict[str, Any] = {f"since{number}": month.first for number, month in enumerate(months)}
    values |= {f"{end}{n}": day for n, month in enumerate(kept) for end, day in (("from", month[0]), ("to", month[1]))}
    values |= {"own": list(known.own), "products": products, "first": last.replace(day=1), "last": last}
    if kept:
        values |= {"places": list(set(known.own.values())), "had": IDS.ready(had)}
    used: dict[Pair, list[int]] = {}
    month: dict[Pair, Moved] = {}
    marks, count = set[tuple[int, int]](), len(months)
    kinds = {kind: known.kinds[kind] for kind in (CONSUMED, RECEIVED, BACK)}
    for place, product, *parts in rows_of(_moved(count, len(kept)), **values, **kinds):
        if place < 0:
            marks.add((place, product))
            continue
        pair = known.own[place], product
        if any(parts[:count]):
            used[pair] = parts[:count] if pair not in used else list(map(add, used[pair], parts))
        if any(parts[count:]):
            was = month.get(pair, NOT_MOVED)
            month[pair] = Moved(*map(add, was, parts[count:]))
    told = {kept[number].first for place, number in marks if place == KEPT}
    return Course(used, month, (CAME_BACK, 0) in marks, told)


@cache
def _consumed() -> Any:
    parts = [
        select(side.label("place"), Movement.product_id, Movement.occurred_on, -sign * Movement.quantity)
        .where(side.in_(OWN), other.not_in(OWN), among(Movement.product_id, PRODUCTS), _of(CONSUMED))
        .where(Movement.occurred_on.between(FIRST, LAST))
        for sign, side, other in SIDES
    ]
    mark = select(literal(CAME_BACK), literal(0), FIRST, literal(0)).where(_came_back(FIRST))
    return union_all(*parts, mark)


def consumed(
    known: Ground, first: date, last: date, products: Collection[int]
) -> tuple[dict[Pair, list[Change]], bool]:  # fmt: skip
    """Return (day, units consumed) from `first` to `last`, what was reversed below zero, and whether anything that had
    been sent came back."""
    kinds = {kind: known.kinds[kind] for kind in (CONSUMED, BACK)}
    values = {"own": list(known.own), "first": first, "last": last, "products": products, **kinds}
    found, came_back = defaultdict[Pair, list[Change]](list), False
    for place, product, day, units in rows_of(_consumed(), **values):
        if place < 0:
            came_back = True
        else:
            found[known.own[place], product].append((day, units))
    return found, came_back


@cache
def _articles() -> Any:
    columns = (
        Product.id, Product.code, Product.name_fr, Product.name_en, Product.programme_id, Product.pack_size,
        Product.rounding_threshold, Product.unit_price,
    )  # fmt: skip
    return select(*columns).where(Product.active)


def articles(ids: Collection[int]) -> list[Any]:
    """Return what suggestions need of those of some products that are active."""
    return [row for row in rows_of(_articles()) if row.id in ids]


@cache
def _named() -> Any:
    columns = (
        Product.id, Product.code, Product.name_fr, Product.name_en, Product.inn, Product.base_unit_fr,
        Product.base_unit_en, Product.programme_id, Product.pack_size, Product.rounding_threshold, Product.unit_price,
        Product.currency,
    )  # fmt: skip
    return select(*columns).where(among(Product.id, PRODUCTS)).order_by(Product.name_fr, Product.id)


def named(ids: Collection[int]) -> Sequence[Any]:
    """Return what lists show of some products, and suggestions need of them, by name."""
    return rows_of(_named(), products=ids)


def policies(*facilities: Facility) -> Sequence[Any]:
    """Return the policy rows that may hold at one of them: their own, their types', and those for every type."""
    return ground(facilities).rules


def told(own: Own, months: Sequence[DayRange]) -> dict[int, set[date]]:
    """Return {facility: the closed months that it declared complete, or in which it recorded any consumption: it was
    keeping its records}, in one statement for all."""
    firsts, day = [month.first for month in months], Movement.occurred_on
    month = case(*((day >= first, literal(first)) for first in reversed(firsts)))
    used = (
        select(Movement.source_facility_id, month)
        .join(Reason, Reason.id == Movement.reason_id)
        .where(Movement.source_id.in_(list(own)), day.between(firsts[0], months[-1].last))
        .where(or_(Reason.counts_as_consumption, Reason.code.in_(DISTRIBUTED)))
        .distinct()
    )
    declared = select(StockReport.facility_id, StockReport.month)
    declared = declared.where(StockReport.facility_id.in_(set(own.values())), StockReport.month.in_(firsts))
    found: dict[int, set[date]] = defaultdict(set)
    for facility, first in rows_of(union_all(declared, used)):
        found[facility].add(first)
    return found
