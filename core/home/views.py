"""The first page after sign-in, and the heartbeat of the network sign."""

from datetime import UTC, datetime
from typing import Any

from babel.dates import format_date
from flask import Blueprint, g, jsonify, redirect, request
from flask_babel import get_locale

from core.contract.plugins import asked, hooks
from core.contract.ports import Home
from core.data.access import acting
from core.data.db import today
from core.data.work import stored_answers
from core.home import sections
from core.inbox.views import of_person
from core.users.accounts.forms import ArrangeForm
from core.users.accounts.verbs import ARRANGE_HOME
from core.users.rights.access import at_the_door
from core.users.signin import keys
from core.web.assets import asset
from core.web.doing import submit
from core.web.pages import page, public, signed_in

bp = Blueprint("home", __name__)
FIRST, FEW = 5, 2  # tasks; sections beside which there is room for plots
MOST_KEYS = 20  # people who share a device


@bp.get("/")
@signed_in
def home() -> Any:
    """Show what waits, then a section of each plugin that this person works with; with few, plots and map too."""
    inbox, choice = of_person(), sections.choice_of(g.user.home)
    places = sections.places(choice)
    shown = list(sections.shown(places, choice, g.place))
    drawn = asked(hooks().panels, obj=Home(g.place)) if len(shown) <= FEW else ()
    return page(
        "home/home.html", tasks=inbox.tasks[:FIRST], count=inbox.number, parts=shown, several=len(places) > 1,
        panels=sorted(drawn, key=lambda panel: panel.order), first_name=g.user.name.split()[0],
        today=format_date(today(), "full", get_locale()).capitalize(),
    )  # fmt: skip


@bp.route("/home/sections", methods=["GET", "POST"])
@signed_in
def arrange() -> Any:
    """Let a person say which sections stand on the home page, and in which order."""
    choice = sections.choice_of(g.user.home)
    places = sections.places(choice)
    now: Any = [
        {"name": one.name, "shown": one.name not in choice.hidden, "position": choice.order.get(one.name)}
        for one in places
    ]
    form: Any = ArrangeForm() if request.method == "POST" else ArrangeForm(sections=now)
    return submit(form, ARRANGE_HOME) or page(
        "home/arrange.html", title=ARRANGE_HOME.label, form=form, names={one.name: one.title for one in places}
    )


@bp.get("/api/pulse")
@public
def pulse() -> Any:
    """Answer that the server is there, what time it has, and which of the keys `key` of a device are dead."""
    names = request.args.getlist("key")[:MOST_KEYS]
    with acting(at_the_door("device")):
        dead = keys.dead(names)
    return jsonify(ok=True, at=datetime.now(UTC).isoformat(timespec="seconds"), dead=dead)


@bp.get("/favicon.ico")
@public
def favicon() -> Any:
    """Lead to the mark: a browser asks here where no page names it, as on a picture that is looked at by itself."""
    return redirect(asset("mark.svg"))


@bp.get("/api/alive")
@signed_in
def alive() -> Any:
    """Keep the session of somebody who types alive, and answer what is recorded of the sendings `key`.

    {"stored": {key: {"at", "url", "message", "number", "told"}}}: where each led to, and what is said there.
    """
    return jsonify(stored=stored_answers(request.args.getlist("key")[:100]))
