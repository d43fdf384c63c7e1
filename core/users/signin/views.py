"""Signing in and out, and choosing a password by a link."""

import re
from time import time
from typing import Any

from flask import current_app, flash, g, make_response, redirect, request, session, url_for
from flask_wtf import FlaskForm

from core.contract.words import _
from core.data.access import acting
from core.data.db import db
from core.data.errors import Refused
from core.data.work import perform
from core.users import demo
from core.users.accounts import invitations
from core.users.accounts.models import User
from core.users.blueprint import bp
from core.users.rights.access import at_the_door
from core.users.signin import carried, devices, login, passwords, sessions
from core.users.signin import services as signin
from core.users.signin.forms import CodeForm, PasswordForm, SignInForm
from core.web import cookies
from core.web.pages import page, public, signed_in

HERE = re.compile(r"/(?![/\\])[^\\\x00-\x20]*")


def safe_next(address: str | None) -> str:
    """Return the path on this host that was asked for, else the home page."""
    fits = HERE.fullmatch(address or "")
    return fits.string if fits else url_for("home.home")


@bp.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> Any:
    """Show the sign-in form, or open a session."""
    if g.user is not None and request.method == "GET":
        return redirect(url_for("home.home"))
    form = SignInForm()
    token = _try(form) if form.validate_on_submit() else None
    if token is None:
        return sign_in_page(form, request.args.get("next", ""), **carried.sent())
    begin()
    if isinstance(token, signin.Half):
        session["half"] = [token.user_id, token.version, time()]
        if request.form.get(carried.FIELD):
            return code_page(CodeForm(formdata=None))
        return redirect(url_for(".code", next=request.args.get("next") or None))
    return arrive(token)


def sign_in_page(form: SignInForm, next: str, carried: str = "", **options: Any) -> Any:
    """Return the page that asks for name and password."""
    return page("users/sign_in.html", form=form, next=next, carried=carried, **_hints(), **options)


def code_page(form: CodeForm) -> Any:
    """Return the page that asks for the code after the password."""
    return page("users/code.html", form=form, next=request.args.get("next", ""), **carried.sent())


def carry(next: str) -> Any:
    """Return the sign-in page that holds what was sent when the session was over, or None when it holds nothing."""
    sealed = carried.sealed()
    if not sealed:
        return None
    flash(_("Your session is over. Sign in: the form comes back with what you typed."), "info")
    return sign_in_page(SignInForm(formdata=None), next, sealed, status=403)


bp.record_once(lambda state: state.app.extensions.update({"amagara.carry": carry}))


def begin() -> None:
    """Forget the session of before, with its token of forms: a page of this very answer makes a new one."""
    session.clear()
    g.pop("csrf_token", None)


def arrive(token: str) -> Any:
    """Return where a new session begins: before the form that was sent when the last one was over, else at `next`."""
    wanted = safe_next(request.args.get("next"))
    form = carried.opened(request.form.get(carried.FIELD, ""), sessions.owner(token))
    answer = redirect(wanted) if form is None else page("users/again.html", sent=form, next=wanted)
    return login.enter(make_response(answer), token)


def _hints() -> dict[str, Any]:
    """Return what helps at a first start: how to make an administrator, or the demonstration's accounts."""
    shown = demo.accounts() if current_app.config["PROFILE"] == "embedded" else []
    return {"first": signin.nobody_yet(), "accounts": shown}


def _try(form: SignInForm) -> str | signin.Half | None:
    """Return the token of the new session, half a sign-in, or None with the reason on the form."""
    name, password = form.login.data or "", form.password.data or ""
    address, agent = request.remote_addr or "", request.user_agent.string
    try:
        with acting(at_the_door("sign-in")):
            where = address, agent, devices.known(name)
            token: str | signin.Half | None = perform(lambda: signin.sign_in(name, password, *where))
    except Refused as error:
        refuse(form, error)
        return None
    if token is None:
        form.form_errors.append(_("The user name or the password is wrong."))
    return token


def refuse(form: FlaskForm, error: Refused) -> None:
    """Put a refusal on its field, else on the form."""
    form.answer_status = error.status
    target = getattr(form, error.field or "", None)
    (form.form_errors if target is None else target.errors).append(error.message)


@bp.post("/sign-out")
@signed_in
def sign_out() -> Any:
    """End this session on the server; the page's script drops the drafts of this device."""
    perform(lambda: sessions.sign_out(current_token(), g.user.id))
    session.clear()
    answer = redirect(url_for("users.sign_in"))
    cookies.drop(answer, "amagara")
    return answer


def current_token() -> str:
    """Return the token of this browser's session."""
    return cookies.read("amagara")


@bp.route("/welcome/<token>", methods=["GET", "POST"])
@public
def welcome(token: str) -> Any:
    """Let an invited person choose a password; the link works once, for an hour."""
    with acting(at_the_door("invitation")):
        person, form = invitations.invited(token), PasswordForm()
    if person and form.validate_on_submit() and _chosen(form, token, person):
        flash(_("Your password is kept. Sign in with it."), "ok")
        return redirect(url_for("users.sign_in"))
    return page("users/welcome.html", status=200 if person else 410, form=form, person=person)


def _chosen(form: PasswordForm, token: str, person: User) -> bool:
    """Return whether the invited person's password is kept; a refusal stands on the form."""
    try:
        with acting(at_the_door("invitation", person.id)):
            judged = passwords.judge(person, form.password.data)
            perform(lambda: invitations.choose_password(token, judged))
    except Refused as error:
        db.session.rollback()
        refuse(form, error)
        return False
    return True
