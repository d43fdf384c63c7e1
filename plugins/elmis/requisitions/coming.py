"""What is on its way to a facility, and what it owes to others, once for all products: the suggestion counts it.

`promises.sums` says what is ordered, in transit and owed. What a facility asked for and is not yet an order counts
as on order. Goods that another system sent are known from its movements alone: they are in transit for whom they are
bound, until they arrived, or for three months: nothing is that long on the road.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import Date, Integer, bindparam, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from core.data.bulk import read_beside
from core.data.db import today
from core.facilities.models import Facility
from plugins.elmis.formulas.suggestion import Coming
from plugins.elmis.ledger.models import STORE, Movement, StockLocation
from plugins.elmis.promises import sums
from plugins.elmis.replenishment.reading import Expected
from plugins.elmis.requisitions.models import Requisition, RequisitionLine
from plugins.elmis.requisitions.states import ON_THE_WAY

Row = tuple[int, int, str]
LONGEST = timedelta(days=90)
WHOLE = "figures of one facility that whoever asks was allowed"
HERE, WITHOUT = (bindparam(name, type_=Integer) for name in ("here", "without"))
SINCE = bindparam("since", type_=Date)


@cache
def _parts() -> Any:
    """Return the select of all of it, part by part; put together once, its values bound each time."""
    parts = (sums.on_order(HERE), asked_for(), sums.in_transit(HERE), imported(), sums.owed(HERE))
    query = union_all(*(part.add_columns(literal(number)) for number, part in enumerate(parts)))
    return query


def expected(facility: Facility, without: int | None = None) -> Expected:
    """Return what is coming to a facility and what it owes, by product, in one statement; `without` a requisition."""
    values = {"here": facility.id, "without": without or 0, "since": today() - LONGEST}
    found: list[list[Row]] = [[], [], [], [], []]
    for product, units, document, part in read_beside(_parts(), WHOLE, values):
        found[part].append((product, int(units), document))
    ordered, asked, moving, sent, owed = (sorted(part, key=lambda row: row[2]) for part in found)
    return Expected(gathered([*ordered, *asked]), gathered([*moving, *sent]), gathered(owed))


def asked_for() -> Any:
    """Return the select of what a facility's confirmed requisitions ask for that no order was made of yet."""
    quantity = func.coalesce(RequisitionLine.approved, RequisitionLine.requested, RequisitionLine.suggested, 0)
    return (
        select(RequisitionLine.product_id, quantity, Requisition.number)
        .join(Requisition, Requisition.id == RequisitionLine.requisition_id)
        .where(Requisition.facility_id == HERE, Requisition.state.in_(ON_THE_WAY), quantity > 0)
        .where(Requisition.id != WITHOUT)
    )


def imported() -> Any:
    """Return the select of what imports say was sent to a facility and has neither arrived there nor gone back."""
    sent, came = aliased(Movement), aliased(Movement)
    places = select(StockLocation.id).where(StockLocation.facility_id == HERE, StockLocation.kind == STORE)
    keys = (sent.product_id, sent.lot_id, sent.paper_key, sent.target_id)
    units, first, number = func.sum(sent.quantity), func.min(sent.occurred_on), func.min(sent.document)
    underway = sent.occurred_on > SINCE
    going = select(*keys, units.label("units"), first.label("first"), number.label("document")).where(
        sent.bound_for_id == HERE, underway
    )
    goods = going.group_by(*keys).subquery()
    settled = (
        select(func.coalesce(func.sum(came.quantity), 0))
        .where(came.lot_id == goods.c.lot_id, came.paper_key == goods.c.paper_key, came.occurred_on >= goods.c.first)
        .where(or_(came.source_id == goods.c.target_id, came.target_id.in_(places)))
        .scalar_subquery()
    )
    left = select(goods.c.product_id, (goods.c.units - settled).label("left"), goods.c.document).subquery()
    return select(left).where(left.c.left > 0)


def gathered(rows: Iterable[Row]) -> dict[int, Coming]:
    """Return {product id: the sum of its rows, with their documents in order}."""
    units: dict[int, int] = defaultdict(int)
    documents: dict[int, dict[str, None]] = defaultdict(dict)
    for product, quantity, number in rows:
        units[product] += quantity
        documents[product][number] = None
    return {product: Coming(total, tuple(documents[product])) for product, total in units.items() if total}
