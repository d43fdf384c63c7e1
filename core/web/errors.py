"""One error page: what went wrong in words, what to do, and a reference to quote."""

import logging
from typing import Any

from flask import Flask, current_app, flash, g, jsonify, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from core.contract.words import _
from core.data import failures, notes
from core.data.access import Access
from core.data.db import db
from core.data.errors import AmagaraError
from core.web import problems, sending

log = logging.getLogger("amagara")
WORDS = {
    400: (_("The request could not be read"), _("Go back, reload the page and try again.")),
    401: (_("Please sign in"), _("A program sends its token in the header Authorization: Bearer …")),
    403: (_("You do not have the right to do this"), _("Ask the administrator of your district for it.")),
    404: (_("This page does not exist"), _("It may have moved, or you may not see it. Check the address or search.")),
    405: (_("This is not possible here"), _("Go back and use the buttons of the page.")),
    409: (_("Somebody was faster"), _("Reload the page to see what was recorded.")),
    412: (_("It is no longer as it was read"), _("Read it again, then decide again.")),
    413: (_("The file is too large"), _("Send a smaller file, or split it.")),
    422: (_("This was refused"), _("Nothing was recorded. Go back and correct it.")),
    428: (_("Say which version you change"), _("Send the ETag that was read as If-Match.")),
    429: (_("Too many tries"), _("Wait a few minutes and try again.")),
    500: (_("Something went wrong on our side"), _("Nothing was recorded. Try again; if it happens again, report it.")),
    415: (_("The request could not be read"), _("Go back, reload the page and use its form.")),
    503: (_("The service is busy"), _("Nothing was recorded. Try again in a moment.")),
    507: (_("The disk of the server is full"), _("Nothing was recorded. Tell your administrator.")),
}


SECRETS = {"password", "old", "again", "csrf_token"}  # never written into a page; nor the code of a device


def init_app(app: Flask) -> None:
    """Show every failure with the same page."""
    app.register_error_handler(AmagaraError, _refused)
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OverflowError, _no_such_number)
    app.register_error_handler(Exception, _crash)


def _refused(error: AmagaraError) -> Any:
    if error.status == 403 and db.session().info.get("access") is None:
        return to_sign_in()
    if error.status == 403:
        _write_down(error)
    return show(error.status, error.message, error)


def _write_down(error: AmagaraError) -> None:
    """Leave a line of what was refused to whom."""
    place = getattr(g.get("place"), "id", None)
    said = str(error.message)[:300]
    what = (request.view_args or {})["name"] if request.endpoint == "verbs.do" else request.endpoint or ""
    notes.note("refused", "core.page", what[:64], place, address=request.path[:300], message=said)


def to_sign_in() -> Any:
    """Return the way to the sign-in page and, after it, back here: to the form, when one was sent.

    A script that asks for a part of a page gets a bare 401: the page says it, and keeps what was typed. A program
    gets the problem.
    """
    if sending.by_token():
        return unknown()
    if by_script():
        return jsonify(error=str(_("Your session is over. Sign in and try again."))), 401
    if request.method == "GET":
        return redirect(url_for("users.sign_in", next=request.full_path.rstrip("?")))
    back = came_from() or request.path
    if answer := current_app.extensions["amagara.carry"](back):
        return answer
    flash(_("Your session is over. Sign in. If the form comes back empty, fill it in again."), "info")
    return redirect(url_for("users.sign_in", next=back))


def unknown(words: Any = "", fault: str = "") -> Any:
    """Return the problem of a program that sent no token, or one that opens nothing: `fault` is a code of RFC 6750."""
    title, advice = WORDS[401]
    answer = problems.answer(401, title, detail=str(words or advice))
    answer.headers["WWW-Authenticate"] = 'Bearer realm="Amagara"' + (f', error="{fault}"' if fault else "")
    return answer


def by_script() -> bool:
    """Return whether a script of a page asks, which shows no page that it gets: htmx for a part, or ours for data."""
    return request.headers.get("HX-Request") == "true" or "application/json" in request.headers.get("Accept", "")


def came_from() -> str:
    """Return the path of the page on this host that the request came from, or ""."""
    referrer = request.referrer or ""
    return "/" + referrer.removeprefix(request.host_url) if referrer.startswith(request.host_url) else ""


def _expired(error: CSRFError) -> Any:
    if request.method == "POST" and g.get("user") is None and (came_from() or by_script()):
        return to_sign_in()
    return show(400, _("This form is too old, or was opened before you signed in. Reload the page and send it again."))


def _http(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error
    return show(error.code, None)


def _no_such_number(error: OverflowError) -> Any:
    """Return that there is no such page: no database holds a number of that size."""
    return show(404, None) if "SQLite INTEGER" in str(error) else _crash(error)


def _crash(error: Exception) -> Any:
    told = failures.told(error)
    log.error("request %s failed", g.get("request_id"), exc_info=told is None or told.message is not failures.BUSY)
    g.user = None  # the page must not need what has just failed
    return show(500, None) if told is None else show(told.status, told.message)


def show(status: int, message: Any, error: AmagaraError | None = None) -> Any:
    """Return the error page of a status, with its reference; to a program, the problem."""
    db.session.rollback()
    title, advice = WORDS.get(status, WORDS[400 if status < 500 else 500])
    if sending.to_machine():
        answer = problems.of_error(error, status, title, message or advice)
        if error is not None and "seconds" in error.facts:
            answer.headers["Retry-After"] = str(error.facts["seconds"])
        return answer
    again = status in {503, 507} and request.method == "POST" and request.endpoint is not None
    sent = typed() if again else []
    facts = {"status": status, "heading": title, "message": message, "advice": advice, "again": again, "sent": sent}
    g.failed = True
    with db.session.no_autoflush:
        return render_template("error.html", reference=g.get("request_id", "")[:8], **facts), status


def typed() -> list[tuple[str, str]]:
    """Return what this request has sent, without what never stands in a page."""
    secrets = SECRETS | ({"code"} if request.blueprint == "users" else set())  # elsewhere that of a product or a place
    return [pair for pair in request.form.items(multi=True) if pair[0] not in secrets]


def nobody() -> Access:
    """Return the access of a visitor who has not signed in: nothing at all."""
    return Access(None, "visitor")
