"""The pages of fault reports, and the one that the label of a piece leads to."""

from typing import Any

from flask import Blueprint, g, redirect, request, url_for

from core.contract.words import _
from core.data.access import acting, current
from core.data.errors import Missing
from core.nouns.pages import pages
from core.web.doing import submit
from core.web.limits import TooMany, count_visitor
from core.web.pages import page, public
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.requests import services
from plugins.gmao.requests.forms import LabelForm
from plugins.gmao.requests.tables import RequestTable
from plugins.gmao.requests.verbs import BY_LABEL, FAULT_HERE
from plugins.gmao.rights import VIEW

bp = Blueprint("equipment_requests", __name__, url_prefix="/gmao/requests")
label = Blueprint("equipment_label", __name__, template_folder="../templates", url_prefix="/e")
pages(bp, RequestTable, FAULT_HERE, _("What somebody says is wrong, and what the workshop decided."))


@label.get("/")
@public
def find() -> Any:
    """Lead to the piece of a tag that is typed."""
    return redirect(url_for("equipment_label.report", tag=request.args.get("tag", "").strip()[:20] or "-"))


@label.route("/<tag>", methods=["GET", "POST"])
@public
def report(tag: str) -> Any:
    """Lead whoever may read the register to the piece of a label; let anybody else report what is wrong with it."""
    with acting(services.at_the_machine()):
        row = services.labelled(tag)
    if row is not None and g.user is not None and current().can(VIEW, row.facility):
        return redirect(url_for("equipment.show", id=row.id))
    try:
        count_visitor(request.remote_addr or "", sends=request.method == "POST")
    except TooMany:
        return _later(row)
    if row is None:
        return page("gmao/requests/unknown.html", status=404, title=_("No piece bears this tag"), tag=tag[:20])
    with acting(services.at_the_machine()):
        form = LabelForm()
        return submit(form, BY_LABEL, row.id) or page("gmao/requests/by_label.html", form=form, tag=row.code)


def _later(row: Equipment | None) -> Any:
    """Return the page that asks to wait a little; what somebody has typed stays on it."""
    words = _("Too much came from this place at once. Wait a few minutes, or call the workshop where it is urgent.")
    form = None if row is None or request.method != "POST" else LabelForm()
    if form is None or row is None:
        return page("gmao/requests/later.html", status=429, title=_("A little later"), words=words)
    form.form_errors.append(words)
    return page("gmao/requests/by_label.html", status=429, form=form, tag=row.code)


@label.get("/<tag>/sent/<number>")
@public
def sent(tag: str, number: str) -> Any:
    """Thank whoever has reported a fault, with its number, and ask for nothing more."""
    count_visitor(request.remote_addr or "")
    with acting(services.at_the_machine()):
        if services.reported_by_label(tag, number) is None:
            raise Missing(None)
    return page("gmao/requests/sent.html", title=_("Thank you"), tag=tag, number=number)
