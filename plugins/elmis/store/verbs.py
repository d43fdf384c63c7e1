"""What is done in a store: each kind of document is a verb, and its stores have names."""

from functools import partial
from typing import Any

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.facilities.models import Facility
from plugins.elmis.ledger.models import StockLocation
from plugins.elmis.store.forms import StoreNameForm, form_for, name_form
from plugins.elmis.store.kinds import KINDS, MOVE
from plugins.elmis.store.services import add_store, record, rename_store


def _recorded(number: str) -> Any:
    return _("%(number)s is recorded.", number=number)


def _of_slip(number: str) -> str:
    return url_for("store.document", number=number)


KEPT = ["store.articles", "store.lots", "store.at_the_line"]
DOCUMENTS = {
    kind.code: Verb(
        f"elmis.movement.{kind.code}", kind.title, kind.permission, partial(record, kind), Facility,
        partial(form_for, kind), _recorded, _of_slip, "store.new", offline=KEPT,
    )
    for kind in KINDS.values()
}  # fmt: skip
ADD_STORE = Verb(
    "elmis.location.add", _("Add a store"), MOVE, add_store, Facility, StoreNameForm,
    lambda row: _("The store “%(name)s” was added.", name=row.name), "store.own_stores", "store.own_stores",
)  # fmt: skip
RENAME_STORE = Verb(
    "elmis.location.rename", _("Rename the store"), MOVE, rename_store, StockLocation, name_form,
    _("The store was renamed."), "store.own_stores", "store.rename",
)  # fmt: skip
OF_STORES = [ADD_STORE, RENAME_STORE]
