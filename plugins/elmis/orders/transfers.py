"""The page that sends goods to another facility without an order."""

from typing import Any

from flask import Blueprint, g, url_for

from core.contract.words import _
from core.data.access import current
from core.data.codes import key_of
from core.data.db import db, today
from core.data.errors import Refused
from core.facilities.models import Facility
from core.web.pages import Done, get_or_404, page, permission, submit
from plugins.elmis.ledger.issuing import lots_at
from plugins.elmis.ledger.services import location
from plugins.elmis.orders.forms import TransferForm
from plugins.elmis.orders.rights import SEND
from plugins.elmis.orders.shipping import Journey, Sent, send
from plugins.elmis.replenishment.lots import fefo

bp = Blueprint("transfers", __name__, url_prefix="/elmis/transfers", template_folder="../templates")


@bp.route("/new", methods=["GET", "POST"])
@permission(SEND)
def new() -> Any:
    """Send goods of this place's store to another facility."""
    g.menu_endpoint, place_id = "orders.shipments", g.place.id
    current().require(SEND, g.place)
    form = TransferForm()

    def operation() -> Done:
        source, target = get_or_404(Facility, place_id), _target(form)
        journey = Journey(form.shipped_on.data, driver=form.driver.data or "", vehicle=form.vehicle.data or "")
        sent = send(source, target, _lines(source, form), journey, form.packages.data or 1, form.note.data or "")
        return Done(url_for("orders.shipment", id=sent.id), _("%(number)s is on the way.", number=sent.number))

    return submit(form, operation) or page("elmis/orders/transfer.html", form=form)


def _target(form: TransferForm) -> Facility:
    """Return the receiver, loaded in this transaction."""
    chosen: Any = form.facility.data
    return db.session.merge(chosen, load=False)


def _lines(source: Facility, form: TransferForm) -> list[Sent]:
    """Return the lots to send: those named, else first expiry first."""
    sent: list[Sent] = []
    for place, row in enumerate(form.lines.data):
        stocks = lots_at(location(source), row["product"])
        if number := key_of(row["lot"]):
            stocks = [stock for stock in stocks if key_of(stock.number) == number]
        chosen = fefo(stocks, row["quantity"], form.shipped_on.data or today())
        if chosen.shortfall:
            there = row["quantity"] - chosen.shortfall
            words = _("Only %(there)s can be given out; %(wanted)s were asked.", there=there, wanted=row["quantity"])
            raise Refused(words, field="quantity", line=place)
        sent += [Sent(int(lot), units) for lot, units in chosen.picks]
    return sent
