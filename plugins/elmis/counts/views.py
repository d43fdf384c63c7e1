"""The pages of the counts."""

from typing import Any

from flask import Blueprint, g, jsonify, request, url_for
from sqlalchemy import select

from core.contract.words import _, ngettext
from core.data.access import current
from core.data.db import db
from core.data.errors import AmagaraError, Missing
from core.data.numbers import of_place
from core.data.states import history
from core.facilities.models import Facility
from core.web import documents
from core.web.address import whole
from core.web.doing import Done, submit
from core.web.pages import get_or_404, page, permission
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.catalogue.scans import find_by_scan
from plugins.elmis.counts import comparing, services
from plugins.elmis.counts.forms import CountForm, LineForms, ReviewForm, StepForm, review, sheet, start_form, words_of
from plugins.elmis.counts.models import ALL, COUNTING, MACHINE, REVIEW, RIGHT, WHAT, Count
from plugins.elmis.counts.scanning import meant
from plugins.elmis.ledger import reports
from plugins.elmis.ledger.models import StockLocation
from plugins.elmis.ledger.moves import title_of
from plugins.elmis.ledger.services import location

bp = Blueprint("counts", __name__, url_prefix="/elmis/counts", template_folder="../templates")


@bp.route("/", methods=["GET", "POST"])
@permission("elmis.count.post")
def index() -> Any:
    """Show the counts of this store, and start one."""
    form, place_id = start_form(reports.stores(g.place)), g.place.id

    def operation() -> Done:
        facility = get_or_404(Facility, place_id)
        store = get_or_404(StockLocation, form.store.data) if "store" in form else location(facility)
        count = services.start(store, form.what.data or ALL, form.chosen())
        return Done(
            url_for("counts.show", id=count.id), _("The count %(number)s is open.", number=count.number), count.number
        )

    query = select(Count).where(Count.facility_id == place_id).order_by(Count.id.desc()).limit(30)
    done = submit(form, operation)
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
    if sent in STEPS or (sent is None and count.state == REVIEW):  # also when it was sent twice, or too late
        return _review(count, rows)
    return _sheet(count, rows) if sent or count.state == COUNTING else _page("show", count, rows, None)


STEPS = frozenset({"post", "recount", "reasons"})  # the buttons of the review


def _sheet(count: Count, rows: list[comparing.Compared]) -> Any:
    """Show the sheet, and keep what was counted."""
    form, id = sheet(count, rows, request.args.get("at", "")), count.id

    def operation() -> Done:
        kept, said, new = _kept(id), form.said(), form.new()
        address: dict[str, Any] = {"id": id, "at": said.isoformat(timespec="minutes") if said else None}
        if new is not None:
            line = services.fill_and_add(kept, form.found(), new, form.apart())
            return Done(url_for("counts.show", **address, line=line.id), _("The lot is on the sheet."))
        services.fill(kept, form.found())
        if (then := request.form.get("then")) not in ("review", "aside"):
            return Done(url_for("counts.show", **address), _progress(kept))
        return _finished(kept, address, then == "aside")

    return submit(form, operation) or _page("sheet", *_shown(id, count, rows), form, sought=_sought())


def _sought() -> int | None:
    """Return the line that the person was sent to; a form that was refused leads to its faults."""
    return whole(request.args.get("line", "")) if request.method == "GET" else None


def _shown(id: int, count: Count, rows: list[comparing.Compared]) -> tuple[Count, list[comparing.Compared]]:
    """Return what was read for the page; after a form that was refused, it is read again."""
    return (count, rows) if request.method == "GET" else _read(id)


def _kept(id: int) -> Count:
    return services.with_lines(get_or_404(Count, id))


def _progress(count: Count) -> Any:
    done = sum(line.counted is not None for line in count.lines)
    return _("Kept: %(done)s of %(all)s lines are counted.", done=done, all=len(count.lines))


def _finished(count: Count, address: dict[str, Any], aside: bool) -> Done:
    """Return the way to the differences, or back to the first line that is not counted, unless these are left aside."""
    left = services.finish(count, aside)
    if not left:
        return Done(url_for("counts.show", id=count.id), _("Everything is counted. Check the differences."))
    if aside:
        return Done(url_for("counts.show", id=count.id), _progress(count))
    return Done(url_for("counts.show", **address, line=left[0].id), _progress(count))


def _review(count: Count, rows: list[comparing.Compared]) -> Any:
    """Show the differences; keep their reasons, go on counting, or post."""
    form, id = review(count, rows), count.id

    def operation() -> Done:
        kept, then = _kept(id), request.form.get("then")
        moved, here = services.fill(kept, form.found()), url_for("counts.show", id=id)
        if then == "recount":
            MACHINE.advance(kept, "recount")
            return Done(here, MACHINE.state(kept).label)
        if then != "post":
            return Done(here, _("The reasons are kept."))
        if moved:
            return Done(
                here, _("The order of the movements is kept, and the differences follow. Check them, then post.")
            )
        number = services.post_count(kept, form.shown())
        return Done(here, ngettext("%(num)d difference is posted.", "%(num)d differences are posted.", number))

    return submit(form, operation) or _page("show", *_shown(id, count, rows), form)


def _page(name: str, count: Count, rows: list[comparing.Compared], form: LineForms | None, **facts: Any) -> Any:
    """Return the page of a count; what another did meanwhile may ask for another page than the one that was sent."""
    if isinstance(form, CountForm | ReviewForm):
        form.name(rows)
    later, on_it = comparing.later(count), {line.lot_id for line in count.lines}
    absent = [(db.session.get_one(Lot, each.lot_id), each) for each in later if each.lot_id not in on_it]
    facts = {"step": StepForm(formdata=None), "later": later, "absent": absent, "what": WHAT[count.what], **facts}
    return page(
        f"elmis/counts/{name}.html", count=count, rows=rows, form=form, machine=MACHINE, history=history(count),
        lines=form.by_id() if form else {}, words_of=words_of, **facts,
    )  # fmt: skip


@bp.route("/<int:id>/cancel", methods=["GET", "POST"])
@permission("elmis.count.post")
def cancel(id: int) -> Any:
    """Cancel a count, with its reason."""
    count, form = get_or_404(Count, id), StepForm()

    def operation() -> Done:
        kept = get_or_404(Count, id)
        MACHINE.advance(kept, "cancel", form.reason.data or "")
        return Done(url_for("counts.show", id=id), MACHINE.state(kept).label)

    if count.state not in (COUNTING, REVIEW):
        raise Missing(None)
    return submit(form, operation) or page("elmis/counts/cancel.html", count=count, form=form)


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
    content = documents.pdf(
        "elmis/counts/paper.html", count=count, store=title_of(count.location), heading=_("Count sheet"),
        number=number, issuer=count.facility.name, code=documents.code_svg(number),
    )  # fmt: skip
    return documents.answer(count.number, content)
