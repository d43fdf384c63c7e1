"""The figures, each one set-based statement over the facilities that the reader may see.

A *managed pair* is a product that a facility's store has ever held. Availability = pairs in stock ÷ managed
pairs, tracer products only. A pair is in stock on a day when its quantity over all lots is above zero.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, case, cast, extract, func, select, union_all

from core.data.access import current
from core.data.db import Money, db, today
from core.facilities.models import Facility, FacilityType
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger.models import CONSUMPTION, STORE, Movement, Reason, StockBalance, StockLocation

VIEW = "elmis.dashboard.view"
SOON = 90  # days
BALANCE, MOVED = StockBalance.__table__, Movement.__table__
PLACE, PRODUCT, FACILITY = StockLocation.__table__, Product.__table__, Facility.__table__
LOT, REASON = Lot.__table__, Reason.__table__


def below(place: Facility) -> Select[Any]:
    """Return the ids of the facilities at and below a place that the reader may see."""
    inside = FACILITY.c.path.startswith(place.path, autoescape=True)
    return select(FACILITY.c.id).where(inside, current().covers(VIEW, FACILITY.c.path))


@dataclass(frozen=True)
class Availability:
    """Managed pairs and how many of them are in stock."""

    managed: int
    in_stock: int

    @property
    def rate(self) -> float | None:
        """Return the share in stock in percent, or None when nothing is managed."""
        return round(100 * self.in_stock / self.managed, 1) if self.managed else None


def _pairs(place: Facility) -> Any:
    """Return (facility, product, quantity) of the tracers in stores."""
    quantity = func.sum(BALANCE.c.quantity).label("quantity")
    return (
        select(BALANCE.c.facility_id, BALANCE.c.product_id, quantity)
        .join(PLACE, PLACE.c.id == BALANCE.c.location_id)
        .join(PRODUCT, PRODUCT.c.id == BALANCE.c.product_id)
        .where(PLACE.c.kind == STORE, PRODUCT.c.tracer, PRODUCT.c.active, BALANCE.c.facility_id.in_(below(place)))
        .group_by(BALANCE.c.facility_id, BALANCE.c.product_id)
        .subquery()
    )


def _count(pairs: Any) -> tuple[ColumnElement[int], ColumnElement[int]]:
    return func.count(), func.coalesce(func.sum(case((pairs.c.quantity > 0, 1), else_=0)), 0)


def availability(place: Facility) -> Availability:
    """Return the availability of the tracers today."""
    pairs = _pairs(place)
    return Availability(*db.session.connection().execute(select(*_count(pairs)).select_from(pairs)).one())


def by_facility(place: Facility) -> dict[int, Availability]:
    """Return the availability of the tracers in each facility, by id."""
    pairs = _pairs(place)
    query = select(pairs.c.facility_id, *_count(pairs)).group_by(pairs.c.facility_id)
    return {id_: Availability(all_, there) for id_, all_, there in db.session.connection().execute(query)}


def districts(place: Facility) -> list[Facility]:
    """Return the districts at and below a place that have a position, by name."""
    inside = Facility.path.startswith(place.path, autoescape=True)
    query = (
        select(Facility)
        .join(Facility.type)
        .where(inside, FacilityType.code == "district", Facility.latitude.is_not(None))
    )
    return list(db.session.scalars(query.order_by(Facility.name)))


def within(areas: Iterable[Facility], found: dict[int, Availability]) -> dict[int, Availability]:
    """Return the sums of the facilities' figures in each area, by its id."""
    paths = {str(area.id): area.id for area in areas}
    sums = dict.fromkeys(paths.values(), Availability(0, 0))
    query = select(FACILITY.c.id, FACILITY.c.path).where(FACILITY.c.id.in_(found))
    for id_, path in db.session.connection().execute(query):
        for area in (paths[part] for part in path.strip("/").split("/") if part in paths):
            one, sum_ = found[id_], sums[area]
            sums[area] = Availability(sum_.managed + one.managed, sum_.in_stock + one.in_stock)
    return sums


def by_product(place: Facility) -> list[tuple[int, str, Availability]]:
    """Return (product id, name, availability) of each tracer, the scarcest first."""
    pairs = _pairs(place)
    query = (
        select(PRODUCT.c.id, PRODUCT.c.name_fr, *_count(pairs))
        .join(pairs, pairs.c.product_id == PRODUCT.c.id)
        .group_by(PRODUCT.c.id, PRODUCT.c.name_fr)
    )
    rows = [(id_, name, Availability(all_, there)) for id_, name, all_, there in db.session.connection().execute(query)]
    return sorted(rows, key=lambda row: (row[2].rate or 0, row[1]))


@dataclass(frozen=True)
class StockOut:
    """A tracer that a facility has none of."""

    facility_id: int
    facility: str
    product_id: int
    product: str
    phone: str


def stock_outs(place: Facility) -> list[StockOut]:
    """Return the tracers that are out of stock, facility by facility."""
    pairs = _pairs(place)
    query = (
        select(FACILITY.c.id, FACILITY.c.name, PRODUCT.c.id, PRODUCT.c.name_fr, FACILITY.c.phone)
        .join(pairs, pairs.c.facility_id == FACILITY.c.id)
        .join(PRODUCT, PRODUCT.c.id == pairs.c.product_id)
        .where(pairs.c.quantity <= 0)
        .order_by(FACILITY.c.name, PRODUCT.c.name_fr)
    )
    return [StockOut(*row) for row in db.session.connection().execute(query)]


def _month(day: Any) -> ColumnElement[int]:
    return cast(extract("year", day) * 12 + extract("month", day) - 1, Integer)


def trend(place: Facility, months: int = 12) -> list[tuple[date, float | None]]:
    """Return (month end, availability in percent) of the last months, today for the running one.

    Each pair's quantity after a month holds until the next month in which it moved, so one pass
    over the movements answers for all months.
    """
    month, delta = _month(MOVED.c.occurred_on).label("month"), MOVED.c.quantity
    sides = union_all(
        *(
            select(PLACE.c.facility_id, MOVED.c.product_id, month, (delta if comes else -delta).label("delta"))
            .join(PLACE, PLACE.c.id == (MOVED.c.target_id if comes else MOVED.c.source_id))
            .join(PRODUCT, PRODUCT.c.id == MOVED.c.product_id)
            .where(PLACE.c.kind == STORE, PRODUCT.c.tracer, PLACE.c.facility_id.in_(below(place)))
            for comes in (True, False)
        )
    ).subquery()
    pair = [sides.c.facility_id, sides.c.product_id]
    net = select(*pair, sides.c.month, func.sum(sides.c.delta).label("net")).group_by(*pair, sides.c.month).subquery()
    pair = [net.c.facility_id, net.c.product_id]
    running = select(
        net.c.month,
        func.sum(net.c.net).over(partition_by=pair, order_by=net.c.month).label("quantity"),
        func.lead(net.c.month).over(partition_by=pair, order_by=net.c.month).label("until"),
    ).subquery()
    there = case((running.c.quantity > 0, 1), else_=0)
    query = select(running.c.month, running.c.until, func.count(), func.sum(there)).group_by(
        running.c.month, running.c.until
    )
    return _spread(db.session.connection().execute(query).all(), months)


def _spread(rows: Iterable[Any], months: int) -> list[tuple[date, float | None]]:
    """Return the shares a month from (from month, until month, pairs, pairs in stock) rows."""
    rows, last = list(rows), today().year * 12 + today().month - 1
    shares = []
    for month in range(last - months + 1, last + 1):
        held = [
            (all_, there) for start, until, all_, there in rows if start <= month and (until is None or month < until)
        ]
        total = Availability(sum(all_ for all_, _ in held), sum(there for _, there in held))
        shares.append((date(month // 12, month % 12 + 1, 1), total.rate))
    return shares


@dataclass(frozen=True)
class Expiring:
    """A lot in a store that expires soon, or has."""

    facility_id: int
    facility: str
    product_id: int
    product: str
    lot: str
    expiry: date
    quantity: int
    value: Decimal


def _expiring(place: Facility, columns: Sequence[Any]) -> Select[Any]:
    return (
        select(*columns)
        .join_from(BALANCE, LOT, LOT.c.id == BALANCE.c.lot_id)
        .join(PLACE, PLACE.c.id == BALANCE.c.location_id)
        .join(PRODUCT, PRODUCT.c.id == BALANCE.c.product_id)
        .join(FACILITY, FACILITY.c.id == BALANCE.c.facility_id)
        .where(
            PLACE.c.kind == STORE, BALANCE.c.quantity > 0, LOT.c.expiry <= today() + timedelta(days=SOON),
            BALANCE.c.facility_id.in_(below(place)),
        )
    )  # fmt: skip


VALUE = func.coalesce(BALANCE.c.quantity * PRODUCT.c.unit_price, 0)


def expiring_value(place: Facility) -> tuple[Decimal, int]:
    """Return the value of what expires within 90 days (or has expired), and the number of lots."""
    total, lots = db.session.connection().execute(_expiring(place, [func.sum(VALUE, type_=Money), func.count()])).one()
    return total or Decimal(0), lots


def expiring(place: Facility, limit: int = 500) -> list[Expiring]:
    """Return the lots that expire within 90 days, the most valuable first."""
    columns = [
        FACILITY.c.id, FACILITY.c.name, PRODUCT.c.id, PRODUCT.c.name_fr, LOT.c.number, LOT.c.expiry, BALANCE.c.quantity,
        cast(VALUE, Money).label("value"),
    ]  # fmt: skip
    query = _expiring(place, columns).order_by(VALUE.desc()).limit(limit)
    return [Expiring(*row) for row in db.session.connection().execute(query)]


def monthly_use(place: Facility, months: int = 3) -> dict[tuple[int, int], Fraction]:
    """Return {(facility, product): mean consumption of the last closed months}, for boards; orders use the CMM."""
    end = today().replace(day=1)
    start = end
    for _turn in range(months):
        start = (start - timedelta(days=1)).replace(day=1)
    signed = case((PLACE.c.kind == CONSUMPTION, MOVED.c.quantity), else_=-MOVED.c.quantity)
    query = (
        select(PLACE.c.facility_id, MOVED.c.product_id, func.sum(signed))
        .join_from(MOVED, PLACE, PLACE.c.id.in_([MOVED.c.target_id, MOVED.c.source_id]) & (PLACE.c.kind == CONSUMPTION))
        .join(REASON, REASON.c.id == MOVED.c.reason_id)
        .where(
            REASON.c.counts_as_consumption, MOVED.c.reverses_id.is_(None), MOVED.c.occurred_on >= start,
            MOVED.c.occurred_on < end, PLACE.c.facility_id.in_(below(place)),
        )
        .group_by(PLACE.c.facility_id, MOVED.c.product_id)
    )  # fmt: skip
    rows = db.session.connection().execute(query)
    return {(facility, product): Fraction(int(total), months) for facility, product, total in rows}


def board(place: Facility) -> dict[int, dict[int, int]]:
    """Return {facility: {tracer: quantity in its stores}}."""
    pairs = _pairs(place)
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for facility, product, quantity in db.session.connection().execute(select(pairs)):
        found[facility][product] = int(quantity)
    return found
