"""The work of notices that nobody waits for: telling many people, and putting away what has had its time."""

from collections.abc import Mapping
from datetime import time, timedelta
from typing import Any

from core.contract.ports import Recurring
from core.contract.words import _
from core.data.db import utcnow
from core.data.work import perform
from core.jobs.services import Progress, job
from core.notices import services

CLEAN = "core.notices.clean"
READ_KEPT, ALL_KEPT = timedelta(days=60), timedelta(days=365)
SCHEDULE = {CLEAN: Recurring(CLEAN, _("Removal of old notices"), at=time(3, 10))}


@job(services.TELL)
def tell(progress: Progress, event: Mapping[str, Any], people: Mapping[str, str]) -> str:
    """Tell some people of a fact; whoever was told already is not told again."""
    fact, names = services.event_from(event), {int(user_id): name for user_id, name in people.items()}
    perform(lambda: services.tell(fact, names))
    return ""


@job(CLEAN)
def clean(progress: Progress) -> str:
    """Remove notices that were read two months ago, and those of a year ago."""
    now = utcnow()
    perform(lambda: services.forget(now - READ_KEPT, now - ALL_KEPT))
    return ""
