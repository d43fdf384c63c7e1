"""The pages of the second factor: its code at sign-in, setting it up, its codes on paper, and proving oneself again."""

from time import time
from typing import Any

from flask import flash, g, redirect, request, session, url_for

from core.contract.words import _
from core.data.access import acting
from core.data.db import db
from core.data.errors import Refused
from core.data.work import perform
from core.users.accounts.models import User
from core.users.blueprint import bp
from core.users.rights.access import at_the_door
from core.users.signin import carried, factor, login, sessions
from core.users.signin import services as signin
from core.users.signin.forms import CodeForm, ProveByCodeForm, ProveForm, SignInForm
from core.users.signin.login import proved
from core.users.signin.views import arrive, begin, code_page, current_token, refuse, safe_next, sign_in_page
from core.web.documents import code_svg
from core.web.pages import page, public, signed_in

PATIENCE = 300  # seconds between the password and its code


@bp.route("/sign-in/code", methods=["GET", "POST"])
@public
def code() -> Any:
    """Ask for the code after the password, and open the session."""
    user_id, version, since = session.get("half") or (0, 0, 0.0)
    if time() - since > PATIENCE:
        session.pop("half", None)
        flash(_("Too much time has passed. Sign in again."), "warn")
        if request.form.get(carried.FIELD):
            return sign_in_page(SignInForm(formdata=None), request.args.get("next", ""), **carried.sent())
        return redirect(url_for(".sign_in", next=request.args.get("next") or None))
    form = CodeForm()
    token = _try(form, signin.Half(user_id, version)) if form.validate_on_submit() else None
    if token is None:
        return code_page(form)
    begin()
    return arrive(token)


def _try(form: CodeForm, half: signin.Half) -> str | None:
    """Return the token of the new session, or None with the reason on the form."""
    given, address, agent = form.code.data, request.remote_addr or "", request.user_agent.string
    try:
        with acting(at_the_door("sign-in")):
            token: str | None = perform(lambda: signin.sign_in_by_code(half, given, address, agent))
    except Refused as error:
        refuse(form, error)
        return None
    if token is None:
        form.code.errors = [_("This code is wrong or was used already. Wait for the next one.")]
    return token


@bp.route("/profile/second-factor", methods=["GET", "POST"])
@signed_in
@proved
def second_factor() -> Any:
    """Set up the person's own second factor: the picture for the device, then its first code."""
    form, user_id = CodeForm(), g.user.id
    if factor.has(user_id):
        return redirect(url_for(".profile"))
    secret = session.setdefault("device", factor.new_secret())  # kept by the browser until its first code is right
    if form.validate_on_submit():
        try:
            codes = perform(lambda: _enable(user_id, secret, form.code.data))
            session.pop("device")
            return page("users/recovery.html", codes=codes, title=_("Your recovery codes"))
        except Refused as error:
            db.session.rollback()
            refuse(form, error)
    address = factor.address(g.user, secret)
    return page(
        "users/second_factor.html", form=form, title=_("Set up a second factor"), secret=secret, address=address,
        picture=code_svg(address), required=factor.required(user_id),
    )  # fmt: skip


def _enable(user_id: int, secret: str, given: str) -> list[str]:
    codes = factor.enable(db.session.get_one(User, user_id), secret, given)
    sessions.end_sessions(user_id, keep=current_token())
    return codes


@bp.post("/profile/second-factor/codes")
@signed_in
@proved
def recovery_codes() -> Any:
    """Show new recovery codes, this once; the former ones no longer work."""
    user_id = g.user.id
    if not factor.has(user_id):
        return redirect(url_for(".profile"))
    codes = perform(lambda: factor.new_codes(db.session.get_one(User, user_id)))
    return page("users/recovery.html", codes=codes, title=_("Your recovery codes"))


@bp.post("/profile/second-factor/remove")
@signed_in
@proved
def remove_factor() -> Any:
    """Remove the person's own second factor; other sessions end."""
    user_id = g.user.id

    def operation() -> None:
        factor.remove(db.session.get_one(User, user_id))
        sessions.end_sessions(user_id, keep=current_token())

    perform(operation)
    flash(_("The second factor is removed. Your password alone opens your account."), "ok")
    return redirect(url_for(".profile"))


@bp.route("/prove", methods=["GET", "POST"])
@signed_in
def prove() -> Any:
    """Ask for the code, or the password where there is no second factor, before something grave."""
    form = ProveByCodeForm() if factor.has(g.user.id) else ProveForm()
    token = _prove(form) if form.validate_on_submit() else None
    if token is None:
        return page("users/prove.html", form=form, title=_("Is it you?"), next=request.args.get("next", ""))
    return login.keep_cookie(redirect(safe_next(request.args.get("next"))), token)


def _prove(form: Any) -> str | None:
    """Return the new token of this session, or None with the reason on the form."""
    given, user_id, address, token = form.given.data, g.user.id, request.remote_addr or "", current_token()
    try:
        fresh: str | None = perform(lambda: signin.prove(token, user_id, given, address))
    except Refused as error:
        db.session.rollback()
        refuse(form, error)
        return None
    if fresh is None:
        form.given.errors = [_("This is wrong, or the code was used already. Try again.")]
    return fresh
