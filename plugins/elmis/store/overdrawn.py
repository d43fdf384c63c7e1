"""What a slip says that waited on a device: the goods have left, whatever the book has of them when it arrives."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import func, or_, select

from core.data.db import db
from core.data.settings import value_of
from core.data.work import ask
from plugins.elmis.catalogue.limits import QUANTITY, unusual
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.catalogue.twins import named_by
from plugins.elmis.formulas.lots import ACTIVE
from plugins.elmis.ledger.models import Movement
from plugins.elmis.ledger.rules import unusable
from plugins.elmis.lots.lines import Line
from plugins.elmis.store.free import Held, Shelf


def lots_of(shelf: Shelf, line: Line, number: int) -> list[tuple[int, int]]:
    """Return (lot id, units) of what a line says has left: what lies there, set aside or not, and the rest of the last
    of these lots, or of the one that it means; nothing where no lot can be told.

    A figure that looks like a slip of the keyboard is asked.
    """
    there = shelf.named(line.product, line.lot) if line.lot.strip() else _good(shelf, line)
    last = int(there[-1].stock.lot_id) if there else _known(shelf, line)
    if last is None:
        return []
    doubt = unusual(line.quantity, line.product.name, value_of(QUANTITY, shelf.place.facility))
    if doubt is not None:
        ask("quantity", doubt, about=f"{line.product.code}/{line.quantity}", field="quantity", line=number)
    found, left = dict[int, int](), line.quantity
    for one in there:
        found[int(one.stock.lot_id)] = units = min(left, one.there)
        shelf.take(line.product, int(one.stock.lot_id), units)
        left -= units
    found[last] = found.get(last, 0) + left
    return [(lot_id, units) for lot_id, units in found.items() if units]


def _good(shelf: Shelf, line: Line) -> list[Held]:
    """Return the lots on the shelf that were good on its day."""
    return [
        one
        for one in shelf.lots(line.product)
        if one.there > 0
        and one.stock.status == ACTIVE
        and unusable(db.session.get_one(Lot, int(one.stock.lot_id)), shelf.on) is None
    ]


def _known(shelf: Shelf, line: Line) -> int | None:
    """Return the lot of which nothing lies there: of those of the number that a line names, else of the good ones, the
    one that moved last in this store; a number that lies elsewhere only is believed."""
    lots = _candidates(line, shelf.on)
    place = shelf.place.id
    moved = select(Movement.lot_id).where(
        Movement.product_id == line.product.id, Movement.lot_id.in_(lots),
        or_(Movement.source_id == place, Movement.target_id == place),
    )  # fmt: skip
    last = db.session.scalar(moved.group_by(Movement.lot_id).order_by(func.max(Movement.id).desc()).limit(1))
    return int(last) if last is not None else (min(lots, default=None) if line.lot.strip() else None)


def _candidates(line: Line, on: date) -> Sequence[int]:
    if line.lot.strip():
        ids = named_by(line.product.id, line.lot)
        lots = db.session.scalars(select(Lot).where(Lot.id.in_(ids))).all()
        return [lot.id for lot in lots if line.expiry in (None, lot.expiry)] or list(ids)
    lots = db.session.scalars(select(Lot).where(Lot.product_id == line.product.id, Lot.status == ACTIVE)).all()
    return [lot.id for lot in lots if unusable(lot, on) is None]
