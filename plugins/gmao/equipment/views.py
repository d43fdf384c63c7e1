"""The pages of the register."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, g, jsonify, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from core.contract.verbs import Verb
from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.data.naming import title_of
from core.facilities.models import Facility
from core.nouns.pages import pages
from core.nouns.views import show, verbs
from core.web.doing import submit
from core.web.pages import get_or_404, moment, page, permission
from core.web.verbs import blank
from plugins.gmao.equipment.models import REASONS, Equipment, StatusEvent
from plugins.gmao.equipment.services import pieces
from plugins.gmao.equipment.tables import EquipmentTable
from plugins.gmao.equipment.verbs import ADD, CHANGE
from plugins.gmao.rights import EDIT, VIEW

bp = Blueprint("equipment", __name__, template_folder="../templates", url_prefix="/gmao/equipment")
TEMPLATES, LATEST, SHOWN = "gmao/equipment/", 10, 12
LARGE = {
    "gmao.equipment.note_temperature": "chart-line", "gmao.equipment.fault": "circle-alert",
    "gmao.equipment.repair": "wrench", "gmao.equipment.status": "check",
}  # fmt: skip


def drawn(row: Equipment) -> Any:
    """Return the page of a piece: what it is, how it works and worked, its parts."""
    said = select(StatusEvent).where(StatusEvent.equipment_id == row.id)
    events = db.session.scalars(said.order_by(StatusEvent.happened_at.desc(), StatusEvent.id.desc()).limit(LATEST))
    parts = db.session.scalars(select(Equipment).where(Equipment.parent_id == row.id).order_by(Equipment.code))
    return show(
        row, f"{TEMPLATES}show.html", course=said_of(events), parts=parts.all(), reasons=REASONS, **_beside(row)
    )


def _beside(row: Equipment) -> dict[str, Any]:
    """Return the verbs that are large buttons beside a piece, and those that its head still shows."""
    found = {verb.name: verb for verb in verbs(row)}
    large = [(found.pop(name), icon) for name, icon in LARGE.items() if name in found]
    return {"large": large, "verbs": lambda _row: list(found.values())}


def said_of(events: Iterable[StatusEvent]) -> list[dict[str, Any]]:
    """Return what was said of the working order of a piece, as `timeline` draws it."""
    return [
        {
            "title": event.condition.label,
            "detail": f"{moment(event.happened_at)}, {event.recorded_by}",
            "note": REASONS.get(event.because or "", ""),
            "reason": event.note,
        }
        for event in events
    ]


SHARED = [joinedload(Equipment.type), joinedload(Equipment.model)]  # everybody reads them
pages(bp, EquipmentTable, ADD, drawn=drawn, options=SHARED)


@bp.route("/new/<int:id>", methods=["GET", "POST"])
@permission(EDIT)
def new(id: int) -> Any:
    """Enter a piece of a facility into the register."""
    return _form(ADD, get_or_404(Facility, id), url_for("equipment.index"))


@bp.route("/<int:id>/edit", methods=["GET", "POST"])
@permission(EDIT)
def edit(id: int) -> Any:
    """Change what is known of a piece."""
    return _form(CHANGE, get_or_404(Equipment, id), url_for("equipment.show", id=id))


@bp.get("/here")
@permission(VIEW)
def here() -> Any:
    """Return the pieces of the place where somebody works that fit what was typed; a device keeps all of them."""
    current().require(VIEW, g.place)
    text = request.args.get("q", "")
    return jsonify(results=pieces(g.place, text, None if "kept" in request.args else SHOWN))


def _form(verb: Verb, row: Any, cancel: str) -> Any:
    g.menu_endpoint = "equipment.index"
    form = blank(verb, row)
    context = {"form": form, "verb": verb, "cancel": cancel, "register": _("Equipment"), "name": title_of(row)}
    return submit(form, verb, row.id) or page(f"{TEMPLATES}form.html", **context)
