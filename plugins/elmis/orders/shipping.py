"""Goods leave: a packed order is shipped, or a store sends to another without an order."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from core.contract.entities import ref
from core.contract.words import _
from core.data.access import current
from core.data.db import db, today
from core.data.errors import Gathering, Refused
from core.data.numbers import next_number
from core.data.settings import value_of
from core.data.states import record
from core.data.work import emit
from core.facilities.models import OPEN, Facility
from plugins.elmis import series
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.counts.meeting import Paper, placed
from plugins.elmis.formulas.lots import RECALLED
from plugins.elmis.ledger import months
from plugins.elmis.ledger.models import HELD, QUARANTINE, STORE, TRANSIT, StockBalance, StockLocation
from plugins.elmis.ledger.services import Move, location, post
from plugins.elmis.orders.models import Route
from plugins.elmis.orders.services import leave_rest, packed_shipment, set_free, step
from plugins.elmis.promises.machines import SHIPMENT
from plugins.elmis.promises.models import Order, Receipt, Shipment, ShipmentLine
from plugins.elmis.promises.rights import SEND, both_sides
from plugins.elmis.promises.services import TRAVEL_DAYS
from plugins.elmis.recalls.services import departed

KEEPING = {  # the kinds of facility that keep stock
    "depot": _("Depots"), "care": _("Hospitals and health centres"), "unit": _("Departments, stores and pharmacies"),
}  # fmt: skip
ANSWER = timedelta(days=3)  # within so long a place answers another


@dataclass(frozen=True)
class Journey:
    """When the goods left and with whom."""

    shipped_on: date | None = None
    carrier: str = ""
    driver: str = ""
    vehicle: str = ""


def ship(order: Order, journey: Journey, rest_follows: bool = True) -> Shipment:
    """Return the shipment of a packed order, now on the way; what is short follows in an order of its own, or never."""
    shipment = packed_shipment(order) if order.state == "packed" else None
    step(order, "ship", on=journey.shipped_on)
    assert shipment is not None
    SHIPMENT.advance(shipment, "ship")
    leaving = [(line, line.allocated) for line in order.lines]
    set_free(order)
    for line, units in leaving:
        line.shipped += units
    _leave(shipment, journey, "shipment")
    rest = leave_rest(order, rest_follows)
    later, supplier = rest.number if rest else "", order.supplier.name
    emit("elmis.order.shipped", order, number=shipment.number, supplier=supplier, rest=later)
    return shipment


def _leave(shipment: Shipment, journey: Journey, reason: str) -> None:
    """Post the goods out of their stores, and expect them at the other end."""
    day = journey.shipped_on or today()
    months.check([(day, shipment.supplier)], "shipped_on")
    shipment.shipped_on, shipment.shipped_by = day, current().signed
    shipment.carrier, shipment.driver, shipment.vehicle = journey.carrier, journey.driver, journey.vehicle
    transit = location(shipment.supplier, TRANSIT)
    moves = [
        Move(
            line.lot_id, line.quantity, line.location_id, transit.id, reason, day, shipment.note,
            document=shipment.number,
            document_ref=ref(shipment), counterpart=shipment.facility.name,
            uuid=f"{shipment.number}/{line.id}/shipped",
        )
        for line in shipment.lines
    ]  # fmt: skip
    post(placed(moves, Paper(day, "shipped_on")))
    expect(shipment, day)


def expect(shipment: Shipment, day: date) -> Receipt:
    """Return the receipt that is awaited for what has been on the way since a day."""
    day += timedelta(days=value_of(TRAVEL_DAYS, shipment.supplier))
    receipt = Receipt(number=next_number(series.RECEIPT), shipment=shipment, state="expected", expected_on=day)
    db.session.add(receipt)
    db.session.flush()
    return receipt


@dataclass(frozen=True)
class Sent:
    """Units of a lot to be sent."""

    lot_id: int
    quantity: int
    location_id: int | None = None  # the main store unless it lies elsewhere


def send(
    source: Facility, target: Facility, lines: Sequence[Sent], journey: Journey, packages: int = 1, note: str = "",
    store: StockLocation | None = None,
) -> Shipment:  # fmt: skip
    """Return a transfer between two facilities, on the way; it is received like any other shipment.

    The goods leave the given store of the sender, else its main one.
    """
    current().require(SEND, source)
    refuse_way(source, target)
    if not lines:
        raise Refused(_("Enter at least one line."), field="lines")
    with both_sides():  # the sender has no right at the receiver
        shipment = _transfer(store or location(source, STORE), target, lines, packages, note)
        return _on_the_way(shipment, journey, "transfer_out")


def _on_the_way(shipment: Shipment, journey: Journey, reason: str) -> Shipment:
    record(shipment, "ship", "", "shipped")
    _leave(shipment, journey, reason)
    emit("elmis.order.shipped", shipment, number=shipment.number, supplier=shipment.supplier.name, rest="")
    return shipment


def ways_from(source: Facility) -> list[str]:
    """Return the kinds of facility to which goods may go from one."""
    return list(db.session.scalars(select(Route.to_kind).where(Route.from_kind == source.type.kind)))


def open_ways() -> set[tuple[str, str]]:
    """Return the kinds of facility between which goods may go, (from, to)."""
    return {(start, end) for start, end in db.session.execute(select(Route.from_kind, Route.to_kind))}


def refuse_way(source: Facility, target: Facility) -> None:
    """Raise Refused unless goods may go from one facility to the other: the ways are data, and both are open."""
    if source.id == target.id:
        raise Refused(_("Choose another facility than the sending one."), field="facility")
    if target.status != OPEN:
        raise Refused(_("%(facility)s is closed.", facility=target.name), field="facility")
    way = select(Route.id).where(Route.from_kind == source.type.kind, Route.to_kind == target.type.kind)
    if target.type.kind not in KEEPING:
        words = _("Nothing can be sent to %(facility)s: it keeps no stock. Choose a depot or a place of care.",
                  facility=target.name)  # fmt: skip
        raise Refused(words, field="facility")
    if db.session.scalar(way) is None:
        ways = _("Goods do not go from here to %(facility)s: the settings (“Ways of goods”) say who may send to whom.",
                 facility=target.name)  # fmt: skip
        raise Refused(ways, field="facility")


def empty(source: Facility, facility: Facility, journey: Journey, packages: int, note: str) -> list[Shipment]:
    """Return the transfers that send everything a facility holds to another, good or not: one a kind of store.

    What is in quarantine arrives in quarantine; a recalled lot goes into quarantine before it travels.
    """
    current().require(SEND, source)
    refuse_way(source, facility)
    sent = []
    for kind in (STORE, QUARANTINE):
        parts = _lying(source, kind)
        if kind == STORE:
            _refuse_recalled(parts)
        if parts:
            with both_sides():
                shipment = _transfer(location(source, kind), facility, parts, packages, note, kind)
                sent.append(_on_the_way(shipment, journey, "return_out"))
                if kind == QUARANTINE:
                    departed(source, _units(parts))
    if not sent:
        raise Refused(_("Nothing lies in the stores of %(facility)s.", facility=source.name))
    return sent


def _units(parts: Sequence[Sent]) -> Counter[int]:
    """Return {lot id: units}."""
    found = Counter[int]()
    for one in parts:
        found[one.lot_id] += one.quantity
    return found


def _refuse_recalled(parts: Sequence[Sent]) -> None:
    """Raise Refused when recalled lots would leave the shelves as good ones."""
    query = select(Lot).where(Lot.id.in_({one.lot_id for one in parts}), Lot.status == RECALLED).order_by(Lot.id)
    refused = Gathering()
    for lot in db.session.scalars(query):
        words = _("Lot %(lot)s of %(product)s is recalled: put it in quarantine first, on the page of its recall.",
                  lot=lot.number, product=lot.product.name)  # fmt: skip
        refused.found.append(Refused(words))
    refused.settle()


def send_quarantined(
    source: Facility, target: Facility, parts: Sequence[tuple[int, int, int]], journey: Journey, packages: int,
    note: str,
) -> Shipment:  # fmt: skip
    """Return the transfer of (lot id, base units, location id) from quarantine to quarantine."""
    current().require(SEND, source)
    refuse_way(source, target)
    with both_sides():
        store = location(source, QUARANTINE)
        shipment = _transfer(store, target, [Sent(*part) for part in parts], packages, note, QUARANTINE)
        return _on_the_way(shipment, journey, "return_out")


def _lying(source: Facility, kind: str) -> list[Sent]:
    """Return all that lies in a facility's locations of a kind, lot by lot; nothing of it may be set aside."""
    query = (
        select(StockBalance)
        .join(StockLocation, StockLocation.id == StockBalance.location_id)
        .where(HELD, StockBalance.facility_id == source.id, StockLocation.kind == kind)
        .order_by(StockBalance.location_id, StockBalance.lot_id)
    )
    return [Sent(row.lot_id, row.quantity, row.location_id) for row in db.session.scalars(query)]


def _transfer(
    store: StockLocation, target: Facility, lines: Sequence[Sent], packages: int, note: str, kind: str = STORE
) -> Shipment:  # fmt: skip
    lots = {lot.id: lot for lot in db.session.scalars(select(Lot).where(Lot.id.in_([one.lot_id for one in lines])))}
    shipment = Shipment(
        number=next_number(series.SHIPMENT), supplier=store.facility, facility=target,
        store_id=location(target, kind).id, state="shipped", packages=packages, note=note, packed_on=today(),
    )  # fmt: skip
    for position, one in enumerate(lines):
        if one.lot_id not in lots or one.quantity <= 0:
            raise Refused(_("Enter a whole quantity above zero."), field="quantity", line=position)
        product = lots[one.lot_id].product
        shipment.lines.append(
            ShipmentLine(
                product_id=product.id, lot_id=one.lot_id, location_id=one.location_id or store.id, position=position,
                quantity=one.quantity, pack_size=product.pack_size, unit_price=product.unit_price,
            )
        )  # fmt: skip
    db.session.add(shipment)
    db.session.flush()
    return shipment
