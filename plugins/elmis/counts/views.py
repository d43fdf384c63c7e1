"""The pages of the counts."""

from typing import Any

from flask import Blueprint, g, jsonify, request
from sqlalchemy import select

from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.data.errors import AmagaraError
from core.data.numbers import of_place
from core.data.states import history
from core.web import documents
from core.web.address import whole
from core.web.doing import submit
from core.web.pages import get_or_404, kept, page, permission
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.catalogue.scans import find_by_scan
from plugins.elmis.counts import comparing, services
from plugins.elmis.counts.forms import CountForm, LineForms, ReviewForm, open_form, review, sheet, words_of
from plugins.elmis.counts.models import COUNTING, MACHINE, RIGHT, WHAT, Count
from plugins.elmis.counts.models import REVIEW as REVIEWED
from plugins.elmis.counts.scanning import meant
from plugins.elmis.counts.verbs import KEEP, REVIEW, SHEET, START

bp = Blueprint("counts", __name__, url_prefix="/elmis/counts", template_folder="../templates")


@bp.route("/", methods=["GET", "POST"])
@permission("elmis.count.post")
@kept(_("Physical counts"))
def index() -> Any:
    """Show the counts of this store, and start one."""
    form = open_form(g.place)
    query = select(Count).where(Count.facility_id == g.place.id).order_by(Count.id.desc()).limit(30)
    done = submit(form, START, g.place.id)
    facts: dict[str, Any] = {"counts": db.session.scalars(query).all(), "machine": MACHINE, "what": WHAT}
    return done or page("elmis/counts/index.html", form=form, **facts)


def _read(id: int) -> tuple[Count, list[comparing.Compared]]:
    """Return a count with its lines beside the book, or raise Missing."""
    count = _kept(id)
    return count, comparing.compare(count)


@bp.route("/<int:id>", methods=["GET", "POST"])
@permission("elmis.stock.view")
def show(id: int) -> Any:
    """Show the sheet to fill, the differences to check, or what was posted; who may only read sees what there is."""
    count, rows = _read(id)
    if request.method == "GET" and not current().can(RIGHT, count.facility):
        return _page("show", count, rows, None)
    current().require(RIGHT, count.facility)
    sent = request.form.get("then")
    if sent in REVIEW or (sent is None and count.state == REVIEWED):  # also when it was sent twice, or too late
        form = review(count, rows)
        return submit(form, REVIEW[sent or "reasons"], id) or _page("show", *_shown(id, count, rows), form)
    if not sent and count.state != COUNTING:
        return _page("show", count, rows, None)
    lines, verb = sheet(count, rows, request.args.get("at", "")), SHEET.get(sent or "", KEEP)
    return submit(lines, verb, id) or _page("sheet", *_shown(id, count, rows), lines, sought=_sought())


def _sought() -> int | None:
    """Return the line that the person was sent to; a form that was refused leads to its faults."""
    return whole(request.args.get("line", "")) if request.method == "GET" else None


def _shown(id: int, count: Count, rows: list[comparing.Compared]) -> tuple[Count, list[comparing.Compared]]:
    """Return what was read for the page; after a form that was refused, it is read again."""
    return (count, rows) if request.method == "GET" else _read(id)


def _kept(id: int) -> Count:
    return services.with_lines(get_or_404(Count, id))


def _page(name: str, count: Count, rows: list[comparing.Compared], form: LineForms | None, **facts: Any) -> Any:
    """Return the page of a count; what another did meanwhile may ask for another page than the one that was sent."""
    if isinstance(form, CountForm | ReviewForm):
        form.name(rows)
    later, on_it = comparing.later(count), {line.lot_id for line in count.lines}
    absent = [(db.session.get_one(Lot, each.lot_id), each) for each in later if each.lot_id not in on_it]
    facts = {"later": later, "absent": absent, "what": WHAT[count.what], **facts}
    return page(
        f"elmis/counts/{name}.html", count=count, rows=rows, form=form, machine=MACHINE, history=history(count),
        lines=form.by_id() if form else {}, words_of=words_of, **facts,
    )  # fmt: skip


@bp.post("/<int:id>/scan")
@permission("elmis.count.post")
def scan(id: int) -> Any:
    """Answer which line of the sheet a scanned code belongs to, or what it says of a lot that is not on it."""
    count = _kept(id)
    current().require(RIGHT, count.facility)
    try:
        return jsonify(meant(count, find_by_scan(request.form.get("text", ""))))
    except AmagaraError as refusal:
        return jsonify(error=str(refusal.message))


@bp.get("/<int:id>/paper")
@permission("elmis.stock.view")
def paper(id: int) -> Any:
    """Return the sheet to write on (PDF): what should be there stays hidden, so that it is really counted."""
    count = _kept(id)
    number = of_place(count.number, count.facility)
    content = documents.paper(
        "elmis/counts/paper.html", _("Count sheet"), number, count.facility.name, count=count,
        store=count.location.title,
    )  # fmt: skip
    return documents.answer(count.number, content)
