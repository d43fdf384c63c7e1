"""What becomes of a transfer request: who answers, and who takes note."""

from core.contract.words import _
from core.data.states import Machine, State, Transition
from plugins.elmis.promises.rights import SEND
from plugins.elmis.transfers.models import ASK

REQUEST = Machine(
    "elmis.transfer_request",
    {
        "asked": State(_("Waits for an answer"), "warn", _("Request")),
        "sent": State(_("Goods sent"), "ok", _("Shipment")),
        "refused": State(_("Request refused"), "danger", _("Refusal")),
        "noted": State(_("Refused, and noted"), "neutral", _("Taking note")),
        "withdrawn": State(_("Request withdrawn"), "neutral", _("Withdrawal")),
    },
    [
        Transition("asked", "send", "sent", SEND, _("Send the goods"), at="supplier", strong=True),
        Transition("asked", "refuse", "refused", SEND, _("Refuse"), needs_reason=True, at="supplier"),
        Transition("asked", "withdraw", "withdrawn", ASK, _("Withdraw the request"), needs_reason=True),
        Transition("refused", "note", "noted", ASK, _("Take note"), strong=True),
    ],
)
SAID = {
    "ask": _("Asked for"), "send": _("Sent"), "refuse": _("Refused"), "withdraw": _("Withdrawn"), "note": _("Noted"),
}  # fmt: skip
