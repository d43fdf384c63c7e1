"""Giving goods out first expiry first, and the port through which other plugins ask for them."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from core.contract.ports import LotHeld, OnHand
from core.contract.words import _
from core.data.access import current
from core.data.codes import key_of
from core.data.db import db, today
from core.data.errors import Refused
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Product
from plugins.elmis.formulas.lots import taken
from plugins.elmis.ledger.models import CONSUMPTION, Movement, StockLocation
from plugins.elmis.ledger.moves import Move, location, stores
from plugins.elmis.ledger.services import post
from plugins.elmis.store import apart
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


class StockPort:
    """The stock of elmis, as other plugins ask for it: `service(Stock)`."""

    def available(self, facility: Facility, code: str) -> OnHand | None:
        """Return what a facility's store can give out of a product today; None when nobody knows the code."""
        current().require("elmis.stock.view", facility)
        product = _product(code)
        if product is None:
            return None
        free = sum(_free(store, product) for store in stores(facility))
        return OnHand(product.code, product.name, product.unit, free)

    def issue(self, facility: Facility, code: str, quantity: int, ref: str, *, note: str = "") -> Sequence[str]:
        """Return the uuids of the movements that gave a quantity out for an object, e.g. "gmao.workorder/12".

        The same reference and product again is a new issue. Raises Refused or NotAllowed.
        """
        current().require("elmis.stock.move", facility)
        product = _product(code)
        if product is None:
            raise Refused(_("No product has the code %(code)s. Choose the product by hand.", code=code[:60]))
        used, rows = location(facility, CONSUMPTION), []
        for store, units in _shared_out(facility, product, quantity):
            move = Move(0, 0, store.id, used.id, "issue_ward", comment=note, document_ref=ref, counterpart=note[:200])
            rows += issue_fefo(store, product, units, move)
        return [row.uuid for row in rows]

    def stores(self, facility: Facility) -> Mapping[str, str]:
        """Return {code: name} of a facility's stores."""
        return apart.store_names(facility)

    def cold_lots(self, facility: Facility, store: str = "") -> Sequence[LotHeld]:
        """Return the lots of a facility's stores, or of one of them, whose products need the cold chain."""
        return apart.cold_lots(facility, store)

    def quarantine(self, facility: Facility, lots: Sequence[str], ref: str, *, number: str, note: str) -> Sequence[str]:
        """Return the uuids of the movements that put some lots into quarantine for an object."""
        return apart.quarantine(facility, lots, ref, number, note)

    def quarantined(self, facility: Facility, ref: str) -> Sequence[LotHeld]:
        """Return what still lies in quarantine for an object."""
        return apart.quarantined(facility, ref)

    def end_quarantine(
        self, facility: Facility, lots: Sequence[str], ref: str, *, number: str, note: str, usable: bool
    ) -> Sequence[str]:
        """Return the uuids of the movements by which lots went back to their stores, or were destroyed."""
        return apart.end_quarantine(facility, lots, ref, number, note, usable)


def _free(store: StockLocation, product: Product) -> int:
    return usable(held(store, product), today())


def _shared_out(facility: Facility, product: Product, quantity: int) -> list[tuple[StockLocation, int]]:
    """Return which store gives how much: the main one as far as it goes; a shortage is told there."""
    every = stores(facility)
    found, left = taken(((store, _free(store, product)) for store in every), quantity)
    return found if left == 0 and found else [(every[0] if every else location(facility), quantity)]


def _product(code: str) -> Product | None:
    return db.session.scalar(select(Product).where(Product.code_key == key_of(code), Product.active))
