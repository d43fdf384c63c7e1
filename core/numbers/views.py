"""The page of document numbers: each series with its pattern, how far it has come, and its closed years."""

from typing import Any

from flask import Blueprint, g, redirect, request, url_for

from core.contract.words import _
from core.data.numbers import ClosedYear
from core.facilities.models import Facility
from core.numbers import services
from core.numbers.forms import WhereForm, year_form
from core.numbers.verbs import CLOSE
from core.web.doing import submit
from core.web.fields import row_id
from core.web.pages import get_or_404, page, permission, signed_in

bp = Blueprint("numbers", __name__, url_prefix="/numbers")
HOME = _("Document numbers")


@bp.get("/")
@signed_in
def index() -> Any:
    """Show the numbers of the country, or those that a facility counts for itself."""
    where: Any = WhereForm(request.args, meta={"csrf": False})
    if place := _place():
        where = WhereForm(formdata=None, place=place)
    else:
        where.validate()
    plugins = services.listed(where.place.data)
    closed = [row for _plugin, rows in plugins for one in rows for row in one.closed]
    return page(
        "numbers/index.html", title=HOME, where=where, subject=where.place.data, plugins=plugins,
        names=services.names(closed), may_reopen=services.may_reopen,
    )  # fmt: skip


def _place() -> Facility | None:
    """Return the place that a link names."""
    wanted = request.args.get("of", type=row_id)
    return get_or_404(Facility, wanted) if wanted else None


@bp.get("/closed/<int:id>")
@signed_in
def closed(id: int) -> Any:
    """Lead to where a closed year is shown."""
    return redirect(url_for("numbers.index", of=get_or_404(ClosedYear, id).facility_id))


@bp.route("/close", methods=["GET", "POST"])
@permission("core.number.edit")
def close() -> Any:
    """Close a year of a series."""
    g.menu_endpoint, form = "numbers.index", year_form(_place())
    crumbs = [(HOME, url_for("numbers.index")), (CLOSE.label, None)]
    return submit(form, CLOSE) or page("numbers/close.html", title=CLOSE.label, form=form, crumbs=crumbs)
