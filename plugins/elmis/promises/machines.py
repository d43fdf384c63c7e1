"""The cycle of an order, of a shipment and of a receipt: states, and who may take which step."""

from typing import Any

from core.contract.words import _
from core.data.states import Machine, State, Transition
from core.data.waits import Wait, days
from plugins.elmis.promises.rights import PREPARE, RECEIVE, SEND, WATCH


def _by_supplier(source: str, action: str, target: str, label: Any, **more: Any) -> Transition:
    return Transition(source, action, target, PREPARE, label, at="supplier", **more)


def _by_sender(source: str, action: str, target: str, label: Any, **more: Any) -> Transition:
    return Transition(source, action, target, SEND, label, at="supplier", **more)


def _by_receiver(source: str, action: str, target: str, label: Any, **more: Any) -> Transition:
    return Transition(source, action, target, RECEIVE, label, at="facility", **more)


def _to_prepare(task: Any, action: Any) -> list[Wait]:
    return [
        Wait(task, action, PREPARE, "supplier", until="needed_on", detail="%(urgent)s", escalates=WATCH,
             view="prepare", many=_("Serve %(number)s orders"))
    ]  # fmt: skip


def _to_answer(turn: str, right: str, at: str, other: Any) -> Wait:
    return Wait(
        _("Answer the dispute %(number)s"), _("Answer"), right, at, within=days(3), detail=other, when={"turn": turn},
        escalates=WATCH, view="answer", many=_("Answer %(number)s disputes"),
    )  # fmt: skip


SAID = {
    "create": _("Order received"), "allocate": _("Lots set aside"), "release": _("Lots released"), "pick": _("Picked"),
    "pack": _("Packed"), "unpack": _("Unpacked"), "ship": _("Shipped"), "receive": _("Received"),
    "receive_part": _("Received in part"), "close": _("Closed"), "cancel": _("Cancelled"), "count": _("Counted"),
    "confirm": _("Confirmed"), "dispute": _("Differences reported"), "acknowledge": _("The supplier agrees"),
    "contest": _("The supplier contests"), "answer": _("The receiver answers"),
    "withdraw": _("The receiver gives way"), "find": _("Found later"), "find_here": _("Had not left the sender"),
    "take_back": _("Taken back"), "call_back": _("Called back"),
    "take": _("Lots taken for something else"),
}  # fmt: skip


CANCEL_REASONS = {
    "depot_short": _("The depot has too little"), "elsewhere": _("Comes from elsewhere"), "twice": _("Ordered twice"),
    "closed": _("The facility is closed"), "budget": _("Budget"),
}  # fmt: skip
CALL_BACK = _("Call back what is on the way")
ORDER = Machine(
    "elmis.order",
    {
        "to_prepare": State(
            _("To prepare"), "warn", _("Release of the lots"),
            _to_prepare(_("Prepare order %(number)s of %(facility)s"), _("Prepare")),
        ),
        "allocated": State(
            _("Lots set aside"), "info", _("Setting aside of the lots"),
            _to_prepare(_("Pick order %(number)s of %(facility)s"), _("Pick")),
        ),
        "picked": State(
            _("Picked"), "info", _("Picking"),
            _to_prepare(_("Pack order %(number)s of %(facility)s"), _("Pack the goods")),
        ),
        "packed": State(
            _("Packed"), "info", _("Packing"), _to_prepare(_("Ship order %(number)s of %(facility)s"), _("Ship"))
        ),
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
    said=SAID,
    reasons={"cancel": CANCEL_REASONS},
)  # fmt: skip
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
    said=SAID,
)

COUNTED = ("disputed", "confirmed")
RETURNED = (*COUNTED, "called_back")
RECEIPT = Machine(
    "elmis.receipt",
    {
        "expected": State(
            _("Receipt expected"), "info", _("Going back to counting"),
            [Wait(
                _("Confirm the receipt of %(shipment)s"), _("Receive"), RECEIVE, "shipment.facility",
                until="expected_on", detail=_("From %(shipment.supplier)s."),
                escalates=WATCH, view="receive", many=_("Receive %(number)s deliveries"), page="orders.count",
            )],
        ),
        "counted": State(_("Receipt counted"), "info", _("Count of the goods")),
        "disputed": State(
            _("Disputed"), "danger", _("Dispute"),
            [
                _to_answer("supplier", SEND, "shipment.supplier", "%(shipment.facility)s"),
                _to_answer("facility", RECEIVE, "shipment.facility", "%(shipment.supplier)s"),
            ],
        ),
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
    "orders.shipments",
    SAID,
)  # fmt: skip
DIFFERENCES = ("missing", "damaged", "refused")
TURNS = {"supplier": _("The supplier"), "facility": _("The receiver")}  # whose answer to a dispute is awaited
EXTRAS = {  # of goods beyond the note
    "open": State(_("To agree on"), "warn", _("Claim")),
    "accepted": State(_("Agreed between both"), "ok", _("Agreement")),
    "withdrawn": State(_("Claim withdrawn"), "neutral", _("Withdrawal")),
}  # fmt: skip
