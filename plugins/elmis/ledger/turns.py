"""Turns: on which day a product came to a facility's stores, ran out, and was there again.

They follow from the movements, and from what became of the lots, alone, and are kept in the same transaction, so
that the availability of a whole country, month after month, is a sum over few rows. What counts is the stock that
may be given out at the end of a day, all lots and stores of the facility together. A lot that will expire is written
down ahead: whoever reads the turns reads those up to today (`so_far`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any
from typing import cast as typed

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    ForeignKey,
    Integer,
    Select,
    Table,
    bindparam,
    case,
    cast,
    delete,
    event,
    extract,
    func,
    insert,
    inspect,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Mapped, UOWTransaction, mapped_column

from core.data.access import Internal
from core.data.bulk import beside, read_beside
from core.data.db import Model, Session, db, today
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger import givable
from plugins.elmis.ledger.models import BOOK, STORE, Movement, Reason, StockBalance, StockLocation
from plugins.elmis.ledger.moves import Facts, lock_stores


class Turn(Model):
    """A change at the end of a day: `held` is 1 when the product first came, `there` 1 or −1 when it came or went.

    So the products held, and those in stock, at the end of a day are the sums up to it."""

    __tablename__ = "elmis_turn"
    __scope__ = Internal()
    __table_args__ = ({"sqlite_with_rowid": False},)

    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey(Product.id), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    month: Mapped[int] = mapped_column(Integer)  # of the day, see `number_of`
    held: Mapped[int] = mapped_column(Integer)
    there: Mapped[int] = mapped_column(Integer)


SUMS = "drawn from movements and lots, which stand in the trail themselves"
TURN = typed(Table, Turn.__table__)
MOVED, PLACE, BALANCE = Movement.__table__.c, StockLocation.__table__.c, StockBalance.__table__.c
REASON, PAIR = Reason.__table__.c, ("facility_id", "product_id")


def number_of(day: date) -> int:
    """Return the number of a day's month: months since the year 0."""
    return day.year * 12 + day.month - 1


def first_day(month: int) -> date:
    """Return the first day of a month by its number."""
    return date(month // 12, month % 12 + 1, 1)


def so_far() -> ColumnElement[bool]:
    """Return the condition on the turns that have come: the others wait for an expiry."""
    return TURN.c.day <= today()


def follow(rows: Iterable[Movement], facts: Facts, least: Mapping[tuple[int, int], int]) -> None:
    """Take down what movements that were stored just now changed; the stores are locked.

    `least`: what lies of a lot at a place, before them or after them, whichever is less.
    """
    touched: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        for place in (facts.locations[row.source_id], facts.locations[row.target_id]):
            if place.kind == STORE and not _stays(row, least.get((place.id, row.lot_id), 0)):
                touched[place.facility_id].add(row.product_id)
    for facility_id, products in touched.items():
        _renew({facility_id}, products)


def _stays(row: Movement, least: int) -> bool:
    """Return whether a movement leaves all turns as they are: of today, and some of its lot was there and still is.

    On each day from today on, either that lot may be given out, and the product is in stock before and after; or it
    may not, and does not count. The product came to the facility when that lot did, at the latest.
    """
    return least > 0 and row.occurred_on == today()


def lock(facts: Facts) -> None:
    """Let no one else change the stores of a posting before the commit: their stock is about to be summed up."""
    lock_stores({place.facility_id for place in facts.locations.values() if place.kind == STORE})


def catch_up(pairs: Iterable[tuple[int, int]]) -> None:
    """Take down what was poured into the ledger: (location id, product id). For imports."""
    stores = select(PLACE.id, PLACE.facility_id).where(PLACE.kind == STORE)
    facilities: dict[int, int] = dict(db.session.execute(stores).all())
    touched: dict[int, set[int]] = defaultdict(set)
    for place, product_id in pairs:
        if place in facilities:
            touched[facilities[place]].add(product_id)
    lock_stores(touched)
    for facility_id, products in touched.items():
        _renew({facility_id}, products)


def follow_lots(ids: Iterable[int]) -> None:
    """Take down what became of lots that were held, released or got another expiry, wherever they ever lay."""
    query = (
        select(BALANCE.product_id, BALANCE.facility_id)
        .join_from(StockBalance, StockLocation, PLACE.id == BALANCE.location_id)
        .where(BALANCE.lot_id.in_(list(ids)), PLACE.kind == STORE)
    )
    places: dict[int, set[int]] = defaultdict(set)
    for product_id, facility_id in read_beside(query, BOOK):
        places[product_id].add(facility_id)
    lock_stores(set().union(*places.values()))
    for product_id, facilities in places.items():
        _renew(facilities, {product_id})


@event.listens_for(Session, "after_flush")
def _lots_changed(session: Session, _context: UOWTransaction) -> None:
    """Lots change in the catalogue, at receipts, by imports: whoever does it, the turns follow."""
    rows = [obj for obj in session.dirty if isinstance(obj, Lot)]
    names = ("expiry", "status", "vvm")
    if ids := [row.id for row in rows if any(inspect(row).attrs[name].history.has_changes() for name in names)]:
        follow_lots(ids)


def _renew(facilities: Iterable[int], products: Iterable[int]) -> None:
    """Write the turns of some products at some facilities anew."""
    pairs, connection = {"here": list(facilities), "what": list(products)}, db.session.connection()
    for statement in _renewal():
        connection.execute(statement, pairs)


@cache
def _renewal() -> tuple[Any, Any]:
    """Return the statements that write turns anew, `here` of `what`: large, and made when they are first needed."""
    here: Any = bindparam("here", expanding=True)
    what: Any = bindparam("what", expanding=True)
    fresh = rebuilt(PLACE.facility_id.in_(here), MOVED.product_id.in_(what))
    old = delete(TURN).where(TURN.c.facility_id.in_(here), TURN.c.product_id.in_(what))
    return beside(old, SUMS), beside(insert(TURN).from_select(NAMES, fresh), SUMS)


def _month(day: Any) -> ColumnElement[int]:
    """Return the SQL number of a day's month."""
    return cast(extract("year", day) * 12 + extract("month", day) - 1, Integer)


def _legs(*conditions: ColumnElement[bool]) -> Any:
    """Return a subquery of what came to stores (+) and what left them (−); `came` is what arrived, and is taken back
    when the arrival is reversed."""
    shared = (PLACE.facility_id, MOVED.product_id, MOVED.lot_id, MOVED.occurred_on.label("day"))
    sides = (
        select(
            *shared, (sign * MOVED.quantity).label("signed"),
            case((REASON.to_kind == STORE, sign * MOVED.quantity), else_=0).label("came"),
        )
        .join_from(Movement, StockLocation, PLACE.id == side)
        .join(Reason, REASON.id == MOVED.reason_id)
        .where(PLACE.kind == STORE, *conditions)
        for side, sign in ((MOVED.target_id, 1), (MOVED.source_id, -1))
    )  # fmt: skip
    return union_all(*sides).cte()  # asked several times, computed once


def rebuilt(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Return the select that recomputes turns from the movements and the lots alone."""
    changed = givable.events(_legs(*conditions), PAIR, givable.following).subquery()
    pair = [changed.c[name] for name in PAIR]
    sums = [cast(func.sum(changed.c[name]), BigInteger).label(name) for name in ("delta", "came")]
    days = select(*pair, changed.c.day, *sums).group_by(*pair, changed.c.day).subquery()
    pair = [days.c[name] for name in PAIR]
    level = func.sum(days.c.delta).over(partition_by=pair, order_by=days.c.day).label("level")
    first = func.min(case((days.c.came > 0, days.c.day))).over(partition_by=pair).label("first")
    levels = select(*pair, days.c.day, level, first).subquery()
    pair = [levels.c[name] for name in PAIR]
    there = case((levels.c.level > 0, 1), else_=0)
    before = func.coalesce(func.lag(there).over(partition_by=pair, order_by=levels.c.day), 0)
    held = case((levels.c.day == levels.c.first, 1), else_=0).label("held")
    steps = select(*pair, levels.c.day, held, (there - before).label("there")).subquery()
    columns = [steps.c.facility_id, steps.c.product_id, steps.c.day, _month(steps.c.day), steps.c.held, steps.c.there]
    return select(*columns).where(or_(steps.c.held == 1, steps.c.there != 0))


NAMES = ["facility_id", "product_id", "day", "month", "held", "there"]


def rebuild() -> None:
    """Replace all turns by what the movements say. For seeds."""
    connection = db.session.connection()
    connection.execute(beside(delete(TURN), SUMS))
    connection.execute(beside(insert(TURN).from_select(NAMES, rebuilt()), SUMS))


def differences() -> Sequence[Any]:
    """Return the turns that are kept but should not be, and those that should be but are not, computed once."""
    kept, should = select(*(TURN.c[name] for name in NAMES), literal(1).label("side")), rebuilt().subquery()
    both = union_all(kept, select(should, literal(-1))).subquery()
    columns = [both.c[name] for name in NAMES]
    query = select(*columns).group_by(*columns).having(func.sum(both.c.side) != 0)
    return read_beside(query, BOOK).all()
