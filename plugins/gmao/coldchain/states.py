"""A breach is found by the readings, somebody acts, and it is closed by whoever keeps the equipment."""

from core.contract.words import _
from core.data.states import Machine, State, Transition
from core.data.waits import Wait, days, working_days
from plugins.gmao.rights import OVERSEE, REPORT, WORK

OPEN, ACTED, CLOSED, DISMISSED = "open", "acted", "closed", "dismissed"
UNSETTLED = (OPEN, ACTED)
TO_ACT = Wait(
    _("Temperature breach: %(what)s"), _("Say what was done"), REPORT, within=days(1),
    detail="%(number)s, %(facility)s", escalates=OVERSEE, view="open",
    many=_("%(number)s temperature breaches wait for an answer"),
)  # fmt: skip
TO_CLOSE = Wait(
    _("Is the temperature right again? %(what)s"), _("Close"), WORK, within=working_days(5),
    detail="%(number)s, %(facility)s", escalates=OVERSEE, view="acted",
    many=_("%(number)s temperature breaches are to be closed"),
)  # fmt: skip
WHAT = {
    "moved": _("Contents moved to another appliance"),
    "power": _("Power restored"),
    "door": _("Door or lid closed"),
    "thermostat": _("Thermostat set anew"),
    "iced": _("Ice packs put in, lid kept shut"),
    "workshop": _("Workshop called"),
}
MACHINE = Machine(
    "gmao.breach",
    {
        OPEN: State(_("Nobody has acted yet"), "danger", _("Discovery of a breach"), [TO_ACT]),
        ACTED: State(_("Acted upon"), "warn", _("Action on a breach"), [TO_CLOSE]),
        CLOSED: State(_("Closed"), "ok", _("Closing of a breach")),
        DISMISSED: State(_("No breach"), "neutral", _("Dismissal of a breach")),
    },
    [
        Transition(OPEN, "act", ACTED, REPORT, _("Say what was done"), needs_reason=True, strong=True),
        Transition(ACTED, "act", ACTED, REPORT, _("Say what was done"), needs_reason=True),
        Transition(ACTED, "close", CLOSED, WORK, _("Close"), needs_reason=True, strong=True),
        *(
            Transition(state, "dismiss", DISMISSED, WORK, _("It was no breach"), needs_reason=True)
            for state in UNSETTLED
        ),
    ],
    said={
        "find": _("Found in the readings"),
        "act": _("Acted upon"),
        "close": _("Closed"),
        "dismiss": _("No breach"),
        "correct": _("The readings were corrected"),
        "set_apart": _("Lots put in quarantine"),
        "clear": _("No lots at risk"),
        "put_back": _("Lots put back on the shelves"),
        "discard": _("Lots destroyed"),
    },
    reasons={
        "act": WHAT,
        "close": {
            "right": _("The temperature is right again"),
            "replaced": _("Replaced, or out of use"),
        },
        "dismiss": {
            "sensor": _("The sensor lay elsewhere"),
            "empty": _("It was empty, or being defrosted"),
            "wrong": _("Wrongly noted"),
        },
    },
)
