"""From an order to a packed shipment: set lots aside, pick, pack, release, cancel, close."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from core.contract.ports import Words
from core.contract.words import _
from core.data.access import current
from core.data.db import db, today, utcnow
from core.data.errors import Gathering, Missing, Refused
from core.data.figures import grouped as written
from core.data.numbers import next_number
from core.data.states import record
from core.data.work import emit, settle
from plugins.elmis import series
from plugins.elmis.catalogue.recalls import ask_proposed
from plugins.elmis.catalogue.units import measured
from plugins.elmis.ledger.rules import unusable
from plugins.elmis.ledger.services import location
from plugins.elmis.orders.offers import Chosen, Offer, offers, proposal
from plugins.elmis.promises.aside import Place
from plugins.elmis.promises.machines import ORDER, SHIPMENT
from plugins.elmis.promises.models import Allocation, Backorder, Order, OrderLine, Receipt, Shipment, ShipmentLine
from plugins.elmis.promises.rights import PREPARE, both_sides
from plugins.elmis.promises.services import Wanted, create

SETTLED = ("confirmed", "called_back")  # receipts of which nothing is expected any more
LEAVING = ("pick", "pack", "ship")  # the steps that bring goods nearer to the receiver


def load(model: Any, key: int) -> Any:
    """Return a document, locked and fresh; Missing when this person may not see it."""
    row = db.session.scalar(
        select(model).where(model.id == key).with_for_update().execution_options(populate_existing=True)
    )
    if row is None:
        raise Missing(None)
    return row


def step(order: Order, action: str, reason: str = "", on: date | None = None) -> None:
    """Take a step of the order: state, right, reason and lots are checked, the history is written."""
    packed = order.state == "packed"
    ORDER.advance(order, action, reason)
    if action in LEAVING:
        _refuse_unusable(order, on or today(), packed)
    order.moved_at = utcnow()


def _refuse_unusable(order: Order, on: date, packed: bool) -> None:
    """Raise Refused when a lot that is set aside may not be given out any more; it says the way out."""
    refused = Gathering()
    for lot in {part.lot.id: part.lot for line in order.lines for part in line.allocations}.values():
        if why := unusable(lot, on):
            refused.found.append(Refused(_("%(why)s %(way)s", why=why, way=way_out(packed)), lot_id=lot.id))
    refused.settle()


def way_out(packed: bool) -> Words:
    """Return what to do with an order of which a lot may not be given out any more."""
    return _("Unpack the order, then choose other lots.") if packed else _("Choose other lots for the order.")


def allocate(order: Order, chosen: Chosen | None = None) -> None:
    """Set lots aside for an order: those chosen, else first expiry first.

    Raises Refused for a lot that may not be used or is not free, and for more than was ordered.
    """
    current().require(PREPARE, order.supplier)
    found = offers(order, lock=True)
    taken = proposal(order, found) if chosen is None else {key: dict(value) for key, value in chosen.items()}
    by_place = {offer.place: offer for lots in found.values() for offer in lots}
    lines = {line.id: line for line in order.lines}
    if unknown := set(taken) - set(lines):
        raise Refused(_("This order has no such line: %(line)s.", line=min(unknown)))
    refused = Gathering()
    for line_id, places in taken.items():
        _check(lines[line_id], places, by_place, refused)
    refused.settle()
    if not any(units for places in taken.values() for units in places.values()):
        raise Refused(_("Nothing is set aside: enter a quantity for at least one lot."))
    lots = {lot: None for places in taken.values() for (_place, lot), units in places.items() if units}
    ask_proposed(lots, order.supplier, today())
    settle()
    step(order, "allocate")
    _write(order, taken)


def _check(
    line: OrderLine, places: Mapping[Place, int], by_place: Mapping[Place, Offer], refused: Gathering
) -> None:  # fmt: skip
    """Gather what does not fit the order or the stock: each lot at its field, the sum at the last of them."""
    wanted = {place: units for place, units in places.items() if units}
    for place, units in wanted.items():
        with refused.step():
            _check_lot(line, by_place.get(place), units, lot_field(line.id, place))
    total, most = sum(wanted.values()), line.open + line.allocated
    if total > most:
        names = {"product": line.product.name, "most": written(most), "total": written(total)}
        words = _("%(product)s: %(most)s were approved; %(total)s were entered.", **names)
        refused.found.append(Refused(words, field=lot_field(line.id, list(wanted)[-1])))


def lot_field(line_id: int, place: Place) -> str:
    """Return the name of the field in which the units of a lot are typed."""
    return f"q-{line_id}-{place[0]}-{place[1]}"


def _check_lot(line: OrderLine, offer: Offer | None, units: int, field: str) -> None:
    """Raise Refused when so many units of a lot cannot be set aside for a line."""
    if offer is None or offer.product_id != line.product_id:
        raise Refused(_("This lot is no longer in the store. Reload the page."), field=field)
    facts = {"lot": offer.number}
    if offer.why_not:
        raise Refused(_("Lot %(lot)s may not be given out: %(why)s.", why=offer.warning, **facts), field=field)
    if not 0 <= units <= offer.free:
        quantities = {"free": measured(line.product, offer.free), "asked": written(units)}
        words = _("%(product)s, lot %(lot)s: only %(free)s are free, not %(asked)s.",
                  product=line.product.name, **quantities, **facts)  # fmt: skip
        raise Refused(words, field=field)


def _write(order: Order, taken: Chosen) -> None:
    """Replace what is set aside for an order."""
    set_free(order)
    for line in order.lines:
        places = {place: units for place, units in taken.get(line.id, {}).items() if units}
        db.session.add_all(
            Allocation(line=line, location_id=place, lot_id=lot, quantity=units)
            for (place, lot), units in places.items()
        )
        line.allocated = sum(places.values())
    db.session.flush()


def set_free(order: Order) -> None:
    """Let go of everything that is set aside for an order."""
    for line in order.lines:
        for part in line.allocations:  # taken out of the list it would lose its line, and with it its rights
            db.session.delete(part)
        line.allocated = 0
    db.session.flush()
    for line in order.lines:
        db.session.expire(line, ["allocations"])


def release(order: Order) -> None:
    """Let go of the lots: others may have them."""
    step(order, "release")
    set_free(order)


def pick(order: Order) -> None:
    """Say that the goods were taken from the shelves."""
    step(order, "pick")


def pack(order: Order, packages: int, seal: str = "", note: str = "") -> Shipment:
    """Return the packed shipment of what is set aside, with its delivery note number."""
    step(order, "pack")
    with both_sides():  # the receiving store is made when it is first needed
        store = location(order.facility)
    shipment = Shipment(
        number=next_number(series.SHIPMENT), order_id=order.id, supplier_id=order.supplier_id,
        facility_id=order.facility_id, store_id=store.id, state="packed", packages=packages, seal=seal, note=note,
        packed_on=today(),
    )  # fmt: skip
    parts = [(line, part) for line in order.lines for part in line.allocations]
    shipment.lines = [
        ShipmentLine(
            order_line_id=line.id, product_id=line.product_id, lot_id=part.lot_id, location_id=part.location_id,
            position=position, quantity=part.quantity, pack_size=line.pack_size, unit_price=line.unit_price,
        )
        for position, (line, part) in enumerate(parts)
    ]  # fmt: skip
    db.session.add(shipment)
    db.session.flush()
    record(shipment, "pack", "", "packed")
    return shipment


def packed_shipment(order: Order) -> Shipment:
    """Return the shipment that is packed and has not left."""
    return next(shipment for shipment in order.shipments if shipment.state == "packed")


def unpack(order: Order) -> None:
    """Undo the packing: the delivery note is void, the lots stay set aside."""
    step(order, "unpack")
    SHIPMENT.advance(packed_shipment(order), "unpack")


def cancel(order: Order, reason: str) -> None:
    """Give an order up before it has left; its lots are free again."""
    packed = order.state == "packed"
    step(order, "cancel", reason)
    if packed:
        SHIPMENT.advance(packed_shipment(order), "unpack")
    set_free(order)
    for line in order.lines:
        line.cancelled = line.ordered - line.shipped - line.backordered
    db.session.flush()
    emit("elmis.order.cancelled", order, number=order.number)


def leave_rest(order: Order, follows: bool) -> Order | None:
    """Settle what a shipment leaves owing: an order of the rest, returned, or cancelled for good."""
    short = [line for line in order.lines if line.open > 0]
    if not short or not follows:
        for line in short:
            line.cancelled += line.open
        return None
    wanted = [Wanted(line.product_id, line.requested, line.open, line.pack_size, line.unit_price) for line in short]
    rest = create(
        order.supplier, order.facility, wanted, order.currency, urgent=order.urgent,
        requisition_id=order.requisition_id, rest_of_id=order.id,
    )  # fmt: skip
    record(rest, "create", "", "to_prepare", note=order.number)
    for line in short:
        db.session.add(Backorder(line=line, order=rest, quantity=line.open))
        line.backordered += line.open
    db.session.flush()
    return rest


def settled(order: Order) -> bool:
    """Return whether everything that was shipped has been counted and every receipt is confirmed."""
    query = select(Receipt.id).join(Shipment, Shipment.id == Receipt.shipment_id)
    waiting = db.session.scalar(query.where(Shipment.order_id == order.id, Receipt.state.not_in(SETTLED)).limit(1))
    return order.state == "received" and waiting is None


def close(order: Order) -> None:
    """Close an order of which nothing is on the way or disputed."""
    if not settled(order):
        raise Refused(_("A receipt of this order is still expected or disputed."))
    step(order, "close")


def close_if_settled(order: Order | None) -> None:
    """Close an order as soon as its last receipt is confirmed, whoever confirmed it."""
    if order is not None and settled(order):
        with both_sides():
            close(order)
