"""Lots of one number on the packs: those kept apart under another expiry, the twins, are one with it."""

from collections.abc import Collection, Sequence
from datetime import date
from itertools import chain, count
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, or_, select

from core.data.codes import key_of
from core.data.db import db
from plugins.elmis.catalogue.models import Lot

OTHER = Lot.__table__.alias("elmis_lot_twin")
PRINTED = Lot.__table__.alias("elmis_lot_printed")  # the lot whose number stands on the packs of a twin
FIRST = func.coalesce(Lot.twin_of_id, Lot.id)
BASE = 44  # letters of a number that its twins keep


def shares(lot_id: Any, first: Any) -> ColumnElement[bool]:
    """Return whether a column names the lot `first`, whose number is printed on the packs, or one of its twins."""
    others = select(OTHER.c.id).where(OTHER.c.twin_of_id == first).correlate_except(OTHER)
    return or_(lot_id == first, lot_id.in_(others))


def sharing(lot_id: int) -> Sequence[Lot]:
    """Return all lots whose packs carry the number of this one, the one that is named so first."""
    first = select(FIRST).where(Lot.id == lot_id).correlate(None).scalar_subquery()
    query = select(Lot).where(first == FIRST).order_by(Lot.twin_of_id.is_not(None), Lot.id)
    return db.session.scalars(query).all()


def firsts(lot_ids: Collection[int]) -> dict[int, int]:
    """Return {lot id: id of the lot whose number stands on its packs}."""
    rows = db.session.execute(select(Lot.id, FIRST.label("first")).where(Lot.id.in_(lot_ids)))
    return {row.id: row.first for row in rows}


def with_twins(first_ids: Any) -> set[int]:
    """Return these lots and their twins."""
    return set(db.session.scalars(_with_twins(first_ids)))


def _with_twins(first_ids: Any) -> Any:
    return select(Lot.id).where(or_(Lot.id.in_(first_ids), Lot.twin_of_id.in_(first_ids)))


NUMBERED = _with_twins(
    select(Lot.id).where(Lot.product_id == bindparam("product"), Lot.number_key == bindparam("number"))
)


def named_by(product_id: int, number: str) -> set[int]:
    """Return the lots that a number means: all that carry it on their packs, or the one that is kept under it."""
    return set(db.session.scalars(NUMBERED, {"product": product_id, "number": key_of(number)}))


def number_of_twin(first: Lot, expiry: date | None, besides: int = 0) -> str:
    """Return the name of a twin: "A123 (exp. 2027-05)" while its expiry is another one, else "A123 (2)"."""
    base, other = first.number[:BASE], expiry is not None and expiry != first.expiry
    query = select(Lot.number_key).where(Lot.product_id == first.product_id, Lot.id != besides)
    taken = set(db.session.scalars(query))
    names = chain([f"{base} (exp. {expiry:%Y-%m})"] if other else [], (f"{base} ({number})" for number in count(2)))
    return next(name for name in names if key_of(name) not in taken)


def rename(lot: Lot) -> None:
    """Give the twins of a lot the names that its number and their expiries ask for."""
    first, *others = sharing(lot.id)
    for twin in others:
        twin.number = number_of_twin(first, twin.expiry, twin.id)
        db.session.flush()
