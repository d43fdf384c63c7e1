"""What the ledger gives to the plugin's hooks."""

from collections.abc import Iterator
from datetime import date, time
from typing import Any

from flask import url_for
from sqlalchemy import Select, select

from core.contract.entities import Entity, ref
from core.contract.ports import MenuItem, Panel, Recurring, Stock, Task
from core.contract.words import _
from core.data.access import Access, current
from core.data.db import db
from core.data.kept import per_rights
from core.facilities.models import Facility
from core.web.pages import language
from plugins.elmis.catalogue.units import plural
from plugins.elmis.ledger import reports
from plugins.elmis.ledger.importer import MOVEMENTS
from plugins.elmis.ledger.jobs import VERIFY
from plugins.elmis.ledger.limits import LABELS, Limit
from plugins.elmis.ledger.models import (
    DISCREPANCY_STATES,
    KINDS,
    OPEN,
    Discrepancy,
    Movement,
    Observation,
    Placing,
    Reason,
    StockBalance,
    StockLocation,
)
from plugins.elmis.ledger.services import first_movement
from plugins.elmis.ledger.tables import BalanceTable, DiscrepancyTable, MovementTable
from plugins.elmis.ledger.verbs import JUSTIFY, REVERSE
from plugins.elmis.ledger.views import bp
from plugins.elmis.store.issuing import StockPort

SEE = "elmis.stock.view"
ENTITIES = [
    Entity("elmis.limit", Limit, _("Limit"), _("Limits"), permission=SEE, words={"code": LABELS}),
    Entity(
        "elmis.reason", Reason, _("Reason"), _("Reasons"), "elmis_settings.reason", SEE,
        words={"from_kind": KINDS, "to_kind": KINDS},
    ),
    Entity("elmis.location", StockLocation, _("Store"), _("Stores"), permission=SEE, words={"kind": KINDS},
           named=("kind", "name", "facility_id")),
    Entity(
        "elmis.movement", Movement, _("Movement"), _("Movements"), "stock.movement", SEE, MovementTable,
        importer=MOVEMENTS, named=("document", "product_id", "lot_id"), verbs=[REVERSE],
    ),
    Entity("elmis.placing", Placing, _("Order around a count"), _("Orders around counts"), permission=SEE,
           named=("movement_id",)),
    Entity("elmis.observation", Observation, _("Counted lot"), _("Counted lots"), permission=SEE,
           named=("product_id", "lot_id")),
    Entity("elmis.balance", StockBalance, _("Stock"), _("Stocks"), None, SEE, BalanceTable),
    Entity(
        "elmis.discrepancy", Discrepancy, _("Discrepancy"), _("Discrepancies"), "stock.justify", SEE, DiscrepancyTable,
        words={"state": DISCREPANCY_STATES}, named=("facility_id", "movement_id"), verbs=[JUSTIFY],
    ),
]  # fmt: skip
BLUEPRINTS = [bp]
SERVICES = [(Stock, StockPort())]
SCHEDULE = [(VERIFY, Recurring(VERIFY, _("Proof of the ledger"), at=time(2, 25)))]
MENU = [MenuItem(_("Stock"), "stock.index", SEE, _("Health products"), "package", order=105)]


def inbox() -> Iterator[Task]:
    """Yield the shortfalls that this person may justify."""
    open_ones = db.session.scalars(_to_justify(current())).all()
    if len(open_ones) > 3:
        yield Task(_("Differences to justify"), url_for("stock.shortfalls"), _("Open the list"))
        return
    for row in open_ones:
        product, lot = row.movement.product, row.movement.lot
        detail = f"{row.facility.name}: {row.quantity} {plural(product.unit, row.quantity, language())}"
        source = " · ".join(filter(None, (row.movement.document, row.movement.counterpart)))
        detail = f"{detail}, {_('lot %(lot)s', lot=lot.number)}" + (f" ({source})" if source else "")
        title, url = _("Missing: %(product)s", product=product.name), url_for("stock.justify", id=row.id)
        yield Task(title, url, _("Justify"), detail, entity=ref(row))


@per_rights
def _to_justify(access: Access) -> Select[Any]:
    mine = Discrepancy.facility_id.in_(access.facility_ids("elmis.stock.adjust"))
    return select(Discrepancy).where(Discrepancy.state == OPEN, mine).limit(4)


def recorded_since(facility: Facility) -> Iterator[date]:
    """Yield the day of the first movement of a facility, whoever may see its stock."""
    first = first_movement(facility)
    if first is not None:
        yield first


def panels(obj: Any) -> Iterator[Panel]:
    """Yield how many products of a facility's stores are in which status; the browser asks for them afterwards."""
    if isinstance(obj, Facility) and current().can(SEE, obj) and reports.stores(obj):
        url = url_for("stock.index", facility=obj.id)
        yield Panel(_("Stock"), "elmis/stock/panel.html", {"facility": obj}, url, _("Open"), order=20)
