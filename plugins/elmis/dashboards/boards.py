"""The status board: each facility by each tracer, as a state."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import select

from core.contract.words import _
from core.data.db import db
from core.data.states import State
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Product
from plugins.elmis.dashboards import reports

OUT, LOW, FINE, OVER, IDLE = "out", "low", "fine", "over", "idle"
STATES = {
    OUT: State(_("Stock-out"), "danger"),
    LOW: State(_("Less than a month"), "warn"),
    FINE: State(_("One to four months"), "ok"),
    OVER: State(_("More than four months"), "info"),
    IDLE: State(_("In stock, not used of late"), "neutral"),
}


@dataclass(frozen=True)
class Cell:
    """What a facility has of a product; `state` None where it does not manage it."""

    state: State | None
    quantity: int = 0
    months: Fraction | None = None


@dataclass(frozen=True)
class Board:
    """Facilities down, tracers across."""

    products: Sequence[Product]
    rows: Sequence[tuple[Facility, Sequence[Cell]]]


def board(place: Facility) -> Board:
    """Return the status of every tracer in every facility of a place."""
    stock, use = reports.board(place), reports.monthly_use(place)
    wanted = {product for row in stock.values() for product in row}
    products = db.session.scalars(select(Product).where(Product.id.in_(wanted)).order_by(Product.name_fr)).all()
    facilities = db.session.scalars(select(Facility).where(Facility.id.in_(stock)).order_by(Facility.name)).all()
    rows = [
        (facility, [_cell(stock[facility.id].get(one.id), use.get((facility.id, one.id))) for one in products])
        for facility in facilities
    ]
    return Board(products, rows)


def _cell(quantity: int | None, use: Fraction | None) -> Cell:
    if quantity is None:
        return Cell(None)
    months = Fraction(quantity) / use if use and use > 0 else None
    if quantity <= 0:
        return Cell(STATES[OUT], 0, Fraction(0))
    if months is None:
        return Cell(STATES[IDLE], quantity)
    key = LOW if months < 1 else FINE if months <= 4 else OVER
    return Cell(STATES[key], quantity, months)
