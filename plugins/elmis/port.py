"""The stock of elmis as other plugins ask for it: `service(Stock)`."""

from collections.abc import Mapping, Sequence

from core.contract.ports import LotHeld, OnHand, Stock
from core.contract.words import _
from core.data.access import also, current
from core.data.errors import Refused
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Product
from plugins.elmis.ledger.models import CONSUMPTION
from plugins.elmis.ledger.moves import Move, location, stores
from plugins.elmis.requisitions.approvals import known_supplier
from plugins.elmis.requisitions.asking import ask_for
from plugins.elmis.requisitions.models import EDIT, VIEW
from plugins.elmis.store import apart
from plugins.elmis.store.issuing import free_in, issue_fefo, product_coded, shared_out

LOOK = "elmis.stock.view"


class StockPort:
    """What a store can give, gives, and asks its supplier for."""

    def available(self, facility: Facility, code: str) -> OnHand | None:
        """Return what a facility's store can give out of a product today; None when nobody knows the code."""
        current().require(LOOK, facility)
        product = product_coded(code)
        if product is None:
            return None
        return OnHand(product.code, product.name, product.unit, _free(facility, product))

    def issue(self, facility: Facility, code: str, quantity: int, ref: str, *, note: str = "") -> Sequence[str]:
        """Return the uuids of the movements that gave a quantity out for an object, e.g. "gmao.workorder/12".

        The same reference and product again is a new issue. Raises Refused or NotAllowed.
        """
        current().require("elmis.stock.move", facility)
        product = product_coded(code)
        if product is None:
            raise Refused(_("No product has the code %(code)s. Choose the product by hand.", code=code[:60]))
        used, rows = location(facility, CONSUMPTION), []
        for store, units in shared_out(facility, product, quantity):
            move = Move(0, 0, store.id, used.id, "issue_ward", comment=note, document_ref=ref, counterpart=note[:200])
            rows += issue_fefo(store, product, units, move)
        return [row.uuid for row in rows]

    def ask(self, facility: Facility, code: str, quantity: int, *, note: str = "") -> str:
        """Return the number of the emergency requisition on which the store asks for what it lacks of a product; ""
        where it has enough, nobody knows the code, or nobody supplies it. Whoever keeps the store confirms it, so it
        may be asked without a right of the stock."""
        product = product_coded(code)
        if product is None or known_supplier(facility) is None:
            return ""
        with also(LOOK, VIEW, EDIT):
            lacks = quantity - _free(facility, product)
            return ask_for(facility, product, lacks, note).number if lacks > 0 else ""

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


def _free(facility: Facility, product: Product) -> int:
    return sum(free_in(store, product) for store in stores(facility))


SERVICES = {Stock: StockPort()}
