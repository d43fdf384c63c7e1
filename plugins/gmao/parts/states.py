"""A part is asked of the store, and handed out or refused; what was brought along was never asked."""

from core.contract.words import _
from core.data.states import Machine, State, Transition
from core.data.waits import Wait, working_days
from plugins.gmao.rights import ISSUE, OVERSEE, WORK

ASKED, AWAITED, ISSUED, BROUGHT = "asked", "awaited", "issued", "brought"
REFUSED, WITHDRAWN, SETTLED = "refused", "withdrawn", "settled"
MISSING = (ASKED, AWAITED)  # what an order may wait for
TO_ISSUE = Wait(
    _("%(label)s for %(what)s"), _("Hand out"), ISSUE, within=working_days(1), detail="%(facility)s",
    escalates=OVERSEE, view="to_issue", many=_("%(number)s parts are asked of the store"),
)  # fmt: skip
TO_READ = Wait(_("The store has no %(label)s"), _("Read it"), person="asked_by_id", detail="%(what)s", view="refused")
MACHINE = Machine(
    "gmao.part",
    {
        ASKED: State(_("Asked of the store"), "warn", _("Request for a part"), [TO_ISSUE]),
        AWAITED: State(_("Asked of the supplier"), "info", _("Request to the supplier")),
        ISSUED: State(_("Handed out"), "ok", _("Handing out")),
        BROUGHT: State(_("Brought along"), "ok", _("Use of a part")),
        REFUSED: State(_("Not there"), "danger", _("Refusal"), [TO_READ]),
        WITHDRAWN: State(_("Not needed any more"), "neutral", _("Withdrawal")),
        SETTLED: State(_("Not there, and known"), "neutral", _("Reading of the answer")),
    },
    [
        Transition(ASKED, "issue", ISSUED, ISSUE, _("Hand out"), strong=True),
        Transition(ASKED, "requisition", AWAITED, ISSUE, _("Ask the supplier for it")),
        Transition(AWAITED, "arrive", ASKED, ISSUE, _("It has come")),
        Transition(AWAITED, "issue", ISSUED, ISSUE, _("Hand out"), strong=True),
        Transition(AWAITED, "refuse", REFUSED, ISSUE, _("It is not there"), needs_reason=True),
        Transition(AWAITED, "withdraw", WITHDRAWN, WORK, _("It is not needed"), needs_reason=True),
        Transition(ASKED, "refuse", REFUSED, ISSUE, _("It is not there"), needs_reason=True),
        Transition(ASKED, "withdraw", WITHDRAWN, WORK, _("It is not needed"), needs_reason=True),
        Transition(REFUSED, "ask_again", ASKED, WORK, _("Ask again")),
        Transition(REFUSED, "settle", SETTLED, WORK, _("I have read it"), strong=True),
        Transition(SETTLED, "ask_again", ASKED, WORK, _("Ask again"), strong=True),
    ],
    said={
        "ask": _("Asked of the store"),
        "bring": _("Brought along"),
        "requisition": _("Asked of the supplier"),
        "arrive": _("Come in the store"),
        "issue": _("Handed out"),
        "refuse": _("Not there"),
        "withdraw": _("Not needed any more"),
        "ask_again": _("Asked again"),
        "settle": _("Answer read"),
    },
)
