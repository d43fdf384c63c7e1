"""The pages of the figures: every one of them opens its rows."""

from typing import Any

from flask import Blueprint, g, request

from core.contract.words import _
from core.data.db import today, utcnow
from core.facilities.models import Facility
from core.facilities.where import place_here
from core.web.pages import day, get_or_404, page, permission
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.figures import board, drawing, plans, replacing, reports, tables
from plugins.gmao.figures.periods import Period, chosen, last_months, periods
from plugins.gmao.figures.reckoning import reckoned
from plugins.gmao.rights import VIEW

TEMPLATES = "gmao/figures/"
bp = Blueprint("equipment_figures", __name__, template_folder="../templates", url_prefix="/gmao/figures")


def whose() -> Facility:
    """Return the place whose figures are asked for."""
    place = place_here(VIEW)
    g.menu_endpoint = "equipment_figures.index"
    return place


def when() -> Period:
    """Return the period that the address names, else the last twelve months."""
    return chosen(request.args.get("period"), today())


def said(place: Facility, period: Period | None = None) -> str:
    """Return the place, and from when to when, as they stand below a title."""
    if period is None:
        return f"{place.name}, {day(today())}"
    words = _("%(first)s to %(last)s", first=day(period.first), last=day(min(period.last, today())))
    return f"{place.name}, {words}"


def listed(table: Any, title: Any, place: Facility, period: Period | None = None, words: Any = "") -> Any:
    """Return the page of a list behind the figures, with the way back to the board."""
    told = said(place, period)
    way = [(_("Maintenance figures"), drawing.url("index", place, period))]
    return table.respond(title, f"{told}. {words}" if words else told, crumbs=way)


@bp.get("/")
@permission(VIEW)
def index() -> Any:
    """Show the figures of a place in a period, those of what lies below it, and the map."""
    place, period = whose(), when()
    found = board.read(place, period, utcnow())
    done = reports.interventions(place, months := last_months(today()))
    return page(
        f"{TEMPLATES}index.html", shown=place, period=period, told=said(place, period),
        cards=drawing.cards(place, period, found.whole), board=found, waits=drawing.waits(place, period, found.whole),
        plot=drawing.course(months, done), map=drawing.rate_map(place, period, found),
        map_legend=drawing.LEGEND,
        periods=drawing.pills("index", place, period, periods(today())), above=drawing.above(place),
        rows=drawing.rows(period, found), links=drawing.links(place, period),
    )  # fmt: skip


@bp.get("/places")
@permission(VIEW)
def places() -> Any:
    """Show the figures of what lies below a place as a list, to sort and to take along."""
    place, period = whose(), when()
    table = tables.PlaceTable(place, period, board.read(place, period, utcnow()))
    return listed(table, _("Maintenance figures by place"), place, period)


@bp.get("/pieces")
@permission(VIEW)
def pieces() -> Any:
    """Show the pieces behind the figures of a place."""
    place, period = whose(), when()
    title = _("Equipment behind the figures")
    return listed(tables.PieceTable(place, period), title, place, period)


@bp.get("/pieces/<int:id>")
@permission(VIEW)
def piece(id: int) -> Any:
    """Show the times of a piece and the reckoning of its figures, so that a person can do it again."""
    row, period = get_or_404(Equipment, id), when()
    place = whose() if request.args.get("facility") else None
    g.menu_endpoint = "equipment_figures.index"
    one = reports.one_piece(id)
    found = reckoned(one, period, utcnow(), place)
    pills = drawing.pills("piece", place, period, periods(today()), id=id)
    return page(f"{TEMPLATES}piece.html", row=row, found=found, period=period, periods=pills, shown=place,
                reckoning=drawing.reckoning(found.figures),
                terms=drawing.terms(replacing.judged(one, utcnow())))  # fmt: skip


@bp.get("/repairs")
@permission(VIEW)
def repairs() -> Any:
    """Show the repairs behind the corrective delay."""
    place, period = whose(), when()
    title = _("Repairs, from the fault to its end")
    return listed(tables.RepairTable(place, period), title, place, period)


@bp.get("/interventions")
@permission(VIEW)
def interventions() -> Any:
    """Show the interventions of a period."""
    place, period = whose(), when()
    table = tables.InterventionTable(place, period)
    return listed(table, _("Interventions"), place, period)


@bp.get("/orders")
@permission(VIEW)
def orders() -> Any:
    """Show the open work orders of a place, or those that are held up."""
    place = whose()
    return listed(tables.PlaceOrders(place), _("Open work orders"), place)


@bp.get("/replacement")
@permission(VIEW)
def to_replace() -> Any:
    """Show what stands at a place by its score for replacement."""
    place = whose()
    return listed(plans.ReplacementTable(place), _("What to replace"), place)


@bp.get("/capacity")
@permission(VIEW)
def lacking() -> Any:
    """Show what the norm asks for, what works and what lacks."""
    place = whose()
    title = _("Capacity: the norm, less what works")
    return listed(plans.CapacityTable(place), title, place)


@bp.get("/donations")
@permission(VIEW)
def donations() -> Any:
    """Show how long what was donated serves, by donor."""
    place = whose()
    words = _("What serves still was seen for as long as it has served so far (Kaplan and Meier).")
    return listed(plans.GiftTable(place), _("Donations that serve"), place, words=words)
