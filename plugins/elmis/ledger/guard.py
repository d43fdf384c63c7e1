"""What is set aside for an order stays: held at each posting, whoever posts."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import and_, func, select

from core.contract.words import _
from core.data.bulk import read_beside
from core.data.db import db, today
from core.data.errors import Refused
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.catalogue.units import measured
from plugins.elmis.formulas.lots import LotStock, refusal
from plugins.elmis.ledger.balances import Left
from plugins.elmis.ledger.models import BOOK, STORE, Movement, StockBalance
from plugins.elmis.ledger.moves import Facts
from plugins.elmis.promises import taking
from plugins.elmis.promises.aside import Place, asides, named
from plugins.elmis.promises.models import Allocation

# what was seen is kept, whoever had the goods set aside; and nobody is sent what lies in quarantine
FACTS = frozenset({"count_shortage", "discrepancy", "quarantine"})


def check(rows: Sequence[Movement], facts: Facts, left: Mapping[Place, Left]) -> None:
    """Raise Refused when what left a store was set aside for an order; `left` is what lies there now, and waits.

    A count and what a device reports are kept, and what may not be used goes where it must: the order loses it and is
    told.
    """
    leaving = [row for row in rows if facts.locations[row.source_id].kind == STORE]
    for place, lot in sorted({(row.source_id, row.lot_id) for row in leaving}):
        short = left[place, lot].aside - left[place, lot].there
        if short > 0:
            cause = [row for row in leaving if (row.source_id, row.lot_id) == (place, lot)][-1]
            kept = {row.id for code, row in facts.reasons.items() if code in FACTS}
            seen = bool(cause.device) or cause.reason_id in kept
            if seen or _useless(facts.lots[lot]):
                taking.take(place, lot, short, f"{cause.document} {facts.lots[lot].number}".strip())
            else:
                raise _taken(facts.lots[lot], place, short)


def check_poured(legs: Any) -> None:
    """Raise Refused when what a list takes out of a store, {both sides of its movements}, is set aside for an order."""
    here, aside = StockBalance.__table__.c, func.sum(Allocation.quantity)
    waiting = (
        select(Allocation.location_id, Allocation.lot_id, aside.label("units"))
        .group_by(Allocation.location_id, Allocation.lot_id)
        .subquery()
    )
    left = select(legs.c.location_id, legs.c.lot_id).where(legs.c.delta < 0).distinct().subquery()
    query = (
        select(here.location_id, here.lot_id, waiting.c.units - here.quantity)
        .join_from(left, waiting, and_(waiting.c.location_id == left.c.location_id, waiting.c.lot_id == left.c.lot_id))
        .join(StockBalance, and_(here.location_id == left.c.location_id, here.lot_id == left.c.lot_id))
        .where(here.quantity < waiting.c.units)
        .order_by(here.location_id, here.lot_id)
    )
    for place, lot, short in read_beside(query.limit(1), BOOK).all():
        raise _taken(db.session.get_one(Lot, lot), place, int(short))


def _useless(lot: Lot) -> bool:
    """Return whether a lot could not be shipped anyway: a recall takes it away, whoever had it set aside."""
    return bool(refusal(LotStock(lot.id, 1, lot.expiry, lot.status, lot.vvm), today()))


def _taken(lot: Lot, place: int, short: int) -> Refused:
    words = _(
        "%(short)s of %(product)s, lot %(lot)s, are set aside for %(orders)s. Take less, or another lot.",
        short=measured(lot.product, short), product=lot.product.name, lot=lot.number,
        orders=named(asides([place], [lot.id])),
    )  # fmt: skip
    return Refused(words, field="quantity", lot_id=lot.id)
