"""Since when a lot may not be given out: taken down whenever it is held, recalled or released, whoever does it."""

from datetime import date
from typing import Any
from typing import cast as typed

from sqlalchemy import Connection, Table, and_, delete, event, insert, inspect, update
from sqlalchemy.orm import Mapper

from core.data.db import today
from plugins.elmis.catalogue.models import Lot, LotHold
from plugins.elmis.formulas.lots import ACTIVE, LAST_USABLE_VVM

HOLD = typed(Table, LotHold.__table__)
ALWAYS = date.min


def barred(status: str | None, vvm: int | None) -> bool:
    """Return whether a lot in this state may not be given out, whatever its expiry."""
    return (status or ACTIVE) != ACTIVE or (vvm or 0) > LAST_USABLE_VVM


def was(lot: Lot, name: str) -> Any:
    """Return what a column of a lot held before this change."""
    history = inspect(lot).attrs[name].history
    return history.deleted[0] if history.deleted else getattr(lot, name)


@event.listens_for(Lot, "after_insert")
def _came(_mapper: Mapper[Lot], connection: Connection, lot: Lot) -> None:
    """A lot that comes in as held was never to be given out."""
    if barred(lot.status, lot.vvm):
        connection.execute(insert(HOLD).values(lot_id=lot.id, since=ALWAYS))


@event.listens_for(Lot, "after_update")
def _decided(_mapper: Mapper[Lot], connection: Connection, lot: Lot) -> None:
    """A decision counts from the day on which it was taken; one that was taken back the same day never was."""
    before, now = barred(was(lot, "status"), was(lot, "vvm")), barred(lot.status, lot.vvm)
    if now and not before:
        connection.execute(insert(HOLD).values(lot_id=lot.id, since=today()))
    elif before and not now:
        open_ = and_(HOLD.c.lot_id == lot.id, HOLD.c.until.is_(None))
        connection.execute(delete(HOLD).where(open_, HOLD.c.since >= today()))
        connection.execute(update(HOLD).where(open_).values(until=today()))
