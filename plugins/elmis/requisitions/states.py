"""The life of a requisition: its states, the steps between them, and who may take each."""

from dataclasses import replace

from core.contract.words import _
from core.data.states import Machine, State, Transition
from core.data.waits import Wait, days, working_days
from plugins.elmis.requisitions.models import APPROVE, APPROVER_REASONS, CONVERT, EDIT, EMERGENCY, FACILITY_REASONS

TO_CONFIRM = Wait(
    _("Confirm the proposed requisition of %(facility)s"), _("Check"), EDIT, within=days(5), escalates=APPROVE,
    view="confirm", many=_("Confirm %(number)s proposed requisitions"),
)  # fmt: skip
TO_CORRECT = replace(
    TO_CONFIRM, task=_("Correct the returned requisition of %(facility)s"), action=_("Correct"), within=working_days(3)
)
TO_APPROVE = Wait(
    _("Approve the requisition of %(facility)s"), _("Decide"), APPROVE, "place", within=working_days(3),
    besides="signatories", escalates=APPROVE, view="approve", many=_("Approve %(number)s requisitions"),
)  # fmt: skip
APPROVALS = [replace(TO_APPROVE, when={"kind": EMERGENCY}, within=working_days(1)), TO_APPROVE]
TO_PREPARE = Wait(
    _("Prepare the requisition of %(facility)s"), _("Prepare"), CONVERT, "supplier", within=working_days(3),
    escalates=APPROVE, view="prepare", many=_("Prepare %(number)s approved requisitions"),
)  # fmt: skip
STATES = {
    "suggested": State(_("to be confirmed by the facility"), "info", _("Proposal"), [TO_CONFIRM]),
    "draft": State(_("draft"), "neutral", _("Reworking")),
    "confirmed": State(_("to be approved"), "warn", _("Confirmation"), APPROVALS),
    "authorised": State(_("authorised, to be approved"), "warn", _("Authorisation"), APPROVALS),
    "in_approval": State(_("in approval"), "warn", _("Approval, passed on"), APPROVALS),
    "approved": State(_("approved"), "ok", _("Approval"), [TO_PREPARE]),
    "returned": State(_("returned"), "danger", _("Return to its author"), [TO_CORRECT]),
    "cancelled": State(_("cancelled"), "neutral", _("Cancellation")),
    "converted": State(_("made an order"), "ok", _("Making of the order")),
    "reported": State(_("report only"), "neutral", _("Sending of the report")),
}
SAID = {
    "propose": _("Proposed by the system"),
    "recalculate": _("Computed anew"),
    "change": _("Quantity changed"),
    "reduce": _("Quantity reduced"),
    "revise": _("Opened for changes"),
    "confirm": _("Confirmed by the facility"),
    "report": _("Report sent"),
    "authorise": _("Authorised"),
    "pass_on": _("Approved, passed on"),
    "approve": _("Approved"),
    "return": _("Returned"),
    "cancel": _("Cancelled"),
    "convert": _("Made an order"),
}
RETURN_REASONS = {**APPROVER_REASONS, **{code: FACILITY_REASONS[code] for code in ("unrecorded", "wrong_stock")}}
CANCEL_REASONS = {
    code: {**APPROVER_REASONS, **FACILITY_REASONS}[code] for code in ("elsewhere", "less_use", "no_room", "budget")
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
        *_from(OPEN_TO_EDITS, "cancel", "cancelled", EDIT, _("Cancel the requisition"), needs_reason=True),
        Transition("approved", "cancel", "cancelled", APPROVE, _("Cancel the requisition"), needs_reason=True),
    ],
    said=SAID,
    reasons={
        "return": RETURN_REASONS, "cancel": CANCEL_REASONS, "change": FACILITY_REASONS, "reduce": APPROVER_REASONS,
    },
)  # fmt: skip
