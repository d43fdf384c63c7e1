"""The pages of the dashboards: every figure opens its rows."""

from typing import Any

from flask import Blueprint, g, request, url_for
from sqlalchemy import select

from core.contract.words import _
from core.data.access import current
from core.data.db import db, today
from core.facilities.models import Facility
from core.web.charts import Place, Plot, Series, district_map, line
from core.web.fields import row_id
from core.web.pages import get_or_404, number, page, permission
from core.web.paging import paged
from plugins.elmis.dashboards import reports
from plugins.elmis.dashboards.boards import SHARES, STATES, board, overview

bp = Blueprint("dashboards", __name__, url_prefix="/elmis/dashboards", template_folder="../templates")


@bp.get("/")
@permission("elmis.dashboard.view")
def index() -> Any:
    """Show the availability of the tracers: its course, its map, the scarcest products."""
    place = whose()
    facts = {"now": past(place).now, "course": course(place), "scarce": scarce(place)}
    return page("elmis/dashboards/index.html", 200, shown=place, map=availability_map(place), **facts)


@bp.get("/stock-outs")
@permission("elmis.dashboard.view")
def stock_outs() -> Any:
    """Show the tracers that are out of stock, with the phone of each facility."""
    place = whose()
    rows, pages = paged(reports.stock_outs(place))
    return page("elmis/dashboards/stock_outs.html", shown=place, rows=rows, pages=pages)


@bp.get("/expiring")
@permission("elmis.dashboard.view")
def expiring() -> Any:
    """Show what expires within 90 days, the most valuable first."""
    place = whose()
    rows, pages = paged(reports.expiring(place))
    return page("elmis/dashboards/expiring.html", shown=place, rows=rows, pages=pages, days=reports.SOON, today=today())


@bp.get("/board")
@permission("elmis.dashboard.view")
def status_board() -> Any:
    """Show the status of each tracer in each facility; of many districts, what each of them lacks."""
    place = whose()
    if len(districts := reports.districts(place)) > 1:
        return page("elmis/dashboards/districts.html", shown=place, board=overview(place, districts), states=SHARES)
    return page("elmis/dashboards/board.html", shown=place, board=board(place), states=STATES.values())


def whose() -> Facility:
    """Return the place that the address names, else the person's own, if its dashboards may be seen."""
    wanted = request.args.get("facility", type=row_id)
    place: Facility = get_or_404(Facility, wanted) if wanted else g.place
    if wanted:
        current().require(reports.VIEW, place)
    return place


def past(place: Facility) -> reports.Past:
    """Return what became of the tracers of a place, asked once a request."""
    found: dict[int, reports.Past] = g.setdefault("elmis_past", {})
    if place.id not in found:
        found[place.id] = reports.past(place)
    return found[place.id]


def course(place: Facility) -> Plot:
    """Return the plot of the availability over twelve months."""
    months = past(place).trend()
    return line([f"{day:%m/%y}" for day, _rate in months], [Series(place.name, [rate for _day, rate in months])], "%")


def scarce(place: Facility) -> list[dict[str, Any]]:
    """Return the tracers that are not everywhere in stock, the scarcest first, at most eight."""
    return [_scarce(*row) for row in reports.by_product(place)[:8] if row[2].in_stock < row[2].managed]


def _scarce(_product_id: int, name: str, found: reports.Availability) -> dict[str, Any]:
    share = found.rate or 0
    said = _("%(there)s of %(all)s", there=number(found.in_stock), all=number(found.managed))
    tone = "danger" if share < 60 else "warn" if share < 90 else "ok"
    return {"label": name, "said": said, "share": share, "tone": tone}


def availability_map(place: Facility) -> Plot | None:
    """Return the map of a place: its facilities, or its districts where they are many; None when too few to draw."""
    found = past(place).by_facility
    districts = [row for row in reports.districts(place) if row.latitude is not None]
    places = _district_places(districts, found) if len(districts) > 1 else _facility_places(found)
    head = [_("Place"), _("Tracers out of stock")]
    return district_map(places, _("Stock-outs"), head) if len(places) > 2 else None


def _facility_places(found: dict[int, reports.Availability]) -> list[Place]:
    """Return a place a facility, tinted by the number of tracers that are out."""
    rows = db.session.scalars(
        select(Facility).where(Facility.id.in_(found), Facility.latitude.is_not(None), Facility.longitude.is_not(None))
    ).all()
    outs = {row.id: found[row.id].managed - found[row.id].in_stock for row in rows}
    steps = {id_: 0 if out == 0 else 4 if out > 3 else 2 for id_, out in outs.items()}
    return [_place(row, number(outs[row.id]), steps[row.id]) for row in rows]


def _district_places(districts: list[Facility], found: dict[int, reports.Availability]) -> list[Place]:
    """Return a place a district, tinted by the share of managed tracers that are out."""
    sums = reports.within(reports.homes(districts, found), found)
    return [_place(row, *_share(sums.get(row.id, reports.Availability(0, 0)))) for row in districts]


def _share(sum_: reports.Availability) -> tuple[str, int | None]:
    if sum_.rate is None:
        return "–", None
    out = 100 - sum_.rate
    return f"{number(round(out, 1))} %", 0 if out == 0 else 4 if out >= 10 else 2


def _place(row: Facility, words: str, step: int | None) -> Place:
    return Place(row.name, row.latitude or 0, row.longitude or 0, words, step, url_for("facilities.show", id=row.id))
