"""The cycle of an order, of a shipment and of a receipt: states, and who may take which step."""

from typing import Any

from core.contract.words import _
from core.data.states import Machine, State, Transition
from plugins.elmis.promises.rights import PREPARE, RECEIVE, SEND


def _by_supplier(source: str, action: str, target: str, label: Any, **more: Any) -> Transition:
    return Transition(source, action, target, PREPARE, label, at="supplier", **more)


def _by_sender(source: str, action: str, target: str, label: Any, **more: Any) -> Transition:
    return Transition(source, action, target, SEND, label, at="supplier", **more)


def _by_receiver(source: str, action: str, target: str, label: Any, **more: Any) -> Transition:
    return Transition(source, action, target, RECEIVE, label, at="facility", **more)


CALL_BACK = _("Call back what is on the way")
ORDER = Machine(
    "elmis.order",
    {
        "to_prepare": State(_("To prepare"), "warn", _("Release of the lots")),
        "allocated": State(_("Lots set aside"), "info", _("Setting aside of the lots")),
        "picked": State(_("Picked"), "info", _("Picking")),
        "packed": State(_("Packed"), "info", _("Packing")),
        "shipped": State(_("On the way"), "info", _("Shipment")),
        "partly_received": State(_("Partly received"), "warn", _("Receipt of a part")),
        "received": State(_("Received"), "ok", _("Receipt")),
        "closed": State(_("Order closed"), "neutral", _("Closing of the order")),
        "cancelled": State(_("Cancelled"), "neutral", _("Cancellation")),
        "called_back": State(_("Order called back"), "neutral", _("Calling back")),
    },
    [
        _by_supplier("to_prepare", "allocate", "allocated", _("Set lots aside"), strong=True),
        _by_supplier("allocated", "pick", "picked", _("Confirm the picking"), strong=True),
        _by_supplier("allocated", "allocate", "allocated", _("Change the lots")),
        _by_supplier("allocated", "release", "to_prepare", _("Release the lots")),
        _by_supplier("picked", "pack", "packed", _("Pack the goods"), strong=True),
        _by_supplier("picked", "allocate", "allocated", _("Change the lots")),
        _by_supplier("packed", "ship", "shipped", _("Ship"), strong=True),
        _by_supplier("packed", "unpack", "picked", _("Unpack")),
        _by_receiver("shipped", "receive", "received", _("Receive"), strong=True),
        _by_receiver("shipped", "receive_part", "partly_received", _("Receive a part")),
        _by_receiver("partly_received", "receive", "received", _("Receive the rest"), strong=True),
        _by_receiver("partly_received", "receive_part", "partly_received", _("Receive a part")),
        _by_sender("shipped", "call_back", "called_back", CALL_BACK, needs_reason=True),
        _by_sender("partly_received", "call_back", "received", CALL_BACK, needs_reason=True),
        _by_supplier("received", "close", "closed", _("Close")),
        *(
            _by_supplier(state, "cancel", "cancelled", _("Cancel the order"), needs_reason=True)
            for state in ("to_prepare", "allocated", "picked", "packed")
        ),
    ],
)
CYCLE = ("to_prepare", "allocated", "picked", "packed", "shipped", "received", "closed")
BEFORE_SHIPPING = ("to_prepare", "allocated", "picked", "packed")
UNDERWAY = ("shipped", "partly_received")

SHIPMENT = Machine(
    "elmis.shipment",
    {
        "packed": State(_("Packed"), "info", _("Packing")),
        "shipped": State(_("On the way"), "info", _("Shipment")),
        "partly_received": State(_("Partly received"), "warn", _("Receipt of a part")),
        "received": State(_("Received"), "ok", _("Receipt")),
        "cancelled": State(_("Delivery unpacked"), "neutral", _("Unpacking")),
        "called_back": State(_("Delivery called back"), "neutral", _("Calling back")),
    },
    [
        _by_supplier("packed", "ship", "shipped", _("Ship"), strong=True),
        _by_supplier("packed", "unpack", "cancelled", _("Unpack")),
        _by_sender("shipped", "call_back", "called_back", CALL_BACK, needs_reason=True),
        _by_sender("partly_received", "call_back", "received", CALL_BACK, needs_reason=True),
        _by_receiver("shipped", "receive", "received", _("Receive"), strong=True),
        _by_receiver("shipped", "receive_part", "partly_received", _("Receive a part")),
        _by_receiver("partly_received", "receive", "received", _("Receive the rest"), strong=True),
        _by_receiver("partly_received", "receive_part", "partly_received", _("Receive a part")),
    ],
)

COUNTED = ("disputed", "confirmed")
RETURNED = (*COUNTED, "called_back")
RECEIPT = Machine(
    "elmis.receipt",
    {
        "expected": State(_("Receipt expected"), "info", _("Going back to counting")),
        "counted": State(_("Receipt counted"), "info", _("Count of the goods")),
        "disputed": State(_("Disputed"), "danger", _("Dispute")),
        "confirmed": State(_("Receipt confirmed"), "ok", _("Confirmation")),
        "called_back": State(_("Receipt called back"), "neutral", _("Calling back")),
    },
    [
        _by_receiver("expected", "count", "counted", _("Count what arrived"), strong=True),
        _by_receiver("counted", "confirm", "confirmed", _("Confirm")),
        _by_receiver("counted", "dispute", "disputed", _("Report the differences")),
        _by_sender("expected", "call_back", "called_back", CALL_BACK, needs_reason=True),
        _by_sender("disputed", "acknowledge", "confirmed", _("Agree with the count"), strong=True),
        _by_sender("disputed", "contest", "disputed", _("Contest"), needs_reason=True),
        _by_receiver("disputed", "answer", "disputed", _("Answer the supplier"), needs_reason=True),
        _by_receiver("disputed", "withdraw", "confirmed", _("Give way to the supplier"), needs_reason=True),
        *(_by_receiver(state, "find", state, _("Book what was found"), needs_reason=True) for state in COUNTED),
        *(_by_sender(state, "find_here", state, _("It had not left"), needs_reason=True) for state in COUNTED),
        *(_by_sender(state, "take_back", state, _("Take back what was refused")) for state in COUNTED),
        _by_sender("called_back", "take_back", "called_back", _("Take back what was called back")),
    ],
)
DIFFERENCES = ("missing", "damaged", "refused")
TURNS = {"supplier": _("The supplier"), "facility": _("The receiver")}  # whose answer to a dispute is awaited
EXTRAS = {  # of goods beyond the note
    "open": State(_("To agree on"), "warn", _("Claim")),
    "accepted": State(_("Agreed between both"), "ok", _("Agreement")),
    "withdrawn": State(_("Claim withdrawn"), "neutral", _("Withdrawal")),
}  # fmt: skip
