"""The ledger proves itself: balances and turns rebuilt equal those kept, all sums are zero, no day is negative,
and at each count the book says what was counted."""

from dataclasses import dataclass

from sqlalchemy import func, select, union_all

from core.data.bulk import read_beside
from plugins.elmis.ledger import observations, turns
from plugins.elmis.ledger.balances import BALANCE, rebuilt
from plugins.elmis.ledger.models import PHYSICAL, Movement, Observation, StockLocation

COUNTRY = "the check sees the whole country"
MOVED, PLACE = Movement.__table__, StockLocation.__table__


@dataclass(frozen=True)
class LedgerFault:
    """One thing that does not fit, named so that it can be found."""

    rule: str
    location_id: int | None
    lot_id: int | None
    detail: str


def verify_ledger() -> list[LedgerFault]:
    """Return every fault; an empty list says that the ledger is whole."""
    return [
        *_different_balances(),
        *_unbalanced_lots(),
        *_negative_days(),
        *_wrong_reversals(),
        *_wrong_turns(),
        *_broken_counts(),
    ]


def _different_balances() -> list[LedgerFault]:
    fresh = rebuilt()
    kept = select(
        BALANCE.c.location_id, BALANCE.c.lot_id, BALANCE.c.quantity.label("kept"), fresh.c.quantity
    ).join_from(
        BALANCE,
        fresh,
        (fresh.c.location_id == BALANCE.c.location_id) & (fresh.c.lot_id == BALANCE.c.lot_id),
        isouter=True,
    )
    forgotten = (
        select(fresh.c.location_id, fresh.c.lot_id, BALANCE.c.quantity, fresh.c.quantity)
        .join_from(
            fresh,
            BALANCE,
            (fresh.c.location_id == BALANCE.c.location_id) & (fresh.c.lot_id == BALANCE.c.lot_id),
            isouter=True,
        )
        .where(BALANCE.c.location_id.is_(None), fresh.c.quantity != 0)
    )
    wrong = kept.where(BALANCE.c.quantity != func.coalesce(fresh.c.quantity, 0))
    rows = [*read_beside(wrong, COUNTRY), *read_beside(forgotten, COUNTRY)]
    return [
        LedgerFault("balance", place, lot, f"kept {is_}, movements say {should}") for place, lot, is_, should in rows
    ]


def _unbalanced_lots() -> list[LedgerFault]:
    total = func.sum(BALANCE.c.quantity)
    query = select(BALANCE.c.lot_id, total).group_by(BALANCE.c.lot_id).having(total != 0)
    return [LedgerFault("sum", None, lot, f"all locations together hold {n}") for lot, n in read_beside(query, COUNTRY)]


def _negative_days() -> list[LedgerFault]:
    """Return the first negative day of each lot at each physical location: a running sum over net days."""
    signed = union_all(
        select(MOVED.c.target_id.label("place"), MOVED.c.lot_id, MOVED.c.occurred_on, MOVED.c.quantity.label("delta")),
        select(MOVED.c.source_id, MOVED.c.lot_id, MOVED.c.occurred_on, (-MOVED.c.quantity).label("delta")),
    ).subquery()
    days = (
        select(signed.c.place, signed.c.lot_id, signed.c.occurred_on, func.sum(signed.c.delta).label("net"))
        .join(PLACE, PLACE.c.id == signed.c.place)
        .where(PLACE.c.kind.in_(sorted(PHYSICAL)))
        .group_by(signed.c.place, signed.c.lot_id, signed.c.occurred_on)
        .subquery()
    )
    running = select(
        days.c.place, days.c.lot_id, days.c.occurred_on,
        func.sum(days.c.net)
        .over(partition_by=[days.c.place, days.c.lot_id], order_by=days.c.occurred_on)
        .label("total"),
    ).subquery()  # fmt: skip
    query = (
        select(running.c.place, running.c.lot_id, func.min(running.c.occurred_on))
        .where(running.c.total < 0)
        .group_by(running.c.place, running.c.lot_id)
    )
    return [
        LedgerFault("negative", place, lot, f"below zero on {day}") for place, lot, day in read_beside(query, COUNTRY)
    ]


def _wrong_reversals() -> list[LedgerFault]:
    """Return reversals that do not undo exactly what they name."""
    back, undone = MOVED.alias("back"), MOVED.alias("undone")
    fits = (
        (back.c.lot_id == undone.c.lot_id) & (back.c.quantity == undone.c.quantity)
        & (back.c.source_id == undone.c.target_id) & (back.c.target_id == undone.c.source_id)
    )  # fmt: skip
    query = (
        select(back.c.target_id, back.c.lot_id, back.c.id).join(undone, back.c.reverses_id == undone.c.id).where(~fits)
    )
    return [LedgerFault("reversal", place, lot, f"movement {id_}") for place, lot, id_ in read_beside(query, COUNTRY)]


def _wrong_turns() -> list[LedgerFault]:
    """Return the products whose months in stock do not follow from the movements."""
    pairs = sorted({(row.facility_id, row.product_id) for row in turns.differences()})
    return [
        LedgerFault("turn", None, None, f"months in stock of product {product} at facility {facility}")
        for facility, product in pairs
    ]


def _broken_counts() -> list[LedgerFault]:
    """Return the counts at whose moment the book does not say what was counted."""
    seen = Observation.__table__.c
    found = dict(map(tuple, observations.gaps(seen.id > 0)))
    query = select(seen.id, seen.location_id, seen.lot_id).where(seen.id.in_(found)).order_by(seen.id)
    return [
        LedgerFault("count", place, lot, f"observation {id_}: {found[id_]} too few in the book")
        for id_, place, lot in read_beside(query, COUNTRY)
    ]
