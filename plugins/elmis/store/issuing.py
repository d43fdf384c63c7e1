"""Giving goods out first expiry first."""

from sqlalchemy import select

from core.data.codes import key_of
from core.data.db import db, today
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Product
from plugins.elmis.formulas.lots import taken
from plugins.elmis.ledger.models import Movement, StockLocation
from plugins.elmis.ledger.moves import Move, location, stores
from plugins.elmis.ledger.services import post
from plugins.elmis.store.free import Shelf, held, usable


def issue_fefo(store: StockLocation, product: Product, quantity: int, move: Move) -> list[Movement]:
    """Return the movements that take a quantity from the lots that expire first; `move` says all but lot and quantity.

    A repeat of the move's uuid returns what was stored. Raises Refused, naming what can be given out, when the
    usable lots do not suffice.
    """
    known = select(Movement).where(Movement.uuid.startswith(f"{move.uuid}:", autoescape=True)).order_by(Movement.id)
    if stored := list(db.session.scalars(known)):
        return stored
    picks = Shelf(store, move.occurred_on).first_expiry_first(product, quantity)
    return post([_part(move, lot_id, units, turn) for turn, (lot_id, units) in enumerate(picks)])


def _part(move: Move, lot_id: int, quantity: int, turn: int) -> Move:
    """Return the move of one lot; its uuid begins with that of the whole."""
    return Move(**{**vars(move), "lot_id": lot_id, "quantity": quantity, "uuid": f"{move.uuid}:{turn}"})


def free_in(store: StockLocation, product: Product) -> int:
    """Return what a store can give out of a product today, in base units."""
    return usable(held(store, product), today())


def shared_out(facility: Facility, product: Product, quantity: int) -> list[tuple[StockLocation, int]]:
    """Return which store gives how much: the main one as far as it goes; a shortage is told there."""
    every = stores(facility)
    found, left = taken(((store, free_in(store, product)) for store in every), quantity)
    return found if left == 0 and found else [(every[0] if every else location(facility), quantity)]


def product_coded(code: str) -> Product | None:
    """Return the product of a code that is in use, or None."""
    return db.session.scalar(select(Product).where(Product.code_key == key_of(code), Product.active))
