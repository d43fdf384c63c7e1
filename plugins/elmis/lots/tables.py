"""The list of lots."""

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import selectinload

from core.contract.words import _
from core.data.access import current
from core.data.states import State
from core.web.tables import Column, Table
from plugins.elmis.catalogue.models import LOT_STATUSES, Lot, Product
from plugins.elmis.formulas.lots import ACTIVE, HELD, RECALLED
from plugins.elmis.ledger.models import STORE, StockBalance, StockLocation

TONES = {ACTIVE: "ok", HELD: "warn", RECALLED: "danger"}
ACTS = {ACTIVE: _("Release of the lot"), HELD: _("Holding of the lot"), RECALLED: _("Recall of the lot")}
LOT_STATES = {status: State(label, TONES[status], ACTS[status]) for status, label in LOT_STATUSES.items()}


def held() -> Any:
    """Return the SQL sum of a lot in the stores that this person may see."""
    return (
        select(func.coalesce(func.sum(StockBalance.quantity), 0))
        .join(StockLocation, StockLocation.id == StockBalance.location_id)
        .where(StockBalance.lot_id == Lot.id, StockLocation.kind == STORE)
        .where(StockBalance.facility_id.in_(current().facility_ids("elmis.stock.view")))
        .correlate(Lot)
        .scalar_subquery()
    )


class LotTable(Table):
    """All lots, with what is left of them where this person may look."""

    model = Lot
    search = [Lot.number, Product.code, Product.name_fr, Product.name_en]
    default_sort = "expiry"
    options = [selectinload(Lot.product)]
    empty = (_("No lot yet"), _("A lot is made when it is first received."))

    @property
    def columns(self) -> Any:  # type: ignore[override]
        """Return the columns; what is left depends on who looks."""
        return [
            Column("number", _("Lot number")),
            Column("product_name", _("Product"), Product.name_fr, value=lambda row: row.product.name),
            Column("product", _("Product code"), Product.code, default=False),
            Column("expiry", _("Expiry"), kind="date"),
            Column("status", _("Status"), kind="state", facet=LOT_STATES),
            Column("held", _("In stock"), held(), kind="number"),
            Column("vvm", _("VVM stage"), kind="number", default=False),
            Column("donor", _("Donor"), facet=True, default=False),
            Column("made_on", _("Made on"), kind="date", default=False),
        ]

    def query(self) -> Select[Any]:
        """Return the lots with their products."""
        return select(Lot).join(Product, Product.id == Lot.product_id)
