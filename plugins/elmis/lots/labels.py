"""The labels of lots: a GS1 DataMatrix where the product's pack has a GTIN, else the number of the lot."""

from sqlalchemy.orm import selectinload

from core.contract.ports import Label
from core.contract.words import _
from core.web.pages import day
from plugins.elmis.catalogue.gs1 import ScanError, element_string
from plugins.elmis.catalogue.models import Lot, Pack, Product

WITH_PACKS = (selectinload(Lot.product).selectinload(Product.packs), selectinload(Lot.twin_of))


def label_of_lot(lot: Lot) -> Label:
    """Return the label of a package of a lot: what a reader takes for the maker's own code, so that a line of a receipt
    or an issue is filled from it. Where there is no GTIN, or the number has letters that GS1 cannot carry, it holds the
    number of the lot alone, which the search finds."""
    pack, product = pack_of(lot), lot.product
    lines = [
        _("Lot %(lot)s", lot=lot.printed),
        _("Exp. %(day)s", day=day(lot.expiry)) if lot.expiry else "",
        product.code,
    ]
    if pack is not None:
        try:
            code = element_string(pack.gtin or "", lot.printed, lot.expiry)
            said = " · ".join(filter(None, (f"GTIN {pack.gtin}", pack.label)))
            return Label(code, product.name, lines, said, gs1=True)
        except ScanError:
            pass
    return Label(lot.printed, product.name, lines)


def pack_of(lot: Lot) -> Pack | None:
    """Return the pack whose GTIN a label bears: that in which the product usually comes, else the smallest one."""
    known = sorted((pack for pack in lot.product.packs if pack.gtin), key=lambda pack: pack.size)
    return next((pack for pack in known if pack.size == lot.product.pack_size), known[0] if known else None)
