"""The page "À faire", and its count in the menu and the band."""

from typing import Any

from flask import Blueprint, g

from core.data.access import current
from core.inbox import balls, services
from core.web.pages import page, signed_in

bp = Blueprint("inbox", __name__)


@bp.get("/inbox")
@signed_in
def inbox() -> Any:
    """Show everything that waits for this person."""
    mine = of_person()
    return page("inbox/inbox.html", count=mine.number, groups=services.grouped(mine.tasks))


def of_person() -> services.Inbox:
    """Return what waits for the person of this request, asked once."""
    if "inbox" not in g:
        g.inbox = services.Inbox(services.own_work(current()))
    found: services.Inbox = g.inbox
    return found


@bp.app_context_processor
def _counts() -> dict[str, Any]:
    """Give the templates what waits, so that only a page with a frame, or about a document, asks."""
    return {"behind": behind, "balls_of": balls.of}


def behind(endpoint: str) -> int:
    """Return how many things wait behind a line of the menu; behind the inbox, all of them."""
    return of_person().behind[endpoint] if g.get("user") is not None else 0
