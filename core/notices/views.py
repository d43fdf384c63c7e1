"""The pages of notices: those of a person, what he chooses, and the link that a mail carries to end a kind."""

from typing import Any

from flask import Blueprint, g, redirect, request, url_for

from core.contract.plugins import notice_kinds
from core.contract.ports import APP, Panel
from core.contract.words import _
from core.data.access import acting
from core.data.db import today
from core.data.errors import Missing
from core.data.work import perform
from core.notices import choosing, drawing, post, services, ways
from core.notices.forms import ChannelForm, OneForm, UptoForm
from core.notices.models import MOST
from core.notices.verbs import AGAIN, CHOOSE, OPEN, READ, READ_ALL, TRY, page_of
from core.users.rights.access import at_the_door
from core.web.doing import act, submit
from core.web.fields import row_id
from core.web.pages import page, permission, public, signed_in
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


def _one(id: int) -> OneForm:
    form = OneForm()
    form.id.data = id
    return form


@bp.route("/<int:id>", methods=["GET", "POST"])
@signed_in
def follow(id: int) -> Any:
    """Lead to what a notice is about: by a link it stays unread, by its button it is read."""
    if request.method == "POST":
        return act(OPEN, form=_one(id))
    return redirect(page_of(services.get(id)))


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


@bp.route("/stop/<token>", methods=["GET", "POST"])
@public
def stop(token: str) -> Any:
    """Let no more mail of a kind come to the person to whom this link was sent: by a button, or by the one click of his
    mail program (RFC 8058), which brings no token of a form; the link itself proves that it is his."""
    found = ways.stopped(token)
    if found is None:
        return page("notices/stop.html", status=400, title=_("This link is not valid"), known=False)
    user_id, name = found
    if request.method == "POST":
        with acting(at_the_door("mail link", user_id)):
            perform(lambda: choosing.stop(user_id, name))
    kind = notice_kinds().get(name)
    title = _("No more mail of this kind") if kind else _("No more mail")
    return page("notices/stop.html", title=title, known=True, kind=kind, done=request.method == "POST")


bp.record_once(lambda state: state.app.extensions["csrf"].exempt(stop))


@bp.post("/system/<channel>/try")
@permission("core.system")
def try_out(channel: str) -> Any:
    """Send a test to the administrator who asks."""
    if channel == APP or channel not in ways.open_ways():
        raise Missing(None)
    form = ChannelForm()
    form.channel.data = channel
    return act(TRY, form=form)


@bp.post("/system/again")
@permission("core.system")
def again() -> Any:
    """Send what failed of late again."""
    return act(AGAIN)


def office() -> Panel:
    """Return the panel of the page "System": what is on its way, what failed, and a test of each way."""
    context = {
        "ways": [channel for channel in ways.open_ways() if channel != APP], "numbers": post.numbers(),
        "failed": post.failures(),
    }  # fmt: skip
    return Panel(_("Mail and SMS"), "notices/office.html", context)


@bp.app_context_processor
def _for_band() -> dict[str, Any]:
    """Give the bell its number: it came with the session."""
    return {"unread_notices": g.get("unread", 0), "most_notices": MOST}
