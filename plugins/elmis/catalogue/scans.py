"""What a scan means here: which product and pack, which lot, how many base units."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core.contract.ports import Words
from core.contract.words import _
from core.data.codes import key_of
from core.data.db import db
from core.data.errors import Refused
from plugins.elmis.catalogue.gs1 import Scan, parse
from plugins.elmis.catalogue.models import Lot, Pack, Product


@dataclass(frozen=True)
class Found:
    """A product and what the code said of it; `quantity` in base units, None when the code is no pack's."""

    product: Product
    pack: Pack | None = None
    lot: str = ""
    stored: Lot | None = None
    expiry: date | None = None
    quantity: int | None = None
    doubt: Words = ""  # what of it has to be typed by hand, in words


def find_by_scan(text: str) -> Found:
    """Return what was scanned; Refused when it cannot be read or no product has this code.

    A pack counts for its content, as often as the code says. A lot that is stored lends its expiry
    to a scan that has none.
    """
    scan = parse(text)
    found = _pack(scan) if scan.gtin else Found(_by_code(scan.code or ""))
    lot = _lot(found.product, scan.lot or scan.unsure)
    if scan.unsure and lot is not None and lot.expiry is None:
        lot = None  # an unsure lot is believed only when the store knows it, expiry and all
    expiry = scan.expiry or (lot.expiry if lot else None)
    number = lot.number if lot else scan.lot or ""
    settled = lot is not None and scan.unsure and not scan.uncounted
    return Found(found.product, found.pack, number, lot, expiry, found.quantity, "" if settled else scan.doubt)


def _pack(scan: Scan) -> Found:
    query = select(Pack).where(Pack.gtin == scan.gtin).options(selectinload(Pack.product))
    pack = db.session.scalar(query)
    if pack is None:
        raise Refused(_("No product has the GTIN %(gtin)s yet. Choose the product by hand.", gtin=scan.gtin))
    quantity = None if scan.uncounted else pack.size * (scan.count or 1)
    return Found(_in_use(pack.product), pack, quantity=quantity)


def _by_code(code: str) -> Product:
    product = db.session.scalar(select(Product).where(Product.code_key == key_of(code)))
    if product is None:
        raise Refused(_("No product has the code %(code)s. Choose the product by hand.", code=code[:60]))
    return _in_use(product)


def _in_use(product: Product) -> Product:
    if not product.active:
        raise Refused(_("%(product)s is no longer in use.", product=product.name))
    return product


def _lot(product: Product, number: str | None) -> Lot | None:
    query = select(Lot).where(Lot.product_id == product.id, Lot.number_key == key_of(number))
    return db.session.scalar(query) if number else None
