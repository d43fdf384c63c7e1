"""Sending goods without an order; asking a store for them, and its answers."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select

from core.contract.words import _
from core.data.access import current
from core.data.bulk import read_beside
from core.data.db import db, today
from core.data.errors import Gathering, Refused
from core.data.numbers import next_number
from core.data.states import record
from core.data.work import settle
from core.facilities.models import Facility
from plugins.elmis import series
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.counts.meeting import Paper
from plugins.elmis.ledger.days import check_day
from plugins.elmis.ledger.models import STORE, StockBalance, StockLocation
from plugins.elmis.ledger.moves import store_of
from plugins.elmis.lots.lines import Header, Line
from plugins.elmis.orders.shipping import Journey, Sent, refuse_way, send
from plugins.elmis.promises.models import Shipment
from plugins.elmis.store.leaving import picks
from plugins.elmis.transfers.machines import REQUEST
from plugins.elmis.transfers.models import ASK, TransferRequest

SEE = "elmis.dashboard.view"
Asked = dict[tuple[int, int, int], TransferRequest]  # (holder, receiver, lot) → request


def ask(facility: Facility, supplier: Facility, lot: Lot, quantity: int, reason: str) -> TransferRequest:
    """Return the new request of a facility to a holder; more than lies there, or what was asked for, is Refused."""
    current().require(ASK, facility)
    current().require(SEE, supplier)
    refuse_way(supplier, facility)
    if not reason.strip():
        raise Refused(_("Please give a reason."), field="reason")
    there = _there(supplier, lot)
    if not 0 < quantity <= there:
        words = _("%(facility)s holds %(there)s of this lot.", facility=supplier.name, there=there)
        raise Refused(words, field="quantity")
    if twin := known([supplier.id], ("asked",)).get((supplier.id, facility.id, lot.id)):
        raise Refused(_("%(number)s asks for this lot already, and waits for an answer.", number=twin.number))
    row = TransferRequest(
        number=next_number(series.TRANSFER), supplier=supplier, facility=facility, product=lot.product, lot=lot,
        quantity=quantity, reason=reason.strip(), state="asked", asked_on=today(), asked_by=current().signed,
        asked_by_id=current().user_id,
    )  # fmt: skip
    db.session.add(row)
    record(row, "ask", "", "asked", reason)
    return row


def _there(supplier: Facility, lot: Lot) -> int:
    """Return how much of a lot lies in a facility's stores."""
    held = StockBalance.__table__.c
    places = select(StockLocation.id).where(StockLocation.kind == STORE, StockLocation.facility_id == supplier.id)
    query = select(func.sum(held.quantity)).where(held.lot_id == lot.id, held.location_id.in_(places))
    return int(read_beside(query, "the supplier's stock of one lot, told to whom it was offered").scalar() or 0)


def transfer(
    source: Facility, facility: Facility, journey: Journey, lines: Sequence[Line], packages: int = 1, note: str = "",
    store_id: int | None = None,
) -> Shipment:  # fmt: skip
    """Return what a facility sends to another, on the way: the lots that are named, else first expiry first.

    Day, way and lots are checked before anything is asked, and all faults are told at once.
    """
    store, refused, sent = store_of(source, store_id), Gathering(), list[Sent]()
    day = journey.shipped_on or today()
    with refused.step():
        check_day(source, day, "shipped_on")
    with refused.step():
        refuse_way(source, facility)
    with refused.step():
        sent = _lots(store, lines, day, note)
    refused.settle()
    settle()
    return send(source, facility, sent, journey, packages, note, store)


def _lots(store: StockLocation, lines: Sequence[Line], day: date, note: str) -> list[Sent]:
    header = Header(day, "transfer_out", comment=note)
    found = picks(store, header, lines, paper=Paper(day, "shipped_on"))
    return [Sent(lot_id, units) for _number, lot_id, units in found]


def give(row: TransferRequest, **sent: Any) -> None:
    """The holder sends what is asked for, or another part of it: `sent` are the values of a transfer."""
    answer(row, transfer(row.supplier, **sent))


def answer(row: TransferRequest, shipment: Shipment) -> None:
    """The holder has sent the goods; another receiver than the one who lacks them, or another article, is Refused."""
    if shipment.facility_id != row.facility_id:
        words = _("%(number)s asks for goods for %(facility)s.", number=row.number, facility=row.facility.name)
        raise Refused(words, field="facility")
    if row.product_id not in {line.product_id for line in shipment.lines}:
        words = _("%(number)s asks for %(product)s.", number=row.number, product=row.product.name)
        raise Refused(words, field="product", line=0)
    REQUEST.advance(row, "send")
    row.shipment_id = shipment.id
    db.session.flush()


def known(suppliers: Iterable[int], states: Iterable[str] = ("asked", "refused")) -> Asked:
    """Return what some holders were asked for, of the given states; of two requests the later one."""
    query = select(TransferRequest).where(
        TransferRequest.supplier_id.in_(list(suppliers)), TransferRequest.state.in_(tuple(states))
    )
    rows = db.session.scalars(query.order_by(TransferRequest.id))
    return {(row.supplier_id, row.facility_id, row.lot_id): row for row in rows}
