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
def _counts() -> dict[str, Any]:
    """Give the templates `behind`, so that only a page with a frame asks what waits."""
    return {"behind": behind}


def behind(endpoint: str) -> int:
    """Return how many things wait behind a line of the menu; behind the inbox, all of them."""
    if "behind" not in g:
        g.behind = Counter({"inbox.inbox": services.number_of(waiting())})
        for one in waiting():
            g.behind[one.task.menu] += one.task.count
    return int(g.behind[endpoint])
