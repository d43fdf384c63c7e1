"""The pages of notices: those of a person, what he chooses, and the link that a mail carries to end a kind."""

from typing import Any

from flask import Blueprint, g, redirect, request, url_for

from core.contract.words import _
from core.data.db import today
from core.notices import choosing, drawing, services, ways
from core.notices.forms import OneForm, UptoForm
from core.notices.models import MOST
from core.notices.verbs import CHOOSE, OPEN, READ, READ_ALL, page_of
from core.web.doing import act, submit
from core.web.fields import row_id
from core.web.pages import page, signed_in
from core.web.verbs import blank

bp = Blueprint("notices", __name__, url_prefix="/notices")


@bp.get("/")
@signed_in
def index() -> Any:
    """Show this person's notices by day, the latest first; those that were not read, when they alone are asked for."""
    before, unread = request.args.get("before", type=row_id), request.args.get("unread") == "1"
    rows, more = services.mine(before, unread)
    found = drawing.drawn(rows)
    kept: dict[str, Any] = {"unread": "1"} if unread else {}
    return page(
        "notices/index.html", title=_("Notices"), days=drawing.by_day(found), today=today(), unread=unread,
        first=before is None,
        newest=rows[0].id if rows else 0, older=url_for(".index", before=rows[-1].id, **kept) if more else None,
    )  # fmt: skip


@bp.get("/<int:id>")
@signed_in
def follow(id: int) -> Any:
    """Lead to what a notice is about; it stays unread."""
    return redirect(page_of(services.get(id)))


def _one(id: int) -> OneForm:
    form = OneForm()
    form.id.data = id
    return form


@bp.post("/<int:id>")
@signed_in
def open(id: int) -> Any:
    """Mark a notice as read, and lead to what it is about."""
    return act(OPEN, form=_one(id))


@bp.post("/<int:id>/read")
@signed_in
def read(id: int) -> Any:
    """Mark a notice as read."""
    return act(READ, form=_one(id))


@bp.post("/read")
@signed_in
def read_all() -> Any:
    """Mark all that was shown, and what came before it, as read."""
    return act(READ_ALL, form=UptoForm())


@bp.route("/choices", methods=["GET", "POST"])
@signed_in
def choices() -> Any:
    """Let a person choose which notices come to him, how and when."""
    form = blank(CHOOSE)
    answer = submit(form, CHOOSE)
    if answer is not None:
        return answer
    chosen = choosing.own()
    return page(
        "notices/choices.html", form=form, title=_("Notices that come to me"), kinds=choosing.kinds_for(),
        ways=ways.open_ways(), refused=chosen.refused_why if chosen.refused_address == g.user.email else "",
    )  # fmt: skip


@bp.app_context_processor
def _for_band() -> dict[str, Any]:
    """Give the bell its number: it came with the session."""
    return {"unread_notices": g.get("unread", 0), "most_notices": MOST}
