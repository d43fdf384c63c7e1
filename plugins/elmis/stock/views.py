"""The pages of stocks: by product, by lot, what expires, the stock card, reversals and shortfalls."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, g, request, url_for
from sqlalchemy import select

from core.contract.plugins import entities
from core.contract.words import _
from core.data.access import current
from core.data.db import db, today
from core.data.settings import value_of
from core.data.states import history
from core.facilities.models import Facility
from core.facilities.where import place_here
from core.web.dates import day_of
from core.web.doing import submit
from core.web.fields import row_id
from core.web.pages import day, get_or_404, kept, page, permission
from core.web.paging import paged
from plugins.elmis.catalogue.limits import EXPIRY_DAYS, soon
from plugins.elmis.catalogue.models import LOT_STATUSES, Product
from plugins.elmis.formulas.lots import REASONS
from plugins.elmis.formulas.status import STATUSES
from plugins.elmis.ledger import reports, rules
from plugins.elmis.ledger.models import JUSTIFY as MAY_JUSTIFY
from plugins.elmis.ledger.models import KINDS, OPEN, SHORTFALL, Discrepancy, Movement
from plugins.elmis.stock import tables
from plugins.elmis.stock.forms import JustifyForm, ReverseForm
from plugins.elmis.stock.month import cards, shorten
from plugins.elmis.stock.products import counted, stock_by_product, stock_of
from plugins.elmis.stock.verbs import JUSTIFY, REVERSE

bp = Blueprint("stock", __name__, url_prefix="/elmis/stock", template_folder="../templates")
VIEW = "elmis.stock.view"
TEMPLATES = "elmis/stock/"
SPAN = 120  # days of a stock card when none are asked for


@bp.context_processor
def _words() -> dict[str, Any]:
    return {"lot_statuses": LOT_STATUSES, "statuses": STATUSES, "today": today(), "kinds": KINDS, "warned": warned,
            "document_url": _document_url}  # fmt: skip


def warned() -> date:
    """Return the last day of which this person's place is warned that a lot expires on it."""
    return soon(g.place)


def _document_url(number: str, named: str, facility_id: int) -> str:
    """Return the page of the document of a movement: of a slip, or of what its reference names; "" where none opens."""
    name, _slash, id = named.partition("/")
    if not named:
        return url_for("store.document", number=number, facility=facility_id) if number else ""
    entity = entities().get(name)
    open_to_all = entity is not None and (entity.permission is None or current().can(entity.permission))
    return url_for(entity.endpoint, id=int(id)) if entity and entity.endpoint and open_to_all else ""


def whose() -> Facility:
    """Return the facility that the address names, else the person's place, if its stock may be seen."""
    facility = place_here(VIEW)
    g.menu_endpoint = "stock.index"
    return facility


@bp.get("/")
@permission(VIEW)
def index() -> Any:
    """Show the stock of a facility by product; of an office, the stores below it."""
    facility = whose()
    if not (stores := reports.stores(facility)):
        below, pages = paged(reports.stores_below(facility, today()))
        return page(f"{TEMPLATES}below.html", facility=facility, rows=below, pages=pages)
    table = tables.StockTable(facility, stores, request.args.get("store", type=row_id))
    return table.respond(
        _("Stock"), f"{facility.name}, {day(today())}", template=f"{TEMPLATES}index.html", facility=facility
    )


@bp.get("/month")
@permission(VIEW)
@kept(_("Stock and cards of the month"))
def month() -> Any:
    """Show what lies in the stores of this place and what moved within a month, on one page that a device keeps."""
    current().require(VIEW, g.place)
    g.menu_endpoint = "stock.index"
    last = shorten(found := cards(g.place))
    return page(f"{TEMPLATES}month.html", facility=g.place, cards=found, last=last)


@bp.get("/tally")
@permission(VIEW)
def tally() -> Any:
    """Return how many products of a facility are in which status, for the panel on its page."""
    facility = whose()
    return page(f"{TEMPLATES}tally.html", facility=facility, tally=counted(stock_by_product(facility, today())))


@bp.get("/lots")
@permission(VIEW)
def lots() -> Any:
    """Show what a facility holds, lot by lot, first expiry first."""
    facility = whose()
    rows, own = tables.matching(reports.stock_by_lot(facility), request.args.get("q", "")), reports.stores(facility)
    wanted = request.args.get("store", type=row_id)
    store = next((one.id for one in own if one.id == wanted), None)
    rows = [row for row in rows if store in (None, row.location_id)]
    value, (shown, pages) = reports.value_of(rows), paged(rows, whole="all" in request.args)
    return page(
        f"{TEMPLATES}lots.html", facility=facility, rows=shown, pages=pages, value=value, stores=own, store=store
    )


@bp.get("/expiring")
@permission(VIEW)
def expiring() -> Any:
    """Show what expires within some days, at a facility and all below it."""
    facility = whose()
    days = min(max(request.args.get("days", value_of(EXPIRY_DAYS, facility), type=row_id), 0), 3650)
    rows = reports.expiring(current(), today() + timedelta(days=days), facility)
    shown, pages = paged(rows)
    value = reports.value_of(rows)
    return page(f"{TEMPLATES}expiring.html", facility=facility, rows=shown, pages=pages, days=days, value=value)


@bp.get("/products/<int:id>")
@permission(VIEW)
def card(id: int) -> Any:
    """Show the stock card of a product: the columns of the paper, its figures above them."""
    facility, product = whose(), get_or_404(Product, id)
    stock, held = stock_of(facility, product, today()), reports.stock_by_lot(facility, product)
    stores, wanted = reports.stores(facility), request.args.get("store", type=row_id)
    place = next((store for store in stores if store.id == wanted), facility)
    shown = reports.stock_card(place, product, *_span())
    return page(
        f"{TEMPLATES}card.html", facility=facility, product=product, card=shown, stock=stock, lots=held,
        stores=stores, store=wanted, reasons=REASONS,
    )  # fmt: skip


def _span() -> tuple[date, date]:
    """Return the days that the address asks for, else the last four months; a day nobody can read is passed over."""
    last = _day("to") or today()
    first = _day("from") or last - timedelta(days=SPAN)
    return min(first, last), max(first, last)


def _day(name: str) -> date | None:
    try:
        return day_of(request.args.get(name, "").strip())
    except ValueError:
        return None


@bp.get("/movements/<int:id>")
@permission(VIEW)
def movement(id: int) -> Any:
    """Show one movement, what reversed it or what it reverses."""
    row = get_or_404(Movement, id)
    g.menu_endpoint = "stock.index"
    undone = db.session.scalar(select(Movement).where(Movement.reverses_id == row.id))
    return page(f"{TEMPLATES}movement.html", row=row, undone=undone, may_reverse=_may_reverse(row, undone))


def _may_reverse(row: Movement, undone: Movement | None) -> bool:
    """Return whether the button is worth showing; the service decides."""
    first_time = undone is None and row.reverses_id is None and row.observation_id is None
    first_time = first_time and not rules.is_of_a_delivery(row)
    return first_time and current().can(rules.right_to_reverse(row), row.source.facility)


@bp.route("/movements/<int:id>/reverse", methods=["GET", "POST"])
@permission(rules.MOVE)
def reverse(id: int) -> Any:
    """Undo a movement by a linked one, with a reason."""
    row, form = get_or_404(Movement, id), ReverseForm()
    rules.require_right(row.source, row.target, rules.right_to_reverse(row))
    g.menu_endpoint = "stock.index"
    return submit(form, REVERSE, id) or page(f"{TEMPLATES}reverse.html", form=form, row=row)


@bp.get("/shortfalls")
@permission(VIEW)
def shortfalls() -> Any:
    """Show the facts from devices that found too little stock, the open ones first."""
    query = select(Discrepancy).order_by(Discrepancy.state != OPEN, Discrepancy.id.desc()).limit(200)
    rows = db.session.scalars(query).all()
    g.menu_endpoint = "stock.index"
    return page(f"{TEMPLATES}shortfalls.html", rows=rows, states=SHORTFALL.states)


@bp.route("/shortfalls/<int:id>", methods=["GET", "POST"])
@permission(VIEW)
def justify(id: int) -> Any:
    """Close a shortfall with its explanation; who may not, and once it is closed, reads it."""
    row, form = get_or_404(Discrepancy, id), JustifyForm()
    g.menu_endpoint, may = "stock.index", current().can(MAY_JUSTIFY, row.facility)
    if request.method == "POST":
        current().require(MAY_JUSTIFY, row.facility)
    shown = {"row": row, "history": history(row), "states": SHORTFALL.states}
    if row.state != OPEN or not may:
        return page(f"{TEMPLATES}justify.html", form=None, **shown)
    return submit(form, JUSTIFY, id) or page(f"{TEMPLATES}justify.html", form=form, **shown)
