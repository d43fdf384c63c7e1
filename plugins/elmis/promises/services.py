"""A new order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core.contract.settings import Setting
from core.contract.words import _
from core.data.db import db, today
from core.data.errors import Refused
from core.data.numbers import next_number
from core.data.settings import value_of
from core.data.work import emit
from core.facilities.models import Facility
from plugins.elmis import series
from plugins.elmis.promises.models import Order, OrderLine
from plugins.elmis.promises.rights import PREPARE

DELIVERIES = _("Deliveries")
DELIVERY_DAYS = Setting(
    "elmis.delivery_days", _("From the order to the delivery"), 10, PREPARE,
    _("So long a depot has for an ordinary order."), _("days"), DELIVERIES, local=True, least=1, most=120,
)  # fmt: skip
EMERGENCY_DAYS = Setting(
    "elmis.emergency_days", _("From an emergency order to the delivery"), 2, PREPARE, "", _("days"), DELIVERIES,
    local=True, least=1, most=30,
)  # fmt: skip
TRAVEL_DAYS = Setting(
    "elmis.travel_days", _("From the departure to the arrival"), 3, PREPARE,
    _("After so long the delivery is expected at the other end."), _("days"), DELIVERIES, local=True, least=0, most=60,
)  # fmt: skip
SHORT_DAYS = Setting(
    "elmis.short_days", _("Least life of a lot that is proposed"), 30, PREPARE,
    _("One that expires earlier is not proposed for an order; it can be chosen by hand."), _("days"), DELIVERIES,
    local=True, least=0, most=365,
)  # fmt: skip
OF_DELIVERIES = [DELIVERY_DAYS, EMERGENCY_DAYS, TRAVEL_DAYS, SHORT_DAYS]


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
    promised = value_of(EMERGENCY_DAYS if urgent else DELIVERY_DAYS, supplier)
    order = Order(
        number=next_number(series.ORDER), supplier_id=supplier.id, facility_id=facility.id, state="to_prepare",
        urgent=urgent, ordered_on=today(), needed_on=today() + timedelta(days=promised), currency=currency, **links,
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
