"""Signing in and out, and the person's own choices."""

import re
from collections.abc import Mapping
from time import time
from typing import Any

from flask import Blueprint, current_app, flash, g, make_response, redirect, request, session, url_for
from flask_wtf import FlaskForm

from core.contract.words import _
from core.data.access import acting
from core.data.db import db
from core.data.errors import Refused
from core.data.work import perform
from core.users import carried, demo, devices, factor, login, people, services
from core.users.forms import CodeForm, OwnPasswordForm, PasswordForm, SignInForm
from core.users.models import User
from core.users.rights import at_the_door
from core.users.tokens import hash_token
from core.users.verbs import CHANGE_OWN
from core.web import cookies
from core.web.address import whole
from core.web.doing import submit
from core.web.pages import LANGUAGES, page, public, signed_in
from core.web.verbs import blank

bp = Blueprint("users", __name__)
HERE = re.compile(r"/(?![/\\])[^\\\x00-\x20]*")
YEAR = 365 * 24 * 3600
CHOICES = {"language": tuple(LANGUAGES), "theme": ("auto", "light", "dark")}


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
    if isinstance(token, services.Half):
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
    form = carried.opened(request.form.get(carried.FIELD, ""), services.owner(token))
    answer = redirect(wanted) if form is None else page("users/again.html", sent=form, next=wanted)
    return login.enter(make_response(answer), token)


def _hints() -> dict[str, Any]:
    """Return what helps at a first start: how to make an administrator, or the demonstration's accounts."""
    shown = demo.accounts() if current_app.config["PROFILE"] == "embedded" else []
    return {"first": services.nobody_yet(), "accounts": shown}


def _try(form: SignInForm) -> str | services.Half | None:
    """Return the token of the new session, half a sign-in, or None with the reason on the form."""
    name, password = form.login.data or "", form.password.data or ""
    address, agent = request.remote_addr or "", request.user_agent.string
    try:
        with acting(at_the_door("sign-in")):
            where = address, agent, devices.known(name)
            token: str | services.Half | None = perform(lambda: services.sign_in(name, password, *where))
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
    perform(lambda: services.sign_out(current_token(), g.user.id))
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
        person, form = people.invited(token), PasswordForm()
    if person and form.validate_on_submit() and _chosen(form, token, person):
        flash(_("Your password is kept. Sign in with it."), "ok")
        return redirect(url_for("users.sign_in"))
    return page("users/welcome.html", status=200 if person else 410, form=form, person=person)


def _chosen(form: PasswordForm, token: str, person: User) -> bool:
    """Return whether the invited person's password is kept; a refusal stands on the form."""
    try:
        with acting(at_the_door("invitation", person.id)):
            judged = services.judge(person, form.password.data)
            perform(lambda: people.choose_password(token, judged))
    except Refused as error:
        db.session.rollback()
        refuse(form, error)
        return False
    return True


@bp.post("/preferences")
@public
def preferences() -> Any:
    """Keep the language and the appearance: in a cookie, and with the person when there is one."""
    sent = {name: request.form.get(name, "") for name in CHOICES}
    chosen = {name: value for name, value in sent.items() if value in CHOICES[name]}
    if g.user is not None and chosen:
        perform(lambda: services.change_own(g.user.id, **chosen))
    return keep_choices(redirect(safe_next(request.form.get("next"))), chosen)


def keep_choices(answer: Any, chosen: Mapping[str, str]) -> Any:
    """Return the answer with cookies for the choices that the sign-in page knows too."""
    for name in chosen.keys() & CHOICES.keys():
        cookies.keep(answer, name, chosen[name], YEAR)
    return answer


@bp.route("/profile", methods=["GET", "POST"])
@signed_in
def profile() -> Any:
    """Let a person change what is his own, and see his open sessions."""
    form = blank(CHANGE_OWN)
    answer = submit(form, CHANGE_OWN)
    if answer is not None:
        return keep_choices(answer, {name: form[name].data for name in CHOICES})
    sessions = services.sessions_of(g.user.id)
    this = hash_token(current_token())
    return page("users/profile.html", form=form, sessions=sessions, this=this, title=_("Profile"), **_own_factor())


def _own_factor() -> dict[str, Any]:
    user_id = g.user.id
    return {
        "factor": factor.has(user_id), "required": factor.required(user_id), "codes_left": factor.codes_left(user_id),
    }  # fmt: skip


@bp.route("/password", methods=["GET", "POST"])
@signed_in
def password() -> Any:
    """Let a person change his password; this browser gets a new session, all others end."""
    form = OwnPasswordForm()
    token = _new_password(form) if form.validate_on_submit() else None
    if token is None:
        return page("users/password.html", form=form, title=_("Change the password"))
    session.clear()
    flash(_("Your password is changed; your other sessions have ended."), "ok")
    return login.keep_cookie(redirect(url_for(".profile")), token)


def _new_password(form: OwnPasswordForm) -> str | None:
    """Return the token of the new session, or None with the reason on the form."""
    old, user_id = form.old.data, g.user.id
    address, agent = request.remote_addr or "", request.user_agent.string
    try:
        judged = services.judge(g.user, form.password.data)
        token: str | None = perform(lambda: services.change_password(user_id, old, judged, address, agent))
    except Refused as error:
        refuse(form, error)
        return None
    if token is None:
        form.old.errors = [_("This is not your present password.")]
    return token


@bp.app_template_filter()
def browser(agent: str) -> str:
    """Return a browser and its system in two words."""
    names = {"Edg": "Edge", "Firefox": "Firefox", "Chrom": "Chrome", "Safari": "Safari"}
    systems = {"Android": "Android", "iPhone": "iPhone", "Windows": "Windows", "Mac OS": "Mac", "Linux": "Linux"}
    found = [next((name for sign, name in each.items() if sign in agent), "") for each in (names, systems)]
    return ", ".join(word for word in found if word) or agent[:40]


@bp.post("/sessions/<start>/end")
@signed_in
def end_session(start: str) -> Any:
    """End one of the person's own sessions."""
    user_id = g.user.id
    perform(lambda: services.end_one(user_id, start))
    flash(_("The session was ended."), "ok")
    return redirect(url_for(".profile"))


@bp.post("/place")
@signed_in
def place() -> Any:
    """Work for another facility in this session."""
    login.work_at(whole(request.form.get("facility", "")) or 0)
    return redirect(safe_next(request.form.get("next")))


@bp.app_context_processor
def _for_band() -> dict[str, Any]:
    """Give the switcher of the band the way to ask for its facilities: panels and papers have no band."""
    return {"places": _places}


def _places() -> list[Any]:
    """Return the facilities that the person may choose, if there is something to choose."""
    if g.get("user") is None or g.get("works_at") == {g.user.facility_id} == {getattr(g.get("place"), "id", None)}:
        return []  # the one place that everybody has is no choice
    found = services.places(g.user)
    if g.get("place") is not None and found and g.place.id not in {each.id for each in found}:
        found.append(g.place)
    return found if len(found) > 1 else []
