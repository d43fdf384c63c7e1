"""What the stocks give to the plugin's hooks."""

from collections.abc import Iterator
from typing import Any

from flask import url_for
from sqlalchemy import Select, select

from core.contract.entities import ref
from core.contract.ports import MenuItem, Panel, Task
from core.contract.words import _
from core.data.access import Access, current
from core.data.db import db, today
from core.data.kept import per_rights
from core.facilities.models import Facility
from core.web.pages import language
from plugins.elmis.catalogue.models import LOT_STATUSES, Product
from plugins.elmis.catalogue.units import plural
from plugins.elmis.ledger import reports
from plugins.elmis.ledger.models import OPEN, Discrepancy
from plugins.elmis.stock.verbs import JUSTIFY, REVERSE
from plugins.elmis.stock.views import bp, warned

SEE = "elmis.stock.view"
BLUEPRINTS = [bp]
VERBS_OF_OTHERS = [REVERSE, JUSTIFY]
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


def panels(obj: Any) -> Iterator[Panel]:
    """Yield who holds a product; how many products of a facility's stores are in which status, for which the browser
    asks afterwards."""
    if isinstance(obj, Product):
        context = {"product": obj, "holders": reports.holders(current(), obj), "lot_statuses": LOT_STATUSES,
                   "today": today(), "warned": warned}  # fmt: skip
        yield Panel(_("Who holds it"), "elmis/stock/holders.html", context, order=10, flush=True)
    if isinstance(obj, Facility) and current().can(SEE, obj) and reports.stores(obj):
        url = url_for("stock.index", facility=obj.id)
        yield Panel(_("Stock"), "elmis/stock/panel.html", {"facility": obj}, url, _("Open"), order=20)
