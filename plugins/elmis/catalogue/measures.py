"""How much of a product: stored in base units, written and typed in packs too."""

from typing import Any

from core.contract.words import _
from core.data.work import choose
from core.web.pages import language, number
from plugins.elmis.catalogue.models import Product
from plugins.elmis.catalogue.units import plural

UNIT, PACK = "unit", "pack"
SHOWN, NOW = "shown", "now"
TIMES = "\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}"


def packs(quantity: int, size: int) -> str:
    """Return a quantity in packs, e.g. "3 × 1 000 + 12"; empty where it fills none, or the pack is the unit."""
    return "" if size <= 1 or quantity < size else _sum(quantity // size, size, quantity % size)


def _sum(whole: int, size: int, rest: int) -> str:
    """Return packs and what lies beside them, e.g. "3 × 1 000 + 12"."""
    made = f"{number(whole)}{TIMES}{number(size)}"
    return f"{made} + {number(rest)}" if rest else made


def broken(quantity: int, size: int) -> bool:
    """Return whether a quantity opens a pack."""
    return size > 1 and quantity % size > 0


def pack_words(product: Product, size: int | None = None) -> str:
    """Return what a pack of a product is called: that of the catalogue, or one of another size."""
    here = product.pack_label if size in (None, product.pack_size) else ""
    return str(here or _("pack of %(size)s", size=number(size or product.pack_size)))


def said(product: Product, units: int) -> str:
    """Return base units in words: "4 037 comprimés"."""
    return f"{number(units)} {plural(product.unit, units, language())}"


def choices(product: Product, size: int | None = None) -> list[tuple[str, str]]:
    """Return how a quantity of a product is typed: in its units, or in its packs, as of the `size` that was shown."""
    return [(UNIT, product.unit), (PACK, pack_words(product, size))]


def in_units(
    typed: int, measure: str | None, product: Any, shown: int | None, *, loose: int = 0, field: str = "quantity",
    line: int | None = None,
) -> int:  # fmt: skip
    """Return the base units of what was typed in units, or in packs of a product with `loose` units beside them; which
    pack is meant is asked at `field` when it is no longer the one that the page has `shown`."""
    if measure != PACK:
        return typed + loose
    now = int(product.pack_size)
    size = int(shown or now)
    if size != now and _which(typed, product, size, loose, field, line) != SHOWN:
        size = now
    return typed * size + loose


def _which(typed: int, product: Any, shown: int, loose: int, field: str, line: int | None) -> str:
    """Return which pack is meant: the one that the page showed, or that of the catalogue now; asked until then."""
    now = int(product.pack_size)
    words = _("The pack of %(product)s has changed from %(shown)s to %(now)s meanwhile. How much is it?",
              product=product.name, shown=number(shown), now=number(now))  # fmt: skip
    choices = [
        (code, f"{_sum(typed, size, loose)} = {number(typed * size + loose)}")
        for code, size in ((SHOWN, shown), (NOW, now))
    ]
    about = f"{product.id}/{typed}/{shown}/{now}" + (f"/{loose}" if loose else "")
    return choose("pack_size", words, choices, about=about, field=field, line=line)
