"""What a count says of a lot that is not on its sheet, of an article of which it counted all: none was there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, func, literal, or_, select

from core.data.access import also
from core.data.bulk import read_beside
from core.data.db import db
from plugins.elmis.catalogue.models import Product
from plugins.elmis.counts.models import ALL, FLAGS, POSTED, Count
from plugins.elmis.ledger import observations, turns
from plugins.elmis.ledger.models import STORE, Observation, StockLocation
from plugins.elmis.ledger.moves import Move, load
from plugins.elmis.ledger.observations import Seen

WHOLE = "a count of all lots of an article meets whatever of it comes to its store"
SAW, C = Observation.__table__.c, Count.__table__.c
# the products of which a count says everything: all of them, or those that it covers
KEPT = C.covers.contains(literal(",").concat(cast(Product.id, String)).concat(","))
COVERED: ColumnElement[bool] = or_(C.what == ALL, KEPT)


@dataclass(frozen=True, slots=True)
class Whole:
    """A posted count of all lots of an article, at its last moment, that did not find a lot."""

    id: int
    number: str
    location_id: int
    day: date
    at: datetime
    product_id: int


def covered(count: Count) -> str:
    """Return the ids of the products of which a count of some of them says everything, as it keeps them: those that
    bear its mark now, and those of its lines of which no lot was left out."""
    if count.what == ALL:
        return ""
    marked = db.session.scalars(select(Product.id).where(FLAGS[count.what])) if count.what in FLAGS else ()
    left_out = {line.product_id for line in count.lines if line.counted is None}
    found = {*marked, *(line.product_id for line in count.lines)} - left_out
    return f",{','.join(map(str, sorted(found)))}," if found else ""


def ends(places: Any) -> Any:
    """Return the posted counts of some stores by their end, as a table of `count_id`, `day` and `at`."""
    here = and_(SAW.location_id == C.location_id, SAW.document == C.number, SAW.document_ref != "")
    return (
        select(C.id.label("count_id"), func.max(SAW.counted_on).label("day"), func.max(SAW.counted_at).label("at"))
        .join_from(Count.__table__, Observation.__table__, here)
        .where(C.state == POSTED, C.location_id.in_(places))
        .group_by(C.id)
        .subquery("ends")
    )


def unseen(moves: Iterable[Move]) -> dict[str, list[Whole]]:
    """Return {move's uuid: the counts of its article on its day or later that did not see its lot where it comes in},
    the first one first."""
    coming = [move for move in moves if db.session.get_one(StockLocation, move.target_id).kind == STORE]
    if not coming:
        return {}
    facts = load(coming)
    products, places = {facts.lots[move.lot_id].product_id for move in coming}, {move.target_id for move in coming}
    end = ends(places).c
    query = (
        select(C.id, C.number, C.location_id, end.day, end.at, Product.id)
        .join_from(Count.__table__, end.day.table, end.count_id == C.id)
        .join(Product.__table__, COVERED)
        .where(Product.id.in_(products), end.day >= min(move.occurred_on for move in coming))
        .order_by(end.at)
    )
    found = [Whole(*row) for row in read_beside(query, WHOLE)]
    seen = _seen({move.lot_id for move in coming}, places) if found else set()
    return {
        move.uuid: [
            one for one in found
            if one.location_id == move.target_id and one.product_id == facts.lots[move.lot_id].product_id
            and one.day >= move.occurred_on and (one.location_id, move.lot_id, one.number) not in seen
        ]
        for move in coming
    }  # fmt: skip


def _seen(lots: set[int], places: set[int]) -> set[tuple[int, int, str]]:
    query = select(SAW.location_id, SAW.lot_id, SAW.document).where(SAW.lot_id.in_(lots), SAW.location_id.in_(places))
    return {tuple(row) for row in read_beside(query, WHOLE)}


def write(found: Iterable[tuple[Whole, int]]) -> None:
    """Write that a count found none of a lot, of (count, lot): from there on it holds against what comes late."""
    seen = [
        Seen(lot, one.location_id, 0, one.day, one.at, document=one.number, document_ref=f"elmis.count/{one.id}",
             uuid=f"count:{one.id}/none:{lot}")
        for one, lot in dict.fromkeys(found)
    ]  # fmt: skip
    if seen:
        facts = load([], seen)
        turns.lock(facts)
        with also("elmis.count.post", "elmis.stock.view"):  # it says what the count said
            observations.write(seen, facts)
