"""What plans do by themselves: each morning the orders are opened whose lead time has come."""

from datetime import time

from core.contract.ports import Recurring
from core.contract.words import _
from core.jobs.services import Progress, job
from plugins.gmao.plans.opening import open_due

OPEN_DUE = "gmao.open_due"
SCHEDULE = {OPEN_DUE: Recurring(OPEN_DUE, _("Orders of the maintenance plans"), at=time(4, 10))}


@job(OPEN_DUE)
def run(progress: Progress) -> str:
    """Open the orders whose lead time has come."""
    open_due()
    return "/gmao/plans/calendar"
