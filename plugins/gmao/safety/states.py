"""An alert is published, followed up and closed; each piece that it may mean is checked, and settled."""

from core.contract.words import _
from core.data.states import Machine, State, Transition
from core.data.waits import Wait
from plugins.gmao.rights import OVERSEE, PUBLISH, WORK
from plugins.gmao.safety.models import CLOSED, DRAFT, DROPPED, PUBLISHED

TO_CHECK, CONCERNED, CLEAR, CORRECTED, WITHDRAWN = "to_check", "concerned", "not_concerned", "corrected", "withdrawn"
OPEN = (TO_CHECK, CONCERNED)  # somebody has still to settle it
DETAIL = "%(alert.number)s, %(facility)s"
ALERT = Machine(
    "gmao.alert",
    {
        DRAFT: State(_("In preparation"), "info", _("Draft")),
        PUBLISHED: State(_("Alert published"), "danger", _("Publication")),
        CLOSED: State(_("Alert closed"), "neutral", _("Closing of the alert")),
        DROPPED: State(_("Dropped"), "neutral", _("Dropping")),
    },
    [
        Transition(DRAFT, "publish", PUBLISHED, PUBLISH, _("Publish"), at="country", strong=True),
        Transition(DRAFT, "drop", DROPPED, PUBLISH, _("Drop the draft"), needs_reason=True, at="country"),
        Transition(PUBLISHED, "close", CLOSED, PUBLISH, _("Close the alert"), at="country", strong=True),
    ],
    said={
        "prepare": _("Prepared"),
        "publish": _("Published"),
        "drop": _("Dropped"),
        "close": _("Alert closed"),
    },
)
WAIT_CHECK = Wait(
    _("%(what)s: is it concerned by “%(alert.title)s”?"), _("Check it"), WORK, until="due_on", detail=DETAIL,
    escalates=OVERSEE, view="to_check", many=_("%(number)s pieces are to be checked for safety alerts"),
)  # fmt: skip
WAIT_SETTLE = Wait(
    _("%(what)s is concerned by “%(alert.title)s”"), _("Settle it"), WORK, until="due_on", detail=DETAIL,
    escalates=OVERSEE, view="to_settle", many=_("%(number)s pieces are concerned by safety alerts"),
)  # fmt: skip
AFFECTED = Machine(
    "gmao.affected",
    {
        TO_CHECK: State(_("To be checked"), "warn", _("Finding"), [WAIT_CHECK]),
        CONCERNED: State(_("Concerned"), "danger", _("Finding that it is concerned"), [WAIT_SETTLE]),
        CLEAR: State(_("Not concerned"), "ok", _("Finding that it is not concerned")),
        CORRECTED: State(_("Corrected"), "ok", _("Correction of the piece")),
        WITHDRAWN: State(_("Taken out of use"), "neutral", _("Withdrawal from use")),
    },
    [
        Transition(TO_CHECK, "confirm", CONCERNED, WORK, _("It is concerned"), strong=True),
        *(
            Transition(state, "clear", CLEAR, WORK, _("It is not concerned"), needs_reason=True)
            for state in (TO_CHECK, CONCERNED)
        ),
        Transition(CONCERNED, "withdraw", WITHDRAWN, WORK, _("Take it out of use"), needs_reason=True),
        Transition(CONCERNED, "correct", CORRECTED, WORK, _("The correction is done"), strong=True),
        *(
            Transition(state, "reopen", TO_CHECK, WORK, _("Look at it again"), needs_reason=True)
            for state in (CLEAR, CORRECTED, WITHDRAWN)
        ),
    ],
    said={
        "find": _("Found by the alert"),
        "confirm": _("It is concerned"),
        "clear": _("It is not concerned"),
        "withdraw": _("Taken out of use"),
        "correct": _("Corrected"),
        "reopen": _("To be looked at again"),
    },
    reasons={
        "clear": {
            "number": _("Its number is not in the list"),
            "model": _("It is another model"),
            "lot": _("It is of another lot"),
            "corrected": _("The maker had corrected it already"),
        },
    },
)
