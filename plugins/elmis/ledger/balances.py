"""Balances: changed only by guarded statements, in one order, so that nobody over-issues or waits in a ring."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple
from typing import cast as typed

from sqlalchemy import (
    BigInteger,
    Select,
    Subquery,
    Table,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
)

from core.contract.words import _
from core.data.bulk import beside, read_beside
from core.data.db import db, upsert
from core.data.errors import Gathering, Refused
from core.data.figures import grouped
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.catalogue.units import measured
from plugins.elmis.ledger.models import BOOK, PHYSICAL, Movement, StockBalance, StockLocation
from plugins.elmis.promises.models import Allocation

BALANCE = typed(Table, StockBalance.__table__)
SUMS = "a sum of movements, which stand in the trail themselves"
NAMES = ["location_id", "lot_id", "product_id", "facility_id", "physical", "quantity"]
Key = tuple[int, int]  # location id, lot id
Deltas = Mapping[Key, int]  # base units


class Left(NamedTuple):
    """What lies of a lot at a location once it was changed, and how much is set aside there for orders."""

    there: int
    aside: int


def change(deltas: Deltas, locations: Mapping[int, StockLocation], lots: Mapping[int, Lot]) -> dict[Key, Left]:
    """Apply net changes in one order of rows, accounts last, and return what is left where goods really lie.

    Raises Refused naming what is there wherever it does not suffice. The stores are locked: nothing is set aside
    meanwhile.
    """
    refused, left, accounts = Gathering(), dict[Key, Left](), list[dict[str, Any]]()
    for (location_id, lot_id), delta in sorted(deltas.items()):
        location, lot = locations[location_id], lots[lot_id]
        if not location.physical:
            accounts.append(_row(location, lot, delta))
            continue
        now = _add(location, lot, delta) if delta >= 0 else _take(location_id, lot_id, -delta)
        if now is None:
            refused.found.append(shortage(location, lot, -delta, available(location_id, lot_id)))
        else:
            left[location_id, lot_id] = now
    refused.settle()
    if accounts:  # nobody asks what they have come to
        db.session.connection().execute(beside(_adding(db.engine.dialect.name, told=False), SUMS), accounts)
    return left


ASIDE = (
    select(func.coalesce(func.sum(Allocation.quantity), 0))
    .where(Allocation.location_id == bindparam("here"), Allocation.lot_id == bindparam("lot"))
    .scalar_subquery()
)


def _row(location: StockLocation, lot: Lot, delta: int) -> dict[str, Any]:
    return {
        "location_id": location.id, "lot_id": lot.id, "product_id": lot.product_id,
        "facility_id": location.facility_id, "physical": location.physical, "quantity": delta, "here": location.id,
        "lot": lot.id,
    }  # fmt: skip


def _add(location: StockLocation, lot: Lot, delta: int) -> Left:
    row = _row(location, lot, delta)
    return Left(*map(int, read_beside(_adding(db.engine.dialect.name, told=True), SUMS, row).one()))


@cache
def _adding(_dialect: str, told: bool) -> Any:
    """Return the statement that adds to a balance, and tells what is there then; made when it is first needed."""
    row = upsert(BALANCE)
    more = {"quantity": BALANCE.c.quantity + row.excluded.quantity}
    changed = row.on_conflict_do_update(index_elements=["location_id", "lot_id"], set_=more)
    return beside(changed.returning(BALANCE.c.quantity, ASIDE) if told else changed, SUMS)


HERE = and_(BALANCE.c.location_id == bindparam("at"), BALANCE.c.lot_id == bindparam("of"))
ENOUGH = BALANCE.c.quantity >= bindparam("units")
TAKE = beside(
    BALANCE.update()
    .where(HERE, ENOUGH)
    .values(quantity=BALANCE.c.quantity - bindparam("units"))
    .returning(BALANCE.c.quantity, ASIDE),
    SUMS,
)


def _take(location_id: int, lot_id: int, quantity: int) -> Left | None:
    """Return what is left once the quantity was taken, None where it was not there: one statement decides."""
    taken = {"at": location_id, "of": lot_id, "units": quantity, "here": location_id, "lot": lot_id}
    left = read_beside(TAKE, SUMS, taken).first()
    return None if left is None else Left(*map(int, left))


def available(location_id: int, lot_id: int, lock: bool = False) -> int:
    """Return what lies of a lot at a location, in base units; locked, it stays so until the commit."""
    query = select(BALANCE.c.quantity).where(BALANCE.c.location_id == location_id, BALANCE.c.lot_id == lot_id)
    query = query.with_for_update() if lock else query
    return int(read_beside(query, BOOK).scalar() or 0)


def shortage(location: StockLocation, lot: Lot, wanted: int, there: int) -> Refused:
    """Return the refusal that says what is there."""
    return Refused(
        _(
            "%(product)s, lot %(lot)s: only %(there)s are there, not %(wanted)s. Issue less, or choose another lot.",
            there=measured(lot.product, there), product=lot.product.name, lot=lot.number, wanted=grouped(wanted),
        ),
        field="quantity", there=there, lot_id=lot.id,
    )  # fmt: skip


def rebuilt() -> Subquery:
    """Return the select that recomputes every balance from the movements alone."""
    moved = Movement.__table__.c
    signed = union_all(
        select(moved.target_id.label("location_id"), moved.lot_id, moved.quantity.label("delta")),
        select(moved.source_id, moved.lot_id, (-moved.quantity).label("delta")),
    ).subquery()
    return (
        select(signed.c.location_id, signed.c.lot_id, cast(func.sum(signed.c.delta), BigInteger).label("quantity"))
        .group_by(signed.c.location_id, signed.c.lot_id)
        .subquery()
    )


def rebuild() -> int:
    """Replace all balances by what the movements say; return how many rows there are. For seeds."""
    connection = db.session.connection()
    connection.execute(beside(delete(BALANCE), SUMS))
    connection.execute(beside(insert(BALANCE).from_select(NAMES, _rows(rebuilt())), SUMS))
    return int(read_beside(select(func.count()).select_from(BALANCE), BOOK).scalar_one())


def add(sums: Iterable[tuple[int, int, int, int]]) -> None:
    """Add what was poured into the ledger: (location id, lot id, product id, base units), each lot at a place once. For
    imports."""
    rows = list(sums)
    place, places = StockLocation.__table__.c, {row[0] for row in rows}
    found = {
        row.id: row
        for row in db.session.execute(select(place.id, place.facility_id, place.kind).where(place.id.in_(places)))
    }
    rows.sort(key=lambda row: (found[row[0]].kind not in PHYSICAL, row))  # the order of `change`
    here = select(BALANCE.c.location_id, BALANCE.c.lot_id).where(BALANCE.c.location_id.in_(places))
    known = {(location, lot) for location, lot in read_beside(here, BOOK)}
    raised = [{"at": row[0], "of": row[1], "units": row[3]} for row in rows if row[:2] in known]
    new = [
        {"location_id": location, "lot_id": lot, "product_id": product, "facility_id": found[location].facility_id,
         "physical": found[location].kind in PHYSICAL, "quantity": units}
        for location, lot, product, units in rows if (location, lot) not in known
    ]  # fmt: skip
    more = BALANCE.update().where(HERE).values(quantity=BALANCE.c.quantity + bindparam("units"))
    for statement, parts in ((more, raised), (insert(BALANCE), new)):
        if parts:
            db.session.connection().execute(beside(statement, SUMS), parts)


def _rows(fresh: Subquery) -> Select[Any]:
    """Return the select of whole balances from (location_id, lot_id, quantity)."""
    location, lot = StockLocation.__table__.c, Lot.__table__.c
    physical = case((or_(*(location.kind == kind for kind in sorted(PHYSICAL))), literal(True)), else_=literal(False))
    return (
        select(fresh.c.location_id, fresh.c.lot_id, lot.product_id, location.facility_id, physical, fresh.c.quantity)
        .join(StockLocation.__table__, location.id == fresh.c.location_id)
        .join(Lot.__table__, lot.id == fresh.c.lot_id)
    )
