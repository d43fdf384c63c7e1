"""A fault report waits for the workshop, which takes it on, joins it to work that goes on already, or answers it."""

from core.contract.words import _
from core.data.states import Machine, State, Transition
from core.data.waits import Wait, hours
from plugins.gmao.requests.models import STOPPED
from plugins.gmao.rights import OVERSEE, PLAN, REQUEST

SUBMITTED, ACCEPTED, DUPLICATE, SOLVED, REJECTED, CANCELLED = (
    "submitted", "accepted", "duplicate", "solved", "rejected", "cancelled",
)  # fmt: skip
DETAIL, MANY = "%(number)s, %(facility)s", _("%(number)s fault reports wait for the workshop")
URGENT = Wait(
    _("%(what)s does not work: %(problem)s"), _("Decide"), PLAN, within=hours(2), detail=DETAIL, escalates=OVERSEE,
    view="to_decide", many=MANY, when={"works": STOPPED},
)  # fmt: skip
TO_DECIDE = Wait(
    _("%(what)s: %(problem)s"), _("Decide"), PLAN, within=hours(16), detail=DETAIL, escalates=OVERSEE,
    view="to_decide", many=MANY,
)  # fmt: skip
TO_READ = Wait(
    _("The workshop has answered: %(what)s"), _("Read it"), person="reported_by_id", detail="%(number)s",
    view="answered",
)  # fmt: skip
MACHINE = Machine(
    "gmao.request",
    {
        SUBMITTED: State(_("Reported"), "warn", _("Report of a fault"), [URGENT, TO_DECIDE]),
        ACCEPTED: State(_("Work order opened"), "ok", _("Acceptance")),
        DUPLICATE: State(_("Joined to an open order"), "neutral", _("Joining")),
        SOLVED: State(_("Solved by advice"), "ok", _("Advice"), [TO_READ]),
        REJECTED: State(_("Rejected"), "danger", _("Rejection"), [TO_READ]),
        CANCELLED: State(_("Report withdrawn"), "neutral", _("Withdrawal")),
        "read": State(_("Answer read"), "neutral", _("Reading of the answer")),
    },
    [
        Transition(SUBMITTED, "accept", ACCEPTED, PLAN, _("Open a work order"), strong=True),
        Transition(SUBMITTED, "join", DUPLICATE, PLAN, _("Known already")),
        Transition(SUBMITTED, "advise", SOLVED, PLAN, _("Solved by advice"), needs_reason=True),
        Transition(SUBMITTED, "reject", REJECTED, PLAN, _("Reject"), needs_reason=True),
        Transition(SUBMITTED, "cancel", CANCELLED, REQUEST, _("Withdraw"), needs_reason=True),
        *(Transition(state, "read", "read", REQUEST, _("I have read it"), strong=True) for state in (SOLVED, REJECTED)),
    ],
    said={
        "report": _("Reported"),
        "accept": _("Work order opened"),
        "join": _("Joined to an open order"),
        "advise": _("Solved by advice"),
        "reject": _("Rejected"),
        "cancel": _("Report withdrawn"),
        "read": _("Answer read"),
    },
)
