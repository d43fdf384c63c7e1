"""What is on its way to a facility, and what it owes to others: asked of the orders, once for all products.

`orders.reports.on_order(facility)`, `in_transit(facility)` and `owed(facility)` each give rows of
(product id, base units, document number). What a facility asked for and is not yet an order counts as on order.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select

from core.data.db import db
from core.facilities.models import Facility
from plugins.elmis.replenishment.suggestion import Coming

Row = tuple[int, int, str]


@dataclass(frozen=True)
class Expected:
    """Base units by product id, with the numbers of the documents that say so."""

    on_order: Mapping[int, Coming] = field(default_factory=dict)
    in_transit: Mapping[int, Coming] = field(default_factory=dict)
    owed: Mapping[int, Coming] = field(default_factory=dict)


def expected(facility: Facility) -> Expected:
    """Return what is coming to a facility and what it owes, by product."""
    from plugins.elmis.orders import reports

    asked = [*reports.on_order(facility), *asked_for(facility.id)]
    return Expected(gathered(asked), gathered(reports.in_transit(facility)), gathered(reports.owed(facility)))


def asked_for(facility_id: int) -> list[Row]:
    """Return what the facility's confirmed requisitions ask for that no order was made of yet."""
    from plugins.elmis.requisitions.models import Requisition, RequisitionLine
    from plugins.elmis.requisitions.states import ON_THE_WAY

    quantity = func.coalesce(RequisitionLine.approved, RequisitionLine.requested, RequisitionLine.suggested, 0)
    query = (
        select(RequisitionLine.product_id, quantity, Requisition.number)
        .join(Requisition, Requisition.id == RequisitionLine.requisition_id)
        .where(Requisition.facility_id == facility_id, Requisition.state.in_(ON_THE_WAY), quantity > 0)
    )
    return [(product, int(units), number) for product, units, number in db.session.connection().execute(query)]


def gathered(rows: Iterable[Row]) -> dict[int, Coming]:
    """Return {product id: the sum of its rows, with their documents in order}."""
    units: dict[int, int] = defaultdict(int)
    documents: dict[int, dict[str, None]] = defaultdict(dict)
    for product, quantity, number in rows:
        units[product] += quantity
        documents[product][number] = None
    return {product: Coming(total, tuple(documents[product])) for product, total in units.items() if total}
