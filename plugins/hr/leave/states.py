"""A leave is asked for, the head of the unit gives an opinion, it is approved or refused, and service is resumed.

That it is under way, or that somebody has not come back, follows from the days: no job at night has to say it.
"""

from datetime import date

from sqlalchemy import Date, and_, bindparam, case

from core.contract.words import _
from core.data.db import today
from core.data.states import Machine, State, Transition
from core.data.waits import Wait, working_days
from plugins.hr.leave.models import LeaveRequest
from plugins.hr.rights import ADVISE, ASK, DECIDE

DRAFT, SUBMITTED, FAVOURABLE, UNFAVOURABLE, APPROVED, REFUSED, RESUMED, CANCELLED = (
    "draft", "submitted", "favourable", "unfavourable", "approved", "refused", "resumed", "cancelled",
)  # fmt: skip
UNDER_WAY, LATE = "under_way", "late"  # approved, as the days have it
PENDING = (SUBMITTED, FAVOURABLE, UNFAVOURABLE)
COUNTED = (*PENDING, APPROVED, RESUMED)  # takes days of the balance, and holds its days against another
OPEN = (DRAFT, *PENDING, APPROVED)
DETAIL = "%(number)s, %(facility)s"
TO_ADVISE = Wait(
    _("%(name)s asks for leave from %(first_day)s to %(last_day)s: your opinion?"), _("Give the opinion"), ADVISE,
    within=working_days(3), detail=DETAIL, besides="themselves", escalates=DECIDE, view="to_advise",
    many=_("%(number)s requests for leave wait for an opinion"),
)  # fmt: skip
TO_DECIDE = Wait(
    _("Leave of %(name)s from %(first_day)s to %(last_day)s: approve it?"), _("Decide"), DECIDE,
    within=working_days(5), detail=DETAIL, besides="themselves", view="to_decide",
    many=_("%(number)s requests for leave wait for a decision"),
)  # fmt: skip
MACHINE = Machine(
    "hr.leave",
    {
        DRAFT: State(_("Draft of a request"), "neutral", _("Draft of a request for leave")),
        SUBMITTED: State(_("Waits for the opinion"), "info", _("Request for leave"), [TO_ADVISE]),
        FAVOURABLE: State(_("Favourable opinion"), "info", _("Favourable opinion on leave"), [TO_DECIDE]),
        UNFAVOURABLE: State(_("Unfavourable opinion"), "warn", _("Unfavourable opinion on leave"), [TO_DECIDE]),
        APPROVED: State(_("Leave approved"), "ok", _("Approval of leave")),
        REFUSED: State(_("Leave refused"), "danger", _("Refusal of leave")),
        RESUMED: State(_("Service resumed"), "neutral", _("Return to service")),
        CANCELLED: State(_("Leave cancelled"), "neutral", _("Cancelling of leave")),
    },
    [
        Transition(DRAFT, "submit", SUBMITTED, ASK, _("Send the request"), strong=True),
        *(Transition(each, "cancel", CANCELLED, ASK, _("Take the request back")) for each in (DRAFT, *PENDING)),
        Transition(SUBMITTED, "disfavour", UNFAVOURABLE, ADVISE, _("Unfavourable opinion"), needs_reason=True),
        Transition(SUBMITTED, "favour", FAVOURABLE, ADVISE, _("Favourable opinion"), strong=True),
        *(Transition(each, "refuse", REFUSED, DECIDE, _("Refuse the leave"), needs_reason=True)
          for each in (FAVOURABLE, UNFAVOURABLE)),
        *(Transition(each, "approve", APPROVED, DECIDE, _("Approve the leave"), strong=True)
          for each in (FAVOURABLE, UNFAVOURABLE)),
        Transition(APPROVED, "cancel", CANCELLED, ASK, _("Give the leave up")),
        Transition(APPROVED, "revoke", CANCELLED, DECIDE, _("Revoke the leave"), needs_reason=True),
        Transition(APPROVED, "attest", RESUMED, ADVISE, _("Record the return to service"), strong=True),
        Transition(APPROVED, "resume", RESUMED, ASK, _("I am back at work"), strong=True),
    ],
    said={
        "draft": _("Kept as a draft"),
        "submit": _("Asked for"),
        "cancel": _("Leave given up"),
        "favour": _("Favourable opinion"),
        "disfavour": _("Unfavourable opinion"),
        "approve": _("Leave approved"),
        "refuse": _("Leave refused"),
        "revoke": _("Leave revoked"),
        "resume": _("Service resumed"),
        "attest": _("Return to service recorded"),
        "recount": _("Counted again, since the calendar has changed"),
        "enter": _("Past leave entered"),
    },
)  # fmt: skip
SHOWN = {
    **{code: state for code, state in MACHINE.states.items() if code not in (RESUMED, CANCELLED)},
    UNDER_WAY: State(_("On leave"), "info"),
    LATE: State(_("Not back yet"), "danger"),
    **{code: MACHINE.states[code] for code in (RESUMED, CANCELLED)},
}


def shown(row: LeaveRequest, day: date | None = None) -> str:
    """Return the state of a leave as the days have it: an approved one is under way, or its person is late."""
    on = day or today()
    if row.state != APPROVED or on < row.first_day:
        return row.state
    return LATE if on > row.back_on else UNDER_WAY


def shown_state(row: LeaveRequest) -> State:
    """Return that state with its words and shape."""
    return SHOWN[shown(row)]


DAY = bindparam("leave_day", type_=Date, callable_=lambda: today(), unique=False)
_BEGUN, _LATE = LeaveRequest.first_day <= DAY, LeaveRequest.back_on < DAY
SHOWN_STATE = case(  # the same for lists, in SQL
    (and_(LeaveRequest.state == APPROVED, _LATE), LATE), (and_(LeaveRequest.state == APPROVED, _BEGUN), UNDER_WAY),
    else_=LeaveRequest.state,
)  # fmt: skip
