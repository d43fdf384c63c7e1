"""What licences do by themselves: each morning those that lapse are told of."""

from datetime import time

from core.contract.ports import Recurring
from core.contract.words import _
from core.jobs.services import Progress, job
from plugins.hr.credentials.warning import anything_due, warn

WARN = "hr.warn_of_licences"
SCHEDULE = {WARN: Recurring(WARN, _("Licences that lapse"), at=time(5, 20), due=anything_due)}


@job(WARN)
def run(progress: Progress) -> str:
    """Tell of the licences whose turn has come."""
    warn()
    return "/hr/licences/?view=lapsing"
