"""The counts of a stock card: what was seen stands among the movements of its day, where it was seen."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, select

from core.data.bulk import read_beside
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger.models import BOOK, Movement, Observation

IN, OUT, DIFFERENCE, SEEN = range(4)  # the order of what happened between two counts of a day


def seen(ids: Any, product_id: int, first: date, last: date) -> tuple[int, Sequence[Any]]:
    """Return (stock on the eve of the first day, the counts until the last, lot by lot) of some stores."""
    here = and_(
        Observation.product_id == Product.id, Observation.location_id.in_(ids),
        Observation.counted_on.between(first, last),
    )  # fmt: skip
    query = (
        select(
            _before(ids, product_id, first).label("opening"), Observation.id,
            Observation.counted_on.label("occurred_on"), Observation.counted_at.label("at"),
            Observation.quantity.label("seen"), Observation.document, Observation.document_ref, Observation.comment,
            Observation.user_label, Observation.location_id, Lot.number, Lot.expiry,
        )
        .select_from(Product).outerjoin(Observation, here).outerjoin(Lot, Lot.id == Observation.lot_id)
        .where(Product.id == product_id)
        .order_by(Observation.counted_on, Observation.counted_at, Observation.id)
    )  # fmt: skip
    rows = read_beside(query, BOOK).all()
    return int(rows[0].opening), [row for row in rows if row.id is not None]


def _before(ids: Any, product_id: int, day: date) -> Any:
    """Return the SQL of the stock on the eve of a day."""
    moved = Movement.__table__.c
    sums = (
        select(func.coalesce(func.sum(moved.quantity), 0))
        .where(side.in_(ids), moved.product_id == product_id, moved.occurred_on < day)
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
