"""What the stocks give to the plugin's hooks."""

from collections.abc import Iterator
from typing import Any

from flask import url_for

from core.contract.ports import MenuItem, Panel
from core.contract.words import _
from core.data.access import current
from core.data.db import today
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import LOT_STATUSES, Product
from plugins.elmis.ledger import reports
from plugins.elmis.stock.verbs import JUSTIFY, REVERSE
from plugins.elmis.stock.views import bp, warned

SEE = "elmis.stock.view"
BLUEPRINTS = [bp]
VERBS_OF_OTHERS = [REVERSE, JUSTIFY]
MENU = [MenuItem(_("Stock"), "stock.index", SEE, _("Health products"), "package", order=105)]


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
