"""The pages of requisitions: the list, a proposal, the requisition itself, and why each quantity is what it is."""

from typing import Any

from babel.dates import format_date
from babel.lists import format_list
from flask import Blueprint, flash, g, request, url_for
from flask_babel import get_locale
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.data.errors import Missing
from core.data.figures import SIGNS
from core.data.settings import value_of
from core.data.states import history
from core.facilities.models import Facility
from core.web import documents
from core.web.doing import may_wait, submit
from core.web.fields import row_id
from core.web.pages import page, panels, permission
from core.web.timeline import events
from plugins.elmis.catalogue.limits import QUANTITY
from plugins.elmis.formulas.policies import POLICY_LABELS
from plugins.elmis.replenishment.services import compare
from plugins.elmis.requisitions import country, display, progress, services, steps
from plugins.elmis.requisitions.approvals import known_supplier, signed_on_paper, who_signs
from plugins.elmis.requisitions.coming import expected
from plugins.elmis.requisitions.forms import propose_form, quantities_form, sent_form
from plugins.elmis.requisitions.models import EDIT, KINDS, VIEW, Requisition, RequisitionLine
from plugins.elmis.requisitions.tables import RequisitionTable
from plugins.elmis.requisitions.verbs import CHANGE, PROPOSE

bp = Blueprint("requisitions", __name__, url_prefix="/elmis/requisitions", template_folder="../templates")
TEMPLATES = "elmis/requisitions/"


@bp.get("/")
@permission(VIEW)
def index() -> Any:
    """Show the requisitions this person may see."""
    actions = [(url_for("requisitions.summary"), _("By district"), "chart-line", False)]
    if may_propose():
        actions.append((url_for("requisitions.new"), _("Propose a requisition"), "plus", True))
    return RequisitionTable().respond(_("Requisitions"), actions=actions)


@bp.route("/new", methods=["GET", "POST"])
@permission(EDIT)
def new() -> Any:
    """Propose a requisition: whose, of which day, by which policy."""
    form = propose_form(usual_place())
    return submit(form, PROPOSE) or page(f"{TEMPLATES}new.html", form=form, known=_known(form))


def _known(form: Any) -> Requisition | None:
    """Return the regular requisition that a facility has in the month for which another one was refused, or None."""
    if not form.facility.errors or not form.facility.data or not form.on.data:
        return None
    rows = services.of_month(form.facility.data, form.on.data.replace(day=1))
    return next((row for row in rows if row.state != "cancelled"), None)


def may_propose() -> bool:
    """Return whether this person may ask for goods for a facility that somebody supplies."""
    mine = select(Facility).where(Facility.id.in_(current().facility_ids(EDIT)))
    rows = db.session.scalars(mine.limit(2)).all() if current().can(EDIT) else []
    return len(rows) > 1 or any(known_supplier(row) for row in rows)


def usual_place() -> dict[str, Any]:
    """Return the facility a proposal is probably for: the one named in the address, else the person's place."""
    named = db.session.scalar(select(Facility).where(Facility.code == request.args.get("facility", "")))
    here = named or g.place
    fits = here is not None and here.type.kind in country.SERVING and current().can(EDIT, here) and known_supplier(here)
    return {"facility": here} if fits else {}


def found(id: int) -> Requisition:
    """Return a requisition with its lines and products, or raise Missing."""
    lines = selectinload(Requisition.lines).joinedload(RequisitionLine.product)
    shared = (Requisition.facility, Requisition.supplier, Requisition.place, Requisition.period)  # everyone reads these
    options = [*map(joinedload, shared), lines]
    row = db.session.get(Requisition, id, options=options)
    if row is None:
        raise Missing(None)
    g.menu_endpoint = "requisitions.index"
    return row


@bp.get("/<int:id>")
@permission(VIEW)
def show(id: int) -> Any:
    """Show a requisition, or for htmx only why a quantity is what it is."""
    row = found(id)
    if request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request"):
        line = display.chosen(row, (), request.args.get("line", type=row_id))
        return page(f"{TEMPLATES}why.html", row=row, line=line, display=display)
    return _order(row)


def _order(row: Requisition, form: Any = None, status: int = 200) -> Any:
    """Return the page of a requisition; `form` carries what was typed and refused."""
    asked = request.values.get("view")
    view = asked if asked in display.VIEWS else display.default_view(row)
    words = request.values.get("q", "")
    shown = display.lines(row, view, words)
    past = history(row)
    editor = steps.editor(row, current(), past)
    if editor and form is None:
        form = quantities_form(shown, row, fresh=True)
        form.view.data = view
        if editor == "facility":
            may_wait(form, CHANGE, row.id)
    return page(
        f"{TEMPLATES}show.html",
        status=status,
        row=row,
        display=display,
        view=view,
        words=words,
        shown=shown,
        editor=editor,
        form=form if editor else None,
        line=display.chosen(row, shown, request.args.get("line", type=row_id)),
        actions=steps.actions(row, taken=past),
        state=progress.states([row])[row.id],
        months=month_names(row),
        period=period_name(row),
        signs="" if editor == "approver" else who_signs(row, past),  # who may sign has the button
        events=events(past, row),
        stages=display.stages(past),
        order=display.order_of(row),
        kinds=KINDS,
        depot=display.free_at_depot(row, editor, current()),
        moved=display.moved(row, current()),
        most=value_of(QUANTITY, row.facility)
        if editor == "facility"
        else max((line.asked for line in shown), default=0),
        sign=SIGNS.get(row.currency, row.currency),
        panels=panels(row),
    )


def month_names(row: Requisition) -> str:
    """Return the months the CMM rests on in words, e.g. "août, septembre et octobre"."""
    names = [format_date(month, "LLLL", locale=get_locale()) for month in display.months_of(row)]
    return str(format_list(names, locale=get_locale())) if names else ""


def period_name(row: Requisition) -> str:
    """Return the month of a requisition in words, e.g. "novembre 2026"."""
    return str(format_date(row.period.month, "LLLL yyyy", locale=get_locale()))


@bp.post("/<int:id>/lines")
@permission(VIEW)
def save(id: int) -> Any:
    """Keep the typed quantities and, when the button says so, take the next step at once."""
    row = found(id)
    return submit(form := sent_form(row), CHANGE, id) or _refused(id, form)


def _refused(id: int, form: Any) -> Any:
    """Return the requisition's page with what was typed and why it was refused; 409 when somebody was faster."""
    db.session.expire_all()
    row = found(id)
    stale = form.version.data != row.version
    form.version.data = row.version  # whoever has read the message may send again
    if not steps.editor(row, current()):
        flash(" ".join(map(str, form.form_errors)), "danger")
    return _order(row, form, status=409 if stale else 200)


@bp.get("/<int:id>/lines/<int:line_id>")
@permission(VIEW)
def line(id: int, line_id: int) -> Any:
    """Show a line in full: its report, its working, and what each policy would have suggested."""
    row = found(id)
    chosen = next((each for each in row.lines if each.id == line_id), None)
    if chosen is None:
        raise Missing(None)
    sees = current().can(VIEW, row.facility)  # a depot sees the requisition, not the stock it was computed from
    policies = compare(row.facility, chosen.product, row.as_of, expected(row.facility)) if sees else {}
    return page(
        f"{TEMPLATES}line.html", row=row, line=chosen, display=display, policies=policies, labels=POLICY_LABELS,
        period=period_name(row),
    )  # fmt: skip


@bp.get("/<int:id>/paper")
@permission(VIEW)
def paper(id: int) -> Any:
    """Return the requisition as a paper (PDF)."""
    row = found(id)
    content = documents.paper(
        f"{TEMPLATES}paper.html", _("Requisition form"), row.number, row.facility.name, row=row, lines=display,
        period=period_name(row), signed=signed_on_paper(row),
    )  # fmt: skip
    return documents.answer(row.number, content)


@bp.get("/country")
@permission(VIEW)
def summary() -> Any:
    """Show the month's requisitions of all facilities, district by district."""
    month = country.month_of(request.args.get("month", ""))
    rows = country.by_district(month)
    g.menu_endpoint = "requisitions.index"
    return page(f"{TEMPLATES}country.html", month=month, rows=rows, total=country.total(rows), states=progress.SAID)
