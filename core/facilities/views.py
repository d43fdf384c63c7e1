"""The pages of the tree of facilities."""

import json
from typing import Any

from flask import Blueprint, Response, g, request, url_for

from core.contract.words import _, label_of
from core.data import notes
from core.data.access import current
from core.data.calendar import today
from core.data.db import db
from core.facilities import display, outlines, services
from core.facilities.forms import Dated, MoveForm, NewFacilityForm, facts_form, rename_form
from core.facilities.history import history
from core.facilities.importer import code_schemes
from core.facilities.models import STATUSES, Facility
from core.facilities.positions import position_map
from core.facilities.tables import FacilityTable
from core.facilities.verbs import CHANGE, CLOSE, CREATE, MOVE, RENAME
from core.web.doing import submit
from core.web.fields import row_id
from core.web.pages import get_or_404, moment, page, panels, permission, signed_in

bp = Blueprint("facilities", __name__, url_prefix="/facilities")
IMPORT = "core.import"
edit_right = permission(services.EDIT)


@bp.context_processor
def _words() -> dict[str, Any]:
    return {"label_of": label_of, "statuses": STATUSES}


@bp.get("/")
@signed_in
def index() -> Any:
    """Show the list of all facilities, or of those below one."""
    table = FacilityTable()
    actions = [(url_for("facilities.tree", at=table.under and table.under.id), _("Tree"), "map", False)]
    if current().can(services.EDIT):
        if current().can(IMPORT):
            actions.append((url_for("imports.new", entity="core.facility"), _("Import"), "upload", False))
        actions.append((url_for("facilities.new"), _("New facility"), "plus", True))
    return table.respond(_("Facilities"), actions=actions, subtitle=table.under.name if table.under else "")


@bp.get("/tree")
@signed_in
def tree() -> Any:
    """Show the tree, opened down to one facility, else below its only root; htmx asks for one branch."""
    wanted = request.args.get("at", type=row_id)
    place = get_or_404(Facility, wanted) if wanted else None
    if request.headers.get("HX-Request"):
        return page("facilities/branch.html", children=services.tree(place))
    g.menu_endpoint, roots = "facilities.index", services.tree()
    opened = [*services.ancestors(place), place] if place else [row for row, _number in roots if len(roots) == 1]
    branches = {row.id: services.tree(row) for row in opened}
    return page("facilities/tree.html", roots=roots, branches=branches, at=place)


@bp.get("/<int:id>")
@signed_in
def show(id: int) -> Any:
    """Show a facility: identity, place, past, and what the plugins know of it."""
    facility = services.get(id)
    g.menu_endpoint = "facilities.index"
    children, drawn = services.tree(facility), position_map(facility)
    return page(
        "facilities/show.html",
        facility=facility,
        crumbs=crumbs(facility),
        identity=display.identity(facility),
        past=display.past(facility),
        counts=display.by_type(facility) if children else [],
        children=children,
        map=drawn,
        outline=drawn and drawn.outline,
        may_import=current().can(IMPORT),
        history=history(facility, moment),
        panels=panels(facility),
        may_edit=current().can(services.EDIT, facility),
    )


def crumbs(facility: Facility, last: Any = None) -> list[tuple[Any, str | None]]:
    """Return the way from the list down to a facility, or to a form below it."""
    way: list[tuple[Any, str | None]] = [(_("Facilities"), url_for("facilities.index"))]
    way += [(row.name, url_for("facilities.show", id=row.id)) for row in services.ancestors(facility)]
    here = url_for("facilities.show", id=facility.id) if last else None
    return [*way, (facility.name, here), *([(last, None)] if last else [])]


@bp.get("/places.geojson")
@signed_in
def places() -> Any:
    """Send the outlines and positions of all places, or of one and those below it, as the import reads them."""
    wanted = request.args.get("under", type=row_id)
    below = get_or_404(Facility, wanted) if wanted else None
    found = list(outlines.features(below))
    notes.note("export", Facility.__entity__, format="geojson", count=len(found), address=request.full_path[:300])
    text = json.dumps({"type": "FeatureCollection", "features": found}, ensure_ascii=False, separators=(",", ":"))
    name = f"places-{today():%Y-%m-%d}.geojson"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, mimetype="application/geo+json", headers=disposition)


@bp.route("/new", methods=["GET", "POST"])
@edit_right
def new() -> Any:
    """Create a facility."""
    above = request.args.get("parent", type=row_id)
    form: Any = NewFacilityForm(parent=get_or_404(Facility, above) if above else None)
    return submit(form, CREATE) or page(
        "facilities/form.html", form=form, title=_("New facility"), cancel=url_for("facilities.index")
    )


@bp.route("/<int:id>/edit", methods=["GET", "POST"])
@edit_right
def edit(id: int) -> Any:
    """Change the plain facts and the codes of a facility."""
    facility = get_or_404(Facility, id)
    current().require(services.EDIT, facility)
    form = facts_form(facility)
    sent = submit(form, CHANGE, id)
    return sent or _form(form, facility, _("Change"), "facilities/form.html", schemes=code_schemes())


def _form(form: Any, facility: Facility, title: Any, template: str = "facilities/verb.html", **more: Any) -> Any:
    """Return the page of a form about one facility."""
    db.session.refresh(facility)
    g.menu_endpoint = "facilities.index"
    way, cancel = crumbs(facility, title), url_for("facilities.show", id=facility.id)
    return page(template, form=form, facility=facility, title=title, crumbs=way, cancel=cancel, **more)


@bp.route("/<int:id>/rename", methods=["GET", "POST"])
@edit_right
def rename(id: int) -> Any:
    """Give a facility another name as of a day."""
    facility = get_or_404(Facility, id)
    current().require(services.EDIT, facility)
    form = rename_form(facility)
    return submit(form, RENAME, id) or _form(form, facility, _("Rename"))


@bp.route("/<int:id>/move", methods=["GET", "POST"])
@edit_right
def move(id: int) -> Any:
    """Put a facility, with all below it, under another parent as of a day."""
    facility = get_or_404(Facility, id)
    current().require(services.EDIT, facility)
    form = MoveForm()
    below = sum(number for _kind, number, _open in services.counts_by_type(facility))
    return submit(form, MOVE, id) or _form(form, facility, _("Move"), below=below)


@bp.route("/<int:id>/close", methods=["GET", "POST"])
@edit_right
def close(id: int) -> Any:
    """Close a facility as of a day."""
    facility = get_or_404(Facility, id)
    current().require(services.EDIT, facility)
    form = Dated()
    sent = submit(form, CLOSE, id)
    return sent or _form(form, facility, _("Close"), danger=True, obstacles=services.obstacles(facility))
