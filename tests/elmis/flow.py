"""An order from the depot to a health centre, step by step, for tests."""

from datetime import date, time, timedelta

from core.data.access import Access
from core.data.calendar import moment
from core.data.db import db, today
from core.data.work import unit_of_work
from plugins.elmis.ledger.verify import verify_ledger
from plugins.elmis.orders import services
from plugins.elmis.orders.receiving import Arrival, Counted, receive
from plugins.elmis.orders.shipping import Journey, ship
from plugins.elmis.promises.models import Order, Receipt, ShipmentLine
from plugins.elmis.promises.services import Wanted, create
from plugins.elmis.requisitions import services as requisitions
from tests import make as people
from tests.elmis import make

DEPOT, CENTRE = "P1A-DEPOT", "P1A-CDS1"
FRIDAY = moment(date(2026, 11, 27), time(10))


def stocked(world, quantities=(600, 900)):
    """Store people of both sides and a depot with two lots of a product, the later one first; return the lots' ids."""
    make.reference()
    with unit_of_work(Access.system("test")):
        for login, place, role in (
            ("depot", DEPOT, "depot_storekeeper"), ("keeper", CENTRE, "storekeeper"), ("keeper2", CENTRE, "storekeeper"),
            ("other", "P2A-DEPOT", "depot_storekeeper"), ("district", "P1A", "district_pharmacist"),
        ):  # fmt: skip
            world.users[login] = people.user(login, world[place], role).id
        product = make.product("AMOX", pack_size=100)
        late = make.lot(product, "LATE", today() + timedelta(days=700))
        soon = make.lot(product, "SOON", today() + timedelta(days=300))
        make.receive(world[DEPOT], late, quantities[1], today() - timedelta(days=5))
        make.receive(world[DEPOT], soon, quantities[0], today() - timedelta(days=5))
        return {"product": product.id, "late": late.id, "soon": soon.id}


def order(world, product_id, units=1000, access=None):
    """Store an order of the health centre at its depot; return its id."""
    with unit_of_work(access or world.access("depot")):
        return create(world[DEPOT], world[CENTRE], [Wanted(product_id, units, units, 100, 10)], "BIF").id


def by(world, login, operation):
    """Run an operation as a person, in a transaction of its own; return its value."""
    with unit_of_work(world.access(login)):
        return operation()


def of(order_id):
    """Return an order, loaded anew."""
    return db.session.get(Order, order_id)


def shipped(world, order_id, chosen=None, rest_follows=True):
    """Carry an order from its lots to the road; return its shipment's id."""
    by(world, "depot", lambda: services.allocate(of(order_id), chosen))
    by(world, "depot", lambda: services.pick(of(order_id)))
    by(world, "depot", lambda: services.pack(of(order_id), packages=3).id)
    return by(world, "depot", lambda: ship(of(order_id), Journey(driver="Juma"), rest_follows).id)


def expected(shipment_id):
    """Return the id of the receipt that is awaited for a shipment."""
    return db.session.query(Receipt).filter_by(shipment_id=shipment_id, state="expected").one().id


def lines(shipment_id):
    """Return a shipment's lines by lot number."""
    rows = db.session.query(ShipmentLine).filter_by(shipment_id=shipment_id).all()
    return {line.lot.number: line for line in rows}


def count(world, receipt_id, counted, login="keeper", extras=(), **arrival):
    """Receive what was counted."""
    return by(
        world, login, lambda: receive(db.session.get(Receipt, receipt_id), counted, Arrival(**arrival), extras).state
    )


def whole(shipment_id):
    """Return the count of a shipment that arrived complete."""
    return [Counted(line.id, line.in_transit) for line in lines(shipment_id).values()]


def holds(shipment_id):
    """Fail unless shipped = received + missing + damaged + refused + in transit, on paper and in the ledger."""
    for line in lines(shipment_id).values():
        assert line.quantity == line.accepted + line.missing + line.damaged + line.refused + line.in_transit
        assert line.in_transit >= 0
    assert verify_ledger() == []


def proposed(world, came_on):
    """Store what a requisition is computed from, and one of the health centre as it is proposed; return its id."""
    with unit_of_work(Access.system("test")):
        make.receive(world[CENTRE], make.lot(make.product("P-1", pack_size=100), "L1"), 1000, came_on)
    return by(world, "keeper", lambda: requisitions.propose(world[CENTRE]).id)


def filled(requisition_id):
    """Fill in the lines of a requisition: 100 of each, for an outbreak."""
    with unit_of_work(Access.system("test")):
        for line in requisitions.load(requisition_id).lines:
            line.requested, line.reason = 100, "outbreak"
