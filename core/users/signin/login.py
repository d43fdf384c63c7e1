"""The person behind a request; the only place that knows Flask-Login."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar

from flask import Flask, Request, current_app, g, redirect, request, session, url_for
from flask_login import LoginManager, current_user
from werkzeug.wrappers import Response

from core.contract.words import _
from core.data.db import db, utcnow, write_beside
from core.data.errors import NotAllowed
from core.data.work import perform
from core.facilities.models import Facility
from core.users.accounts.models import User
from core.users.directory import services as directory
from core.users.rights import refusals
from core.users.rights.access import access_for, access_of, at_the_door
from core.users.rights.held import held_by
from core.users.signin import devices, factor, sessions
from core.users.signin.models import LoginSession
from core.web import cookies, sending
from core.web.address import whole

View = TypeVar("View", bound=Callable[..., Any])
LEFT = "left"  # a cookie that a script writes: whoever signs out while the server is away
WITHOUT_FACTOR = {"users.second_factor", "users.prove", "users.sign_out", "users.preferences"}
manager = LoginManager()


def init_app(app: Flask) -> None:
    """Know the person of each request before anything is loaded for it."""
    manager.init_app(app)
    app.extensions["amagara.access_for"] = lambda user_id, _token_id: access_for(
        user_id, app.extensions["amagara.permissions"]
    )
    app.extensions["amagara.lacking"] = refusals.lacking
    app.extensions["amagara.people"] = directory
    app.before_request(_know_person)
    app.after_request(_forget_leaving)


@manager.request_loader
def _load(incoming: Request) -> User | None:
    token = cookies.read("amagara")
    db.session().info["access"] = at_the_door("sign-in")
    idle = timedelta(minutes=current_app.config["SESSION_IDLE_MINUTES"])
    found = sessions.find_session(token, idle, timedelta(hours=current_app.config["SESSION_HOURS"])) if token else None
    if found is None:
        db.session().info["access"] = None
        return None
    user, session, g.place, g.unread = found
    origin, held = f"web {incoming.remote_addr}", held_by(user.id)
    access = access_of(user, current_app.extensions["amagara.permissions"], g.request_id, origin, held)
    if not any(g.place.path.startswith(path) for path in (user.facility.path, *(row.path for row in held))):
        g.place = user.facility  # what he held there has ended
    g.works_at = {user.facility_id, *(row.facility_id for row in held)}
    g.proved = sessions.recently_proved(session)
    g.lacks_factor = any(row.second_factor for row in held) and not factor.has(user.id)
    _keep_alive(session)
    db.session().info["access"] = access
    return user


def _keep_alive(session: LoginSession) -> None:
    """Note the use of a session once a minute, not at each request; while somebody writes, later."""
    if utcnow() - session.seen_at > timedelta(minutes=1):
        write_beside(sessions.seen_now(session))


def _know_person() -> Any:
    g.user = g.place = None
    g.unread = 0
    g.proved = g.lacks_factor = False
    if sending.by_token():
        return current_app.extensions["amagara.by_token"]()
    if request.endpoint not in {"static", "home.pulse"}:  # the heartbeat does not keep a session alive
        user: Any = current_user._get_current_object()
        g.user = user if isinstance(user, User) else None
        _let_leave()
    if g.lacks_factor and request.endpoint not in WITHOUT_FACTOR:
        return redirect(url_for("users.second_factor"))
    return None


def _let_leave() -> None:
    """End the session of a person who has signed out on a device while the server was away."""
    g.has_left = LEFT in request.cookies
    if g.has_left and g.user is not None:
        user_id, token = g.user.id, cookies.read("amagara")
        perform(lambda: sessions.sign_out(token, user_id))
        session.clear()
        g.user = g.place = None
        g.lacks_factor = False
        db.session().info["access"] = None


def _forget_leaving(answer: Response) -> Response:
    if g.get("has_left"):
        answer.delete_cookie(LEFT)
    return answer


def follow_page(app: Flask) -> None:
    """Work for the facility that a page was made for when it is sent; asked when forged pages are refused already."""
    app.before_request(_follow_page)


def _follow_page() -> None:
    """The place may have been switched in another tab: goods of one centre would have gone into another's store."""
    wanted = whole(request.form.get(sending.PLACE, "")) if request.method == "POST" and g.place is not None else None
    if wanted and wanted != g.place.id:
        if sending.to_machine():  # what waited on a device is sent behind a page of another place, which stays
            sessions.require_place(g.user, wanted)
        else:
            work_at(wanted)
        g.place = db.session.get(Facility, wanted)


def work_at(facility_id: int) -> None:
    """Let this session work for a facility from now on; NotAllowed where its person has no task."""
    perform(lambda: sessions.switch_place(cookies.read("amagara"), g.user.id, facility_id).name)


def proved(view: View) -> View:
    """Mark a view that asks for password or code again when neither was given of late."""

    @wraps(view)
    def guarded(*args: Any, **values: Any) -> Any:
        if g.proved:
            return view(*args, **values)
        if sending.to_machine():
            raise NotAllowed(_("This asks for your password or code again: do it on its page."))
        back = request.full_path if request.method == "GET" else request.referrer or ""
        return redirect(url_for("users.prove", next=back.removeprefix(request.host_url.rstrip("/")).rstrip("?")))

    return guarded  # type: ignore[return-value]


def enter(answer: Response, token: str) -> Response:
    """Return the answer with the session of a new sign-in; the browser is known from now on."""
    found = sessions.owner(token)
    if found is not None:
        devices.remember(answer, found)
    return keep_cookie(answer, token)


def keep_cookie(answer: Response, token: str) -> Response:
    """Return the answer with the cookie of a session."""
    cookies.keep(answer, "amagara", token, current_app.config["SESSION_HOURS"] * 3600)
    return answer
