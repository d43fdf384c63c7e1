"""The pages of a person's own account: particulars, choices, password, sessions, and the place worked for."""

from collections.abc import Mapping
from typing import Any

from flask import flash, g, redirect, request, session, url_for

from core.contract.words import _
from core.data.access import current
from core.data.errors import Refused
from core.data.work import perform
from core.users.accounts import services as accounts
from core.users.accounts.verbs import CHANGE_OWN
from core.users.blueprint import bp
from core.users.rights.held import places
from core.users.signin import factor, keys, login, passwords, sessions
from core.users.signin import services as signin
from core.users.signin.forms import OwnPasswordForm
from core.users.signin.tokens import hash_token
from core.users.signin.views import current_token, refuse, safe_next
from core.web import cookies
from core.web.address import whole
from core.web.doing import submit
from core.web.pages import LANGUAGES, page, public, signed_in
from core.web.verbs import blank

YEAR = 365 * 24 * 3600
CHOICES = {"language": tuple(LANGUAGES), "theme": ("auto", "light", "dark")}


@bp.post("/preferences")
@public
def preferences() -> Any:
    """Keep the language and the appearance: in a cookie, and with the person when there is one."""
    sent = {name: request.form.get(name, "") for name in CHOICES}
    chosen = {name: value for name, value in sent.items() if value in CHOICES[name]}
    if g.user is not None and chosen:
        perform(lambda: accounts.change_own(g.user.id, **chosen))
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
    return page(
        "users/profile.html", form=form, sessions=sessions.sessions_of(g.user.id), devices=keys.of(g.user.id),
        this=hash_token(current_token()),
        title=_("Profile"), **_own_factor(),
    )  # fmt: skip


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
        judged = passwords.judge(g.user, form.password.data)
        token: str | None = perform(lambda: signin.change_password(user_id, old, judged, address, agent))
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
    perform(lambda: sessions.end_one(user_id, start))
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
    return {"places": _places, "stands_in_for": lambda: [one.name for one in current().lent]}


def _places() -> list[Any]:
    """Return the facilities that the person may choose, if there is something to choose."""
    if g.get("user") is None or g.get("works_at") == {g.user.facility_id} == {getattr(g.get("place"), "id", None)}:
        return []  # the one place that everybody has is no choice
    found = places(g.user)
    if g.get("place") is not None and found and g.place.id not in {each.id for each in found}:
        found.append(g.place)
    return found if len(found) > 1 else []
