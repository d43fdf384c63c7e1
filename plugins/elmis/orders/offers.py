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
from plugins.elmis.formulas.lots import REASONS, refusal, taken
from plugins.elmis.formulas.rationing import Claim, ration
from plugins.elmis.ledger.moves import stores
from plugins.elmis.promises.aside import Place
from plugins.elmis.promises.machines import BEFORE_SHIPPING
from plugins.elmis.promises.models import Order, OrderLine
from plugins.elmis.promises.services import SHORT_DAYS
from plugins.elmis.requisitions.models import RequisitionLine
from plugins.elmis.store.free import OFFERED, Held, held_for

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
    names = {store.id: store.name for store in stores(order.supplier)}
    for one in held_for(order, lock):
        found[one.product_id].append(_offer(one, names[one.place[0]], on, lasting))
    return dict(found)


def _offer(one: Held, store: str, on: date, lasting: date) -> Offer:
    lot = one.stock
    return Offer(
        location_id=one.place[0], store=store, lot_id=one.place[1], product_id=one.product_id, number=lot.number,
        expiry=lot.expiry, vvm=lot.vvm, there=one.there, free=lot.quantity, why_not=refusal(lot, on),
        short=lot.expiry is not None and lot.expiry < lasting, doubted=one.doubted,
    )  # fmt: skip


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
    return dict(taken(((one.place, one.free) for one in lots if one.good), wanted)[0])


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
