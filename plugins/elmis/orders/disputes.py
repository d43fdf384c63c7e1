"""The pages on which two sides settle the differences of a delivery, and on which goods come back."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from flask import Blueprint, g, request, url_for

from core.contract.words import _
from core.data.errors import Conflict
from core.web.pages import Done, act, get_or_404, page, permission, submit
from plugins.elmis.orders import callbacks, settling, sheet
from plugins.elmis.orders.forms import CallBackForm, ReasonForm, back_form, found_form
from plugins.elmis.orders.machines import CALL_BACK, RECEIPT, SHIPMENT
from plugins.elmis.orders.models import Receipt, Shipment
from plugins.elmis.orders.rights import VIEW

bp = Blueprint("disputes", __name__, url_prefix="/elmis", template_folder="../templates")
ANSWERED = _("Your answer is recorded.")


def _answered(id: int, operation: Callable[[Receipt], object], message: Any = ANSWERED) -> Done:
    operation(get_or_404(Receipt, id))
    return Done(url_for("orders.receipt", id=id), message)


def _receipt(id: int, action: str) -> tuple[Receipt, Any]:
    """Return a receipt and the label of a step that may be taken on it now."""
    g.menu_endpoint, row = "orders.shipments", sheet.receipt(id)
    step = next((each for each in RECEIPT.actions(row) if each.action == action), None)
    if step is None:
        raise RECEIPT.over(row)
    if request.method == "GET" and not settling.is_left(row, action):
        raise Conflict(_("Nothing is left of this: it was settled meanwhile."))
    return row, step.label


@bp.post("/receipts/<int:id>/acknowledge")
@permission(VIEW)
def acknowledge(id: int) -> Any:
    """Agree with the count."""
    return act(lambda: _answered(id, settling.acknowledge))


@bp.route("/receipts/<int:id>/<any(contest, answer):action>", methods=["GET", "POST"])
@permission(VIEW)
def respond(id: int, action: str) -> Any:
    """Answer the other side about a disputed receipt."""
    row, label = _receipt(id, action)
    form = ReasonForm()
    done = submit(form, lambda: _answered(id, lambda found: settling.ANSWERS[action](found, form.reason.data or "")))
    back = url_for("orders.receipt", id=id)
    return done or page("elmis/orders/reason.html", form=form, document=row, label=label, back=back)


FOUND: dict[str, tuple[Callable[..., None], Any, Any]] = {
    "withdraw": (
        settling.withdraw, ANSWERED,
        _("What you found comes into your stock. What you did not find becomes your loss, no longer the sender's."),
    ),
    "find": (
        settling.find, _("What was found is in your stock."),
        _("It was booked as the sender's loss and comes into your stock. If the lot was counted since, you are asked."),
    ),
    "find_here": (
        settling.find_here, _("What had not left is in your stock again."),
        _("It was booked as your loss and comes back into the store it was to leave. If the lot was counted since, you "
          "are asked."),
    ),
}  # fmt: skip


@bp.route("/receipts/<int:id>/<any(withdraw, find, find_here):action>", methods=["GET", "POST"])
@permission(VIEW)
def found(id: int, action: str) -> Any:
    """Say what was found of the goods that were missing on arrival."""
    row, label = _receipt(id, action)
    lines = [line for line in row.lines if line.lost]
    form = found_form(lines)
    take, message, words = FOUND[action]
    more = _beyond(row) if action == "withdraw" else ()

    def operation() -> Done:
        return _answered(id, lambda receipt: take(receipt, form.reason.data or "", form.units()), message)

    return submit(form, operation) or _lines(
        form, row, ("missing", "damaged", "lost"), label=label, words=[words, *more]
    )


def _beyond(receipt: Receipt) -> Iterator[Any]:
    """Yield what giving way takes out of the receiver's stock again: what came beyond the note was a mistake."""
    for extra in settling.open_extras(receipt):
        facts = {"product": extra.product.name, "lot": extra.lot.number, "units": extra.quantity}
        yield _("%(units)s of %(product)s, lot %(lot)s, beyond the note leave your stock again.", **facts)


@bp.route("/receipts/<int:id>/take-back", methods=["GET", "POST"])
@permission(VIEW)
def take_back(id: int) -> Any:
    """Say what came back of the refused goods."""
    row, label = _receipt(id, "take_back")
    lines = [line for line in row.lines if line.returning]
    form = back_form(lines)

    def operation() -> Done:
        message = _("The good ones are in stock again, the others are booked as lost.")
        return _answered(id, lambda receipt: settling.take_back(receipt, form.parts(), form.reason.data or ""), message)

    words = _("The goods are yours again as soon as you have them in hand.")
    return submit(form, operation) or _lines(form, row, ("returning",), label=label, words=[words])


PARTS = {
    "missing": _("Missing"),
    "damaged": _("Damaged"),
    "lost": _("Not settled yet"),
    "returning": _("On the way back"),
}


def _lines(form: Any, row: Receipt, shown: Sequence[str], **context: Any) -> Any:
    """Return the page that asks of each line what became of the parts that are shown."""
    known, parts = {str(line.id): line for line in row.lines}, {name: PARTS[name] for name in shown}
    return page("elmis/orders/receipt_lines.html", form=form, receipt=row, lines=known, parts=parts, **context)


@bp.route("/shipments/<int:id>/call-back", methods=["GET", "POST"])
@permission(VIEW)
def call_back(id: int) -> Any:
    """Call back what is on the way."""
    g.menu_endpoint, row, form = "orders.shipments", sheet.shipment(id), CallBackForm()
    if not any(step.action == "call_back" for step in SHIPMENT.actions(row)):
        raise SHIPMENT.over(row)
    if row.order_id is None:
        del form.again

    def operation() -> Done:
        again = "again" in form and bool(form.again.data)
        back = callbacks.call_back(get_or_404(Shipment, id), form.reason.data or "", again)
        words = _("%(number)s is called back. Take the goods back when they are there.", number=row.number)
        return Done(url_for("orders.receipt", id=back.id), words)

    back = url_for("orders.shipment", id=id)
    return submit(form, operation) or page(
        "elmis/orders/reason.html", form=form, document=row, label=CALL_BACK, back=back
    )
