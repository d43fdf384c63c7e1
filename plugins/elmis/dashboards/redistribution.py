"""To redistribute: what some have too much of, or will not use in time, for those near by who lack it.

The same computation as the requisition of each facility: what is too much lies above its maximum, rounded up to whole
packs, or expires before it is consumed at its CMM; what is missing lies between its usable stock and its maximum.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from core.contract.settings import Setting
from core.contract.words import _
from core.data.db import db, today
from core.data.settings import value_of
from core.facilities.models import OPEN, Facility, FacilityType
from plugins.elmis.catalogue.limits import EDIT
from plugins.elmis.catalogue.models import Product
from plugins.elmis.dashboards import reports
from plugins.elmis.formulas.cmm import DAYS_A_MONTH
from plugins.elmis.formulas.lots import LotStock, sorted_out
from plugins.elmis.formulas.policies import MONTHS
from plugins.elmis.formulas.status import most
from plugins.elmis.formulas.suggestion import Suggestion
from plugins.elmis.orders.shipping import KEEPING, open_ways
from plugins.elmis.recalls.reports import called_for
from plugins.elmis.replenishment.reading import Reading, days_out, deepened, read_all, unsettled
from plugins.elmis.replenishment.services import judged

POLICY, EARTH = "adjusted", 6371  # km
RECENT = MONTHS + 1  # closed months that nearly always hold those of a CMM; the others are read where they do not
LEAST = Setting(
    "elmis.journey_days", _("Least use that is worth a journey"), 7, EDIT,
    _("A quantity that would not last so long is not proposed for another place."), _("days"), _("Redistribution"),
    least=1, most=90,
)  # fmt: skip
LACKING, URGENT = ("stock_out", "below_emergency", "low"), ("stock_out", "below_emergency")
Pair = tuple[int, int]  # facility id, product id


@dataclass(frozen=True)
class Stand:
    """How a product stands at a facility today."""

    facility: Facility
    product: Product
    found: Suggestion
    lots: Sequence[LotStock]
    reading: Reading

    @property
    def days_out(self) -> int:
        """Return for how many days it has been out of stock; asked of the few that are shown."""
        return days_out(self.reading, self.product.id)

    @property
    def lacks(self) -> int:
        """Return how many units are missing up to the maximum, where the stock is low or out."""
        return self.found.need or 0 if self.found.status in LACKING else 0

    @property
    def limit(self) -> int | None:
        """Return the largest stock that is no overstock, as the requisition and the stock list say it."""
        cmm = self.found.inputs.cmm.value
        return None if cmm is None else most(cmm, self.found.inputs.levels, self.product.pack_size)

    @property
    def spare(self) -> int:
        """Return how many units may go: all above the limit, or that expires unused; none of unknown use."""
        if self.limit is None or self.found.flag:
            return 0
        return max(0, sum(lot.quantity for lot in self.lots) - self.limit, self.unused)

    @property
    def unused(self) -> int:
        """Return how many units will expire before they are used here."""
        return sum(one.quantity for one in self.found.inputs.usable.excluded if one.reason == "will_expire")

    @property
    def pace(self) -> Fraction:
        """Return the units used a day."""
        return (self.found.inputs.cmm.value or Fraction(0)) / DAYS_A_MONTH


@dataclass(frozen=True)
class Move:
    """A quantity of a lot that one facility can spare and another lacks; distance in km, None where it is unknown."""

    product: Product
    source: Stand
    target: Stand
    lot: LotStock
    quantity: int
    distance: float | None

    @property
    def value(self) -> Decimal | None:
        """Return what it is worth, or None without a price."""
        return None if self.product.unit_price is None else self.product.unit_price * self.quantity


def stands(
    place: Facility, products: Iterable[int] | None = None, tracers: bool = False
) -> dict[Pair, Stand]:  # fmt: skip
    """Return how each product that was ever held stands in the facilities at and below a place that the reader may
    see."""
    places = select(Facility).where(Facility.id.in_(reports.below(place)))
    places = places.join(Facility.type).where(FacilityType.kind.in_(KEEPING)).options(joinedload(Facility.type))
    facilities = db.session.scalars(places).all()
    wanted = select(Product).where(Product.active)
    wanted = wanted if products is None else wanted.where(Product.id.in_(set(products)))
    rows = {row.id: row for row in db.session.scalars(wanted.where(Product.tracer) if tracers else wanted)}
    readings = read_all(facilities, today(), set(rows), RECENT) if facilities and rows else []
    older = {one.facility.id: more for one in readings if (more := unsettled(one))}
    if older:
        touched = [one for one in readings if one.facility.id in older]
        again = {one.facility.id: one for one in deepened(touched, set().union(*older.values()))}
        readings = [again.get(one.facility.id, one) for one in readings]
    return _stands(readings, rows)


def _stands(readings: Iterable[Reading], products: Mapping[int, Product]) -> dict[Pair, Stand]:
    return {
        (reading.facility.id, id_): _stand(reading, products[id_])
        for reading in readings for id_, past in reading.past.items() if id_ in products and past.first_receipt
    }  # fmt: skip


def _stand(reading: Reading, product: Product) -> Stand:
    good, _refused = sorted_out(reading.lots.get(product.id, ()), reading.on)
    return Stand(reading.facility, product, judged(reading, product, POLICY), good, reading)


def moves(found: Mapping[Pair, Stand]) -> list[Move]:
    """Return what can go from where to where: what expires first before the rest, the nearest in need first; a unit is
    promised once, no more than the receiver uses before it expires, and none that lasts it less than a week. Who is
    merely low gets only what would expire elsewhere. Depots order from above: nobody sends them what they gave out.
    Only what could be sent is offered: between kinds of facility whose way is open, to open ones, no lot called for.
    """
    ways, barred = open_ways(), called_for()
    lacking: dict[int, list[Stand]] = defaultdict(list)
    for stand in found.values():
        if stand.lacks and stand.facility.type.kind != "depot" and stand.facility.status == OPEN:
            lacking[stand.product.id].append(stand)
    left = {(stand.facility.id, stand.product.id): stand.lacks for each in lacking.values() for stand in each}
    made: list[Move] = []
    least = value_of(LEAST)
    spares = [each for each in _spares(found.values()) if each[1].lot_id not in barred]
    for stand, lot, units in sorted(spares, key=lambda each: each[1].expiry or date.max):
        wanting = [
            one for one in lacking[stand.product.id]
            if (stand.unused or one.found.status in URGENT)
            and (stand.facility.type.kind, one.facility.type.kind) in ways
        ]  # fmt: skip
        for target in sorted(wanting, key=lambda other: _rank(stand, other)):
            pair = (target.facility.id, target.product.id)
            taken = min(units, left[pair], _in_time(lot, target)) if target is not stand else 0
            if taken > 0 and (taken == left[pair] or taken >= target.pace * least):
                away = distance(stand.facility, target.facility)
                made.append(Move(stand.product, stand, target, lot, taken, away))
                units, left[pair] = units - taken, left[pair] - taken
    return made


def _spares(found: Iterable[Stand]) -> list[tuple[Stand, LotStock, int]]:
    """Return (who, lot, units) of what can go, the lots that expire first."""
    spares = []
    for stand in found:
        units = stand.spare
        for lot in stand.lots:
            taken = min(units, lot.quantity)
            if taken > 0:
                spares.append((stand, lot, taken))
            units -= taken
    return spares


def _rank(source: Stand, target: Stand) -> tuple[bool, float]:
    away = distance(source.facility, target.facility)
    return target.found.status != "stock_out", math.inf if away is None else away


def _in_time(lot: LotStock, target: Stand) -> int:
    """Return how much of a lot a receiver uses, after what it has, before the lot expires."""
    if lot.expiry is None:
        return lot.quantity
    used = floor(target.pace * (lot.expiry - today()).days)
    return max(0, used - target.found.inputs.usable.quantity)


def distance(one: Facility, other: Facility) -> float | None:
    """Return the kilometres between two facilities as the crow flies, or None where one has no position."""
    if None in (one.latitude, one.longitude, other.latitude, other.longitude):
        return None
    lat1, lon1, lat2, lon2 = (
        math.radians(each or 0) for each in (one.latitude, one.longitude, other.latitude, other.longitude)
    )
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH * math.asin(math.sqrt(half))
