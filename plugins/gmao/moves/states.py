"""A move is sent, and acknowledged by who receives it, or refused."""

from core.contract.words import _
from core.data.states import Machine, State, Transition
from core.data.waits import Wait, working_days
from plugins.gmao.rights import EDIT, RECEIVE

TO_RECEIVE = Wait(
    _("%(what)s comes from %(source)s: has it arrived?"),
    _("Acknowledge"),
    RECEIVE,
    within=working_days(5),
    detail="%(number)s, %(facility)s",
    escalates=EDIT,
    view="coming",
    many=_("%(number)s pieces of equipment are on their way here"),
)
TO_READ = Wait(
    _("%(facility)s has refused %(what)s"), _("Read why"), person="sent_by_id", detail="%(number)s", view="refused",
)  # fmt: skip
MACHINE = Machine(
    "gmao.move",
    {
        "sent": State(_("On its way"), "info", _("Sending"), [TO_RECEIVE]),
        "arrived": State(_("Arrived"), "ok", _("Arrival")),
        "refused": State(_("Refused"), "danger", _("Refusal"), [TO_READ]),
        "withdrawn": State(_("Sending withdrawn"), "neutral", _("Withdrawal")),
        "settled": State(_("Refused, and back"), "neutral", _("Way back")),
    },
    [
        Transition("sent", "arrive", "arrived", RECEIVE, _("It has arrived"), strong=True),
        Transition("sent", "refuse", "refused", RECEIVE, _("Refuse it"), needs_reason=True),
        Transition("sent", "withdraw", "withdrawn", EDIT, _("Withdraw"), needs_reason=True, at="source"),
        Transition("refused", "settle", "settled", EDIT, _("I have read it"), at="source", strong=True),
    ],
    said={
        "send": _("Sent"),
        "arrive": _("It has arrived"),
        "refuse": _("Refused"),
        "withdraw": _("Sending withdrawn"),
        "settle": _("Back with the sender"),
    },
)
