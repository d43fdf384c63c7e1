"""What a line of a form says of its product: its unit and pack, what is in stock, and its lots."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import selectinload

from core.contract.words import _, ngettext
from core.data.codes import key_of
from core.data.db import db, today
from core.data.search import clean, fits, fold, folded
from core.facilities.models import Facility
from core.web.pages import day, language, number
from plugins.elmis.catalogue.measures import pack_words, said
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.catalogue.units import plural
from plugins.elmis.formulas.lots import REASONS, refusal
from plugins.elmis.ledger.models import StockBalance, StockLocation
from plugins.elmis.ledger.moves import stores
from plugins.elmis.store.free import Held, elsewhere, held, usable

SHOWN = 12  # articles of one answer


def articles(store: StockLocation | None, text: str, most: int | None = SHOWN) -> list[dict[str, Any]]:
    """Return the products in use that hold all the words: those in stock first, then those that begin with them."""
    lying = _lying(store).subquery()
    there = func.coalesce(lying.c.there, 0)
    typed = folded(clean(text))
    begins = or_(*(fold(each).startswith(typed, autoescape=True) for each in (Product.name_fr, Product.code)))
    query = (
        select(Product, there.label("there"))
        .outerjoin(lying, lying.c.product_id == Product.id)
        .where(Product.active, fits(text, [Product.code], [Product.name_fr, Product.name_en, Product.inn]))
        .order_by((there > 0).desc(), begins.desc(), Product.name_fr, Product.id)
        .limit(most)
    )
    return [
        {"value": row.code, "label": f"{row.code} · {row.name}", "detail": _stock(row, int(units))}
        for row, units in db.session.execute(query)
    ]


def codes_in(store: StockLocation | None) -> list[str]:
    """Return the codes of the products of which something lies in a store."""
    lying = _lying(store).subquery()
    query = select(Product.code).join(lying, lying.c.product_id == Product.id).order_by(Product.code)
    return list(db.session.scalars(query))


def _lying(store: StockLocation | None) -> Any:
    """Return the select of what lies of each product in a store."""
    return (
        select(StockBalance.product_id, func.sum(StockBalance.quantity).label("there"))
        .where(StockBalance.location_id == (store.id if store else 0), StockBalance.quantity > 0)
        .group_by(StockBalance.product_id)
    )


def _stock(product: Product, units: int) -> str:
    if not units:
        return str(_("none in stock"))
    return str(_("In stock: %(units)s", units=said(product, units)))


def lots(store: StockLocation | None, code: str, text: str = "") -> list[dict[str, Any]]:
    """Return the lots of a product in a store, first expiry first, as choices of a field."""
    product = product_of(code)
    found = _ordered(store, product) if product and store else []
    words = folded(clean(text)).split()
    return [
        {"value": one.stock.number, "label": one.stock.number, "detail": _lot_words(one)}
        for one in found
        if all(word in folded(one.stock.number) for word in words)
    ]


def facts(store: StockLocation | None, code: str) -> dict[str, Any]:
    """Return what is said at a line once its product is chosen; nothing of an unknown one."""
    product = product_of(code)
    if product is None:
        return {}
    found = _ordered(store, product) if store else []
    free, first = usable(found, today()), next((one for one in found if not refusal(one.stock, today())), None)
    others = [f"{one.title} ({number(units)})" for one, units in (elsewhere(store, product) if store else [])]
    return {
        "unit": product.unit,
        "units": plural(product.unit, 2, language()),
        "pack": product.pack_size,
        "pack_words": pack_words(product),
        "free": free,
        "says": str(_("Available: %(units)s", units=said(product, free))) + ("." if others else ""),
        "short": str(_("What can be given out: %(units)s.", units=said(product, free))),
        "lots": [f"{one.stock.number} : {_lot_words(one)}" for one in found],
        "elsewhere": str(_("In other stores here: %(stores)s.", stores=", ".join(others))) if others else "",
        "by_lot": _by_lot(found),
        "first": [first.stock.number, first.stock.quantity] if first else None,
    }


def _by_lot(found: list[Held]) -> dict[str, int]:
    """Return {key of a lot number: units}; the number on packs that are kept apart counts them too."""
    there: Counter[str] = Counter()
    printed = {lot.id: lot.printed for lot in db.session.scalars(select(Lot).where(Lot.twin_of_id.is_not(None),
               Lot.id.in_([one.stock.lot_id for one in found])).options(selectinload(Lot.twin_of)))}  # fmt: skip
    for one in found:
        for name in {one.stock.number, printed.get(int(one.stock.lot_id), one.stock.number)}:
            there[key_of(name)] += one.there
    return dict(there)


def _ordered(store: StockLocation, product: Product) -> list[Held]:
    """Return the lots of a product: those that may be used first, first expiry first."""
    return sorted(held(store, product), key=lambda one: bool(refusal(one.stock, today())))


def _lot_words(one: Held) -> str:
    """Return what a lot is: what is free of it, its expiry, why it may not be used."""
    why = refusal(one.stock, today())
    parts = [
        str(_("%(units)s free", units=number(one.stock.quantity))),
        str(_("expires %(day)s", day=day(one.stock.expiry))) if one.stock.expiry else "",
        str(_("%(units)s set aside", units=number(one.aside))) if one.aside else "",
        str(REASONS[why]) if why else "",
    ]
    return ", ".join(filter(None, parts))


def product_of(code: str) -> Product | None:
    """Return the product of a code as it is typed."""
    return db.session.scalar(select(Product).where(Product.code_key == key_of(code)))


@dataclass(frozen=True)
class StoreRow:
    """A store of a facility and how many lots lie in it."""

    store: StockLocation
    lots: int

    @property
    def words(self) -> str:
        """Return the number of lots in words."""
        return str(ngettext("%(num)d lot", "%(num)d lots", self.lots))


def stores_with_lots(facility: Facility) -> list[StoreRow]:
    """Return the stores of a facility, the main one first, with their lots."""
    own = stores(facility)
    query = (
        select(StockBalance.location_id, func.count())
        .where(StockBalance.location_id.in_([one.id for one in own]), StockBalance.quantity > 0)
        .group_by(StockBalance.location_id)
    )
    counted: dict[int, int] = {row[0]: row[1] for row in db.session.execute(query)}
    return [StoreRow(one, counted.get(one.id, 0)) for one in own]
