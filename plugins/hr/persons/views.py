"""The pages on which files are written. The list and the page of a file are those of `careers`."""

from typing import Any

from flask import Blueprint, abort, g, render_template, request, url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.data.access import current
from core.data.errors import Refused
from core.data.naming import title_of
from core.imports.parse import Reading
from core.imports.parse import day as read_day
from core.web.doing import submit
from core.web.pages import get_or_404, page, permission
from core.web.verbs import blank
from plugins.hr.persons.doubles import alike
from plugins.hr.persons.models import Person
from plugins.hr.persons.verbs import ADD, CHANGE
from plugins.hr.rights import EDIT

bp = Blueprint("hr_people", __name__, template_folder="../templates", url_prefix="/hr/people")


@bp.route("/new", methods=["GET", "POST"])
@permission(EDIT)
def new() -> Any:
    """Open the file of somebody at the place where one works."""
    return _form(ADD, g.place, url_for("hr_persons.index"))


@bp.route("/<int:id>/edit", methods=["GET", "POST"])
@permission(EDIT)
def edit(id: int) -> Any:
    """Change what is known of somebody."""
    return _form(CHANGE, get_or_404(Person, id), url_for("hr_persons.show", id=id))


@bp.get("/doubles")
@permission(EDIT)
def doubles() -> Any:
    """Return who may be the same as the person whose name is being typed."""
    current().require(EDIT, g.place)
    said = request.args
    found = alike(said.get("surname", "")[:120], said.get("given", "")[:120], _day(said.get("born_on", "")))
    return render_template("hr/persons/doubles.html", found=found)


def _day(text: str) -> Any:
    try:
        return read_day(text, Reading()) if text else None
    except Refused:
        return None


def _form(verb: Verb, row: Any, cancel: str) -> Any:
    if row is None:
        abort(404)
    g.menu_endpoint = "hr_persons.index"
    form = blank(verb, row)
    context = {"form": form, "verb": verb, "cancel": cancel, "register": _("Personal files"), "name": title_of(row)}
    return submit(form, verb, row.id) or page("hr/persons/form.html", **context)
