"""What a supplier can give: its lots less what is set aside for others, first expiry first, and fair shares."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import select

from core.contract.ports import Words
from core.contract.words import _
from core.data.bulk import read_beside
from core.data.db import today
from core.data.settings import value_of
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.catalogue.recalls import proposed_lots
from plugins.elmis.formulas.lots import REASONS, LotStock, fefo, fefo_order, refusal
from plugins.elmis.formulas.rationing import Claim, ration
from plugins.elmis.ledger.models import STORE, StockBalance, StockLocation
from plugins.elmis.promises.aside import set_aside
from plugins.elmis.promises.machines import BEFORE_SHIPPING
from plugins.elmis.promises.models import Order, OrderLine
from plugins.elmis.promises.services import SHORT_DAYS
from plugins.elmis.requisitions.models import RequisitionLine

OFFERED = "the order was read by rights; its supplier's stock is offered whole"
Place = tuple[int, int]  # (location id, lot id)
Chosen = Mapping[int, Mapping[Place, int]]  # order line id → base units by place


@dataclass(frozen=True)
class Offer:
    """A lot in a store of the supplier: `there` lies in it, `free` of it is not set aside for other orders."""

    location_id: int
    store: str
    lot_id: int
    product_id: int
    number: str
    expiry: date | None
    vvm: int | None
    there: int
    free: int
    why_not: str  # a key of REASONS, or "" for a good lot
    short: bool  # it expires too soon to be proposed
    doubted: bool = False  # its recall is proposed

    @property
    def place(self) -> Place:
        """Return where it lies."""
        return self.location_id, self.lot_id

    @property
    def warning(self) -> Words:
        """Return why it is not proposed, or an empty text."""
        if self.why_not:
            return REASONS[self.why_not]
        return _("recall proposed") if self.doubted else _("expires soon") if self.short else ""

    @property
    def good(self) -> bool:
        """Return whether it is proposed; any other that may be given out is chosen by hand."""
        return not (self.why_not or self.short or self.doubted)


def offers(order: Order, on: date | None = None, lock: bool = False) -> dict[int, list[Offer]]:
    """Return {product id: the supplier's lots, first expiry first}; locked, they stay so until the commit."""
    on = on or today()
    found: dict[int, list[Offer]] = defaultdict(list)
    lasting = on + timedelta(days=value_of(SHORT_DAYS, order.supplier))
    rows = _balances(order, lock)
    held = set_aside([row.location_id for row in rows], besides=order.id)
    doubted = proposed_lots() if rows else set()
    stocks = {
        (row.location_id, row.lot_id): LotStock(
            f"{row.location_id}-{row.lot_id}", row.quantity, row.expiry, row.status, row.vvm, row.number
        )
        for row in rows
    }
    rank = {stock.lot_id: place for place, stock in enumerate(fefo_order(stocks.values()))}
    for row in sorted(rows, key=lambda row: rank[stocks[row.location_id, row.lot_id].lot_id]):
        why_not = refusal(stocks[row.location_id, row.lot_id], on)
        found[row.product_id].append(_offer(row, held, why_not, lasting, row.lot_id in doubted))
    return dict(found)


def _offer(row: Any, held: Mapping[Place, int], why_not: str, lasting: date, doubted: bool) -> Offer:
    short = row.expiry is not None and row.expiry < lasting
    free = max(0, row.quantity - held.get((row.location_id, row.lot_id), 0))
    return Offer(
        location_id=row.location_id, store=row.store, lot_id=row.lot_id, product_id=row.product_id, number=row.number,
        expiry=row.expiry, vvm=row.vvm, there=row.quantity, free=free, why_not=why_not, short=short,
        doubted=doubted,
    )  # fmt: skip


def _balances(order: Order, lock: bool) -> Sequence[Any]:
    """Return what the supplier's stores hold of the ordered products; the rows are locked in one order."""
    products = select(OrderLine.product_id).where(OrderLine.order_id == order.id)
    query = (
        select(
            StockBalance.location_id, StockBalance.lot_id, StockBalance.product_id, StockBalance.quantity,
            StockLocation.name.label("store"), Lot.number, Lot.expiry, Lot.status, Lot.vvm,
        )
        .join(StockLocation, StockLocation.id == StockBalance.location_id)
        .join(Lot, Lot.id == StockBalance.lot_id)
        .where(StockBalance.facility_id == order.supplier_id, StockLocation.kind == STORE, StockBalance.quantity > 0)
        .where(StockBalance.product_id.in_(products))
        .order_by(StockBalance.location_id, StockBalance.lot_id)
    )  # fmt: skip
    query = query.with_for_update(of=StockBalance.__table__) if lock else query
    return read_beside(query, OFFERED).all()


def proposal(
    order: Order, found: Mapping[int, Sequence[Offer]] | None = None, shares: Mapping[int, int] | None = None
) -> dict[int, dict[Place, int]]:  # fmt: skip
    """Return {order line id: what to take from where}, first expiry first, good and lasting lots only.

    A line that has a fair share is given no more than that.
    """
    found, shares = offers(order) if found is None else found, shares or {}
    wanted = {line.id: min(line.open + line.allocated, shares.get(line.id, line.ordered)) for line in order.lines}
    return {line.id: first_expiry_first(found.get(line.product_id, ()), wanted[line.id]) for line in order.lines}


def first_expiry_first(lots: Sequence[Offer], wanted: int) -> dict[Place, int]:
    """Return what to take of the lots for `wanted` base units; less when they do not suffice."""
    places = {f"{one.location_id}-{one.lot_id}": one for one in lots if one.free and one.good}
    stocks = [LotStock(key, one.free, one.expiry, vvm=one.vvm, number=one.number) for key, one in places.items()]
    picks = fefo(stocks, wanted, today()).picks
    return {places[str(key)].place: units for key, units in picks}


def fair_shares(order: Order, found: Mapping[int, Sequence[Offer]]) -> dict[int, int]:
    """Return {order line id: fair share} where the supplier has less than all open orders ask for."""
    claims: dict[int, list[Claim[int]]] = defaultdict(list)
    for row in _claims(order):
        cmm = Fraction(row.cmm) if row.cmm else None
        claims[row.product_id].append(Claim(row.id, int(row.need), int(row.usable or 0), cmm))
    shares: dict[int, int] = {}
    for line in order.lines:
        good = sum(one.there for one in found.get(line.product_id, ()) if one.good)
        asked = claims.get(line.product_id, [])
        if good < sum(claim.need for claim in asked):
            shares[line.id] = ration(good, asked)[line.id]
    return shares


def _claims(order: Order) -> Sequence[Any]:
    """Return the lines of all orders that wait at this supplier for one of these products."""
    products = select(OrderLine.product_id).where(OrderLine.order_id == order.id)
    need = OrderLine.ordered - OrderLine.shipped - OrderLine.cancelled - OrderLine.backordered
    query = (
        select(OrderLine.id, OrderLine.product_id, need.label("need"), RequisitionLine.usable, RequisitionLine.cmm)
        .join(Order, Order.id == OrderLine.order_id)
        .outerjoin(
            RequisitionLine,
            (RequisitionLine.requisition_id == Order.requisition_id)
            & (RequisitionLine.product_id == OrderLine.product_id),
        )
        .where(Order.supplier_id == order.supplier_id, Order.state.in_(BEFORE_SHIPPING), need > 0)
        .where(OrderLine.product_id.in_(products))
        .order_by(OrderLine.id)
    )
    return read_beside(query, OFFERED).all()
