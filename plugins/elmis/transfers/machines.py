"""What becomes of a transfer request: who answers, and who takes note."""

from core.contract.words import _
from core.data.states import Machine, State, Transition
from core.data.waits import Wait, working_days
from plugins.elmis.promises.rights import SEND, WATCH
from plugins.elmis.transfers.models import ASK

SAID = {
    "ask": _("Asked for"), "send": _("Sent"), "refuse": _("Refused"), "withdraw": _("Withdrawn"), "note": _("Noted"),
}  # fmt: skip
TO_ANSWER = Wait(
    _("%(facility)s lacks %(product)s: give %(quantity)s?"), _("Answer"), SEND, "supplier", within=working_days(3),
    detail="%(number)s, %(asked_by)s", escalates=WATCH, view="answer", many=_("Answer %(number)s transfer requests"),
)  # fmt: skip
TO_NOTE = Wait(
    _("%(supplier)s does not give %(product)s"), _("Read why"), person="asked_by_id",
    detail=_("%(number)s, for %(facility)s"), view="refused", many=_("%(number)s transfer requests were refused"),
)  # fmt: skip
REQUEST = Machine(
    "elmis.transfer_request",
    {
        "asked": State(_("Waits for an answer"), "warn", _("Request"), [TO_ANSWER]),
        "sent": State(_("Goods sent"), "ok", _("Shipment")),
        "refused": State(_("Request refused"), "danger", _("Refusal"), [TO_NOTE]),
        "noted": State(_("Refused, and noted"), "neutral", _("Taking note")),
        "withdrawn": State(_("Request withdrawn"), "neutral", _("Withdrawal")),
    },
    [
        Transition("asked", "send", "sent", SEND, _("Send the goods"), at="supplier", strong=True),
        Transition("asked", "refuse", "refused", SEND, _("Refuse"), needs_reason=True, at="supplier"),
        Transition("asked", "withdraw", "withdrawn", ASK, _("Withdraw the request"), needs_reason=True),
        Transition("refused", "note", "noted", ASK, _("Take note"), strong=True),
    ],
    said=SAID,
)
