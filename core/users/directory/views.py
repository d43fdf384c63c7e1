"""The directory: who is who, for everyone signed in."""

from typing import Any

from flask import jsonify, request

from core.contract.words import _
from core.facilities.models import Facility
from core.users.blueprint import bp
from core.users.directory import services as directory
from core.web.fields import row_id
from core.web.pages import get_or_404, page, signed_in
from core.web.paging import paged

FEW = 12  # people whom a field offers at once


@bp.get("/directory/look-up")
@signed_in
def look_up() -> Any:
    """Return the people who fit what was typed, for a field that chooses one."""
    found = directory.colleagues(request.args.get("q", ""), limit=FEW)
    return jsonify(results=[{"value": f"#{one.id}", "label": one.name, "detail": one.place} for one in found])


@bp.get("/directory")
@signed_in
def people() -> Any:
    """Show name, function and place of people: of all, of those who fit the search, or of a place and below it."""
    wanted, text = request.args.get("facility", type=row_id), request.args.get("q", "")
    place = get_or_404(Facility, wanted) if wanted else None
    shown, pages = paged(directory.colleagues(text, place))
    return page(
        "users/directory.html", title=_("Directory"), rows=shown, pages=pages, below=place, text=text,
        functions=directory.functions(shown),
    )  # fmt: skip
