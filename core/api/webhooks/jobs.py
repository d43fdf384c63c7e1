"""The work of webhooks that nobody waits for."""

from datetime import time, timedelta

from core.api.webhooks import post
from core.api.webhooks.services import SEND
from core.contract.ports import Recurring
from core.contract.words import _
from core.data.work import perform
from core.jobs.services import Progress, job

CLEAN = "core.webhooks.clean"
SCHEDULE = {
    SEND: Recurring(SEND, _("Sending of facts to other systems"), every=timedelta(minutes=1), due=post.is_due),
    CLEAN: Recurring(CLEAN, _("Removal of facts that were sent"), at=time(3, 20)),
}


@job(SEND)
def send(progress: Progress) -> str:
    """Send what is due."""
    post.send_due()
    return ""


@job(CLEAN)
def clean(progress: Progress) -> str:
    """Remove what was sent, or failed, a month ago."""
    perform(post.forget)
    return ""
