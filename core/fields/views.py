"""The pages of own fields, and what the page of a row shows of them."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, g, url_for

from core.contract.plugins import entities
from core.contract.ports import Panel
from core.contract.words import _
from core.data.own import EDIT, KINDS, OwnField, fields_of
from core.fields import services
from core.fields.forms import change_form, new_form
from core.fields.verbs import ADD, CHANGE
from core.nouns.views import show as noun
from core.web import own
from core.web.doing import submit
from core.web.pages import get_or_404, page, permission, signed_in

bp = Blueprint("fields", __name__, url_prefix="/fields")
HOME = _("Own fields")


def panel(obj: Any) -> Iterator[Panel]:
    """Yield the own fields of an object, where its entity has some."""
    entity = entities().of(obj)
    if entity is not None and entity.own_fields and fields_of(entity.name) and (facts := own.facts(obj)):
        yield Panel(HOME, "fields/panel.html", {"facts": facts}, order=20)


@bp.get("/")
@signed_in
def index() -> Any:
    """Show the fields that were added, noun by noun."""
    return page("fields/index.html", title=HOME, nouns=services.listed(), kinds=KINDS)


@bp.get("/<int:id>")
@signed_in
def show(id: int) -> Any:
    """Show a field: what it is, its choices, how many rows have a value, and its history."""
    row = get_or_404(OwnField, id)
    return noun(row, "fields/show.html", used=services.in_use(row), owner=services.entity_of(row.entity))


@bp.route("/new", methods=["GET", "POST"])
@permission(EDIT)
def new() -> Any:
    """Add a field."""
    form = new_form()
    return submit(form, ADD) or _form(form, ADD.label, url_for("fields.index"))


@bp.route("/<int:id>/edit", methods=["GET", "POST"])
@permission(EDIT)
def edit(id: int) -> Any:
    """Change a field."""
    row = get_or_404(OwnField, id)
    form = change_form(row)
    return submit(form, CHANGE, id) or _form(form, row.name, url_for("fields.show", id=id))


def _form(form: Any, title: Any, cancel: str) -> Any:
    g.menu_endpoint = "fields.index"
    crumbs = [(HOME, url_for("fields.index")), (title, None)]
    return page("fields/form.html", form=form, title=title, crumbs=crumbs, cancel=cancel)
