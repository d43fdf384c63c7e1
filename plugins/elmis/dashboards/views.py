"""The pages of the dashboards: every figure opens its rows."""

from typing import Any

from flask import Blueprint, g, url_for
from sqlalchemy import select

from core.contract.words import _
from core.data.db import db, today
from core.facilities.models import Facility
from core.web.charts import Place, Plot, Series, bars, district_map, line
from core.web.pages import number, page, permission
from plugins.elmis.dashboards import reports
from plugins.elmis.dashboards.boards import STATES, board

bp = Blueprint("dashboards", __name__, url_prefix="/elmis/dashboards", template_folder="../templates")


@bp.get("/")
@permission("elmis.dashboard.view")
def index() -> Any:
    """Show the availability of the tracers: its course, its map, the scarcest products."""
    now, plots = reports.availability(g.place), {"course": course(g.place), "scarce": scarce(g.place)}
    return page("elmis/dashboards/index.html", now=now, map=availability_map(g.place), plots=plots)


@bp.get("/stock-outs")
@permission("elmis.dashboard.view")
def stock_outs() -> Any:
    """Show the tracers that are out of stock, with the phone of each facility."""
    return page("elmis/dashboards/stock_outs.html", rows=reports.stock_outs(g.place))


@bp.get("/expiring")
@permission("elmis.dashboard.view")
def expiring() -> Any:
    """Show what expires within 90 days, the most valuable first."""
    return page("elmis/dashboards/expiring.html", rows=reports.expiring(g.place), days=reports.SOON, today=today())


@bp.get("/board")
@permission("elmis.dashboard.view")
def status_board() -> Any:
    """Show the status of each tracer in each facility."""
    return page("elmis/dashboards/board.html", board=board(g.place), states=STATES.values())


def course(place: Facility) -> Plot:
    """Return the plot of the availability over twelve months."""
    months = reports.trend(place)
    return line([f"{day:%m/%y}" for day, _rate in months], [Series(place.name, [rate for _day, rate in months])], "%")


def scarce(place: Facility) -> Plot:
    """Return the plot of the scarcest tracers."""
    rows = reports.by_product(place)[:8]
    tones = ["danger" if (each.rate or 0) < 60 else "warn" if (each.rate or 0) < 90 else "ok" for _i, _n, each in rows]
    return bars(
        [_short(name) for _id, name, _each in rows],
        [Series(_("Available"), [each.rate for *_r, each in rows])],
        "%",
        tones,
    )


def _short(name: str) -> str:
    return name.split(" ")[0].rstrip(",")[:9]


def availability_map(place: Facility) -> Plot | None:
    """Return the map of a place: its facilities, or its districts where they are many; None when too few to draw."""
    found = reports.by_facility(place)
    districts = reports.districts(place)
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
    sums = reports.within(districts, found)
    return [_place(row, *_share(sums[row.id])) for row in districts]


def _share(sum_: reports.Availability) -> tuple[str, int | None]:
    if sum_.rate is None:
        return "–", None
    out = 100 - sum_.rate
    return f"{number(round(out, 1))} %", 0 if out == 0 else 4 if out >= 10 else 2


def _place(row: Facility, words: str, step: int | None) -> Place:
    return Place(row.name, row.latitude or 0, row.longitude or 0, words, step, url_for("facilities.show", id=row.id))
