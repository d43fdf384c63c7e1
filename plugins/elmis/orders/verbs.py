"""What is done to orders, deliveries and receipts."""

from typing import Any

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.web.forms import ReasonForm
from core.web.reasons import step
from plugins.elmis.formulas.lots import RECALLED
from plugins.elmis.orders import callbacks, forms, recalled, receiving, services, settling, shipping
from plugins.elmis.promises.machines import ORDER, RECEIPT, SHIPMENT
from plugins.elmis.promises.models import Order, Receipt, Shipment
from plugins.elmis.recalls.verbs import AT_PLACE, at

ANSWERED = _("Your answer is recorded.")


def _came(row: Receipt) -> str:
    """Return what a count has done; what went into quarantine is told beside it, and is not called stock."""
    apart = any(line.accepted and line.shipment_line.lot.status == RECALLED for line in row.lines)
    where = _("The delivery is received.") if apart else _("The delivery is received; what you accepted is in stock.")
    return f"{where} {_('The supplier was told of the differences.')}" if row.state == "disputed" else str(where)


def _of_order(_made: Shipment) -> str:
    return url_for("orders.show", id=_made.order_id)


def _sent(made: Shipment) -> Any:
    return _("%(number)s is on the way. Print the delivery note in three copies.", number=made.number)


ORDERS = {
    verb.name.rpartition(".")[2]: verb
    for verb in (
        ORDER.verb("allocate", Order, services.allocate, form=forms.lots_of, page="orders.allocate",
                   said=_("The lots are set aside. Print the picking list.")),
        ORDER.verb("pick", Order, services.pick, said=_("The picking is confirmed. Pack the goods.")),
        ORDER.verb("release", Order, services.release, said=_("The lots are free again.")),
        ORDER.verb("pack", Order, services.pack, form=forms.PackForm, page="orders.pack", to=_of_order,
                   said=lambda made: _("%(number)s is ready to leave.", number=made.number)),
        ORDER.verb("unpack", Order, services.unpack, said=_("The order is unpacked; its lots stay set aside.")),
        ORDER.verb("ship", Order, shipping.ship, form=forms.journey_form, page="orders.ship", said=_sent),
        step(ORDER, "cancel", Order, services.cancel, said=_("The order is cancelled; its lots are free again.")),
        ORDER.verb("close", Order, services.close, said=_("The order is closed."), offered=services.settled),
    )
}  # fmt: skip
CALL_BACK = SHIPMENT.verb(
    "call_back", Shipment, callbacks.call_back, form=forms.call_back_form,
    said=lambda back: _("%(number)s is called back. Take the goods back when they are there.",
                        number=back.shipment.number),
)  # fmt: skip
COUNT = RECEIPT.verb(
    "count", Receipt, receiving.receive, form=forms.count_form, said=_came, page="orders.count",
    offline=["store.articles"], kept_rows=receiving.awaited,
)  # fmt: skip
ACKNOWLEDGE = RECEIPT.verb("acknowledge", Receipt, settling.acknowledge, said=ANSWERED)


def _in_turn(action: str, side: str, run: Any, **more: Any) -> Verb:
    """Return a step of a dispute that is this side's to take: each answers the other."""
    return RECEIPT.verb(action, Receipt, run, said=ANSWERED, offered=lambda receipt: receipt.turn == side, **more)


def _found(action: str, run: Any, part: str, said: Any, warning: Any, form: Any = forms.found_form) -> Verb:
    """Return a step that takes up goods of which a part of the receipt's lines is left."""
    return RECEIPT.verb(
        action, Receipt, run, form=form, said=said, warning=warning, page="disputes.lines_of",
        offered=lambda receipt: any(getattr(line, part) for line in receipt.lines),
    )  # fmt: skip


OF_RECEIPT = [
    _in_turn("contest", "supplier", settling.contest, form=ReasonForm),
    _in_turn("answer", "facility", settling.answer, form=ReasonForm),
    _in_turn(
        "withdraw", "facility", settling.withdraw, form=forms.found_form, page="disputes.lines_of",
        warning=_("What you found comes into your stock. What you did not find becomes your loss, no longer the "
                  "sender's."),
    ),
    _found(
        "find", settling.find, "lost", _("What was found is in your stock."),
        _("It was booked as the sender's loss and comes into your stock. If the lot was counted since, you are asked."),
    ),
    _found(
        "find_here", settling.find_here, "lost", _("What had not left is in your stock again."),
        _("It was booked as your loss and comes back into the store it was to leave. If the lot was counted since, you "
          "are asked."),
    ),
    _found(
        "take_back", settling.take_back, "returning",
        _("The good ones are in stock again, the others are booked as lost."),
        _("The goods are yours again as soon as you have them in hand."), forms.back_form,
    ),
    ACKNOWLEDGE, COUNT,
]  # fmt: skip
SEND_BACK = at(
    "send_back", recalled.send_back, forms.SendBackForm, AT_PLACE,
    lambda sent: _("%(number)s is on the way.", number=sent.number),
)  # fmt: skip
OF_SHIPMENT = [CALL_BACK]
