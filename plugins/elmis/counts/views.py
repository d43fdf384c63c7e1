"""The pages of the counts."""

from typing import Any

from flask import Blueprint, g, request, url_for
from sqlalchemy import select

from core.contract.words import _
from core.data.db import db
from core.data.errors import Missing
from core.data.states import history
from core.facilities.models import Facility
from core.web.pages import Done, get_or_404, page, permission, submit
from plugins.elmis.counts import services
from plugins.elmis.counts.forms import FoundForm, StartForm, StepForm, sheet
from plugins.elmis.counts.models import COUNTING, MACHINE, REVIEW, Count

bp = Blueprint("counts", __name__, url_prefix="/elmis/counts", template_folder="../templates")


@bp.route("/", methods=["GET", "POST"])
@permission("elmis.count.post")
def index() -> Any:
    """Show the counts of this store, and start one."""
    form, place_id = StartForm(), g.place.id

    def operation() -> Done:
        facility = get_or_404(Facility, place_id)
        count = services.start(facility, services.products_of(form.what.data or ""))
        return Done(url_for("counts.show", id=count.id), _("The count %(number)s is open.", number=count.number))

    query = select(Count).where(Count.facility_id == place_id).order_by(Count.id.desc()).limit(30)
    done = submit(form, operation)
    return done or page("elmis/counts/index.html", form=form, counts=db.session.scalars(query).all(), machine=MACHINE)


@bp.route("/<int:id>", methods=["GET", "POST"])
@permission("elmis.count.post")
def show(id: int) -> Any:
    """Show the sheet, and keep what was counted."""
    count = get_or_404(Count, id)
    form = sheet(count)

    def operation() -> Done:
        kept = get_or_404(Count, id)
        services.fill(kept, form.found())
        if request.form.get("then") == "review":
            services.finish(kept)
            return Done(url_for("counts.show", id=id), _("Everything is counted. Check the differences."))
        return Done(url_for("counts.show", id=id), _("Kept. You can go on later."))

    done = submit(form, operation)
    template = "elmis/counts/sheet.html" if count.state == COUNTING else "elmis/counts/show.html"
    facts = {"count": count, "machine": MACHINE, "found": FoundForm(formdata=None), "step": StepForm(formdata=None)}
    return done or page(template, form=form, history=history(count), **facts)


@bp.post("/<int:id>/lines")
@permission("elmis.count.post")
def add(id: int) -> Any:
    """Add a lot that was found and is not on the sheet."""
    form = FoundForm()

    def operation() -> Done:
        found: Any = form.data
        line = services.add_line(get_or_404(Count, id), found["product"], found["lot"], found["expiry"])
        return Done(url_for("counts.show", id=id, _anchor=f"line-{line.id}"), _("The lot is on the sheet."))

    done = submit(form, operation)
    count = get_or_404(Count, id)
    facts = {"count": count, "machine": MACHINE, "found": form, "step": StepForm(formdata=None)}
    return done or page("elmis/counts/sheet.html", form=sheet(count), status=422, history=history(count), **facts)


@bp.post("/<int:id>/<action>")
@permission("elmis.count.post")
def step(id: int, action: str) -> Any:
    """Take a step of the count: post the differences, go on counting, or cancel."""
    form = StepForm()

    def operation() -> Done:
        count = get_or_404(Count, id)
        if action == "post":
            number = services.post_count(count)
            return Done(url_for("counts.show", id=id), _("%(number)s differences are posted.", number=number))
        if action not in ("recount", "cancel"):
            raise Missing(None)
        MACHINE.advance(count, action, form.reason.data or "")
        return Done(url_for("counts.show", id=id), MACHINE.state(count).label)

    done = submit(form, operation)
    count = get_or_404(Count, id)
    facts = {"count": count, "machine": MACHINE, "found": FoundForm(formdata=None), "step": form}
    template = "elmis/counts/show.html" if count.state == REVIEW else "elmis/counts/sheet.html"
    return done or page(template, form=sheet(count), status=422, history=history(count), **facts)


@bp.get("/<int:id>/paper")
@permission("elmis.count.post")
def paper(id: int) -> Any:
    """Show the sheet to print: what should be there stays hidden, so that it is really counted."""
    return page("elmis/counts/paper.html", count=get_or_404(Count, id))
