"""Balances: changed only by guarded statements, in one order, so that nobody over-issues or waits in a ring."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any
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

BALANCE = typed(Table, StockBalance.__table__)
SUMS = "a sum of movements, which stand in the trail themselves"
NAMES = ["location_id", "lot_id", "product_id", "facility_id", "physical", "quantity"]
Key = tuple[int, int]  # location id, lot id
Deltas = Mapping[Key, int]  # base units


def change(deltas: Deltas, locations: Mapping[int, StockLocation], lots: Mapping[int, Lot]) -> dict[Key, int]:
    """Apply net changes in one order of rows and return what lies there now; raises Refused naming what is there
    wherever it does not suffice."""
    refused, left = Gathering(), dict[Key, int]()
    for (location_id, lot_id), delta in sorted(deltas.items()):
        location, lot = locations[location_id], lots[lot_id]
        now = _add(location, lot, delta) if delta >= 0 or not location.physical else _take(location_id, lot_id, -delta)
        if now is None:
            refused.found.append(shortage(location, lot, -delta, available(location_id, lot_id)))
        else:
            left[location_id, lot_id] = now
    refused.settle()
    return left


def _add(location: StockLocation, lot: Lot, delta: int) -> int:
    row = {
        "location_id": location.id, "lot_id": lot.id, "product_id": lot.product_id,
        "facility_id": location.facility_id, "physical": location.physical, "quantity": delta,
    }  # fmt: skip
    return int(read_beside(_adding(db.engine.dialect.name), SUMS, row).scalar_one())


@cache
def _adding(_dialect: str) -> Any:
    """Return the statement that adds to a balance, made when it is first needed."""
    row = upsert(BALANCE)
    more = {"quantity": BALANCE.c.quantity + row.excluded.quantity}
    changed = row.on_conflict_do_update(index_elements=["location_id", "lot_id"], set_=more)
    return beside(changed.returning(BALANCE.c.quantity), SUMS)


HERE = and_(BALANCE.c.location_id == bindparam("at"), BALANCE.c.lot_id == bindparam("of"))
ENOUGH = BALANCE.c.quantity >= bindparam("units")
TAKE = beside(
    BALANCE.update()
    .where(HERE, ENOUGH)
    .values(quantity=BALANCE.c.quantity - bindparam("units"))
    .returning(BALANCE.c.quantity),
    SUMS,
)


def _take(location_id: int, lot_id: int, quantity: int) -> int | None:
    """Return what is left once the quantity was taken, None where it was not there: one statement decides."""
    taken = {"at": location_id, "of": lot_id, "units": quantity}
    left: int | None = read_beside(TAKE, SUMS, taken).scalar()
    return left


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
    rows = sorted(sums)
    place, places = StockLocation.__table__.c, {row[0] for row in rows}
    found = {
        row.id: row
        for row in db.session.execute(select(place.id, place.facility_id, place.kind).where(place.id.in_(places)))
    }
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
