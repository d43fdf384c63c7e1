"""The status boards: each facility by each tracer as a state, each district by each tracer as a share."""

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
    stock = reports.board(place)
    wanted = {product for row in stock.values() for product in row}
    use = reports.pace(place, wanted)
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


SHARES = (
    State(_("in stock everywhere"), "ok"),
    State(_("out in less than 10 %"), "warn"),
    State(_("out in 10 % or more"), "danger"),
)


@dataclass(frozen=True)
class Share:
    """In how many facilities of a district a tracer is out of stock; `state` None where none manages it."""

    state: State | None
    out: int = 0
    managed: int = 0
    percent: int = 0


@dataclass(frozen=True)
class Overview:
    """Districts down, tracers across; the last share of each row, and the last row, are the sums."""

    products: Sequence[Product]
    rows: Sequence[tuple[Facility, Sequence[Share]]]
    silent: int
    total: Sequence[Share]


def overview(place: Facility, districts: Sequence[Facility]) -> Overview:
    """Return the share of facilities that lack each tracer, by district; the districts without stocks are counted."""
    found = reports.by_area(place, districts)
    wanted = {product for _area, product in found}
    products = db.session.scalars(select(Product).where(Product.id.in_(wanted)).order_by(Product.name_fr)).all()
    rows = [(one, _shares([found.get((one.id, each.id), NONE) for each in products])) for one in districts]
    told = [(district, shares) for district, shares in rows if shares[-1].state]
    return Overview(products, told, len(rows) - len(told), _shares([found[None, each.id] for each in products]))


NONE = reports.Availability(0, 0)


def _shares(parts: Sequence[reports.Availability]) -> list[Share]:
    return [_share(one) for one in (*parts, reports.added(parts))]


def _share(one: reports.Availability) -> Share:
    """Return what a cell shows."""
    if not one.managed:
        return Share(None)
    out = one.managed - one.in_stock
    percent = round(100 * out / one.managed)
    return Share(SHARES[0 if out == 0 else 1 if percent < 10 else 2], out, one.managed, percent)
