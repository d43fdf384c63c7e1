"""Long files are looked at and written by jobs; each may run again without harm."""

from collections.abc import Sequence
from typing import Any

from core.contract.words import _
from core.imports import services
from core.jobs.services import job

LOOK, APPLY = "core.import.look", "core.import.apply"


@job(LOOK)
def look(progress: Any, run_id: int, url: str) -> str:
    """Look at every line of a run."""
    services.look(run_id, lambda lines: progress(lines, 0, _("%(lines)s lines read", lines=lines)))
    return url


@job(APPLY)
def apply(progress: Any, run_id: int, url: str, agreed: Sequence[str] = (), shown: str | None = None) -> str:
    """Write a run, all or nothing; `agreed` holds what the person has answered to the preview that was `shown`."""
    services.apply(
        run_id, lambda lines: progress(lines, 0, _("%(lines)s lines read; all are written, or none.", lines=lines)),
        lambda question: question.answer(agreed), shown,
    )  # fmt: skip
    return url
