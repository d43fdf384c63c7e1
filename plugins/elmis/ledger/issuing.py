"""Giving goods out first expiry first, and the port through which other plugins ask for them."""

from collections.abc import Sequence

from sqlalchemy import select

from core.contract.ports import OnHand
from core.contract.words import _
from core.data.access import current
from core.data.codes import key_of
from core.data.db import db, today
from core.data.errors import Refused
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger.models import CONSUMPTION, Movement, StockBalance, StockLocation
from plugins.elmis.ledger.moves import Move, location
from plugins.elmis.ledger.services import post
from plugins.elmis.replenishment.lots import LotStock, fefo, sorted_out


def lots_at(place: StockLocation, product: Product) -> list[LotStock]:
    """Return what lies of a product at a location, lot by lot."""
    query = (
        select(StockBalance.quantity, Lot.id, Lot.expiry, Lot.status, Lot.vvm, Lot.number)
        .join(Lot, Lot.id == StockBalance.lot_id)
        .where(StockBalance.location_id == place.id, StockBalance.product_id == product.id, StockBalance.quantity > 0)
    )
    return [
        LotStock(lot_id, quantity, expiry, status, vvm, number)
        for quantity, lot_id, expiry, status, vvm, number in db.session.execute(query)
    ]


def issue_fefo(store: StockLocation, product: Product, quantity: int, move: Move) -> list[Movement]:
    """Return the movements that take a quantity from the lots that expire first; `move` says all but lot and quantity.

    A repeat of the move's uuid returns what was stored. Raises Refused, naming what can be given out, when the
    usable lots do not suffice.
    """
    known = select(Movement).where(Movement.uuid.startswith(f"{move.uuid}:", autoescape=True)).order_by(Movement.id)
    if stored := list(db.session.scalars(known)):
        return stored
    chosen = fefo(lots_at(store, product), quantity, move.occurred_on)
    if chosen.shortfall or quantity < 1:
        there = quantity - chosen.shortfall
        raise Refused(
            _("Only %(there)s can be given out; %(wanted)s were asked.", there=there, wanted=quantity), field="quantity"
        )
    return post([_part(move, int(lot_id), units, turn) for turn, (lot_id, units) in enumerate(chosen.picks)])


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
        good, _refused = sorted_out(lots_at(location(facility), product), today())
        return OnHand(product.code, product.name, product.unit, sum(lot.quantity for lot in good))

    def issue(self, facility: Facility, code: str, quantity: int, ref: str, *, note: str = "") -> Sequence[str]:
        """Return the uuids of the movements that gave a quantity out for an object, e.g. "gmao.workorder/12".

        The same reference and product again is a new issue. Raises Refused or NotAllowed.
        """
        current().require("elmis.stock.move", facility)
        product = _product(code)
        if product is None:
            raise Refused(_("No product has the code %(code)s. Choose the product by hand.", code=code[:60]))
        store, used = location(facility), location(facility, CONSUMPTION)
        move = Move(0, 0, store.id, used.id, "issue_ward", comment=note, document_ref=ref, counterpart=note[:200])
        return [row.uuid for row in issue_fefo(store, product, quantity, move)]


def _product(code: str) -> Product | None:
    return db.session.scalar(select(Product).where(Product.code_key == key_of(code), Product.active))
