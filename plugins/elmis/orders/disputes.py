"""The pages that ask of each line of a delivery what became of its differences, and of goods that come back."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, g, request

from core.contract.plugins import entities
from core.contract.words import _
from core.data.errors import Conflict
from core.web.doing import submit
from core.web.pages import page, permission
from core.web.verbs import blank, refuse_unless_possible
from plugins.elmis.orders import display, settling
from plugins.elmis.promises.machines import RECEIPT
from plugins.elmis.promises.models import Receipt
from plugins.elmis.promises.rights import VIEW

bp = Blueprint("disputes", __name__, url_prefix="/elmis", template_folder="../templates")
PARTS = {
    "missing": _("Missing"),
    "damaged": _("Damaged"),
    "lost": _("Not settled yet"),
    "returning": _("On the way back"),
}


@bp.route("/receipts/<int:id>/<any(withdraw, find, find_here, take_back):action>", methods=["GET", "POST"])
@permission(VIEW)
def lines_of(id: int, action: str) -> Any:
    """Ask of each line what was found of it, or came back."""
    g.menu_endpoint, row, verb = "orders.shipments", display.receipt(id), entities().verb(f"elmis.receipt.{action}")
    assert verb is not None
    _refuse_settled(row, action)
    refuse_unless_possible(verb, row)
    form, known = blank(verb, row), {str(line.id): line for line in row.lines}
    names = ("returning",) if action == "take_back" else ("missing", "damaged", "lost")
    words = [verb.warning, *(_beyond(row) if action == "withdraw" else ())]
    return submit(form, verb, id) or page(
        "elmis/orders/receipt_lines.html", form=form, receipt=row, lines=known, label=verb.label, words=words,
        parts={name: PARTS[name] for name in names},
    )  # fmt: skip


def _refuse_settled(row: Receipt, action: str) -> None:
    """Raise Conflict where a step may be taken, and nothing is left of what it is for."""
    possible = any(step.action == action for step in RECEIPT.actions(row))
    if request.method == "GET" and possible and not settling.is_left(row, action):
        raise Conflict(_("Nothing is left of this: it was settled meanwhile."))


def _beyond(receipt: Receipt) -> Iterator[Any]:
    """Yield what giving way takes out of the receiver's stock again: what came beyond the note was a mistake."""
    for extra in settling.open_extras(receipt):
        facts = {"product": extra.product.name, "lot": extra.lot.number, "units": extra.quantity}
        yield _("%(units)s of %(product)s, lot %(lot)s, beyond the note leave your stock again.", **facts)
