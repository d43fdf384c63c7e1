"""The counts of a stock card: what was seen stands among the movements of its day, where it was seen.

Its statements are put together once, and their values bound each time: `here` is a store, or the facility of several.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Date, Integer, and_, bindparam, func, select

from core.data.bulk import read_beside
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger.models import BOOK, STORE, Movement, Observation, StockLocation

HERE, PRODUCT = (bindparam(name, type_=Integer) for name in ("here", "product"))
FIRST, LAST = (bindparam(name, type_=Date) for name in ("first", "last"))
IN, OUT, DIFFERENCE, SEEN = range(4)  # the order of what happened between two counts of a day


def stores(one: bool) -> Any:
    """Return the select of the ids of one store, or of all of a facility."""
    query = select(StockLocation.id)
    return query.where(StockLocation.id == HERE if one else of_facility())


def of_facility() -> Any:
    """Return the condition on the stores of a facility."""
    return and_(StockLocation.facility_id == HERE, StockLocation.kind == STORE)


def seen(one: bool, values: Mapping[str, Any]) -> tuple[int, Sequence[Any]]:
    """Return (stock on the eve of the first day, the counts until the last, lot by lot) of some stores."""
    rows = read_beside(_seen(one), BOOK, values).all()
    return int(rows[0].opening), [row for row in rows if row.id is not None]


@cache
def _seen(one: bool) -> Any:
    here = and_(
        Observation.product_id == Product.id, Observation.location_id.in_(stores(one)),
        Observation.counted_on.between(FIRST, LAST),
    )  # fmt: skip
    return (
        select(
            _before(stores(one)).label("opening"), Observation.id,
            Observation.counted_on.label("occurred_on"), Observation.counted_at.label("at"),
            Observation.quantity.label("seen"), Observation.document, Observation.document_ref, Observation.comment,
            Observation.user_label, Observation.location_id, Lot.number, Lot.expiry,
        )
        .select_from(Product).outerjoin(Observation, here).outerjoin(Lot, Lot.id == Observation.lot_id)
        .where(Product.id == PRODUCT)
        .order_by(Observation.counted_on, Observation.counted_at, Observation.id)
    )  # fmt: skip


def _before(ids: Any) -> Any:
    """Return the SQL of the stock on the eve of the first day."""
    moved = Movement.__table__.c
    sums = (
        select(func.coalesce(func.sum(moved.quantity), 0))
        .where(side.in_(ids), moved.product_id == PRODUCT, moved.occurred_on < FIRST)
        .scalar_subquery()
        for side in (moved.target_id, moved.source_id)
    )
    return next(sums) - next(sums)


def ordered(lines: Iterable[Any], counts: Sequence[Any]) -> list[Any]:
    """Return movements and counts by day; between two counts what came in stands first, so that no balance dips."""
    moments: dict[date, list[datetime]] = defaultdict(list)
    for one in counts:
        moments[one.occurred_on].append(one.at)

    def place(row: Any, *rest: int) -> tuple[date, int, tuple[int, ...]]:
        return row.occurred_on, bisect_left(moments[row.occurred_on], row.at), rest

    keyed = [(place(line, *_turn(line)), line) for line in lines] + [(place(one, SEEN, one.id), one) for one in counts]
    return [row for _key, row in sorted(keyed, key=lambda each: each[0])]


def sides(lines: Iterable[Any], counts: Sequence[Any]) -> dict[int, str]:
    """Return {movement id: "before" or "after"} of what moved on a day on which its lot was counted in its store."""
    moments = {(one.occurred_on, one.location_id, one.number): one.at for one in counts}  # the last of each day
    found = {}
    for line in lines:
        own = line.target_id if line.arrives else line.source_id
        at = moments.get((line.occurred_on, own, line.number))
        if at is not None and line.observation_id is None:
            found[line.id] = "before" if line.at < at else "after"
    return found


def _turn(line: Any) -> tuple[int, int, int]:
    """Return the turn of a movement between two counts: a reversal stands right behind what it undoes."""
    if line.observation_id is not None:
        return DIFFERENCE, line.id, 0
    undoes = line.reverses_id is not None
    return (IN if line.arrives != undoes else OUT), line.reverses_id if undoes else line.id, int(undoes)
