"""Turns: in which month a product came to a facility's stores, ran out, and was there again.

They follow from the movements alone and are kept in the same transaction, so that the availability of a whole
country, month after month, is a sum over few rows. What counts is the stock at the end of a month, all lots and
stores of the facility together; the running month ends now.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from typing import cast as typed

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Integer,
    Select,
    Table,
    and_,
    case,
    cast,
    delete,
    except_,
    extract,
    func,
    insert,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.data.access import Internal
from core.data.db import Model, db
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Product
from plugins.elmis.ledger.models import STORE, Movement, StockBalance, StockLocation
from plugins.elmis.ledger.moves import Facts

Pair = tuple[int, int]  # facility id, product id
State = tuple[int, int]  # held, there


class Turn(Model):
    """A change at the end of a month: `held` is 1 when the product first came, `there` 1 or −1 when it came or went.

    So the products held, and those in stock, at the end of a month are the sums up to it."""

    __tablename__ = "elmis_turn"
    __scope__ = Internal()
    __table_args__ = ({"sqlite_with_rowid": False},)

    facility_id: Mapped[int] = mapped_column(ForeignKey(Facility.id), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey(Product.id), primary_key=True)
    month: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)  # see `number_of`
    held: Mapped[int] = mapped_column(Integer)
    there: Mapped[int] = mapped_column(Integer)


TURN = typed(Table, Turn.__table__)
MOVED, PLACE, BALANCE = Movement.__table__.c, StockLocation.__table__.c, StockBalance.__table__.c


def number_of(day: date) -> int:
    """Return the number of a day's month: months since the year 0."""
    return day.year * 12 + day.month - 1


def first_day(month: int) -> date:
    """Return the first day of a month by its number."""
    return date(month // 12, month % 12 + 1, 1)


def follow(rows: Iterable[Movement], facts: Facts) -> None:
    """Take down what movements that were stored just now changed, each from its own month on; the stores are locked."""
    since: dict[int, dict[int, int]] = defaultdict(dict)
    for row in rows:
        for place in (facts.locations[row.source_id], facts.locations[row.target_id]):
            if place.kind == STORE:
                months = since[place.facility_id]
                month = number_of(row.occurred_on)
                months[row.product_id] = min(month, months.get(row.product_id, month))
    for facility_id, found in since.items():
        _renew(facility_id, found)


def lock(facts: Facts) -> None:
    """Let no one else change the stores of a posting before the commit: their stock is about to be summed up."""
    if stores := sorted({place.facility_id for place in facts.locations.values() if place.kind == STORE}):
        _lock(stores)


def catch_up(legs: Any) -> None:
    """Take down what was poured into the ledger: `legs` are its (location_id, product_id, day). For imports."""
    first = func.min(_month(legs.c.day))
    query = select(PLACE.facility_id, legs.c.product_id, first).join_from(
        legs, StockLocation, PLACE.id == legs.c.location_id
    )
    query = query.where(PLACE.kind == STORE).group_by(PLACE.facility_id, legs.c.product_id)
    since: dict[int, dict[int, int]] = defaultdict(dict)
    for facility_id, product_id, month in db.session.connection().execute(query):
        since[facility_id][product_id] = month
    if since:
        _lock(sorted(since))
    for facility_id, months in since.items():
        _renew(facility_id, months)


def _lock(facilities: Sequence[int]) -> None:
    """Let no one else change these stores before the commit: their stock is about to be summed up."""
    stores = select(PLACE.id).where(PLACE.facility_id.in_(facilities), PLACE.kind == STORE).order_by(PLACE.id)
    db.session.connection().execute(stores.with_for_update(key_share=True))


def _renew(facility_id: int, since: Mapping[int, int]) -> None:
    """Write the turns of some products of a facility anew, each from its month on."""
    kept = _kept(facility_id, since)
    stocks, nets = _stocks(facility_id, since), _later(facility_id, since)
    for product_id, month in since.items():
        before = {each: state for each, state in kept[product_id].items() if each < month}
        now = {each: state for each, state in kept[product_id].items() if each >= month}
        fresh = dict(_turns(before, month, stocks.get(product_id, 0), nets[product_id]))
        if fresh != now:
            _replace((facility_id, product_id), month, fresh)


def _turns(before: Mapping[int, State], month: int, stock: int, nets: Mapping[int, int]) -> Iterator[tuple[int, State]]:
    """Yield the turns from a month on, walking back from today's stock over the later months."""
    later = {each: net for each, net in nets.items() if each > month}
    level, held = stock - sum(later.values()), not before
    was = sum(there for _held, there in before.values())
    for each in sorted({month, *later}):
        level += later.get(each, 0)
        there = int(level > 0)
        if held or there != was:
            yield each, (int(held), there - was)
        was, held = there, False


def _kept(facility_id: int, products: Iterable[int]) -> Mapping[int, dict[int, State]]:
    """Return {product: {month: held and there}} of what is written down."""
    query = select(TURN).where(TURN.c.facility_id == facility_id, TURN.c.product_id.in_(list(products)))
    found: dict[int, dict[int, State]] = defaultdict(dict)
    for row in db.session.connection().execute(query):
        found[row.product_id][row.month] = (row.held, row.there)
    return found


def _stocks(facility_id: int, products: Iterable[int]) -> dict[int, int]:
    """Return {product: what lies in the facility's stores now}."""
    query = (
        select(BALANCE.product_id, func.sum(BALANCE.quantity))
        .join_from(StockBalance, StockLocation, PLACE.id == BALANCE.location_id)
        .where(BALANCE.facility_id == facility_id, PLACE.kind == STORE, BALANCE.product_id.in_(list(products)))
        .group_by(BALANCE.product_id)
    )
    return {product: int(quantity) for product, quantity in db.session.connection().execute(query)}


def _later(facility_id: int, since: Mapping[int, int]) -> Mapping[int, dict[int, int]]:
    """Return {product: {month: net change}} of the months after the first one that was touched."""
    legs = _legs(
        PLACE.facility_id == facility_id, MOVED.product_id.in_(list(since)),
        MOVED.occurred_on >= first_day(min(since.values()) + 1),
    )  # fmt: skip
    net = func.sum(legs.c.delta)
    query = select(legs.c.product_id, legs.c.month, net).group_by(legs.c.product_id, legs.c.month)
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for product, month, total in db.session.connection().execute(query):
        found[product][month] = int(total)
    return found


def _replace(pair: Pair, month: int, fresh: Mapping[int, State]) -> None:
    here = and_(TURN.c.facility_id == pair[0], TURN.c.product_id == pair[1], TURN.c.month >= month)
    connection = db.session.connection()
    connection.execute(delete(TURN).where(here))
    rows = [
        {"facility_id": pair[0], "product_id": pair[1], "month": each, "held": held, "there": there}
        for each, (held, there) in fresh.items()
    ]
    if rows:
        connection.execute(insert(TURN), rows)


def _month(day: Any) -> ColumnElement[int]:
    """Return the SQL number of a day's month."""
    return cast(extract("year", day) * 12 + extract("month", day) - 1, Integer)


def _legs(*conditions: ColumnElement[bool]) -> Any:
    """Return a subquery of what came to stores (+) and what left them (−), by month."""
    month = _month(MOVED.occurred_on).label("month")
    sides = (
        select(PLACE.facility_id, MOVED.product_id, month, (sign * MOVED.quantity).label("delta"))
        .join_from(Movement, StockLocation, PLACE.id == side)
        .where(PLACE.kind == STORE, *conditions)
        for side, sign in ((MOVED.target_id, 1), (MOVED.source_id, -1))
    )
    return union_all(*sides).subquery()


def rebuilt() -> Select[Any]:
    """Return the select that recomputes all turns from the movements alone."""
    legs = _legs()
    pair = [legs.c.facility_id, legs.c.product_id]
    net = select(*pair, legs.c.month, func.sum(legs.c.delta).label("net")).group_by(*pair, legs.c.month).subquery()
    turn: Any = {"partition_by": [net.c.facility_id, net.c.product_id], "order_by": net.c.month}
    place = func.row_number().over(**turn).label("place")
    levels = select(net, func.sum(net.c.net).over(**turn).label("level"), place).subquery()
    there = case((levels.c.level > 0, 1), else_=0)
    turn = {"partition_by": [levels.c.facility_id, levels.c.product_id], "order_by": levels.c.month}
    pair = [levels.c.facility_id, levels.c.product_id]
    change = (there - func.coalesce(func.lag(there).over(**turn), 0)).label("there")
    held = case((levels.c.place == 1, 1), else_=0).label("held")
    steps = select(*pair, levels.c.month, held, change).subquery()
    return select(steps).where(or_(steps.c.held == 1, steps.c.there != 0))


def rebuild() -> None:
    """Replace all turns by what the movements say. For seeds."""
    connection = db.session.connection()
    connection.execute(delete(TURN))
    connection.execute(insert(TURN).from_select(list(TURN.c.keys()), rebuilt()))


def differences() -> Sequence[Any]:
    """Return the turns that are kept but should not be, and those that should be but are not."""
    kept, should = select(TURN), rebuilt()
    ways = [except_(kept, should).subquery(), except_(should, kept).subquery()]
    return [row for way in ways for row in db.session.connection().execute(select(way))]
