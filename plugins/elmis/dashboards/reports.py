"""The figures, each one set-based statement over the facilities that the reader may see.

A *managed pair* is a product that a facility's store has ever held. Availability = pairs in stock ÷ managed
pairs, tracer products only. A pair is in stock on a day when what of it may be given out, over all lots, is above
zero. Both are sums of the turns that the ledger keeps (`ledger/turns.py`), never of its movements.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, cast, func, select, union_all

from core.data.access import current
from core.data.bulk import read_beside
from core.data.db import Money, db, today
from core.facilities.models import Facility, FacilityType
from plugins.elmis.catalogue.limits import soon
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.formulas.cmm import DAYS_A_MONTH
from plugins.elmis.ledger import givable
from plugins.elmis.ledger.models import CONSUMPTION, HELD, STORE, Movement, Reason, StockBalance, StockLocation
from plugins.elmis.ledger.turns import TURN, first_day, number_of, so_far

FIGURES = "figures of the places below the one that the page was allowed"
VIEW = "elmis.dashboard.view"
BALANCE, MOVED = StockBalance.__table__, Movement.__table__
PLACE, PRODUCT, FACILITY = StockLocation.__table__, Product.__table__, Facility.__table__
LOT, REASON = Lot.__table__, Reason.__table__


def below(place: Facility) -> Select[Any]:
    """Return the ids of the facilities at and below a place that the reader may see."""
    return select(FACILITY.c.id).where(*_inside(place))


def _inside(place: Facility) -> list[ColumnElement[bool]]:
    """Return the conditions on the facilities at and below a place that the reader may see."""
    return [FACILITY.c.path.startswith(place.path, autoescape=True), current().covers(VIEW, FACILITY.c.path)]


@dataclass(frozen=True)
class Availability:
    """Managed pairs and how many of them are in stock."""

    managed: int
    in_stock: int

    @property
    def rate(self) -> float | None:
        """Return the share in stock in percent, or None when nothing is managed."""
        return round(100 * self.in_stock / self.managed, 1) if self.managed else None


def _turns(place: Facility) -> ColumnElement[bool]:
    """Return the condition on the turns of the tracers below a place, up to today."""
    tracers = select(PRODUCT.c.id).where(PRODUCT.c.tracer, PRODUCT.c.active)
    return and_(so_far(), TURN.c.product_id.in_(tracers), TURN.c.facility_id.in_(below(place)))


def _sums(place: Facility, *columns: Any) -> Select[Any]:
    """Return the select of the managed pairs and those in stock, by some columns of the turns."""
    held, there = func.sum(TURN.c.held), func.sum(TURN.c.there)
    return select(*columns, held, there).where(_turns(place)).group_by(*columns)


@dataclass(frozen=True)
class Past:
    """The tracers of a place, facility by facility and month by month: what changed in each."""

    rows: Sequence[Any]  # facility id, month, managed pairs, pairs in stock

    @cached_property
    def by_facility(self) -> dict[int, Availability]:
        """Return the availability today in each facility, by id."""
        return self._summed(0)

    @cached_property
    def now(self) -> Availability:
        """Return the availability today."""
        return added(self.by_facility.values())

    def trend(self, months: int = 12) -> list[tuple[date, float | None]]:
        """Return (first day, availability at the end in percent) of the last months, today for the running one."""
        last, changes = number_of(today()), self._summed(1)
        shown = range(last - months + 1, last + 1)
        until = [added(each for month, each in changes.items() if month <= end) for end in shown]
        return [(first_day(month), sum_.rate) for month, sum_ in zip(shown, until, strict=True)]

    def _summed(self, by: int) -> dict[int, Availability]:
        sums: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        for row in self.rows:
            sums[row[by]][0] += row[2]
            sums[row[by]][1] += row[3]
        return {key: Availability(held, there) for key, (held, there) in sums.items()}


def added(parts: Iterable[Availability]) -> Availability:
    """Return the sum of parts."""
    pairs = [(one.managed, one.in_stock) for one in parts]
    return Availability(sum(held for held, _ in pairs), sum(there for _, there in pairs))


def past(place: Facility) -> Past:
    """Return what became of the tracers below a place."""
    query = _sums(place, TURN.c.facility_id, TURN.c.month)
    return Past(db.session.execute(query).all())


def districts(place: Facility) -> list[Facility]:
    """Return the districts at and below a place, by name."""
    inside = Facility.path.startswith(place.path, autoescape=True)
    query = select(Facility).join(Facility.type).where(inside, FacilityType.code == "district")
    return list(db.session.scalars(query.order_by(Facility.name)))


def district_of(place: Facility) -> Facility | None:
    """Return the district in which a facility lies, or None."""
    above = Facility.id.in_([int(part) for part in place.path.strip("/").split("/")])
    return db.session.scalar(select(Facility).join(Facility.type).where(above, FacilityType.code == "district"))


def homes(areas: Iterable[Facility], facilities: Iterable[int]) -> dict[int, int]:
    """Return {facility: the area it lies in} of those that lie in one."""
    wanted = {str(area.id): area.id for area in areas}
    query = select(FACILITY.c.id, FACILITY.c.path).where(FACILITY.c.id.in_(list(facilities)))
    rows = db.session.execute(query).all()
    parts = ((id_, part) for id_, path in rows for part in path.strip("/").split("/"))
    return {id_: wanted[part] for id_, part in parts if part in wanted}


def within(homes: Mapping[int, int], found: Mapping[int, Availability]) -> dict[int, Availability]:
    """Return the sums of the facilities' figures in each area, by its id."""
    parts: dict[int, list[Availability]] = {area: [] for area in homes.values()}
    for facility, each in found.items():
        if facility in homes:
            parts[homes[facility]].append(each)
    return {area: added(each) for area, each in parts.items()}


def by_product(place: Facility) -> list[tuple[int, str, Availability]]:
    """Return (product id, name, availability) of each tracer, the scarcest first."""
    query = _sums(place, TURN.c.product_id).subquery()
    named = select(PRODUCT.c.id, PRODUCT.c.name_fr, query.c[1], query.c[2]).join(query, query.c[0] == PRODUCT.c.id)
    rows = [(id_, name, Availability(all_, there)) for id_, name, all_, there in db.session.execute(named)]
    return sorted(rows, key=lambda row: (row[2].rate or 0, row[1]))


def by_area(place: Facility, areas: Iterable[Facility]) -> dict[tuple[int | None, int], Availability]:
    """Return {(area, tracer): availability}; under the area None, that of the whole place."""
    run = db.session.execute
    rows = run(_sums(place, TURN.c.product_id, TURN.c.facility_id)).all()
    lies_in = homes(areas, {row[1] for row in rows})
    sums: dict[tuple[int | None, int], list[int]] = defaultdict(lambda: [0, 0])
    for product, facility, held, there in rows:
        for area in {None, lies_in.get(facility)}:
            sums[area, product][0] += held
            sums[area, product][1] += there
    return {key: Availability(held, there) for key, (held, there) in sums.items()}


@dataclass(frozen=True)
class StockOut:
    """A tracer that a facility has none of, and the day on which it ran out (or came, never to be given out)."""

    facility_id: int
    facility: str
    product_id: int
    product: str
    phone: str
    since: date


def stock_outs(place: Facility) -> list[StockOut]:
    """Return the tracers that are out of stock, facility by facility."""
    pair = (TURN.c.facility_id, TURN.c.product_id)
    since = func.max(TURN.c.day).label("since")
    out = select(*pair, since).where(_turns(place)).group_by(*pair).having(func.sum(TURN.c.there) == 0).subquery()
    query = (
        select(FACILITY.c.id, FACILITY.c.name, PRODUCT.c.id, PRODUCT.c.name_fr, FACILITY.c.phone, out.c.since)
        .join(out, out.c.facility_id == FACILITY.c.id)
        .join(PRODUCT, PRODUCT.c.id == out.c.product_id)
        .order_by(FACILITY.c.name, PRODUCT.c.name_fr)
    )
    return [StockOut(*row) for row in db.session.execute(query)]


@dataclass(frozen=True)
class Expiring:
    """A lot in a store that expires soon, or has."""

    lot_id: int
    facility_id: int
    facility: str
    quantity: int
    value: Decimal


@dataclass(frozen=True)
class ExpiringLot:
    """A lot that expires soon, or has: what of it lies in all stores, and in how many facilities."""

    id: int
    product: str
    number: str
    expiry: date
    quantity: int
    value: Decimal
    facilities: int


def _expiring(place: Facility, columns: Sequence[Any]) -> Any:
    return (
        select(*columns)
        .join_from(BALANCE, LOT, LOT.c.id == BALANCE.c.lot_id)
        .join(PLACE, PLACE.c.id == BALANCE.c.location_id)
        .join(PRODUCT, PRODUCT.c.id == BALANCE.c.product_id)
        .join(FACILITY, FACILITY.c.id == BALANCE.c.facility_id)
        .where(
            PLACE.c.kind == STORE, HELD, LOT.c.expiry <= soon(place), *_inside(place),
        )
    )  # fmt: skip


VALUE = func.coalesce(BALANCE.c.quantity * PRODUCT.c.unit_price, 0)


def expiring_value(place: Facility) -> tuple[Decimal, int]:
    """Return the value of what expires soon (or has expired), and the number of lots."""
    total, lots = read_beside(_expiring(place, [func.sum(VALUE, type_=Money), func.count()]), FIGURES).one()
    return total or Decimal(0), lots


def expiring_lots(place: Facility) -> list[ExpiringLot]:
    """Return the lots that expire soon, the most valuable first."""
    keys = (LOT.c.id, PRODUCT.c.name_fr, LOT.c.number, LOT.c.expiry)
    value = func.sum(VALUE, type_=Money)
    sums = (func.sum(BALANCE.c.quantity), value, func.count(BALANCE.c.facility_id.distinct()))
    query = _expiring(place, [*keys, *sums]).group_by(*keys).order_by(value.desc(), LOT.c.expiry, LOT.c.id)
    return [ExpiringLot(*row) for row in read_beside(query, FIGURES)]


def expiring(place: Facility, lots: Collection[int]) -> list[Expiring]:
    """Return who holds some lots that expire soon, the most valuable first."""
    columns = [LOT.c.id, FACILITY.c.id, FACILITY.c.name, BALANCE.c.quantity, cast(VALUE, Money).label("value")]
    query = _expiring(place, columns).where(LOT.c.id.in_(lots)).order_by(VALUE.desc(), FACILITY.c.name)
    return [Expiring(*row) for row in read_beside(query, FIGURES)]


def monthly_use(place: Facility, products: Iterable[int], months: int = 3) -> dict[tuple[int, int], Fraction]:
    """Return {(facility, product): mean consumption of the last closed months}.

    Places and products are named one by one, so that every database reads only what is theirs.
    """
    run, end = db.session.execute, today().replace(day=1)
    used = select(PLACE.c.id, PLACE.c.facility_id).where(PLACE.c.kind == CONSUMPTION)
    places = dict(map(tuple, run(used.where(PLACE.c.facility_id.in_(below(place))))))
    sides = (
        select(side.label("place"), MOVED.c.product_id, func.sum(sign * MOVED.c.quantity))
        .join(REASON, REASON.c.id == MOVED.c.reason_id)
        .where(side.in_(list(places)), MOVED.c.product_id.in_(list(products)), REASON.c.counts_as_consumption)
        .where(MOVED.c.occurred_on >= first_day(number_of(end) - months), MOVED.c.occurred_on < end)
        .group_by(side, MOVED.c.product_id)
        for side, sign in ((MOVED.c.target_id, 1), (MOVED.c.source_id, -1))
    )
    found: dict[tuple[int, int], int] = defaultdict(int)
    for at, product, total in read_beside(union_all(*sides), FIGURES):
        found[places[at], product] += int(total)
    return {pair: Fraction(total, months) for pair, total in found.items()}


def pace(place: Facility, products: Collection[int], months: int = 3) -> dict[tuple[int, int], Fraction]:
    """Return {(facility, product): units used a month while they were there}, for boards; requisitions use the CMM."""
    end = today().replace(day=1)
    used = monthly_use(place, products, months)
    there = days_in_stock(place, products, first_day(number_of(end) - months), end - timedelta(days=1))
    return {pair: mean * months / there[pair] * DAYS_A_MONTH for pair, mean in used.items() if there.get(pair)}


def days_in_stock(place: Facility, products: Iterable[int], first: date, last: date) -> dict[tuple[int, int], int]:
    """Return {(facility, product): on how many days from `first` to `last` it was there}, by the turns."""
    query = select(TURN.c.facility_id, TURN.c.product_id, TURN.c.day, TURN.c.there).where(
        TURN.c.facility_id.in_(below(place)), TURN.c.product_id.in_(list(products)), TURN.c.day <= last
    )
    days: dict[tuple[int, int], int] = defaultdict(int)
    for facility, product, day, there in db.session.execute(query.where(TURN.c.there != 0)):
        since = max(day, first) if there > 0 else max(day + timedelta(days=1), first)  # on the day it left it was there
        days[facility, product] += there * max(0, (last - since).days + 1)
    return days


def board(place: Facility) -> dict[int, dict[int, int]]:
    """Return {facility: {tracer: what of it may be given out of its stores}}."""
    found: dict[int, dict[int, int]] = defaultdict(dict)
    quantity = func.sum(case((givable.usable(today()), BALANCE.c.quantity), else_=0))
    query = (
        select(BALANCE.c.facility_id, BALANCE.c.product_id, quantity)
        .join(PLACE, PLACE.c.id == BALANCE.c.location_id)
        .join(PRODUCT, PRODUCT.c.id == BALANCE.c.product_id)
        .join(LOT, LOT.c.id == BALANCE.c.lot_id)
        .where(PLACE.c.kind == STORE, PRODUCT.c.tracer, PRODUCT.c.active, BALANCE.c.facility_id.in_(below(place)))
        .group_by(BALANCE.c.facility_id, BALANCE.c.product_id)
    )
    for facility, product, total in read_beside(query, FIGURES):
        found[facility][product] = int(total)
    return found
