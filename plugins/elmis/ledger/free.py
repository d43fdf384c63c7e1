"""What can be given out of a store: what is on hand on that day, less what is set aside for orders."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, bindparam, case, func, or_, select

from core.contract.words import _
from core.data.bulk import read_beside
from core.data.codes import key_of
from core.data.db import db, local, today
from core.data.errors import Refused
from core.data.figures import grouped
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.catalogue.units import measured
from plugins.elmis.counts.models import COUNTING, REVIEW, Count, CountLine
from plugins.elmis.formulas.lots import Allocation as Chosen
from plugins.elmis.formulas.lots import LotStock, fefo, refusal
from plugins.elmis.ledger.balances import available
from plugins.elmis.ledger.models import BOOK, STORE, Movement, Observation, StockBalance, StockLocation
from plugins.elmis.ledger.moves import Facts, stores
from plugins.elmis.ledger.observations import WHEN
from plugins.elmis.ledger.rules import running
from plugins.elmis.orders import taking
from plugins.elmis.orders.models import Allocation, Order, OrderLine

Place = tuple[int, int]  # location id, lot id
FACTS = frozenset({"count_shortage", "discrepancy"})  # what was seen is kept, whoever had the goods set aside


@dataclass(frozen=True, slots=True)
class Held:
    """A lot in a store: `there` lies in it, `aside` of that is set aside for orders; `stock.quantity` is free."""

    stock: LotStock
    there: int
    aside: int = 0


@dataclass(frozen=True, slots=True)
class Aside:
    """Units of a lot in a store that wait for an order."""

    location_id: int
    lot_id: int
    order_id: int
    order: str
    facility: str
    quantity: int


SET_ASIDE = (
    select(Allocation.location_id, Allocation.lot_id, func.sum(Allocation.quantity))
    .join(OrderLine, OrderLine.id == Allocation.line_id)
    .where(Allocation.location_id.in_(bindparam("places", expanding=True)))
    .where(OrderLine.order_id != bindparam("besides"))
    .group_by(Allocation.location_id, Allocation.lot_id)
)


def set_aside(locations: Iterable[int], besides: int = 0) -> dict[Place, int]:
    """Return {place: base units} set aside in these stores, for all orders but one."""
    rows = read_beside(SET_ASIDE, BOOK, {"places": list(set(locations)), "besides": besides})
    return {(place, lot): int(units) for place, lot, units in rows}


def asides(locations: Iterable[int], lots: Iterable[int] | None = None) -> list[Aside]:
    """Return what is set aside in these stores, for whom; the order that is needed first comes first."""
    query = (
        select(
            Allocation.location_id, Allocation.lot_id, Order.id, Order.number, Facility.name, Allocation.quantity,
        )
        .join(OrderLine, OrderLine.id == Allocation.line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Facility, Facility.id == Order.facility_id)
        .where(Allocation.location_id.in_(set(locations)))
        .order_by(Order.needed_on, Order.id)
    )  # fmt: skip
    query = query if lots is None else query.where(Allocation.lot_id.in_(set(lots)))
    return [Aside(*row) for row in read_beside(query, BOOK)]


EVER = (
    select(StockBalance.quantity, Lot.id, Lot.expiry, Lot.status, Lot.vvm, Lot.number)
    .join(Lot, Lot.id == StockBalance.lot_id)
    .where(StockBalance.location_id == bindparam("place"), StockBalance.product_id == bindparam("product"))
)
NOW = EVER.where(StockBalance.quantity > 0)


def held(place: StockLocation, product: Product, on: date | None = None, before: bool = False) -> list[Held]:
    """Return the lots of a product that a store can give out on a day without being short on a later one.

    With `before`, they leave before the counts of that day, which hold then.
    """
    on = on or today()
    late = before or on < today()
    rows = read_beside(EVER if late else NOW, BOOK, {"place": place.id, "product": product.id}).all()
    aside = set_aside([place.id]) if rows else {}
    then = _then(place.id, product.id, on, before) if late else {}
    return [found for row in rows if (found := _held(row, aside.get((place.id, row.id), 0), then, late)).there > 0]


def _held(row: Any, aside: int, then: Mapping[int, tuple[int, bool]], late: bool) -> Held:
    there, counted = then.get(row.id, (0, False)) if late else (int(row.quantity), False)
    spare = there if counted else max(0, min(there, int(row.quantity) - aside))
    return Held(LotStock(row.id, spare, row.expiry, row.status, row.vvm, row.number), there, there - spare)


def _then(place_id: int, product_id: int, on: date, before: bool) -> dict[int, tuple[int, bool]]:
    """Return {lot id: (what can leave on that day, whether a later count holds)}.

    A count that was made later holds whatever is entered now: the days from it on are not touched.
    """
    found = _levels(place_id, product_id, on, before=False)
    if not before:
        return found
    sheets = _on_sheets(place_id, product_id, on)
    counted = _levels(place_id, product_id, on, before=True)
    return {lot: found[lot] if lot in sheets else counted.get(lot, found[lot]) for lot in found}


def _on_sheets(place_id: int, product_id: int, on: date) -> set[int]:
    """Return the lots whose last count of a day stands on a sheet that is still open: nothing holds there yet."""
    line, count, saw = CountLine.__table__.c, Count.__table__.c, Observation.__table__.c
    posted = select(saw.lot_id, func.max(saw.counted_at)).where(
        saw.location_id == place_id, saw.product_id == product_id, saw.counted_on == on
    )
    last = dict(map(tuple, read_beside(posted.group_by(saw.lot_id), BOOK)))
    typed = (
        select(line.lot_id, line.counted_at)
        .join(Count.__table__, count.id == line.count_id)
        .where(count.location_id == place_id, line.product_id == product_id, count.state.in_((COUNTING, REVIEW)))
        .where(line.counted_at.is_not(None))
    )
    rows = read_beside(typed, BOOK)
    return {lot for lot, at in rows if local(at).date() == on and (lot not in last or at > last[lot])}


def _levels(place_id: int, product_id: int, on: date, before: bool) -> dict[int, tuple[int, bool]]:
    """Return the same of one order: `before` the last count of the day that was posted, or after all of them."""
    moved, saw = Movement.__table__.c, Observation.__table__.c
    delta = func.sum(case((moved.target_id == place_id, moved.quantity), else_=-moved.quantity))
    nets = (
        select(moved.lot_id, moved.occurred_on, delta)
        .where(moved.product_id == product_id, or_(moved.source_id == place_id, moved.target_id == place_id))
        .group_by(moved.lot_id, moved.occurred_on)
    )
    if before:
        here = (saw.location_id == place_id, saw.lot_id == moved.lot_id, saw.counted_on == on)
        last = select(func.max(saw.counted_at)).where(*here).correlate(Movement.__table__).scalar_subquery()
        nets = nets.where(or_(moved.occurred_on != on, last.is_(None), last > WHEN))
    days: dict[int, dict[date, int]] = defaultdict(dict)
    for lot, day, net in read_beside(nets, BOOK):
        days[lot][day] = int(net)
    seen = select(saw.lot_id, func.min(saw.counted_on)).where(saw.location_id == place_id, saw.product_id == product_id)
    seen = seen.where(saw.counted_on >= on if before else saw.counted_on > on).group_by(saw.lot_id)
    counts = dict(map(tuple, read_beside(seen, BOOK)))
    return {lot: (_least(changes, on, counts.get(lot)), lot in counts) for lot, changes in days.items()}


def _least(changes: Mapping[date, int], on: date, until: date | None) -> int:
    """Return the lowest balance from the end of a day on, up to the day of the count that holds."""
    at_first, least = 0, None
    for day, total in running(changes):
        if day <= on:
            at_first = total
        elif until is None or day < until:
            least = total if least is None else min(least, total)
    return max(0, at_first if least is None else min(at_first, least))


def elsewhere(place: StockLocation, product: Product, lot: str = "") -> list[tuple[StockLocation, int]]:
    """Return (store, units) of the other stores of the same facility that can give out a product, or one lot of it."""
    found = []
    for store in stores(place.facility):
        if store.id != place.id:
            lots = [one.stock for one in held(store, product) if not lot or key_of(one.stock.number) == key_of(lot)]
            found.append((store, sum(one.quantity for one in lots if not refusal(one, today()))))
    return [(store, units) for store, units in found if units > 0]


class Shelf:
    """What the lines of one document can take out of a store: each line sees what those before it have left."""

    def __init__(self, place: StockLocation, on: date | None = None, *, before: bool = False) -> None:
        self.place, self.on, self.before = place, on or today(), before  # the counts of that day
        self._lots: dict[int, dict[int, Held]] = {}

    def lots(self, product: Product) -> list[Held]:
        """Return what is left of a product, lot by lot."""
        if product.id not in self._lots:
            found = held(self.place, product, self.on, self.before)
            self._lots[product.id] = {int(one.stock.lot_id): one for one in found}
        return list(self._lots[product.id].values())

    def take(self, product: Product, lot_id: int, units: int) -> None:
        """Take units of a lot: first what is free, then what is set aside."""
        lot = next(one for one in self.lots(product) if one.stock.lot_id == lot_id)
        spare = max(0, lot.stock.quantity - units)
        left = lot.stock._replace(quantity=spare)
        self._lots[product.id][lot_id] = Held(left, max(0, lot.there - units), max(0, lot.there - units - spare))

    def first_expiry_first(self, product: Product, quantity: int) -> list[tuple[int, int]]:
        """Return (lot id, units) of a quantity, taken: good and free lots, first expiry first; Refused when short."""
        lots = self.lots(product)
        chosen = fefo([one.stock for one in lots], quantity, self.on)
        if chosen.shortfall or quantity < 1:
            raise _short(product, lots, chosen, quantity)
        picks = [(int(lot), units) for lot, units in chosen.picks]
        for lot, units in picks:
            self.take(product, lot, units)
        return picks


def _short(product: Product, lots: Sequence[Held], chosen: Chosen, wanted: int) -> Refused:
    """Return the refusal that says what can be given out, and what waits for orders."""
    there, aside = wanted - chosen.shortfall, sum(lot.aside for lot in lots)
    facts = {"product": product.name, "there": measured(product, there), "wanted": grouped(wanted)}
    if aside:
        words = _(
            "%(product)s: only %(there)s can be given out, not %(wanted)s. %(aside)s more are set aside for orders: "
            "name their lot to take them.",
            aside=grouped(aside), **facts,
        )  # fmt: skip
    else:
        words = _("%(product)s: only %(there)s can be given out, not %(wanted)s.", **facts)
    return Refused(words, field="quantity", there=there, short=True)


def guard(rows: Sequence[Movement], facts: Facts, left: Mapping[Place, int]) -> None:
    """Raise Refused when what left a store was set aside for an order; `left` is what lies there now.

    A count is kept, and what may not be used goes where it must: the order loses it and is told.
    """
    leaving = [row for row in rows if facts.locations[row.source_id].kind == STORE]
    if not leaving:
        return
    waiting = set_aside({row.source_id for row in leaving})
    touched = {(row.source_id, row.lot_id) for row in leaving} & waiting.keys()
    for place, lot in sorted(touched):
        short = waiting[place, lot] - (left[place, lot] if (place, lot) in left else available(place, lot))
        if short > 0:
            cause = [row for row in leaving if (row.source_id, row.lot_id) == (place, lot)][-1]
            if cause.reason_id in {facts.reasons[code].id for code in FACTS} or _useless(facts.lots[lot]):
                taking.take(place, lot, short, f"{cause.document} {facts.lots[lot].number}".strip())
            else:
                raise _taken(facts.lots[lot], place, short)


def guard_poured(legs: Any) -> None:
    """Raise Refused when what a list takes out of a store, {both sides of its movements}, is set aside for an order."""
    here, aside = StockBalance.__table__.c, func.sum(Allocation.quantity)
    waiting = (
        select(Allocation.location_id, Allocation.lot_id, aside.label("units"))
        .group_by(Allocation.location_id, Allocation.lot_id)
        .subquery()
    )
    left = select(legs.c.location_id, legs.c.lot_id).where(legs.c.delta < 0).distinct().subquery()
    query = (
        select(here.location_id, here.lot_id, waiting.c.units - here.quantity)
        .join_from(left, waiting, and_(waiting.c.location_id == left.c.location_id, waiting.c.lot_id == left.c.lot_id))
        .join(StockBalance, and_(here.location_id == left.c.location_id, here.lot_id == left.c.lot_id))
        .where(here.quantity < waiting.c.units)
        .order_by(here.location_id, here.lot_id)
    )
    for place, lot, short in read_beside(query.limit(1), BOOK).all():
        raise _taken(db.session.get_one(Lot, lot), place, int(short))


def _useless(lot: Lot) -> bool:
    """Return whether a lot could not be shipped anyway: a recall takes it away, whoever had it set aside."""
    return bool(refusal(LotStock(lot.id, 1, lot.expiry, lot.status, lot.vvm), today()))


def _taken(lot: Lot, place: int, short: int) -> Refused:
    words = _(
        "%(short)s of %(product)s, lot %(lot)s, are set aside for %(orders)s. Take less, or another lot.",
        short=measured(lot.product, short), product=lot.product.name, lot=lot.number,
        orders=named(asides([place], [lot.id])),
    )  # fmt: skip
    return Refused(words, field="quantity", lot_id=lot.id)


def named(waiting: Iterable[Aside]) -> str:
    """Return for which orders something waits: "CMD-2026-00003 (CDS Rohero)"."""
    return ", ".join(dict.fromkeys(f"{one.order} ({one.facility})" for one in waiting))
