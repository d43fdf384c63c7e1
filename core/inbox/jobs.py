"""What the inbox does by itself: deadlines that pass are told, and each night the clocks are held against the rows."""

from datetime import time, timedelta

from core.contract.ports import Recurring
from core.contract.words import _
from core.data import clocks
from core.data.work import perform
from core.inbox import deadlines
from core.jobs.services import Progress, job

PASS, MEND = "core.deadlines", "core.clocks"


def _any_passed() -> bool:
    return bool(deadlines.passed())


SCHEDULE = {
    PASS: Recurring(PASS, _("Deadlines that have passed"), every=timedelta(minutes=15), due=_any_passed),
    MEND: Recurring(MEND, _("Proof of the clocks of what waits"), at=time(2, 55)),
}


@job(PASS)
def pass_on(progress: Progress) -> str:
    """Tell of the deadlines that have passed."""
    while deadlines.passed():
        deadlines.pass_on()
    return ""


@job(MEND)
def mend(progress: Progress) -> str:
    """Begin the clocks of rows that wait without one, and set right those of rows that are elsewhere."""
    perform(clocks.mend)
    return ""
