"""The pages of plans: the list, the calendar of a month, the annual plan, and the checklist of an order."""

from datetime import date
from typing import Any

from babel.dates import format_date, get_month_names
from flask import Blueprint, g, request, url_for

from core.contract.words import _, locale
from core.data.access import current
from core.data.db import today
from core.data.naming import title_of
from core.facilities.models import Facility
from core.facilities.where import place_here
from core.nouns.pages import pages
from core.nouns.views import show
from core.web.doing import submit
from core.web.fields import row_id
from core.web.months import month_asked, month_beside
from core.web.pages import get_or_404, number, page, permission
from core.web.paging import paged
from core.web.verbs import blank
from plugins.gmao.catalogue.models import EquipmentType
from plugins.gmao.plans import reports
from plugins.gmao.plans.models import VERDICTS, MaintenancePlan, limits_of
from plugins.gmao.plans.tables import PlanTable, interval
from plugins.gmao.plans.verbs import ADD, CHECKLIST
from plugins.gmao.rights import PLAN, VIEW, WORK
from plugins.gmao.workorders.models import WorkOrder

ROWS = 50
TEMPLATES = "gmao/plans/"
bp = Blueprint("gmao_plans", __name__, template_folder="../templates", url_prefix="/gmao/plans")


def drawn(plan: MaintenancePlan) -> Any:
    """Return the page of a plan: what it is for, how often."""
    return show(plan, f"{TEMPLATES}show.html", every=interval(plan))


pages(bp, PlanTable, ADD, _("What is due how often, for which equipment, here and below."), drawn)


@bp.route("/new/<int:id>", methods=["GET", "POST"])
@permission(PLAN)
def new(id: int) -> Any:
    """Make a plan of a place."""
    g.menu_endpoint = "gmao_plans.index"
    place, form = get_or_404(Facility, id), blank(ADD)
    return submit(form, ADD, id) or page(
        f"{TEMPLATES}form.html", form=form, verb=ADD, place=place, cancel=url_for("gmao_plans.index")
    )


def _type() -> EquipmentType | None:
    asked = request.args.get("type", type=row_id)
    return None if asked is None else get_or_404(EquipmentType, asked)


@bp.get("/calendar")
@permission(VIEW)
def calendar() -> Any:
    """Show what is due in a month, day by day, and how much of it was done in time."""
    place, kind, first = place_here(VIEW), _type(), month_asked()
    month = reports.month_of(place, first, kind.id if kind else None)
    wanted = {name: request.args.get(name) for name in ("day", "of")}
    try:
        chosen = date.fromisoformat(wanted["day"] or "")
    except ValueError:
        chosen = None
    which = wanted["of"] if wanted["of"] in reports.SETS else None
    rows = [
        one for one in month.dues
        if (chosen is None or one.day == chosen) and (which is None or reports.SETS[which](one))
    ]  # fmt: skip
    shown, pager = paged(rows, ROWS)
    keep = {"facility": place.id if place.id != g.place.id else None, "type": kind.id if kind else None}
    here = f"{first:%Y-%m}"
    return page(
        f"{TEMPLATES}calendar.html", place=place, kind=kind, month=month, rows=shown, pages=pager, chosen=chosen,
        which=which, keep=keep, here=here, before=month_beside(first, -1),
        after=month_beside(month.last, 1), figures=_figures(month, keep, here),
        columns={name: label for name, (label, _states) in reports.COLUMNS.items()}, states=reports.STATES,
        labels=reports.SET_LABELS, total=len(month.dues), today=today(),
        weekday=lambda day: format_date(day, "EEE d", locale()),
    )  # fmt: skip


def _figures(month: reports.Month, keep: dict[str, Any], here: str) -> list[dict[str, Any]]:
    """Return the compliance of a month, with the ways to its numerator, its denominator and what it leaves out."""
    on_time, scheduled = month.number(reports.IN_TIME), month.number(reports.SCHEDULED)
    rate = f"{number(100 * on_time / scheduled, 0)} %" if scheduled else "–"
    of = _("%(done)s of %(all)s", done=number(on_time), all=number(scheduled))
    facts = [
        (_("Done in time, of what was scheduled"), rate, of, reports.SCHEDULED),
        (_("Done in time"), number(on_time), "", reports.IN_TIME),
        (_("Scheduled"), number(scheduled), _("done, late or missed"), reports.SCHEDULED),
        (_("Outside the count"), number(month.number(reports.OUT)), _("to come, or left out"), reports.OUT),
    ]
    return [
        {"label": label, "value": value, "detail": detail,
         "url": url_for("gmao_plans.calendar", month=here, of=name, **keep) + "#list"}
        for label, value, detail, name in facts
    ]  # fmt: skip


@bp.get("/year")
@permission(VIEW)
def year() -> Any:
    """Show the annual plan: types, or the pieces of one, by month."""
    place, kind = place_here(VIEW), _type()
    asked = request.args.get("year", type=row_id)
    shown = asked if asked is not None and 1901 <= asked <= 9998 else today().year
    rows, pager = paged(reports.year_of(place, shown, kind.id if kind else None), ROWS)
    names = get_month_names("abbreviated", locale=locale())
    keep = {"facility": place.id if place.id != g.place.id else None}
    return page(
        f"{TEMPLATES}year.html", place=place, kind=kind, year=shown, rows=rows, pages=pager, keep=keep,
        months=[names[each] for each in range(1, 13)], states=reports.STATES,
    )  # fmt: skip


@bp.route("/checklist/<int:id>", methods=["GET", "POST"])
@permission(WORK)
def checklist(id: int) -> Any:
    """Go through the checklist of an order."""
    g.menu_endpoint = "workorders.index"
    order = get_or_404(WorkOrder, id)
    current().require(WORK, order.facility)
    form = blank(CHECKLIST, order)
    return submit(form, CHECKLIST, id) or page(
        f"{TEMPLATES}checklist.html", form=form, order=order, verb=CHECKLIST, title=title_of(order),
        limits=limits_of, verdicts=VERDICTS,
    )  # fmt: skip
