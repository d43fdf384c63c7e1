"""The life of a requisition: its states, the steps between them, and who may take each."""

from core.contract.words import _
from core.data.states import Machine, State, Transition
from plugins.elmis.requisitions.models import APPROVE, CONVERT, EDIT

STATES = {
    "suggested": State(_("to be confirmed by the facility"), "info", _("Proposal")),
    "draft": State(_("draft"), "neutral", _("Reworking")),
    "confirmed": State(_("to be approved"), "warn", _("Confirmation")),
    "authorised": State(_("authorised, to be approved"), "warn", _("Authorisation")),
    "in_approval": State(_("in approval"), "warn", _("Approval, passed on")),
    "approved": State(_("approved"), "ok", _("Approval")),
    "returned": State(_("returned"), "danger", _("Return to its author")),
    "cancelled": State(_("cancelled"), "neutral", _("Cancellation")),
    "converted": State(_("made an order"), "ok", _("Making of the order")),
    "reported": State(_("report only"), "neutral", _("Sending of the report")),
}
OPEN_TO_EDITS = ("suggested", "draft", "returned")
WAITING_APPROVAL = ("confirmed", "authorised", "in_approval")
ON_THE_WAY = (*WAITING_APPROVAL, "approved")  # asked for, and no order was made of it yet
ENDED = ("cancelled", "converted", "reported")


def _from(sources: tuple[str, ...], *rest: object, **more: object) -> list[Transition]:
    return [Transition(source, *rest, **more) for source in sources]  # type: ignore[arg-type]


MACHINE = Machine(
    "elmis.requisition",
    STATES,
    [
        *_from(("suggested", "draft"), "confirm", "confirmed", EDIT, _("Confirm"), strong=True),
        *_from(("suggested", "draft"), "report", "reported", EDIT, _("Send the report"), strong=True),
        *_from(("suggested", "returned"), "revise", "draft", EDIT, _("Change")),
        Transition("confirmed", "authorise", "authorised", APPROVE, _("Authorise"), at="place", strong=True),
        *_from(WAITING_APPROVAL, "approve", "approved", APPROVE, _("Approve"), at="place", strong=True),
        *_from(WAITING_APPROVAL, "pass_on", "in_approval", APPROVE, _("Approve and pass on"), at="place", strong=True),
        *_from(WAITING_APPROVAL, "return", "returned", APPROVE, _("Return"), needs_reason=True, at="place"),
        Transition("approved", "convert", "converted", CONVERT, _("Prepare the order"), at="supplier", strong=True),
        *_from(OPEN_TO_EDITS, "cancel", "cancelled", EDIT, _("Cancel the order"), needs_reason=True),
        Transition("approved", "cancel", "cancelled", APPROVE, _("Cancel the order"), needs_reason=True),
    ],
)
