"""The pages of settings: all of them as they hold at a place, and each with its form."""

from typing import Any

from flask import Blueprint, g, redirect, url_for

from core import journal
from core.contract.words import _
from core.data.db import db
from core.data.errors import Overtaken
from core.data.settings import SettingValue
from core.facilities import services as facilities
from core.facilities import where
from core.facilities.models import Facility
from core.settings import services
from core.settings.forms import form_of
from core.settings.verbs import SET, page_of
from core.web.doing import submit
from core.web.pages import get_or_404, page, signed_in

bp = Blueprint("settings", __name__, url_prefix="/settings")
HOME = _("Settings")


@bp.get("/")
@signed_in
def index() -> Any:
    """Show what holds for the country, or at a facility."""
    asked = where.asked()
    place = services.for_all(asked.place.data)
    return page(
        "settings/index.html", title=HOME, plugins=services.listed(place), subject=place, where=asked,
        names=_names(place), in_words=services.in_words,
    )  # fmt: skip


def _names(place: Facility | None) -> dict[int, str]:
    """Return {id: name} of a place and of those above it."""
    return {} if place is None else {row.id: row.name for row in (*facilities.ancestors(place), place)}


@bp.get("/<int:id>")
@signed_in
def stored(id: int) -> Any:
    """Lead to the setting that a value was set for."""
    return redirect(page_of(get_or_404(SettingValue, id)))


@bp.route("/<name>", methods=["GET", "POST"])
@signed_in
def show(name: str) -> Any:
    """Show a setting at a place: what it means, what holds and since when; and let it be changed."""
    g.menu_endpoint, setting = "settings.index", services.get(name)
    asked = where.asked()
    place = services.for_all(asked.place.data)
    found, form = services.shown(setting, place), form_of(setting, place)
    if done := _sent(form):
        return done
    row = found.holds.stored
    return page(
        "settings/show.html", title=setting.label, found=found, form=form, subject=place, where=asked,
        names=_names(place),
        own=services.own_values(setting) if found.elsewhere else [], in_words=services.in_words,
        row=db.session.get(SettingValue, row.id) if row else None, history=_history(row and row.id),
        crumbs=[(HOME, url_for("settings.index", of=place and place.id)), (setting.label, None)],
    )  # fmt: skip


def _sent(form: Any) -> Any:
    """Return the answer to what was sent; whoever has read what another has set may send again."""
    done = submit(form, SET)
    for error in form.refusals:
        if isinstance(error, Overtaken):
            form.seen.data, form.seen.raw_data = error.facts["value"], None
    return done


def _history(id: int | None) -> Any:
    return None if id is None else journal.panel(get_or_404(SettingValue, id))
