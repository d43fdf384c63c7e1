"""What can be given out of a store: what is on hand on that day, less what is set aside for orders."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import bindparam, case, func, or_, select, union_all

from core.contract.words import _
from core.data.bulk import read_beside
from core.data.codes import key_of
from core.data.db import local, today
from core.data.errors import Refused
from core.data.figures import grouped
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.catalogue.recalls import PROPOSED, Recall
from plugins.elmis.catalogue.twins import FIRST, PRINTED
from plugins.elmis.catalogue.units import measured
from plugins.elmis.counts.models import COUNTING, REVIEW, Count, CountLine
from plugins.elmis.formulas.lots import Allocation as Chosen
from plugins.elmis.formulas.lots import LotStock, fefo, first_out, refusal
from plugins.elmis.ledger import givable
from plugins.elmis.ledger.models import BOOK, STORE, Movement, Observation, StockBalance, StockLocation
from plugins.elmis.ledger.moves import lock_stores, stores
from plugins.elmis.ledger.observations import WHEN
from plugins.elmis.ledger.rules import running
from plugins.elmis.promises.aside import Place
from plugins.elmis.promises.models import Allocation, Order, OrderLine

OFFERED = "the order was read by rights; its supplier's stock is offered whole"
TOLD = "what a supplier has is told to whoever approves"


@dataclass(frozen=True, slots=True)
class Held:
    """A lot in a store: `there` lies in it, `aside` of that is set aside for orders; `stock.quantity` is free.

    `keys`: by what its number is compared, and the one on its packs. `doubted`: its recall is proposed. `place` and
    `product_id` say where it lies, and of what it is.
    """

    stock: LotStock
    there: int
    aside: int = 0
    keys: tuple[str | None, ...] = ()
    doubted: bool = False
    place: Place = (0, 0)
    product_id: int = 0


WAITING = select(func.sum(Allocation.quantity)).where(
    Allocation.location_id == StockBalance.location_id, Allocation.lot_id == StockBalance.lot_id
)
FOR_OTHERS = WAITING.join(OrderLine, OrderLine.id == Allocation.line_id).where(
    OrderLine.order_id != bindparam("besides")
)
DOUBTED = select(Recall.id).where(Recall.lot_id == FIRST, Recall.state == PROPOSED).exists()


def _lying(waiting: Any) -> Any:
    """Return the select of lots where they lie; `waiting` sums up what is set aside of each."""
    return (
        select(
            StockBalance.location_id, StockBalance.product_id, StockBalance.quantity, Lot.id, Lot.expiry, Lot.status,
            Lot.vvm, Lot.number, Lot.number_key, PRINTED.c.number_key.label("printed_key"),
            func.coalesce(waiting.scalar_subquery(), 0).label("aside"), DOUBTED.label("doubted"),
        )
        .join(Lot, Lot.id == StockBalance.lot_id)
        .outerjoin(PRINTED, PRINTED.c.id == Lot.twin_of_id)
    )  # fmt: skip


EVER = _lying(WAITING).where(
    StockBalance.location_id == bindparam("place"), StockBalance.product_id == bindparam("product")
)
NOW = EVER.where(StockBalance.quantity > 0)
OF_ORDER = (
    _lying(FOR_OTHERS)
    .join(StockLocation, StockLocation.id == StockBalance.location_id)
    .where(StockBalance.facility_id == bindparam("depot"), StockLocation.kind == STORE, StockBalance.quantity > 0)
    .where(StockBalance.product_id.in_(select(OrderLine.product_id).where(OrderLine.order_id == bindparam("besides"))))
    .order_by(StockBalance.location_id, StockBalance.lot_id)
)


def held(place: StockLocation, product: Product, on: date | None = None, before: bool = False) -> list[Held]:
    """Return the lots of a product that a store can give out on a day without being short on a later one, in the order
    in which they should leave.

    With `before`, they leave before the counts of that day, which hold then.
    """
    on = on or today()
    late = before or on < today()
    rows = read_beside(EVER if late else NOW, BOOK, {"place": place.id, "product": product.id}).all()
    then = _then(place.id, product.id, on, before) if late else {}
    return _in_order(found for row in rows if (found := _held(row, then, late)).there > 0)


def held_for(order: Order, lock: bool = False) -> list[Held]:
    """Return the lots of an order's products in all stores of its supplier, as `held` does; what is set aside for this
    order is free for it. Locked, they stay so until the commit."""
    if lock:
        lock_stores([order.supplier_id])
    query = OF_ORDER.with_for_update(of=StockBalance.__table__) if lock else OF_ORDER
    rows = read_beside(query, OFFERED, {"depot": order.supplier_id, "besides": order.id})
    return _in_order(_held(row, {}, late=False) for row in rows)


def _in_order(lots: Iterable[Held]) -> list[Held]:
    return sorted(lots, key=lambda one: (first_out(one.stock), one.place))


def usable(lots: Iterable[Held], on: date) -> int:
    """Return how many units of some lots may be given out on a day and are free."""
    return sum(one.stock.quantity for one in lots if not refusal(one.stock, on))


def _held(row: Any, then: Mapping[int, tuple[int, bool]], late: bool) -> Held:
    there, counted = then.get(row.id, (0, False)) if late else (int(row.quantity), False)
    spare = there if counted else max(0, min(there, int(row.quantity) - int(row.aside)))
    stock = LotStock(row.id, spare, row.expiry, row.status, row.vvm, row.number)
    keys, place = (row.number_key, row.printed_key), (row.location_id, row.id)
    return Held(stock, there, there - spare, keys, bool(row.doubted), place, row.product_id)


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
            lots = [one for one in held(store, product) if not lot or key_of(one.stock.number) == key_of(lot)]
            found.append((store, usable(lots, today())))
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

    def named(self, product: Product, number: str) -> list[Held]:
        """Return the lots on the shelf that a number means, first expiry first."""
        key = key_of(number)
        return [one for one in self.lots(product) if key in one.keys and one.there > 0]

    def doubted(self) -> set[int]:
        """Return the lots, of those that were looked at, whose recall is proposed."""
        return {lot_id for lots in self._lots.values() for lot_id, one in lots.items() if one.doubted}

    def take(self, product: Product, lot_id: int, units: int) -> None:
        """Take units of a lot: first what is free, then what is set aside."""
        lot = next(one for one in self.lots(product) if one.stock.lot_id == lot_id)
        spare = max(0, lot.stock.quantity - units)
        left = lot.stock._replace(quantity=spare)
        there = max(0, lot.there - units)
        self._lots[product.id][lot_id] = replace(lot, stock=left, there=there, aside=max(0, there - spare))

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


def free_stock(depot: Facility) -> dict[int, int]:
    """Return {product id: what a depot may give out and has not set aside for an order}, in one statement."""
    mine = (StockLocation.facility_id == depot.id, StockLocation.kind == STORE, givable.usable(today()))
    there = select(StockBalance.product_id, StockBalance.quantity).join_from(
        StockBalance, StockLocation, StockLocation.id == StockBalance.location_id
    )
    aside = select(Lot.product_id, -Allocation.quantity).join_from(
        Allocation, StockLocation, StockLocation.id == Allocation.location_id
    )
    parts = (
        there.join(Lot, Lot.id == StockBalance.lot_id).where(*mine, StockBalance.quantity > 0),
        aside.join(Lot, Lot.id == Allocation.lot_id).where(*mine),
    )
    both = union_all(*parts).subquery()
    query = select(both.c.product_id, func.sum(both.c.quantity)).group_by(both.c.product_id)
    return {product: max(0, int(units)) for product, units in read_beside(query, TOLD)}
