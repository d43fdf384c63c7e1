"""The page "À faire", and its count in the menu and the band."""

from collections import Counter
from typing import Any

from flask import Blueprint, g

from core.inbox import services
from core.web.pages import page, signed_in

bp = Blueprint("inbox", __name__)


@bp.get("/inbox")
@signed_in
def inbox() -> Any:
    """Show everything that waits for this person."""
    found = waiting()
    return page("inbox/inbox.html", count=services.number_of(found), groups=services.grouped(found))


def waiting() -> list[services.Waiting]:
    """Return the tasks of this person, asked once a request."""
    if "waiting" not in g:
        g.waiting = services.tasks() if g.get("user") is not None else []
    found: list[services.Waiting] = g.waiting
    return found


@bp.app_context_processor
def _count_in_frame() -> dict[str, Any]:
    """Give the frame of a page what waits in all, and behind each line of the menu."""
    found = waiting()
    behind = Counter({"inbox.inbox": services.number_of(found)})
    for one in found:
        behind[one.task.menu] += one.task.count
    return {"waiting": behind["inbox.inbox"], "behind": behind}
