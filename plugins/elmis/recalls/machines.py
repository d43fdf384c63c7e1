"""What a place does about a recalled lot, step by step."""

from core.contract.words import _
from core.data.states import Machine, State, Transition
from plugins.elmis.recalls.models import LIFTED, MOVE, OPEN

RECALLS = {OPEN: State(_("Recalled"), "danger"), LIFTED: State(_("Lifted"), "neutral")}
SITE = Machine(
    "elmis.recall_site",
    {
        "issued": State(_("To acknowledge"), "danger"),
        "acknowledged": State(_("Acknowledged"), "warn"),
        "quarantined": State(_("In quarantine"), "info"),
        "sent_back": State(_("Sent back"), "ok"),
        "destroyed": State(_("Destroyed"), "neutral"),
    },
    [
        Transition("issued", "acknowledge", "acknowledged", MOVE, _("Acknowledge")),
        *(
            Transition(state, "quarantine", "quarantined", MOVE, _("Put it in quarantine"), strong=True)
            for state in ("issued", "acknowledged", "quarantined", "sent_back", "destroyed")
        ),
        Transition("quarantined", "send_back", "sent_back", MOVE, _("Send it back"), strong=True),
        Transition("quarantined", "destroy", "destroyed", MOVE, _("It was destroyed"), needs_reason=True),
    ],
)
SAID = {
    "acknowledge": _("Acknowledged"), "quarantine": _("Put in quarantine"), "send_back": _("Sent back"),
    "destroy": _("Destroyed"), "reach": _("Told"),
}  # fmt: skip
