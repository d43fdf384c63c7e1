"""A campaign is planned, open while people scan, reconciled with the register, and validated; or cancelled."""

from core.contract.words import _
from core.data.states import Machine, State, Transition
from core.data.waits import Wait, working_days
from plugins.gmao.rights import DISPOSE, EDIT, OVERSEE

PLANNED, OPEN, RECONCILIATION, VALIDATED, CANCELLED = "planned", "open", "reconciliation", "validated", "cancelled"
TAKING = (OPEN, RECONCILIATION)  # scans are taken as they come; later only those that had waited on a device
DETAIL = "%(number)s, %(facility)s"
TO_OPEN = Wait(
    _("Inventory “%(name)s” is to begin"), _("Open the inventory"), EDIT, until="starts_on", detail=DETAIL,
    escalates=OVERSEE, view="to_open",
)  # fmt: skip
TO_COUNT = Wait(
    _("Inventory “%(name)s”: scan what is there, room by room"), _("Scan"), EDIT, until="ends_on", detail=DETAIL,
    escalates=OVERSEE, view="to_count",
)  # fmt: skip
TO_RECONCILE = Wait(
    _("Inventory “%(name)s”: decide what differs"), _("Decide"), EDIT, within=working_days(10), detail=DETAIL,
    escalates=OVERSEE, view="to_reconcile",
)  # fmt: skip
MACHINE = Machine(
    "gmao.campaign",
    {
        PLANNED: State(_("Inventory planned"), "info", _("Planning of an inventory"), [TO_OPEN]),
        OPEN: State(_("Inventory open"), "warn", _("Opening of an inventory"), [TO_COUNT]),
        RECONCILIATION: State(_("Being reconciled"), "warn", _("Reconciliation"), [TO_RECONCILE]),
        VALIDATED: State(_("Inventory validated"), "ok", _("Validation of an inventory")),
        CANCELLED: State(_("Inventory cancelled"), "neutral", _("Cancellation of an inventory")),
    },
    [
        Transition(PLANNED, "open", OPEN, EDIT, _("Open the inventory"), strong=True),
        Transition(OPEN, "reconcile", RECONCILIATION, EDIT, _("Begin the reconciliation")),
        Transition(RECONCILIATION, "validate", VALIDATED, DISPOSE, _("Validate the inventory"), strong=True),
        *(
            Transition(state, "cancel", CANCELLED, EDIT, _("Cancel the inventory"), needs_reason=True)
            for state in (PLANNED, *TAKING)
        ),
    ],
    said={
        "plan": _("Inventory planned"),
        "open": _("Inventory open"),
        "reconcile": _("Reconciliation begun"),
        "validate": _("Inventory validated"),
        "cancel": _("Inventory cancelled"),
    },
)
