"""The page of document numbers: each series with its pattern, how far it has come, and its closed years."""

from typing import Any

from flask import Blueprint, g, redirect, url_for

from core.contract.words import _
from core.data.numbers import ClosedYear
from core.facilities import where
from core.numbers import services
from core.numbers.forms import year_form
from core.numbers.verbs import CLOSE
from core.web.doing import submit
from core.web.pages import get_or_404, page, permission, signed_in

bp = Blueprint("numbers", __name__, url_prefix="/numbers")
HOME = _("Document numbers")


@bp.get("/")
@signed_in
def index() -> Any:
    """Show the numbers of the country, or those that a facility counts for itself."""
    asked = where.asked()
    plugins = services.listed(asked.place.data)
    closed = [row for _plugin, rows in plugins for one in rows for row in one.closed]
    return page(
        "numbers/index.html", title=HOME, where=asked, subject=asked.place.data, plugins=plugins,
        names=services.names(closed), may_reopen=services.may_reopen,
    )  # fmt: skip


@bp.get("/closed/<int:id>")
@signed_in
def closed(id: int) -> Any:
    """Lead to where a closed year is shown."""
    return redirect(url_for("numbers.index", of=get_or_404(ClosedYear, id).facility_id))


@bp.route("/close", methods=["GET", "POST"])
@permission("core.number.edit")
def close() -> Any:
    """Close a year of a series."""
    g.menu_endpoint, form = "numbers.index", year_form(where.linked())
    crumbs = [(HOME, url_for("numbers.index")), (CLOSE.label, None)]
    return submit(form, CLOSE) or page("numbers/close.html", title=CLOSE.label, form=form, crumbs=crumbs)
