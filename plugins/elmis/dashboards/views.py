"""The pages of the dashboards: every figure opens its rows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from flask import Blueprint, g, request, url_for
from sqlalchemy import select

from core.contract.words import _
from core.data.access import current
from core.data.db import db, today
from core.data.errors import Missing
from core.data.search import folded
from core.data.settings import value_of
from core.facilities import outlines, positions
from core.facilities.models import Facility
from core.web.charts import Plot, Series, line
from core.web.fields import row_id
from core.web.maps import Place, district_map
from core.web.pages import get_or_404, number, page, permission
from core.web.paging import paged
from plugins.elmis.catalogue.limits import EXPIRY_DAYS, soon
from plugins.elmis.dashboards import reports
from plugins.elmis.dashboards.boards import SHARES, STATES, board, overview
from plugins.elmis.dashboards.redistribution import Move, Pair, Stand, moves, stands
from plugins.elmis.formulas.status import STATUSES
from plugins.elmis.orders.shipping import KEEPING
from plugins.elmis.requisitions.country import SERVING
from plugins.elmis.transfers import services as transfers
from plugins.elmis.transfers.machines import REQUEST

URGENCY = list(STATUSES)
ROWS = 25  # of a page whose rows say what to do
HOLDERS = 10  # of a lot, shown beside others
LEGEND = [("step-0", _("none")), ("step-2", _("some")), ("step-4", _("many")), ("none", _("no data"))]
bp = Blueprint("dashboards", __name__, url_prefix="/elmis/dashboards", template_folder="../templates")


@bp.get("/")
@permission("elmis.dashboard.view")
def index() -> Any:
    """Show the availability of the tracers: its course, its map, the scarcest products."""
    place = whose()
    facts = {"now": past(place).now, "course": course(place), "scarce": scarce(place)}
    return page("elmis/dashboards/index.html", 200, shown=place, map=availability_map(place), legend=LEGEND, **facts)


@bp.get("/stock-outs")
@permission("elmis.dashboard.view")
def stock_outs() -> Any:
    """Show the tracers that are out of stock, with the phone of each facility."""
    place = whose()
    rows, pages = paged(reports.stock_outs(place), ROWS)
    many = len(_areas(place)) > 1  # then each row asks for itself, as it comes in sight
    found = {} if many else stands(_around(place), {row.product_id for row in rows})
    template = "elmis/dashboards/stock_outs.html"
    return page(template, shown=place, rows=rows, pages=pages, looked=not many, **_looked_up(found))


@bp.get("/stock-outs/<int:facility>/<int:product>")
@permission("elmis.dashboard.view")
def stock_out(facility: int, product: int) -> Any:
    """Show one stock-out with its CMM and who near by has too much: a row of the page of many districts."""
    place: Facility = get_or_404(Facility, facility)
    current().require(reports.VIEW, place)
    row = next((one for one in reports.stock_outs(place) if one.product_id == product), None)
    if row is None:
        raise Missing(None)
    found = stands(_around(place), {product})
    return page("elmis/dashboards/stock_out.html", row=row, looked=True, **_looked_up(found))


def _around(place: Facility) -> Facility:
    """Return the district of a store, whose neighbours may help it; any other place itself."""
    above = reports.district_of(place) if place.type.kind in KEEPING else None
    return above if above is not None and current().can(reports.VIEW, above) else place


def _looked_up(found: Mapping[Pair, Stand]) -> dict[str, Any]:
    """Return what the rows of stock-outs show beside what is out since when."""
    near = _nearest(found)
    shown = _requests(move for moves in near.values() for move in moves)
    return {"found": found, "near": near, "today": today(), **shown}


def _requests(shown: Iterable[Move]) -> dict[str, Any]:
    """Return what a page needs to say of some moves that they were asked for already."""
    holders = {move.source.facility.id for move in shown}
    return {"known_requests": transfers.known(holders) if holders else {}, "request_cycle": REQUEST}


def _areas(place: Facility) -> list[Facility]:
    """Return the districts below a place that may hold several."""
    return reports.districts(place) if place.type.kind == "area" and place.type.code != "district" else []


def _nearest(found: Mapping[Pair, Stand]) -> dict[Pair, list[Move]]:
    """Return {who lacks what: the moves that would bring it}."""
    coming: dict[Pair, list[Move]] = defaultdict(list)
    for move in moves(found):
        coming[move.target.facility.id, move.product.id].append(move)
    return coming


@bp.get("/redistribute")
@permission("elmis.dashboard.view")
def redistribute() -> Any:
    """Show what some have too much of and others near by lack: what expires first, the nearest in need."""
    place, everything = whose(), "all" in request.args
    if len(areas := _areas(place)) > 1:
        return page("elmis/dashboards/areas.html", shown=place, areas=areas)
    districts = areas if place is g.place else _areas(g.place)
    found = moves(stands(place, tracers=not everything))
    narrow = Narrow(found)
    rows, pages = paged(narrow.moves, ROWS)
    worth = sum((move.value or 0 for move in narrow.moves), Decimal(0))
    last = soon(place)
    return page(
        "elmis/dashboards/redistribute.html", shown=place, rows=rows, pages=pages, everything=everything, worth=worth,
        soon=last, narrow=narrow, areas=[(area.id, area.name) for area in districts], **_requests(rows),
    )  # fmt: skip


class Narrow:
    """Moves narrowed to the product and the facility, as giver or taker, that the address names; and the choices."""

    def __init__(self, found: Sequence[Move]) -> None:
        self.product, self.at = (request.args.get(name, type=row_id) for name in ("product", "at"))
        taker = request.args.get("to", type=row_id)
        self.moves = [
            move
            for move in found
            if self.product in (None, move.product.id)
            and (self.at is None or self.at in (move.source.facility.id, move.target.facility.id))
            and taker in (None, move.target.facility.id)
        ]
        self.products = _by_name({move.product.id: move.product.name for move in found})
        sides = (side.facility for move in found for side in (move.source, move.target))
        self.facilities = _by_name({side.id: side.name for side in sides})
        self.chosen = (self.product, self.at, taker) != (None, None, None)


def _by_name(names: Mapping[int, str]) -> list[tuple[int, str]]:
    return sorted(names.items(), key=lambda each: folded(each[1]))


@bp.get("/expiring")
@permission("elmis.dashboard.view")
def expiring() -> Any:
    """Show what expires soon, lot by lot, the most valuable first; of one lot, all who hold it."""
    place, wanted = whose(), request.args.get("lot", type=row_id)
    lots, pages = paged([lot for lot in reports.expiring_lots(place) if wanted in (None, lot.id)], ROWS)
    holders: dict[int, list[reports.Expiring]] = defaultdict(list)
    for row in reports.expiring(place, [lot.id for lot in lots]) if lots else ():
        holders[row.lot_id].append(row)
    return page(
        "elmis/dashboards/expiring.html", shown=place, lots=lots, pages=pages, holders=holders,
        days=value_of(EXPIRY_DAYS, place),
        most=None if wanted else HOLDERS, wanted=wanted, today=today(),
    )  # fmt: skip


@bp.get("/board")
@permission("elmis.dashboard.view")
def status_board() -> Any:
    """Show the status of each tracer in each facility; of many districts, what each of them lacks."""
    place = whose()
    if len(districts := reports.districts(place)) > 1:
        return page("elmis/dashboards/districts.html", shown=place, board=overview(place, districts), states=SHARES)
    if place.type.kind in SERVING:
        rows = sorted(stands(place, tracers=True).values(), key=lambda one: URGENCY.index(one.found.status))
        return page("elmis/dashboards/facility.html", shown=place, rows=rows, statuses=STATUSES)
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
    districts = reports.districts(place)
    known = outlines.known([place.id, *(row.id for row in districts)])
    shapes = {id_: outline.shape for id_, outline in known.items()}
    lying = [row for row in districts if row.id in shapes or row.latitude is not None]
    places = _district_places(lying, found, shapes) if len(lying) > 1 else _facility_places(found)
    land = outlines.rings(shapes.get(place.id, "")) or (positions.border() if place.parent_id is None else ())
    head = [_("Place"), _("Tracers out of stock")]
    return district_map(places, _("Stock-outs"), head, land) if len(places) > 2 else None


def _facility_places(found: dict[int, reports.Availability]) -> list[Place]:
    """Return a place a facility, tinted by the number of tracers that are out."""
    rows = db.session.scalars(
        select(Facility).where(Facility.id.in_(found), Facility.latitude.is_not(None), Facility.longitude.is_not(None))
    ).all()
    outs = {row.id: found[row.id].managed - found[row.id].in_stock for row in rows}
    steps = {id_: 0 if out == 0 else 4 if out > 3 else 2 for id_, out in outs.items()}
    return [_place(row, number(outs[row.id]), steps[row.id]) for row in rows]


def _district_places(
    districts: list[Facility], found: dict[int, reports.Availability], shapes: Mapping[int, str]
) -> list[Place]:
    """Return a place a district, tinted by the share of managed tracers that are out."""
    sums = reports.within(reports.homes(districts, found), found)
    return [
        _place(row, *_share(sums.get(row.id, reports.Availability(0, 0))), shapes.get(row.id, "")) for row in districts
    ]


def _share(sum_: reports.Availability) -> tuple[str, int | None]:
    if sum_.rate is None:
        return "–", None
    out = 100 - sum_.rate
    return f"{number(round(out, 1))} %", 0 if out == 0 else 4 if out >= 10 else 2


def _place(row: Facility, words: str, step: int | None, shape: str = "") -> Place:
    return Place(row.name, row.position, words, step, url_for("facilities.show", id=row.id), outlines.rings(shape))
