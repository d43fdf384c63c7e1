"""What lay in the stores of some facilities, product by product: when it came, whether it was out, and its lots.

Nothing here reads back to the beginning: what lay there on the eve of a window is what lies there now, by the balances
that are kept with each movement, less all that has moved since. See `reports` for who may call this.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy import Date as Day

from core.data.db import today
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.formulas.cmm import Change
from plugins.elmis.formulas.lots import ACTIVE, HELD, LotStock
from plugins.elmis.ledger import givable
from plugins.elmis.ledger.models import HELD as LEFT
from plugins.elmis.ledger.models import STORE, Movement, Reason, StockBalance, StockLocation
from plugins.elmis.ledger.turns import TURN
from plugins.elmis.replenishment.among import among
from plugins.elmis.replenishment.reports import FIRST, LAST, OWN, PLACES, PRODUCTS, SIDES, Own, Pair, rows_of

EVE, LONG = bindparam("eve", type_=Day), bindparam("long", type_=Day)
HAD = 2  # of what the turns do not say
DAY = timedelta(days=1)


@cache
def _changes(together: bool) -> Any:
    """Return the select of how the stock that may be given out changed, by facility, product and day; of several
    facilities together only of what was out on some day of the window."""
    legs = _legs(_out().cte("out_once") if together else None).cte(
        "legs"
    )  # read once, though events are made five times
    events = givable.events(legs, ("facility_id", "product_id")).subquery()
    day = case((events.c.day >= FIRST, events.c.day))
    keys = (events.c.facility_id, events.c.product_id, day)
    sums = (cast(func.sum(events.c[name]), BigInteger) for name in ("delta", "gain"))
    return select(*keys, *sums).where(events.c.day <= LAST).group_by(*keys)


def _legs(pairs: Any) -> Any:
    """Return a select of what came to the stores (+) and left them (−) in the window; moves between them cancel out.

    What lay there on its eve is what lies there now, less all that has moved since. `came` is what arrived; the
    reversal of an arrival takes it back.
    """
    lots, eve, none = (Movement.product_id, Movement.lot_id), EVE.label("day"), literal(0).label("came")
    keys = (StockBalance.facility_id, StockBalance.product_id)
    there = select(*keys, StockBalance.lot_id, eve, StockBalance.quantity.label("signed"), none)
    there = there.where(StockBalance.location_id.in_(OWN), among(StockBalance.product_id, PRODUCTS), LEFT)
    parts = [_only(pairs, there, *keys)]
    for sign, side, other in SIDES:
        signed = (sign * Movement.quantity).label("signed")
        came = case((Reason.to_kind == STORE, sign * Movement.quantity), else_=0).label("came")
        for columns, until in (
            ((Movement.occurred_on.label("day"), signed, came), Movement.occurred_on <= LAST),
            ((eve, (-sign * Movement.quantity).label("signed"), none), true()),
        ):
            query = select(StockLocation.facility_id, *lots, *columns)
            query = query.join_from(Movement, StockLocation, StockLocation.id == side)
            query = query.join(Reason, Reason.id == Movement.reason_id)
            query = _only(pairs, query, StockLocation.facility_id, Movement.product_id)
            since = (
                side.in_(OWN),
                other.not_in(OWN),
                among(Movement.product_id, PRODUCTS),
                Movement.occurred_on >= FIRST,
            )
            parts.append(query.where(*since, until))
    return union_all(*parts)


def _only(pairs: Any, query: Any, facility: Any, product: Any) -> Any:
    """Return a select of what is among some (facility, product), or of all."""
    return (
        query
        if pairs is None
        else query.join(pairs, and_(pairs.c.facility_id == facility, pairs.c.product_id == product))
    )


def usable_changes(
    own: Own, first: date, last: date, products: Collection[int]
) -> dict[Pair, tuple[int, list[Change]]]:  # fmt: skip
    """Return the stock that could be given out on the eve of `first`, and its changes up to `last`: what became
    available on a day and what left it apart."""
    if not products:
        return {}
    values = {"own": list(own), "products": products, "first": first, "last": last, "eve": first - DAY}
    places = set(own.values())
    eves: dict[Pair, int] = defaultdict(int)
    changes: dict[Pair, list[Change]] = defaultdict(list)
    for facility, product, when, delta, gain in rows_of(_changes(len(places) > 1), places=list(places), **values):
        if when is None:
            eves[facility, product] += delta
        else:
            changes[facility, product] += [(when, part) for part in (gain, delta - gain) if part]
    return {pair: (eves[pair], changes[pair]) for pair in {*eves, *changes}}


class Life(NamedTuple):
    """The day on which a product first came (one whose receipt was reversed never did), and whether it was out at the
    end of a day since the first day of a window, or on its eve: of a short window, and of a longer one."""

    came: date | None = None
    out: bool = False
    out_long: bool = False


@cache
def _lives(some: bool, alone: bool) -> Any:
    keys = (TURN.c.facility_id, TURN.c.product_id)
    outs = (case((_was_out(first), 1), else_=0) for first in (FIRST, LONG))
    query = select(*keys, func.min(case((TURN.c.held == 1, TURN.c.day))), *outs)
    query = query.where(TURN.c.facility_id.in_(PLACES), TURN.c.day <= LAST)
    query = (query.where(among(TURN.c.product_id, PRODUCTS)) if some else query).group_by(*keys)
    return union_all(query, _had()) if alone else query


def _was_out(first: Any) -> ColumnElement[bool]:
    """Return whether the turns of a product say that it was out at the end of a day from the eve of a day on; of one
    that came later, from then on: the days before it came count nowhere."""
    eve = func.sum(case((TURN.c.day < first, TURN.c.there), else_=0))
    came = func.min(case((TURN.c.held == 1, TURN.c.day)))
    left = func.min(case((TURN.c.day >= first, TURN.c.there)))  # 0 where it came and was all used that day
    return or_(and_(came < first, eve == 0), left <= 0)


def _out() -> Any:
    """Return the select of the (facility, product) that were out at the end of a day of the window, or on its eve."""
    keys = (TURN.c.facility_id, TURN.c.product_id)
    query = select(*keys).where(TURN.c.facility_id.in_(PLACES), among(TURN.c.product_id, PRODUCTS), TURN.c.day <= LAST)
    return query.group_by(*keys).having(_was_out(FIRST))


def _had() -> Any:
    """Return the select of the products that ever came to the stores up to a day, also those whose receipt was
    reversed."""
    came = exists().where(
        Movement.target_id == StockLocation.id, Movement.product_id == Product.id, Movement.occurred_on <= LAST
    )
    query = select(StockLocation.facility_id, Product.id, cast(None, Day), literal(HAD), literal(HAD))
    return query.join_from(StockLocation, Product, true()).where(StockLocation.id.in_(OWN), came)


def lives(
    own: Own, first: date, long: date, last: date, products: Collection[int] | None = None, alone: bool = False
) -> tuple[dict[Pair, Life], set[Pair]]:  # fmt: skip
    """Return what the turns say of each product up to a day, and the products that facilities have had: by the turns,
    of one `alone` also those whose receipt was reversed."""
    values: dict[str, Any] = {"places": list(set(own.values())), "first": first, "long": long, "last": last}
    values |= {"own": list(own)} if alone else {}
    values |= {} if products is None else {"products": products}
    found: dict[Pair, Life] = {}
    had: set[Pair] = set()
    for facility, product, came, out, out_long in rows_of(_lives(products is not None, alone), **values):
        had.add((facility, product))
        if out != HAD:
            found[facility, product] = Life(came, bool(out), bool(out_long))
    return found, had


@cache
def _lots(past: bool) -> Any:
    """Return the select of what the stores hold of each lot, now or (less what moved since) at the end of a day."""
    keys = (StockBalance.location_id.label("place"), StockBalance.product_id, StockBalance.lot_id)
    there = (StockBalance.location_id.in_(OWN), among(StockBalance.product_id, PRODUCTS), LEFT)
    parts = [select(*keys, StockBalance.quantity).where(*there)]
    for sign, side, other in SIDES if past else ():
        since = select(side, Movement.product_id, Movement.lot_id, -sign * Movement.quantity)
        since = since.where(side.in_(OWN), other.not_in(OWN), Movement.occurred_on > LAST)
        parts.append(since.where(among(Movement.product_id, PRODUCTS)))
    held = union_all(*parts).subquery()
    then = case((givable.held_on(Lot.id, LAST), case((Lot.status == ACTIVE, HELD), else_=Lot.status)), else_=ACTIVE)
    state = (then, literal(None)) if past else (Lot.status, Lot.vvm)
    query = select(held.c.place, held.c.product_id, held.c.quantity, Lot.id, Lot.number, Lot.expiry, *state)
    return query.join(Lot, Lot.id == held.c.lot_id)


def lots(own: Own, on: date, products: Collection[int]) -> dict[Pair, list[LotStock]]:
    """Return what the stores hold of each lot at the end of a day; of a past day, also whether it was held then."""
    past = on < today()
    day = {"last": on} if past else {}
    rows = rows_of(_lots(past), own=list(own), products=products, **day)
    if past or len(own) > len(set(own.values())):
        rows = _by_facility(rows, own)
    found: dict[Pair, list[LotStock]] = defaultdict(list)
    for place, product, quantity, lot, number, expiry, status, vvm in rows:
        found[own[place], product].append(LotStock(lot, quantity, expiry, status, vvm, number))
    return found


def _by_facility(rows: Iterable[Any], own: Own) -> list[Any]:
    """Return the rows of lots with what all stores of a facility hold of a lot in one, unless that is nothing."""
    held: dict[tuple[int, int], Any] = {}
    for row in map(tuple, rows):
        known = held.get((own[row[0]], row[3]))
        held[own[row[0]], row[3]] = row if known is None else (*known[:2], known[2] + row[2], *known[3:])
    return [row for row in held.values() if row[2]]
