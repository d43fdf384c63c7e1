"""What is decided about a recalled lot, and what a place does about it, step by step."""

from core.contract.words import _
from core.data.states import Machine, State, Transition
from core.data.waits import Wait, days
from plugins.elmis.catalogue.recalls import EDIT, GONE, LIFTED, MOVE, OPEN, PROPOSED, REFUSED

SAID = {
    "recall": _("Recalled"), "propose": _("Recall proposed"), "refuse": _("Recall not needed"), "lift": _("Lifted"),
    "acknowledge": _("Acknowledged"), "quarantine": _("Put in quarantine"), "send_back": _("Sent back"),
    "destroy": _("Destroyed"), "reach": _("Told"), "release": _("Back on the shelves"),
    "arrive": _("Arrived, put in quarantine"),
}  # fmt: skip
TO_DECIDE = Wait(
    _("Decide on the proposed recall of lot %(lot.number)s of %(lot.product)s"), _("Decide"), EDIT, "country",
    within=days(1), detail="%(issued_by)s", many=_("Decide on %(number)s proposed recalls"),
)  # fmt: skip
RECALL = Machine(
    "elmis.recall",
    {
        PROPOSED: State(_("Recall proposed"), "warn", _("Proposal"), [TO_DECIDE]),
        OPEN: State(_("Recalled"), "danger", _("Recall of the lot")),
        LIFTED: State(_("Lifted"), "neutral", _("Lifting")),
        REFUSED: State(_("Recall not needed"), "neutral", _("Refusal")),
    },
    [
        Transition(PROPOSED, "recall", OPEN, EDIT, _("Recall it everywhere"), at="country", strong=True),
        Transition(PROPOSED, "refuse", REFUSED, EDIT, _("No recall is needed"), needs_reason=True, at="country"),
        Transition(OPEN, "lift", LIFTED, EDIT, _("Lift the recall"), needs_reason=True, at="country"),
    ],
    said=SAID,
)
SITE = Machine(
    "elmis.recall_site",
    {
        "issued": State(_("To acknowledge"), "danger", _("Notice")),
        "acknowledged": State(_("Acknowledged"), "warn", _("Acknowledgement")),
        "quarantined": State(_("In quarantine"), "info", _("Putting in quarantine")),
        "sent_back": State(_("Sent back"), "ok", _("Sending back")),
        "destroyed": State(_("Destroyed"), "neutral", _("Destruction")),
        "released": State(_("Back on the shelves"), "ok", _("Putting back on the shelves")),
        GONE: State(_("Nothing of it is left"), "neutral", _("End")),  # never stored: it follows from what lies there
    },
    [
        Transition("issued", "acknowledge", "acknowledged", MOVE, _("Acknowledge")),
        *(
            Transition(state, "quarantine", "quarantined", MOVE, _("Put it in quarantine"), strong=True)
            for state in ("issued", "acknowledged", "quarantined", "sent_back", "destroyed", "released")
        ),
        Transition("quarantined", "send_back", "sent_back", MOVE, _("Send it back"), strong=True),
        Transition("quarantined", "destroy", "destroyed", MOVE, _("It was destroyed"), needs_reason=True),
        Transition("quarantined", "release", "released", MOVE, _("Put it back on the shelves")),
    ],
    said=SAID,
)
