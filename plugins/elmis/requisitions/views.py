"""The pages of orders: the list, a proposal, the order itself, and why each quantity is what it is."""

from typing import Any

from babel.dates import format_date
from babel.lists import format_list
from flask import Blueprint, flash, g, request, url_for
from flask_babel import get_locale
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from core.contract.words import _, ngettext
from core.data.access import current
from core.data.db import db, today
from core.data.errors import Missing
from core.data.figures import SIGNS
from core.data.states import history
from core.facilities.models import Facility
from core.jobs.services import enqueue
from core.web import documents
from core.web.doing import Done, act, submit
from core.web.fields import row_id
from core.web.pages import get_or_404, moment, page, permission
from plugins.elmis.ledger.limits import limit
from plugins.elmis.replenishment.policies import POLICIES, POLICY_LABELS, USUAL
from plugins.elmis.replenishment.services import compare
from plugins.elmis.requisitions import country, progress, services, sheet, steps
from plugins.elmis.requisitions.approvals import known_supplier, signed_on_paper, who_signs
from plugins.elmis.requisitions.forms import ProposeForm, ReasonForm, quantities_form
from plugins.elmis.requisitions.models import APPROVE, EDIT, KINDS, VIEW, Requisition, RequisitionLine
from plugins.elmis.requisitions.quantities import type_quantities
from plugins.elmis.requisitions.tables import RequisitionTable

bp = Blueprint("requisitions", __name__, url_prefix="/elmis/requisitions", template_folder="../templates")
TEMPLATES = "elmis/requisitions/"


@bp.get("/")
@permission(VIEW)
def index() -> Any:
    """Show the orders this person may see."""
    actions = [(url_for("requisitions.summary"), _("By district"), "chart-line", False)]
    if may_propose():
        actions.append((url_for("requisitions.new"), _("Propose an order"), "plus", True))
    return RequisitionTable().respond(_("Orders"), actions=actions)


@bp.route("/new", methods=["GET", "POST"])
@permission(EDIT)
def new() -> Any:
    """Propose an order: whose, of which day, by which policy."""
    form: Any = ProposeForm(data=usual_place())
    if not current().can(APPROVE):  # the method is the ministry's; who approves may compare
        del form.policy

    def operation() -> Done:
        row = services.propose(form.facility.data, form.on.data, policy_of(form), form.kind.data)
        return Done(address(row), _("The order %(number)s was computed.", number=row.number), row.number)

    return submit(form, operation) or page(f"{TEMPLATES}new.html", form=form, known=_known(form))


def _known(form: Any) -> Requisition | None:
    """Return the regular order that a facility has in the month for which another one was refused, or None."""
    if not form.facility.errors or not form.facility.data or not form.on.data:
        return None
    rows = services.of_month(form.facility.data, form.on.data.replace(day=1))
    return next((row for row in rows if row.state != "cancelled"), None)


def policy_of(form: Any) -> str:
    """Return the chosen policy of the CMM; where it is not asked, the usual one."""
    return str(form.policy.data) if "policy" in form else USUAL


def may_propose() -> bool:
    """Return whether this person may order for a facility that somebody supplies."""
    mine = select(Facility).where(Facility.id.in_(current().facility_ids(EDIT)))
    rows = db.session.scalars(mine.limit(2)).all() if current().can(EDIT) else []
    return len(rows) > 1 or any(known_supplier(row) for row in rows)


def usual_place() -> dict[str, Any]:
    """Return the facility a proposal is probably for: the one named in the address, else the person's place."""
    named = db.session.scalar(select(Facility).where(Facility.code == request.args.get("facility", "")))
    here = named or g.place
    fits = here is not None and here.type.kind in country.SERVING and current().can(EDIT, here) and known_supplier(here)
    return {"facility": here} if fits else {}


def address(row: Requisition, **values: Any) -> str:
    """Return the address of an order."""
    return url_for("requisitions.show", id=row.id, **values)


def found(id: int) -> Requisition:
    """Return an order with its lines and products, or raise Missing."""
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
    """Show an order, or for htmx only why a quantity is what it is."""
    row = found(id)
    if request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request"):
        line = sheet.chosen(row, (), request.args.get("line", type=row_id))
        return page(f"{TEMPLATES}why.html", row=row, line=line, sheet=sheet)
    return _order(row)


def _order(row: Requisition, form: Any = None, status: int = 200) -> Any:
    """Return the page of an order; `form` carries what was typed and refused."""
    view = request.values.get("view") or sheet.default_view(row)
    words = request.values.get("q", "")
    shown = sheet.lines(row, view, words)
    past = history(row)
    editor = sheet.editor(row, current(), past)
    if editor and form is None:
        form = quantities_form(shown, row, fresh=True)
    return page(
        f"{TEMPLATES}show.html",
        status=status,
        row=row,
        sheet=sheet,
        view=view if view in sheet.VIEWS else "all",
        words=words,
        shown=shown,
        editor=editor,
        form=form if editor else None,
        line=sheet.chosen(row, shown, request.args.get("line", type=row_id)),
        actions=steps.actions(row, taken=past),
        state=progress.states([row])[row.id],
        months=month_names(row),
        period=period_name(row),
        signs="" if editor == "approver" else who_signs(row, past),  # who may sign has the button
        events=sheet.events(past, moment),
        stages=sheet.stages(past),
        order=sheet.order_of(row),
        kinds=KINDS,
        depot=sheet.free_at_depot(row, editor, current()),
        moved=sheet.moved(row, current()),
        most=limit("quantity") if editor == "facility" else max((line.asked for line in shown), default=0),
        sign=SIGNS.get(row.currency, row.currency),
    )


def month_names(row: Requisition) -> str:
    """Return the months the CMM rests on in words, e.g. "août, septembre et octobre"."""
    names = [format_date(month, "LLLL", locale=get_locale()) for month in sheet.months_of(row)]
    return str(format_list(names, locale=get_locale())) if names else ""


def period_name(row: Requisition) -> str:
    """Return the month of an order in words, e.g. "novembre 2026"."""
    return str(format_date(row.period.month, "LLLL yyyy", locale=get_locale()))


@bp.post("/<int:id>/lines")
@permission(VIEW)
def save(id: int) -> Any:
    """Keep the typed quantities and, when the button says so, take the next step at once."""
    row = found(id)
    shown = [line for line in row.lines if f"q{line.id}" in request.form]
    view, then = request.form.get("view"), request.form.get("then", "")
    form = quantities_form(shown, row, careful=bool(then))

    def operation() -> Done:
        fresh = services.load(id)
        if then or not form.saw.data or not sheet.editor(fresh, current()):  # else what others changed was merged
            services.refuse_stale(fresh, form.version.data or 0)
        changed = type_quantities(fresh, form.quantities(), form.reasons())
        if then in services.STEPS:
            services.STEPS[then](fresh, "")
            return Done(address(fresh), STEP_MESSAGES[then])
        words = ngettext("%(num)d quantity was changed.", "%(num)d quantities were changed.", changed)
        return Done(address(fresh, view=view), words)

    return submit(form, operation) or _refused(id, form)


def _refused(id: int, form: Any) -> Any:
    """Return the order's page with what was typed and why it was refused; 409 when somebody was faster."""
    db.session.expire_all()
    row = found(id)
    stale = form.version.data != row.version
    form.version.data = row.version  # whoever has read the message may send again
    if not sheet.editor(row, current()):
        flash(" ".join(map(str, form.form_errors)), "danger")
    return _order(row, form, status=409 if stale else 200)


STEP_MESSAGES = {
    "confirm": _("The order was confirmed. The approver was told."),
    "report": _("The report was sent."),
    "authorise": _("The order was authorised."),
    "approve": _("The order was approved. The depot was told."),
    "pass_on": _("The order was approved and passed on."),
    "return": _("The order was returned to the facility."),
    "revise": _("The order is open for changes."),
    "cancel": _("The order was cancelled."),
    "convert": _("The order is ready to be prepared."),
}


@bp.route("/<int:id>/<any(confirm, report, authorise, approve, pass_on, return, revise, cancel, convert):action>",
          methods=["GET", "POST"])  # fmt: skip
@permission(VIEW)
def step(id: int, action: str) -> Any:
    """Take a step; one that needs a reason has a page that asks for it."""
    row = found(id)
    wanted = next((each for each in steps.actions(row) if each.action == action), None)
    if request.method == "POST" and (wanted is None or not wanted.needs_reason):
        return act(lambda: _taken(id, action, ""))
    if wanted is None:
        flash(str(_("This step is not possible now.")), "danger")
        return _order(row)
    form: Any = ReasonForm(data={"version": row.version})

    def operation() -> Done:
        return _taken(id, action, form.reason.data, form.version.data or 0)

    return submit(form, operation) or page(f"{TEMPLATES}reason.html", form=form, row=row, step=wanted)


def _taken(id: int, action: str, reason: str, version: int | None = None) -> Done:
    made = services.STEPS[action](services.load(id, version), reason)
    if action == "convert" and made is not None:
        return Done(url_for("orders.show", id=made.id), STEP_MESSAGES[action])
    return Done(url_for("requisitions.show", id=id), STEP_MESSAGES[action])


@bp.post("/<int:id>/recalculate")
@permission(EDIT)
def recalculate(id: int) -> Any:
    """Compute an order anew, on today's stock and by the chosen policy; what was typed stays."""
    policy = request.form.get("policy", "")

    def operation() -> Done:
        row = services.recalculate(services.load(id), today(), policy if policy in POLICIES else None)
        return Done(address(row), _("The order was computed anew. What you had typed was kept."))

    return act(operation)


@bp.get("/<int:id>/lines/<int:line_id>")
@permission(VIEW)
def line(id: int, line_id: int) -> Any:
    """Show a line in full: its report, its working, and what each policy would have suggested."""
    row = found(id)
    chosen = next((each for each in row.lines if each.id == line_id), None)
    if chosen is None:
        raise Missing(None)
    sees = current().can(VIEW, row.facility)  # a depot sees the order, not the stock it was computed from
    policies = compare(row.facility, chosen.product, row.as_of) if sees else {}
    return page(
        f"{TEMPLATES}line.html", row=row, line=chosen, sheet=sheet, policies=policies, labels=POLICY_LABELS,
        period=period_name(row),
    )  # fmt: skip


@bp.get("/<int:id>/paper")
@permission(VIEW)
def paper(id: int) -> Any:
    """Return the order as a paper (PDF)."""
    row = found(id)
    content = documents.pdf(
        f"{TEMPLATES}paper.html", row=row, lines=sheet, heading=_("Order form"), number=row.number,
        issuer=row.facility.name, code=documents.code_svg(row.number, "qr"), period=period_name(row),
        signed=signed_on_paper(row),
    )  # fmt: skip
    return documents.answer(row.number, content)


@bp.post("/report")
@permission(EDIT)
def report() -> Any:
    """Declare that the records of the place's last month are complete."""
    facility_id, month = request.form.get("facility", type=row_id), country.last_month()

    def operation() -> Done:
        services.report(get_or_404(Facility, facility_id), month)
        return Done(url_for("requisitions.index"), _("The month is declared complete."))

    return act(operation)


def _started() -> Done:
    job = enqueue(country.KIND, _("Propose all orders"))
    return Done(url_for("jobs.show", id=job.id), _("The orders are being computed."))


@bp.route("/country", methods=["GET", "POST"])
@permission(VIEW)
def summary() -> Any:
    """Show the month's orders of all facilities, district by district; POST proposes what is missing."""
    if request.method == "POST":
        current().require(EDIT)
        return act(
            lambda: Done(url_for("jobs.show", id=enqueue(country.KIND, _("Propose all orders")).id), _("Started."))
        )
    month = country.month_of(request.args.get("month", ""))
    rows = country.by_district(month)
    g.menu_endpoint = "requisitions.index"
    return page(f"{TEMPLATES}country.html", month=month, rows=rows, total=country.total(rows), states=progress.SAID)
