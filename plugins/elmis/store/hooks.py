"""What the store gives to the plugin's hooks."""

from collections.abc import Iterator

from flask import url_for

from core.contract.ports import Hit, MenuItem
from core.contract.words import _
from core.data.access import current
from core.data.numbers import of_place
from plugins.elmis.ledger.moves import code_of
from plugins.elmis.store.services import slips, store_coded
from plugins.elmis.store.verbs import DOCUMENTS, OF_STORES
from plugins.elmis.store.views import bp

BLUEPRINTS = [bp]
VERBS_OF_OTHERS = [*DOCUMENTS.values(), *OF_STORES]
MENU = [MenuItem(_("Store work"), "store.index", "elmis.stock.move", _("Health products"), "warehouse", order=110)]


def found(text: str) -> Iterator[Hit]:
    """Yield the store whose label was scanned, and the slips whose number, or that of the paper they came with, begins
    with a text, each with its facility: two may have the same number."""
    if current().can("elmis.stock.view"):
        store = store_coded(text)
        if store is not None:
            url = url_for("stock.lots", facility=store.facility_id, store=store.id)
            yield Hit(f"{code_of(store)} ({store.title})", url, store.facility.name, (code_of(store),))
        for number, paper, facility in slips(text):
            name, url = of_place(number, facility), url_for("store.document", number=number, facility=facility.id)
            yield Hit(f"{name} ({paper})" if paper else name, url, facility.name, (number, name))
