"""The list of a facility's stock by product, and the choice of lots by words."""

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from core.contract.words import _
from core.data.db import today
from core.data.search import folded
from core.facilities.models import Facility
from core.web.columns import Column, Row
from core.web.reckoned import Reckoned
from plugins.elmis.formulas.status import STATUSES
from plugins.elmis.ledger import reports
from plugins.elmis.ledger.models import StockLocation
from plugins.elmis.ledger.reports import LotRow
from plugins.elmis.stock import drawing
from plugins.elmis.stock.products import ProductStock, stock_by_product


class StockTable(Reckoned):
    """What a facility has of each product, how long it lasts and when it expires; of one of its stores, if one is
    chosen."""

    entity = "elmis.balance"
    columns = [
        Column("name", _("Product"), value=lambda row: row.name),
        Column("code", _("Code"), value=lambda row: row.product.code, kind="code", default=False, filed=True),
        Column("unit", _("Unit"), value=lambda row: row.unit, default=False, filed=True),
        Column("quantity", _("Stock"), kind="number"),
        Column("usable", _("Usable"), kind="number", default=False, filed=True),
        Column("cmm", _("CMM"), kind="number"),
        Column("months", _("Months of stock"), kind="number"),
        Column("status", _("Status"), value=lambda row: row.code, kind="state", facet=STATUSES),
        Column("expiry", _("First expiry"), value=lambda row: row.nearest, kind="date"),
        Column("value", _("Value"), kind="money"),
        Column("currency", _("Currency"), value=lambda row: row.product.currency, default=False, filed=True),
    ]
    default_sort, size = "name", 100
    pilled, printable, rows_template = "status", True, "elmis/stock/by_product.html"
    empty = (_("No stock yet"), _("Record a receipt, or import the stock from a file."))

    def __init__(self, facility: Facility, stores: Sequence[StockLocation], store_id: int | None = None) -> None:
        self.place, self.stores = facility, stores
        self.store = next((one for one in stores if one.id == store_id), None)
        self.split = reports.by_store(facility) if len(stores) > 1 else {}
        self.aside = reports.aside_by_product(facility)

    def computed(self) -> Sequence[ProductStock]:
        """Return the products that the facility, or its chosen store, has had."""
        rows = stock_by_product(self.place, today())
        return [row for row in rows if self.store is None or self.store.id in self.split.get(row.product.id, {})]

    def text(self, row: ProductStock) -> str:
        """Return the words by which a product is found."""
        product = row.product
        return " ".join((product.code, product.name_fr, product.name_en, product.inn))

    def drawn(self, columns: Sequence[Column], rows: Iterable[Row], picks: bool = False) -> Markup:
        """Return the rows as HTML."""
        stores = {one.id: one.name for one in self.stores}
        return drawing.lines(rows, self.place.id, stores, self.split, self.aside)


def matching(rows: Iterable[LotRow], words: str) -> list[LotRow]:
    """Return the lots whose product, its code, or number has all the words."""
    wanted = folded(words).split()
    return [row for row in rows if all(word in folded(f"{row.code} {row.product} {row.lot}") for word in wanted)]
