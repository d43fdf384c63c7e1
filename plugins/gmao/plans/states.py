"""A plan of maintenance holds, rests for a while, or has ended; each for a reason that is read."""

from core.contract.words import _
from core.data.states import Machine, State, Transition
from plugins.gmao.rights import PLAN

ACTIVE, PAUSED, ENDED = "active", "paused", "ended"
MACHINE = Machine(
    "gmao.plan",
    {
        ACTIVE: State(_("Plan in force"), "ok", _("Entry into force")),
        PAUSED: State(_("Plan suspended"), "warn", _("Suspension")),
        ENDED: State(_("Plan ended"), "neutral", _("End of the plan")),
    },
    [
        Transition(ACTIVE, "pause", PAUSED, PLAN, _("Suspend the plan"), needs_reason=True),
        Transition(PAUSED, "resume", ACTIVE, PLAN, _("Put the plan in force again"), strong=True),
        *(
            Transition(state, "end", ENDED, PLAN, _("End the plan"), needs_reason=True)
            for state in (ACTIVE, PAUSED)
        ),
    ],
    said={
        "create": _("Put in force"),
        "pause": _("Suspended"),
        "resume": _("Put in force again"),
        "end": _("Plan ended"),
    },
)  # fmt: skip
