"""The first page after sign-in, and the heartbeat of the network sign."""

from datetime import UTC, datetime
from typing import Any

from babel.dates import format_date
from flask import Blueprint, g, jsonify, request
from flask_babel import get_locale

from core.contract.plugins import asked, hooks
from core.contract.ports import Home
from core.data.db import today
from core.data.work import stored_answers
from core.inbox.views import of_person
from core.web.pages import page, public, signed_in

bp = Blueprint("home", __name__)
FIRST, FIGURES = 5, 4


@bp.get("/")
@signed_in
def home() -> Any:
    """Show what waits, the figures, plots and map of the place."""
    inbox = of_person()
    cards = sorted(asked(hooks().cards, facility=g.place), key=lambda card: card.order)
    panels = sorted(asked(hooks().panels, obj=Home(g.place)), key=lambda panel: panel.order)
    return page(
        "home/home.html", tasks=inbox.tasks[:FIRST], count=inbox.number, cards=cards[:FIGURES], panels=panels,
        first_name=g.user.name.split()[0], today=format_date(today(), "full", get_locale()).capitalize(),
    )  # fmt: skip


@bp.get("/api/pulse")
@public
def pulse() -> Any:
    """Answer that the server is there, and what time it has."""
    return jsonify(ok=True, at=datetime.now(UTC).isoformat(timespec="seconds"))


@bp.get("/api/alive")
@signed_in
def alive() -> Any:
    """Keep the session of somebody who types alive, and answer what is recorded of the sendings `key`.

    {"stored": {key: {"at", "url", "message", "number", "told"}}}: where each led to, and what is said there.
    """
    return jsonify(stored=stored_answers(request.args.getlist("key")[:100]))
