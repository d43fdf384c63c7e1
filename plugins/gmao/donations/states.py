"""An offer is examined, accepted (perhaps with conditions) or declined, received and closed."""

from core.contract.words import _
from core.data.states import Machine, State, Transition
from core.data.waits import Wait, working_days
from plugins.gmao.rights import DECIDE, OFFER

OFFERED, EXAMINED, ACCEPTED, CONDITIONAL, DECLINED, RECEIVED, CLOSED = (
    "offered", "examined", "accepted", "conditional", "declined", "received", "closed",
)  # fmt: skip
AWAITED = (ACCEPTED, CONDITIONAL)  # it may come
DECIDED = (*AWAITED, DECLINED, RECEIVED, CLOSED)
DETAIL = "%(number)s, %(facility)s"
TO_EXAMINE = Wait(
    _("%(donor)s offers equipment: can it serve?"), _("Examine"), OFFER, within=working_days(10), detail=DETAIL,
    escalates=DECIDE, view="to_examine", many=_("%(number)s offers of equipment are to be examined"),
)  # fmt: skip
TO_DECIDE = Wait(
    _("The offer of %(donor)s is examined: is it accepted?"), _("Decide"), DECIDE, within=working_days(15),
    detail=DETAIL, escalates=DECIDE, view="to_decide", many=_("%(number)s offers of equipment are to be decided"),
)  # fmt: skip
TO_RECEIVE = Wait(
    _("%(donor)s sends equipment: has it come?"), _("Receive it"), OFFER, detail=DETAIL, view="to_receive",
    many=_("%(number)s donations of equipment are awaited"),
)  # fmt: skip
MACHINE = Machine(
    "gmao.offer",
    {
        OFFERED: State(_("Offered"), "info", _("Offer of equipment"), [TO_EXAMINE]),
        EXAMINED: State(_("Examined"), "warn", _("Examination of the offer"), [TO_DECIDE]),
        ACCEPTED: State(_("Offer accepted"), "ok", _("Acceptance of the offer"), [TO_RECEIVE]),
        CONDITIONAL: State(_("Accepted with conditions"), "ok", _("Acceptance with conditions"), [TO_RECEIVE]),
        DECLINED: State(_("Offer declined"), "danger", _("Refusal of the offer")),
        RECEIVED: State(_("Donation received"), "ok", _("Receipt of the donation")),
        CLOSED: State(_("Offer closed"), "neutral", _("Closing of the offer")),
    },
    [
        Transition(OFFERED, "examine", EXAMINED, OFFER, _("Examine"), strong=True),
        Transition(EXAMINED, "complete", OFFERED, OFFER, _("Complete the offer")),
        Transition(EXAMINED, "decline", DECLINED, DECIDE, _("Decline"), needs_reason=True),
        Transition(EXAMINED, "accept_if", CONDITIONAL, DECIDE, _("Accept with conditions")),
        Transition(EXAMINED, "accept", ACCEPTED, DECIDE, _("Accept"), strong=True),
        *(Transition(state, "receive", RECEIVED, OFFER, _("It has come"), strong=True) for state in AWAITED),
        *(Transition(state, "lapse", CLOSED, OFFER, _("It will not come"), needs_reason=True) for state in AWAITED),
        *(Transition(state, "close", CLOSED, OFFER, _("Close the offer")) for state in (RECEIVED, DECLINED)),
    ],
    said={
        "offer": _("Offered"),
        "examine": _("Examined"),
        "complete": _("To be completed"),
        "decline": _("Declined"),
        "accept_if": _("Accepted with conditions"),
        "accept": _("Offer accepted"),
        "receive": _("Donation received"),
        "lapse": _("Will not come"),
        "close": _("Offer closed"),
    },
    reasons={
        "decline": {
            "no_need": _("There is no need for it"),
            "unfit": _("It cannot work there"),
            "unsupported": _("Nobody could maintain it"),
            "too_old": _("It is too old"),
            "too_dear": _("Its use would cost too much"),
        },
    },
)
