"""The pages of transfer requests."""

from typing import Any

from flask import Blueprint, g, request, url_for

from core.contract.words import _
from core.data.access import current
from core.data.states import history
from core.facilities.models import Facility
from core.web.fields import row_id
from core.web.forms import Form, LongText, QuantityField
from core.web.pages import Done, act, get_or_404, moment, page, permission, submit
from plugins.elmis.asking import services
from plugins.elmis.asking.machines import REQUEST, SAID
from plugins.elmis.asking.models import ASK, TransferRequest
from plugins.elmis.asking.tables import TransferRequestTable
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.orders.forms import ReasonForm
from plugins.elmis.orders.machines import SHIPMENT
from plugins.elmis.orders.models import Shipment
from plugins.elmis.orders.rights import SEND, VIEW
from plugins.elmis.orders.transfers import proposed, sending

bp = Blueprint("asking", __name__, url_prefix="/elmis/transfer-requests", template_folder="../templates")
TEMPLATES = "elmis/asking/"


class AskForm(Form):
    """How much is asked for, and why."""

    quantity = QuantityField(_("Quantity"), required=True, minimum=1)
    reason = LongText(
        _("Reason"), required=True, max_length=500, help=_("The holder reads it and accepts, or refuses with a reason.")
    )


@bp.get("/")
@permission(VIEW)
def index() -> Any:
    """Show the requests: to answer, asked, and what became of them."""
    return TransferRequestTable().respond(_("Transfer requests"))


@bp.route("/new", methods=["GET", "POST"])
@permission(ASK)
def new() -> Any:
    """Ask a holder for what the address proposes: of which lot, how much, for whom."""
    places = {name: request.args.get(name, type=row_id) for name in ("from", "to", "lot")}
    source, target = (get_or_404(Facility, places[name]) for name in ("from", "to"))
    lot = get_or_404(Lot, places["lot"])
    current().require(ASK, target)
    words = _("Too much at %(source)s, missing at %(target)s.", source=source.name, target=target.name)
    start = {"quantity": request.args.get("quantity", type=row_id), "reason": str(words)}
    filled: dict[str, Any] = {"data": start} if request.method == "GET" else {}
    form = AskForm(**filled)

    def operation() -> Done:
        source, target = (get_or_404(Facility, places[name]) for name in ("from", "to"))
        lot = get_or_404(Lot, places["lot"])
        row = services.ask(source, target, lot, form.quantity.data or 0, form.reason.data or "")
        said = _("%(facility)s was asked. You will see here what becomes of it.", facility=source.name)
        return Done(url_for("asking.show", id=row.id), said)

    done = submit(form, operation)
    return done or page(f"{TEMPLATES}new.html", form=form, source=source, target=target, lot=lot)


@bp.get("/<int:id>")
@permission(VIEW)
def show(id: int) -> Any:
    """Show a request, and what became of it."""
    row = get_or_404(TransferRequest, id)
    events = [
        {"title": SAID[step.action], "detail": f"{moment(step.at)}, {step.user_label}", "reason": step.reason}
        for step in reversed(history(row))
    ]
    state = SHIPMENT.state(row.shipment) if row.shipment else None
    return page(
        f"{TEMPLATES}show.html", row=row, state=REQUEST.state(row), actions=REQUEST.actions(row), events=events,
        journey=state,
    )  # fmt: skip


@bp.route("/<int:id>/send", methods=["GET", "POST"])
@permission(SEND)
def send(id: int) -> Any:
    """Accept: the transfer is filled in, and sent from here."""
    row = _still_open(id, SEND, "supplier")
    note = _("%(number)s: %(reason)s", number=row.number, reason=row.reason)[:500]

    def answered(shipment: Shipment) -> None:
        services.send(get_or_404(TransferRequest, id), shipment)

    start = proposed(row.facility, row.product, row.lot.number, row.quantity, note)
    return sending(row.supplier, start, answered, f"request-{id}")


@bp.route("/<int:id>/<any(refuse, withdraw):action>", methods=["GET", "POST"])
@permission(VIEW)
def say(id: int, action: str) -> Any:
    """Refuse a request, or take it back, with a reason."""
    right, side = (SEND, "supplier") if action == "refuse" else (ASK, "facility")
    row, form, back = _still_open(id, right, side), ReasonForm(), url_for("asking.show", id=id)
    label = next(step.label for step in REQUEST.transitions if step.action == action)

    def operation() -> Done:
        REQUEST.advance(get_or_404(TransferRequest, id), action, form.reason.data or "")
        return Done(back, SAID[action])

    done = submit(form, operation)
    return done or page("elmis/orders/reason.html", form=form, document=row, label=label, back=back)


@bp.post("/<int:id>/note")
@permission(ASK)
def note(id: int) -> Any:
    """Take note of a refusal."""

    def operation() -> Done:
        REQUEST.advance(get_or_404(TransferRequest, id), "note")
        return Done(url_for("asking.index"), SAID["note"])

    return act(operation)


def _still_open(id: int, right: str, side: str) -> TransferRequest:
    """Return a request that waits for an answer; Conflict when it has one."""
    g.menu_endpoint = "asking.index"
    row: TransferRequest = get_or_404(TransferRequest, id)
    current().require(right, getattr(row, side))
    REQUEST.refuse_unless(row, "asked")
    return row
