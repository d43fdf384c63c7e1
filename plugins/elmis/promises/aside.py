"""What is set aside for orders in a store, and for whom."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from core.data.bulk import read_beside
from core.facilities.models import Facility
from plugins.elmis.promises.models import Allocation, Order, OrderLine

WHOLE = "what is set aside in a store is counted whole: whoever asks has judged who may see the store"
Place = tuple[int, int]  # location id, lot id


@dataclass(frozen=True, slots=True)
class Aside:
    """Units of a lot in a store that wait for an order."""

    location_id: int
    lot_id: int
    order_id: int
    order: str
    facility: str
    quantity: int


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
    return [Aside(*row) for row in read_beside(query, WHOLE)]


def named(waiting: Iterable[Aside]) -> str:
    """Return for which orders something waits: "CMD-2026-00003 (CDS Rohero)"."""
    return ", ".join(dict.fromkeys(f"{one.order} ({one.facility})" for one in waiting))
