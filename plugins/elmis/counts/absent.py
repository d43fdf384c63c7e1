"""What a count of everything says of a lot that is not on its sheet: none was there."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from core.data.access import acting, current
from core.data.bulk import read_beside
from plugins.elmis.catalogue.models import Product
from plugins.elmis.counts.models import POSTED, Count
from plugins.elmis.ledger import observations, turns
from plugins.elmis.ledger.models import STORE, Observation
from plugins.elmis.ledger.moves import Move, load
from plugins.elmis.ledger.observations import Seen

WHOLE = "a count of everything meets whatever comes to its store"
SAW, C = Observation.__table__.c, Count.__table__.c
# the products of which such a count says everything; chosen ones say nothing of what else lies there
COVERED: ColumnElement[bool] = or_(
    C.what == "all", and_(C.what == "tracers", Product.tracer), and_(C.what == "cold", Product.cold)
)


@dataclass(frozen=True, slots=True)
class Whole:
    """A posted count of everything, at its last moment, that did not find a lot."""

    id: int
    number: str
    location_id: int
    day: date
    at: datetime
    product_id: int


def wholes(product: ColumnElement[bool], place: ColumnElement[bool], since: date) -> Any:
    """Return the select of posted counts of everything in stores since a day, each with the products it covers and
    what a `Whole` says."""
    last = func.max(SAW.counted_at)
    return (
        select(C.id, C.number, C.location_id, func.max(SAW.counted_on), last, Product.id)
        .join_from(Count.__table__, Observation.__table__, and_(
            SAW.location_id == C.location_id, SAW.document == C.number, SAW.document_ref != "",
        ))
        .join(Product.__table__, COVERED)
        .where(C.state == POSTED, place, product, SAW.counted_on >= since)
        .group_by(C.id, C.number, C.location_id, Product.id)
        .order_by(last)
    )  # fmt: skip


def unseen(moves: Iterable[Move]) -> dict[str, list[Whole]]:
    """Return {move's uuid: the counts of everything on its day or later that did not see its lot where it comes in},
    the first one first."""
    coming = list(moves)
    facts = load(coming)
    coming = [move for move in coming if facts.locations[move.target_id].kind == STORE]
    if not coming:
        return {}
    products, places = {facts.lots[move.lot_id].product_id for move in coming}, {move.target_id for move in coming}
    query = wholes(Product.id.in_(products), C.location_id.in_(places), min(move.occurred_on for move in coming))
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
        with acting(replace(current(), everything=True)):  # it says what the count said
            observations.write(seen, facts)
