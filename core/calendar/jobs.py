"""What the calendar does by itself: the public holidays of the next year are there before it begins."""

from datetime import time
from functools import partial

from core.calendar import services
from core.contract.ports import Recurring
from core.contract.words import _
from core.data.db import today
from core.data.work import perform
from core.jobs.services import Progress, job

PROPOSE = "core.holidays"
SCHEDULE = {
    PROPOSE: Recurring(PROPOSE, _("Public holidays of this year and the next"), at=time(3, 20), day=1, working="after")
}


@job(PROPOSE)
def propose(progress: Progress) -> str:
    """Propose the public holidays of this year and the next that nobody has seen yet."""
    for year in (today().year, today().year + 1):
        perform(partial(_propose, year))
    return "/calendar/"


def _propose(year: int) -> None:
    if services.country() is not None:
        services.propose(year)
