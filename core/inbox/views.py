"""The page "À faire", and its count in the menu and the band."""

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
    return page("inbox/inbox.html", count=len(found), groups=services.grouped(found))


def waiting() -> list[services.Waiting]:
    """Return the tasks of this person, asked once a request."""
    if "waiting" not in g:
        g.waiting = services.tasks() if g.get("user") is not None else []
    found: list[services.Waiting] = g.waiting
    return found


def count() -> int:
    """Return how many tasks wait: the badge of the menu."""
    return len(waiting())


@bp.app_context_processor
def _count_in_band() -> dict[str, Any]:
    return {"waiting": count() if g.get("user") is not None else 0}
