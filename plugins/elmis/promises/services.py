"""A new order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core.contract.words import _
from core.data.db import db, today
from core.data.errors import Refused
from core.data.numbers import next_number
from core.data.work import emit
from core.facilities.models import Facility
from plugins.elmis.promises.models import Order, OrderLine

PROMISED = {True: timedelta(days=2), False: timedelta(days=10)}  # from order to delivery: emergency or not


@dataclass(frozen=True)
class Wanted:
    """A product to be ordered: requested and approved base units."""

    product_id: int
    requested: int
    approved: int
    pack_size: int = 1
    unit_price: Any = None


def create(
    supplier: Facility, facility: Facility, wanted: Iterable[Wanted], currency: str, *, urgent: bool = False,
    **links: int | None,
) -> Order:  # fmt: skip
    """Return a new order to prepare; Refused when nothing is ordered."""
    order = Order(
        number=next_number("CMD"), supplier_id=supplier.id, facility_id=facility.id, state="to_prepare", urgent=urgent,
        ordered_on=today(), needed_on=today() + PROMISED[urgent], currency=currency, **links,
    )  # fmt: skip
    order.lines = [
        OrderLine(
            product_id=one.product_id, position=position, requested=one.requested, ordered=one.approved,
            pack_size=one.pack_size, unit_price=one.unit_price,
        )
        for position, one in enumerate(wanted)
    ]  # fmt: skip
    if not order.lines:
        raise Refused(_("Nothing was approved: there is nothing to order."))
    db.session.add(order)
    db.session.flush()
    emit("elmis.order.created", order, number=order.number)
    return order
