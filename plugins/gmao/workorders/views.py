"""The pages of work orders."""

from typing import Any

from flask import Blueprint

from core.contract.words import _
from core.nouns.pages import pages
from core.nouns.views import show
from core.web.pages import moment
from plugins.gmao.equipment.models import STATUSES
from plugins.gmao.workorders.models import ACTIONS, CAUSES, WorkOrder
from plugins.gmao.workorders.services import done_of
from plugins.gmao.workorders.tables import OrderTable
from plugins.gmao.workorders.verbs import NOTE, PLAN_HERE

bp = Blueprint("workorders", __name__, template_folder="../templates", url_prefix="/gmao/work")


def drawn(order: WorkOrder) -> Any:
    """Return the page of an order: what it is about, and what was done under it."""
    done = [
        {
            "title": ACTIONS[each.action],
            "detail": f"{moment(each.ended_at)}, {each.technician}, {_('%(minutes)s min', minutes=each.minutes)}",
            "note": CAUSES.get(each.cause or "", ""),
            "state": STATUSES.get(each.status or ""),
            "reason": each.note,
        }
        for each in done_of(order)
    ]
    return show(order, "gmao/workorders/show.html", done=done)


pages(bp, OrderTable, (NOTE, PLAN_HERE), _("Who does what to which piece, until when, and what came of it."), drawn)
