"""Signing in and out, and the person's own choices."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, g, redirect, request, session, url_for

from core.contract.words import _
from core.data.access import Access, acting
from core.data.errors import Refused
from core.data.work import perform
from core.users import login, services
from core.users.forms import SignInForm
from core.web.pages import LANGUAGES, page, public, signed_in

bp = Blueprint("users", __name__)
YEAR = 365 * 24 * 3600


def safe_next(address: str | None) -> str:
    """Return the path on this host that was asked for, else the home page."""
    parts = urlsplit(address or "")
    plain = (address or "").startswith("/") and not (address or "").startswith(("//", "/\\"))
    return str(address) if plain and not parts.netloc and "\\" not in str(address) else url_for("home.home")


@bp.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> Any:
    """Show the sign-in form, or open a session."""
    if g.user is not None and request.method == "GET":
        return redirect(url_for("home.home"))
    form = SignInForm()
    token = _try(form) if form.validate_on_submit() else None
    if token is None:
        return page("users/sign_in.html", form=form, next=request.args.get("next", ""), first=services.nobody_yet())
    session.clear()
    return login.keep_cookie(redirect(safe_next(request.args.get("next"))), token)


def _try(form: SignInForm) -> str | None:
    """Return the token of the new session, or None with the reason on the form."""
    name, password = form.login.data or "", form.password.data or ""
    address, agent = request.remote_addr or "", request.user_agent.string
    try:
        with acting(Access.system("sign-in")):
            token: str | None = perform(lambda: services.sign_in(name, password, address, agent))
        if token is None:
            form.form_errors.append(_("The user name or the password is wrong."))
        return token
    except Refused as error:
        form.form_errors.append(error.message)
        return None


@bp.post("/sign-out")
@signed_in
def sign_out() -> Any:
    """End this session on the server, and forget what the device kept."""
    perform(lambda: services.end_session(request.cookies.get(login.cookie_name(), "")))
    session.clear()
    answer = redirect(url_for("users.sign_in"))
    answer.delete_cookie(login.cookie_name(), secure=g.get("secure", False), httponly=True, samesite="Lax")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@bp.post("/preferences")
@public
def preferences() -> Any:
    """Keep the language and the appearance: in a cookie, and with the person when there is one."""
    answer = redirect(safe_next(request.form.get("next")))
    language, theme = request.form.get("language"), request.form.get("theme")
    for name, value, known in (("language", language, LANGUAGES), ("theme", theme, ("auto", "light", "dark"))):
        if value in known:
            answer.set_cookie(name, str(value), max_age=YEAR, httponly=True, samesite="Lax")
    if g.user is not None and language in LANGUAGES:
        user_id = g.user.id
        perform(lambda: services.change_own(user_id, language=language))
    return answer
