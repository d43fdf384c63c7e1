"""What becomes of equipment in its life. Whether it works is another matter, and stands beside."""

from core.contract.words import _
from core.data.states import Machine, State, Transition
from plugins.gmao.rights import DISPOSE, EDIT

PLANNED, RECEIVED, COMMISSIONING, SERVICE, STORE, LOAN, PROPOSED, DISPOSED, LOST = (
    "planned", "received", "commissioning", "in_service", "in_store", "on_loan", "disposal_proposed", "disposed",
    "lost",
)  # fmt: skip
IN_USE = (SERVICE, LOAN)  # it is asked to work
THERE = (RECEIVED, COMMISSIONING, SERVICE, STORE, LOAN, PROPOSED)  # it exists, and somebody has it
OLD, BEYOND_REPAIR = _("Too old"), _("Cannot be repaired any more")
MACHINE = Machine(
    "gmao.equipment",
    {
        PLANNED: State(_("Foreseen"), "info", _("Planning")),
        RECEIVED: State(_("Taken in"), "info", _("Receipt")),
        COMMISSIONING: State(_("Being installed"), "info", _("Installation")),
        SERVICE: State(_("In service"), "ok", _("Entry into service")),
        STORE: State(_("In store"), "neutral", _("Storing")),
        LOAN: State(_("Lent"), "warn", _("Loan")),
        PROPOSED: State(_("Proposed for disposal"), "warn", _("Proposal of disposal")),
        DISPOSED: State(_("Disposed of"), "neutral", _("Disposal")),
        LOST: State(_("Lost or stolen"), "danger", _("Loss")),
    },
    [
        Transition(PLANNED, "receive", RECEIVED, EDIT, _("Receive"), strong=True),
        Transition(RECEIVED, "install", COMMISSIONING, EDIT, _("Begin to install"), strong=True),
        Transition(RECEIVED, "accept", SERVICE, EDIT, _("Put into service")),
        Transition(COMMISSIONING, "accept", SERVICE, EDIT, _("Put into service"), strong=True),
        Transition(STORE, "accept", SERVICE, EDIT, _("Put into service"), strong=True),
        Transition(SERVICE, "put_away", STORE, EDIT, _("Put into store"), needs_reason=True),
        Transition(RECEIVED, "put_away", STORE, EDIT, _("Put into store"), needs_reason=True),
        *(
            Transition(state, "propose_disposal", PROPOSED, EDIT, _("Propose for disposal"), needs_reason=True)
            for state in (SERVICE, STORE)
        ),
        Transition(PROPOSED, "keep", STORE, DISPOSE, _("Keep it"), needs_reason=True),
        Transition(PROPOSED, "put_back", SERVICE, DISPOSE, _("Keep it in service"), needs_reason=True),
        Transition(PROPOSED, "dispose", DISPOSED, DISPOSE, _("Dispose of it"), needs_reason=True),
        *(
            Transition(state, "lose", LOST, EDIT, _("Report lost or stolen"), needs_reason=True)
            for state in (RECEIVED, SERVICE, STORE, LOAN)
        ),
        Transition(LOST, "find", STORE, EDIT, _("It was found"), needs_reason=True),
        Transition(PLANNED, "give_up", DISPOSED, EDIT, _("Give up the plan"), needs_reason=True),
    ],
    said={
        "create": _("Entered into the register"),
        "receive": _("Taken in"),
        "install": _("Installation begun"),
        "accept": _("Put into service"),
        "put_away": _("Put into store"),
        "propose_disposal": _("Proposed for disposal"),
        "keep": _("Kept"),
        "put_back": _("Kept in service"),
        "dispose": _("Disposed of"),
        "lose": _("Reported lost or stolen"),
        "find": _("Found again"),
        "give_up": _("Plan given up"),
        "lend": _("Lent"),
        "return": _("Given back"),
    },
    reasons={
        "propose_disposal": {
            "old": OLD,
            "beyond_repair": BEYOND_REPAIR,
            "no_parts": _("No spare parts any more"),
            "unsafe": _("Not safe"),
            "unused": _("Not used here"),
        },
        "lose": {"stolen": _("Stolen"), "not_found": _("Not found in the inventory"), "fire": _("Fire or disaster")},
    },
)
