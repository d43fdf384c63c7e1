"""A disposal is proposed, assessed, put before a committee, approved or refused; then parts are recovered, and it is
done."""

from core.contract.words import _
from core.data.states import Machine, State, Transition
from core.data.waits import Wait, working_days
from plugins.gmao.rights import DISPOSE, EDIT, OVERSEE, WORK

PROPOSED, ASSESSED, COMMITTEE, APPROVED, REFUSED, RECOVERED, DISPOSED, WITHDRAWN, SETTLED = (
    "proposed", "assessed", "committee", "approved", "refused", "parts_recovered", "disposed", "withdrawn", "settled",
)  # fmt: skip
OPEN = (PROPOSED, ASSESSED, COMMITTEE, APPROVED, RECOVERED)  # its pieces are proposed for disposal
DETAIL = "%(number)s, %(facility)s"
TO_ASSESS = Wait(
    _("Disposal of %(what)s: what is the technical opinion?"), _("Assess"), WORK, within=working_days(10),
    detail=DETAIL, escalates=OVERSEE, view="to_assess", many=_("%(number)s disposals are to be assessed"),
)  # fmt: skip
TO_CONVENE = Wait(
    _("Disposal of %(what)s: call the committee"), _("Call the committee"), DISPOSE, within=working_days(20),
    detail=DETAIL, view="to_convene", many=_("%(number)s disposals wait for a committee"),
)  # fmt: skip
TO_DECIDE = Wait(
    _("Disposal of %(what)s: what did the committee decide?"), _("Decide"), DISPOSE, until="committee_on",
    detail=DETAIL, besides="proposers", view="to_decide", many=_("%(number)s disposals are to be decided"),
)  # fmt: skip
TO_RECOVER = Wait(
    _("Disposal of %(what)s: which parts are kept?"), _("Recover the parts"), WORK, within=working_days(20),
    detail=DETAIL, view="to_recover", many=_("Of %(number)s disposals parts are to be recovered"),
)  # fmt: skip
TO_DISPOSE = Wait(
    _("%(what)s: what became of it?"), _("Close the disposal"), DISPOSE, within=working_days(60), detail=DETAIL,
    view="to_dispose", many=_("%(number)s disposals are to be carried out"),
)  # fmt: skip
TO_READ = Wait(
    _("The disposal of %(what)s was refused"), _("Read why"), person="proposed_by_id", detail="%(number)s",
    view="refused",
)  # fmt: skip
MACHINE = Machine(
    "gmao.disposal",
    {
        PROPOSED: State(_("Disposal proposed"), "info", _("Proposal of a disposal"), [TO_ASSESS]),
        ASSESSED: State(_("Disposal assessed"), "info", _("Technical opinion"), [TO_CONVENE]),
        COMMITTEE: State(_("Before the committee"), "warn", _("Call of the committee"), [TO_DECIDE]),
        APPROVED: State(_("Disposal approved"), "ok", _("Approval of a disposal"), [TO_RECOVER]),
        REFUSED: State(_("Disposal refused"), "danger", _("Refusal of a disposal"), [TO_READ]),
        RECOVERED: State(_("Parts recovered"), "ok", _("Recovery of parts"), [TO_DISPOSE]),
        DISPOSED: State(_("Carried out"), "neutral", _("Carrying out of a disposal")),
        WITHDRAWN: State(_("Disposal given up"), "neutral", _("Giving up of a disposal")),
        SETTLED: State(_("Refused, and known"), "neutral", _("Reading of the answer")),
    },
    [
        Transition(PROPOSED, "assess", ASSESSED, WORK, _("Give the technical opinion"), strong=True),
        Transition(ASSESSED, "convene", COMMITTEE, DISPOSE, _("Call the committee"), strong=True),
        Transition(COMMITTEE, "approve", APPROVED, DISPOSE, _("Approved by the committee"), strong=True),
        Transition(COMMITTEE, "refuse", REFUSED, DISPOSE, _("Refused by the committee"), needs_reason=True),
        Transition(APPROVED, "recover", RECOVERED, WORK, _("Note the parts that are kept"), strong=True),
        Transition(RECOVERED, "dispose", DISPOSED, DISPOSE, _("Close the disposal"), strong=True),
        Transition(REFUSED, "settle", SETTLED, EDIT, _("I have read it"), strong=True),
        *(
            Transition(state, "withdraw", WITHDRAWN, EDIT, _("Give the disposal up"), needs_reason=True)
            for state in (PROPOSED, ASSESSED)
        ),
        *(
            Transition(state, "withdraw", WITHDRAWN, DISPOSE, _("Give the disposal up"), needs_reason=True)
            for state in (APPROVED, RECOVERED)
        ),
    ],
    said={
        "propose": _("Disposal proposed"),
        "add": _("A piece added"),
        "assess": _("Disposal assessed"),
        "convene": _("Committee called"),
        "approve": _("Disposal approved"),
        "refuse": _("Disposal refused"),
        "recover": _("Parts recovered"),
        "dispose": _("Carried out"),
        "settle": _("Answer read"),
        "withdraw": _("Disposal given up"),
    },
)
