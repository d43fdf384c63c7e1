"""A work order is planned, assigned, worked on, sometimes held up, finished, confirmed by the ward and closed."""

from core.contract.words import _
from core.data.states import Machine, State, Transition
from core.data.waits import Wait, working_days
from plugins.gmao.equipment.models import REASONS
from plugins.gmao.rights import OVERSEE, PLAN, REQUEST, WORK

PLANNED, ASSIGNED, PROGRESS, HOLD, DONE, VERIFIED, CLOSED, CANCELLED = (
    "planned", "assigned", "in_progress", "on_hold", "done", "verified", "closed", "cancelled",
)  # fmt: skip
OPEN = (PLANNED, ASSIGNED, PROGRESS, HOLD)  # something is still to be done
DETAIL = "%(number)s, %(facility)s"
TO_PLAN = Wait(
    _("%(what)s: who does it?"), _("Assign the work"), PLAN, "workshop", within=working_days(1), detail=DETAIL,
    escalates=OVERSEE, view="to_plan", many=_("%(number)s work orders wait for somebody who does them"),
)  # fmt: skip
TO_DO = Wait(
    _("%(what)s: %(problem)s"), _("Do it"), person="assignee_id", until="due_on", detail=DETAIL, escalates=OVERSEE,
    view="mine", many=_("%(number)s work orders are yours"),
)  # fmt: skip
TO_FREE = Wait(
    _("%(what)s is held up: can it go on?"), _("Look at it"), PLAN, "workshop", within=working_days(10), detail=DETAIL,
    escalates=OVERSEE, view="held", many=_("%(number)s work orders are held up"),
)  # fmt: skip
TO_CONFIRM = Wait(
    _("%(what)s: does it work again?"), _("Confirm"), REQUEST, within=working_days(5), detail=DETAIL,
    besides="doers", view="to_confirm", many=_("%(number)s repairs are to be confirmed"),
)  # fmt: skip
TO_CLOSE = Wait(
    _("%(what)s: confirmed by the ward"), _("Close the order"), PLAN, "workshop", within=working_days(10),
    detail=DETAIL, view="to_close", many=_("%(number)s work orders can be closed"),
)  # fmt: skip
MACHINE = Machine(
    "gmao.workorder",
    {
        PLANNED: State(_("To be assigned"), "info", _("Work order"), [TO_PLAN]),
        ASSIGNED: State(_("Assigned"), "info", _("Assignment of the work"), [TO_DO]),
        PROGRESS: State(_("Being done"), "warn", _("Beginning of work"), [TO_DO]),
        HOLD: State(_("Held up"), "danger", _("Stop"), [TO_FREE]),
        DONE: State(_("Finished"), "ok", _("End of work"), [TO_CONFIRM]),
        VERIFIED: State(_("Confirmed"), "ok", _("Confirmation by the ward"), [TO_CLOSE]),
        CLOSED: State(_("Work order closed"), "neutral", _("Closing of the order")),
        CANCELLED: State(_("Work order cancelled"), "neutral", _("Cancellation")),
    },
    [
        Transition(PLANNED, "assign", ASSIGNED, PLAN, _("Assign the work"), at="workshop", strong=True),
        Transition(PLANNED, "take", PROGRESS, WORK, _("I do it")),
        Transition(ASSIGNED, "take", PROGRESS, WORK, _("Begin"), strong=True),
        Transition(ASSIGNED, "reassign", ASSIGNED, PLAN, _("Give it to somebody else"), at="workshop"),
        Transition(PROGRESS, "reassign", ASSIGNED, PLAN, _("Give it to somebody else"), at="workshop"),
        Transition(PROGRESS, "hold", HOLD, WORK, _("It is held up"), needs_reason=True),
        Transition(HOLD, "resume", PROGRESS, WORK, _("It goes on"), strong=True),
        *(Transition(state, "finish", DONE, WORK, _("It is finished")) for state in (PLANNED, ASSIGNED)),
        Transition(PROGRESS, "finish", DONE, WORK, _("It is finished"), strong=True),
        *(
            Transition(state, "escalate", PLANNED, WORK, _("Pass on to the next level"), needs_reason=True)
            for state in OPEN
        ),
        Transition(DONE, "verify", VERIFIED, REQUEST, _("It works again"), strong=True),
        Transition(DONE, "reopen", PROGRESS, REQUEST, _("It does not work"), needs_reason=True),
        Transition(DONE, "close_unseen", CLOSED, PLAN, _("Close without the ward"), needs_reason=True, at="workshop"),
        Transition(VERIFIED, "close", CLOSED, PLAN, _("Close the order"), at="workshop", strong=True),
        *(
            Transition(state, "cancel", CANCELLED, PLAN, _("Cancel the work order"), needs_reason=True, at="workshop")
            for state in OPEN
        ),
    ],
    said={
        "open": _("Opened"),
        "enter": _("Taken over from another register"),
        "assign": _("Assigned"),
        "take": _("Begun"),
        "reassign": _("Given to somebody else"),
        "hold": _("Held up"),
        "resume": _("Goes on"),
        "finish": _("Finished"),
        "verify": _("Confirmed by the ward"),
        "reopen": _("Not mended: goes on"),
        "close_unseen": _("Closed without the ward"),
        "close": _("Work order closed"),
        "cancel": _("Work order cancelled"),
        "escalate": _("Passed on to the next level"),
    },
    reasons={
        "hold": {code: label for code, label in REASONS.items() if code != "other"},
        "cancel": {
            "mistake": _("Opened by mistake"),
            "double": _("The same work has another order"),
            "works": _("It works, nothing is to be done"),
            "disposed": _("The equipment is disposed of"),
        },
    },
)
