"""What of the stock may be given out, day by day: lots leave it when they expire, are held or are recalled, and come
back when they are released, without any movement."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, and_, case, literal, or_, select, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from plugins.elmis.catalogue.holds import HOLD
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.formulas.lots import ACTIVE, LAST_USABLE_VVM

LOT = Lot.__table__.c


class following(FunctionElement[date]):
    """The day after a day, in SQL."""

    type = Date()
    inherit_cache = True


@compiles(following)
def _plus_one(element: Any, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)} + 1)"


@compiles(following, "sqlite")
def _date_of(element: Any, compiler: Any, **options: Any) -> str:
    return f"date({compiler.process(element.clauses, **options)}, '+1 day')"


def usable(on: date) -> ColumnElement[bool]:
    """Return the condition on lots that may be given out today; `on` is today, for their expiry."""
    fresh = or_(LOT.expiry.is_(None), LOT.expiry >= on)
    return and_(LOT.status == ACTIVE, fresh, or_(LOT.vvm.is_(None), LOT.vvm <= LAST_USABLE_VVM))


def held_on(lot_id: Any, day: Any) -> ColumnElement[bool]:
    """Return whether a lot was held or recalled on a day."""
    return (
        select(HOLD.c.lot_id)
        .where(HOLD.c.lot_id == lot_id, HOLD.c.since <= day, or_(HOLD.c.until.is_(None), HOLD.c.until > day))
        .exists()
    )


def events(legs: Any, keys: Sequence[str], gone: Callable[[Any], Any] = lambda day: day) -> Any:
    """Return the select of (*keys, day, delta, came, gain): how the stock that may be given out changed.

    `legs` are what came in (+) and left (−): columns keys, lot_id, day, signed, and `came`, what of it arrived.
    `gain` is what became available on that day. `gone` says on which day an expired lot is missing: the last on
    which it may be used (the end of that day), or the following one.
    """
    keyed = [legs.c[key] for key in keys]
    of_lot, none = LOT.id == legs.c.lot_id, literal(0)
    in_time = or_(LOT.expiry.is_(None), legs.c.day <= LOT.expiry)
    held = and_(
        HOLD.c.lot_id == legs.c.lot_id, in_time, or_(HOLD.c.until.is_(None), legs.c.day < HOLD.c.until),
        or_(LOT.expiry.is_(None), HOLD.c.since <= LOT.expiry),
    )  # fmt: skip
    inside = and_(HOLD.c.until.is_not(None), or_(LOT.expiry.is_(None), HOLD.c.until <= LOT.expiry))
    late = legs.c.day >= HOLD.c.since  # what arrives while its lot is held becomes available later, or never
    begins = case((late, legs.c.day), else_=HOLD.c.since)

    def part(day: Any, delta: Any, came: Any, gain: Any) -> Select[Any]:
        return select(*keyed, day.label("day"), delta.label("delta"), came.label("came"), gain.label("gain"))

    counted = case((in_time, legs.c.signed), else_=0), legs.c.came, case((in_time, legs.c.came), else_=0)
    moved = part(legs.c.day, *counted).join_from(legs, Lot.__table__, of_lot)
    expired = part(gone(LOT.expiry), -legs.c.signed, none, none).join_from(legs, Lot.__table__, of_lot)
    parts = [
        part(begins, -legs.c.signed, none, case((late, -legs.c.came), else_=0)),
        part(HOLD.c.until, legs.c.signed, none, legs.c.signed).where(inside),
        part(gone(LOT.expiry), legs.c.signed, none, none).where(LOT.expiry < date.max, ~inside),
    ]
    holds = [each.join_from(legs, HOLD, HOLD.c.lot_id == legs.c.lot_id).join(Lot.__table__, of_lot) for each in parts]
    return union_all(
        moved, expired.where(legs.c.day <= LOT.expiry, LOT.expiry < date.max), *(each.where(held) for each in holds)
    )
