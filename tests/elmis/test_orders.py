"""The cycle of an order: lots, shipment, receipt, differences, rest; rights of each side; races and replays."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.data import audit
from core.data.access import Access, acting
from core.data.db import db, today
from core.data.errors import AmagaraError, Conflict, Invalid, NotAllowed, Refused
from core.data.states import history
from core.data.work import perform, unit_of_work
from plugins.elmis.catalogue.models import Product
from plugins.elmis.formulas.suggestion import Coming
from plugins.elmis.ledger.models import Movement, StockBalance, StockLocation
from plugins.elmis.ledger.services import reverse
from plugins.elmis.orders import receiving, services, settling, shipping
from plugins.elmis.orders.receiving import Arrival, Counted
from plugins.elmis.promises.models import Allocation, Backorder, Order, Receipt, Shipment
from plugins.elmis.promises.services import Wanted, create
from plugins.elmis.replenishment.reading import Expected
from plugins.elmis.requisitions.coming import expected
from tests.elmis import flow, make
from tests.elmis.flow import CENTRE, DEPOT

pytestmark = pytest.mark.both_databases


@pytest.fixture
def ids(world):
    return flow.stocked(world)


def balance(facility, kind, lot_id):
    query = select(StockBalance.quantity).join(StockLocation, StockLocation.id == StockBalance.location_id)
    query = query.where(StockLocation.facility_id == facility.id, StockLocation.kind == kind)
    return db.session.scalar(query.where(StockBalance.lot_id == lot_id)) or 0


def reasons(document):
    rows = db.session.scalars(select(Movement).where(Movement.document == document))
    return sorted((row.reason.code, row.quantity) for row in rows)


def test_the_whole_cycle_with_a_missing_and_a_damaged_line(world, ids):
    order_id = flow.order(world, ids["product"], 1000)
    shipment_id = flow.shipped(world, order_id)
    lines = flow.lines(shipment_id)
    assert {number: line.quantity for number, line in lines.items()} == {"SOON": 600, "LATE": 400}
    assert balance(world[DEPOT], "in_transit", ids["soon"]) == 600
    receipt_id = flow.expected(shipment_id)
    counted = [
        Counted(lines["SOON"].id, accepted=580, missing=20),
        Counted(lines["LATE"].id, accepted=390, damaged=7, refused=3, comment="boîtes ouvertes"),
    ]
    assert flow.count(world, receipt_id, counted, commission="A. Niyonzima") == "disputed"
    receipt = db.session.get(Receipt, receipt_id)
    assert balance(world[CENTRE], "store", ids["soon"]) == 580 and balance(world[CENTRE], "store", ids["late"]) == 390
    assert balance(world[DEPOT], "in_transit", ids["soon"]) == balance(world[DEPOT], "in_transit", ids["late"]) == 0
    assert balance(world[DEPOT], "store", ids["late"]) == 500  # 900 − 400; the 3 that were refused are on their way
    assert balance(world[DEPOT], "returning", ids["late"]) == 3
    assert reasons(receipt.number) == [
        ("damaged_transit", 7), ("delivery", 390), ("delivery", 580), ("missing_transit", 20), ("refused_transit", 3),
    ]  # fmt: skip
    flow.holds(shipment_id)
    assert flow.of(order_id).state == "received" and flow.of(order_id).lines[0].received == 970
    flow.by(world, "depot", lambda: settling.contest(receipt_of(receipt_id), "20 étaient dans le carton 2"))
    assert receipt_of(receipt_id).turn == "facility"
    flow.by(world, "keeper", lambda: settling.answer(receipt_of(receipt_id), "carton 2 était ouvert"))
    flow.by(world, "depot", lambda: settling.acknowledge(receipt_of(receipt_id)))
    assert (receipt_of(receipt_id).state, flow.of(order_id).state) == ("confirmed", "closed")
    said = [step.reason for step in history(receipt_of(receipt_id)) if step.reason]
    assert said == ["20 étaient dans le carton 2", "carton 2 était ouvert"]
    steps = [step.action for step in history(flow.of(order_id))]
    assert steps == ["allocate", "pick", "pack", "ship", "receive", "close"]
    assert audit.verify() == []


def receipt_of(receipt_id):
    return db.session.get(Receipt, receipt_id)


def test_what_arrives_whole_is_confirmed_and_the_order_closed(world, ids):
    order_id = flow.order(world, ids["product"], 700)
    shipment_id = flow.shipped(world, order_id)
    assert flow.count(world, flow.expected(shipment_id), flow.whole(shipment_id)) == "confirmed"
    assert flow.of(order_id).state == "closed"
    assert "closed" in [step.target for step in history(flow.of(order_id))]


def test_a_short_shipment_leaves_an_order_of_the_rest(world, ids):
    order_id = flow.order(world, ids["product"], 2000)  # the depot has 1500
    shipment_id = flow.shipped(world, order_id)
    row = flow.of(order_id)
    line = row.lines[0]
    assert (line.ordered, line.shipped, line.backordered, line.cancelled, line.allocated) == (2000, 1500, 500, 0, 0)
    rest = db.session.scalars(select(Order).where(Order.rest_of_id == order_id)).one()
    assert rest.lines[0].ordered == 500 and db.session.scalars(select(Backorder.quantity)).all() == [500]
    coming, sent = expected(world[CENTRE]), db.session.get(Shipment, shipment_id).number
    assert coming.on_order == {ids["product"]: Coming(500, (rest.number,))} and not coming.owed
    assert coming.in_transit == {ids["product"]: Coming(1500, (sent,))}
    assert expected(world[DEPOT]) == Expected({}, {}, coming.on_order)
    with pytest.raises(Refused, match=r"set aside|réservé"):
        flow.by(world, "depot", lambda: services.allocate(flow.of(rest.id)))
    with unit_of_work(Access.system("test")):
        from plugins.elmis.catalogue.models import Lot

        make.receive(world[DEPOT], db.session.get(Lot, ids["late"]), 500)
    second = flow.shipped(world, rest.id)
    assert sum(one.quantity for one in flow.lines(second).values()) == 500
    assert not expected(world[CENTRE]).on_order


def test_the_rest_may_be_cancelled_instead(world, ids):
    order_id = flow.order(world, ids["product"], 2000)
    flow.shipped(world, order_id, rest_follows=False)
    assert flow.of(order_id).lines[0].cancelled == 500
    assert db.session.scalars(select(Order)).all() == [flow.of(order_id)]


def test_a_delivery_that_comes_in_two_parts(world, ids):
    order_id = flow.order(world, ids["product"], 1000)
    shipment_id = flow.shipped(world, order_id)
    lines = flow.lines(shipment_id)
    first = flow.expected(shipment_id)
    some = [Counted(lines["SOON"].id, accepted=600)]
    with pytest.raises(Invalid, match=r"later|plus tard"):
        flow.count(world, first, some)
    lost = [*some, Counted(lines["LATE"].id, missing=400)]
    with pytest.raises(Invalid) as refusal:  # both lost and still on its way
        flow.count(world, first, lost, rest_later=True)
    assert set(refusal.value.errors) == {"rest_later"}
    assert flow.count(world, first, some, rest_later=True) == "confirmed"
    assert flow.of(order_id).state == "partly_received" and flow.lines(shipment_id)["LATE"].in_transit == 400
    flow.holds(shipment_id)
    second = flow.expected(shipment_id)
    assert second != first and flow.count(world, second, [Counted(lines["LATE"].id, 400)]) == "confirmed"
    assert flow.of(order_id).state == "closed"


def test_counts_that_do_not_fit_are_refused_line_by_line(world, ids):
    shipment_id = flow.shipped(world, flow.order(world, ids["product"], 1000))
    lines, receipt_id = flow.lines(shipment_id), flow.expected(shipment_id)
    too_many = [Counted(lines["SOON"].id, accepted=590, missing=11), Counted(lines["LATE"].id, 300, refused=100)]
    with pytest.raises(Invalid) as refusal:
        flow.count(world, receipt_id, too_many)
    assert set(refusal.value.errors) == {"lines-0-accepted", "lines-1-comment"}
    with pytest.raises(Invalid) as refusal:
        flow.count(world, receipt_id, [Counted(lines["SOON"].id, 600), Counted(lines["LATE"].id, 399)])
    assert set(refusal.value.errors) == {"lines-1-missing"}
    assert balance(world[CENTRE], "store", ids["soon"]) == 0 and receipt_of(receipt_id).state == "expected"


def test_lots_are_reserved_and_set_free_again(world, ids):
    first, second = flow.order(world, ids["product"], 1200), flow.order(world, ids["product"], 1200)
    flow.by(world, "depot", lambda: services.allocate(flow.of(first)))
    flow.by(world, "depot", lambda: services.allocate(flow.of(second)))
    assert flow.of(first).lines[0].allocated == 1200 and flow.of(second).lines[0].allocated == 300
    flow.by(world, "depot", lambda: services.allocate(flow.of(first)))  # once more: its own lots count as free
    assert flow.of(first).lines[0].allocated == 1200
    flow.by(world, "depot", lambda: services.cancel(flow.of(first), "commandé deux fois"))
    assert flow.of(first).state == "cancelled" and flow.of(first).lines[0].cancelled == 1200
    flow.by(world, "depot", lambda: services.allocate(flow.of(second)))
    assert flow.of(second).lines[0].allocated == 1200
    flow.by(world, "depot", lambda: services.release(flow.of(second)))
    assert db.session.scalars(select(Allocation)).all() == [] and flow.of(second).state == "to_prepare"


def test_only_free_and_good_lots_can_be_chosen(world, ids):
    from plugins.elmis.catalogue.models import Lot

    order_id = flow.order(world, ids["product"], 1000)
    line, place = flow.of(order_id).lines[0].id, make_store(world)
    for lot, units, words in (("soon", 601, r"\b600\b"), ("late", 1001, r"\b900\b")):
        with pytest.raises(Refused, match=words):
            flow.by(world, "depot", lambda: services.allocate(flow.of(order_id), {line: {(place, ids[lot]): units}}))
    with pytest.raises(Refused, match=r"1\s000 (were approved|approuvés)"):
        both = {line: {(place, ids["soon"]): 600, (place, ids["late"]): 500}}
        flow.by(world, "depot", lambda: services.allocate(flow.of(order_id), both))
    with unit_of_work(Access.system("test")):
        db.session.get(Lot, ids["soon"]).status = "recalled"
    with pytest.raises(Refused, match=r"recalled|rappel"):
        flow.by(world, "depot", lambda: services.allocate(flow.of(order_id), {line: {(place, ids["soon"]): 5}}))
    flow.by(world, "depot", lambda: services.allocate(flow.of(order_id)))
    assert [part.lot_id for part in flow.of(order_id).lines[0].allocations] == [ids["late"]]


def make_store(world):
    return db.session.scalar(
        select(StockLocation.id).where(StockLocation.facility_id == world.ids[DEPOT], StockLocation.kind == "store")
    )


def test_each_side_has_its_own_rights(world, ids):
    order_id = flow.order(world, ids["product"], 1000)
    for login in ("keeper", "district"):
        with pytest.raises(NotAllowed):
            flow.by(world, login, lambda: services.allocate(flow.of(order_id)))
    with acting(world.access("other")):
        assert db.session.scalars(select(Order)).all() == []
    shipment_id = flow.shipped(world, order_id)
    receipt_id = flow.expected(shipment_id)
    with acting(world.access("keeper")):
        assert db.session.scalar(select(Shipment.id)) == shipment_id
    for login in ("depot", "district"):
        with pytest.raises(NotAllowed):
            flow.count(world, receipt_id, flow.whole(shipment_id), login)
    lines = flow.lines(shipment_id)
    missing = [Counted(lines["SOON"].id, 590, missing=10), Counted(lines["LATE"].id, 400)]
    assert flow.count(world, receipt_id, missing) == "disputed"
    with pytest.raises(NotAllowed):
        flow.by(world, "keeper", lambda: settling.acknowledge(receipt_of(receipt_id)))
    with pytest.raises(NotAllowed):
        flow.by(world, "depot", lambda: settling.withdraw(receipt_of(receipt_id), "non", {}))
    found = {line.id: line.missing for line in receipt_of(receipt_id).lines}
    flow.by(world, "keeper", lambda: settling.withdraw(receipt_of(receipt_id), "retrouvés", found))
    assert receipt_of(receipt_id).state == "confirmed"


def test_two_receivers_at_once_one_of_them_is_told(app, world, ids):
    shipment_id = flow.shipped(world, flow.order(world, ids["product"], 1000))
    receipt_id, counted = flow.expected(shipment_id), flow.whole(shipment_id)
    accesses, barrier = [world.access("keeper"), world.access("keeper2")], threading.Barrier(2)

    def send(access):
        with app.app_context(), acting(access):
            barrier.wait()
            try:
                return perform(lambda: receiving.receive(db.session.get(Receipt, receipt_id), counted, Arrival()).state)
            except AmagaraError as error:
                return type(error)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(map(str, pool.map(send, accesses))) == sorted(["confirmed", str(Conflict)])
    db.session.rollback()
    assert balance(world[CENTRE], "store", ids["soon"]) == 600
    flow.holds(shipment_id)


def test_a_count_sent_twice_is_recorded_once(app, world, ids):
    shipment_id = flow.shipped(world, flow.order(world, ids["product"], 1000))
    receipt_id, counted = flow.expected(shipment_id), flow.whole(shipment_id)

    def send():
        return perform(lambda: receiving.receive(receipt_of(receipt_id), counted, Arrival()).number, key="k", body="b")

    with acting(world.access("keeper")):
        assert send() == send() == receipt_of(receipt_id).number
    assert balance(world[CENTRE], "store", ids["soon"]) == 600


def test_a_transfer_without_an_order_is_received_like_a_delivery(world, ids):
    with pytest.raises(NotAllowed):
        flow.by(world, "keeper", lambda: transfer(world, ids, 50))
    shipment_id = flow.by(world, "depot", lambda: transfer(world, ids, 50).id)
    assert balance(world[DEPOT], "in_transit", ids["soon"]) == 50
    line = flow.lines(shipment_id)["SOON"]
    assert flow.count(world, flow.expected(shipment_id), [Counted(line.id, 48, missing=2)]) == "disputed"
    assert balance(world[CENTRE], "store", ids["soon"]) == 48
    flow.holds(shipment_id)


def transfer(world, ids, units):
    return shipping.send(world[DEPOT], world[CENTRE], [shipping.Sent(ids["soon"], units)], shipping.Journey())


def test_a_packed_order_can_be_unpacked_and_repacked(world, ids):
    order_id = flow.order(world, ids["product"], 300)
    flow.by(world, "depot", lambda: services.allocate(flow.of(order_id)))
    flow.by(world, "depot", lambda: services.pick(flow.of(order_id)))
    flow.by(world, "depot", lambda: services.pack(flow.of(order_id), 1).id)
    flow.by(world, "depot", lambda: services.unpack(flow.of(order_id)))
    flow.by(world, "depot", lambda: services.pack(flow.of(order_id), 2).id)
    flow.by(world, "depot", lambda: shipping.ship(flow.of(order_id), shipping.Journey()).id)
    states = db.session.execute(select(Shipment.number, Shipment.state).order_by(Shipment.id)).all()
    assert [state for _number, state in states] == ["cancelled", "shipped"]
    assert balance(world[DEPOT], "store", ids["soon"]) == 300


def test_dates_before_the_shipment_or_still_to_come_are_refused(world, ids):
    from datetime import timedelta

    shipment_id = flow.shipped(world, flow.order(world, ids["product"], 100))
    for day in (today() - timedelta(days=1), today() + timedelta(days=1)):
        with pytest.raises(Invalid):
            flow.count(world, flow.expected(shipment_id), flow.whole(shipment_id), received_on=day)


def test_a_scarce_product_is_shared_fairly(world, ids):
    from plugins.elmis.orders.offers import fair_shares, offers

    first, second = flow.order(world, ids["product"], 1500), flow.order(world, ids["product"], 1500)
    with acting(world.access("depot")):
        shares = [fair_shares(flow.of(one), offers(flow.of(one)))[flow.of(one).lines[0].id] for one in (first, second)]
    assert shares == [750, 750]


def test_what_a_shipment_or_receipt_accounts_for_is_not_reversed(world, ids):
    """Else what was shipped would no longer be what was received."""
    shipment_id = flow.shipped(world, flow.order(world, ids["product"], 100))
    flow.count(world, flow.expected(shipment_id), flow.whole(shipment_id))
    for reason in ("shipment", "delivery"):
        row = db.session.scalars(select(Movement).where(Movement.reason.has(code=reason))).first()
        with pytest.raises(Refused, match="dont les chiffres restent"), unit_of_work(Access.system("test")):
            reverse(row, "erreur")
    flow.holds(shipment_id)


def test_an_emergency_is_promised_sooner(world, ids):
    with unit_of_work(world.access("depot")):
        made = {
            urgent: create(world[DEPOT], world[CENTRE], [Wanted(ids["product"], 10, 10)], "BIF", urgent=urgent)
            for urgent in (True, False)
        }
    assert made[True].urgent and not made[False].urgent
    assert made[True].needed_on == today() + timedelta(days=2)
    assert made[False].needed_on == today() + timedelta(days=10)


@pytest.mark.parametrize(("days", "proposed"), [(29, False), (30, True)])
def test_a_lot_with_less_than_thirty_days_is_chosen_by_hand_alone(world, ids, days, proposed):
    with unit_of_work(Access.system("test")):
        lot = make.lot(db.session.get(Product, ids["product"]), "BRIEF", today() + timedelta(days=days))
        make.receive(world[DEPOT], lot, 50)
        brief = lot.id
    order_id = flow.order(world, ids["product"], 50)
    flow.by(world, "depot", lambda: services.allocate(flow.of(order_id)))
    taken = {part.lot_id: part.quantity for line in flow.of(order_id).lines for part in line.allocations}
    assert taken == ({brief: 50} if proposed else {ids["soon"]: 50})
    line, place = flow.of(order_id).lines[0].id, make.store(world[DEPOT]).id
    flow.by(world, "depot", lambda: services.allocate(flow.of(order_id), {line: {(place, brief): 50}}))


def test_lots_of_which_others_hold_a_part_are_free_only_for_the_rest(world, ids):
    first, second = (flow.order(world, ids["product"], 600) for _n in range(2))
    line, place = flow.of(first).lines[0].id, make.store(world[DEPOT]).id
    flow.by(world, "depot", lambda: services.allocate(flow.of(first), {line: {(place, ids["soon"]): 500}}))
    other = flow.of(second).lines[0].id
    with pytest.raises(Refused, match="100"):
        flow.by(world, "depot", lambda: services.allocate(flow.of(second), {other: {(place, ids["soon"]): 101}}))
    flow.by(world, "depot", lambda: services.allocate(flow.of(second), {other: {(place, ids["soon"]): 100}}))


def test_an_order_with_an_expected_receipt_is_not_settled(world, ids):
    order_id = flow.order(world, ids["product"], 100)
    flow.shipped(world, order_id)
    with unit_of_work(Access.system("test")):
        flow.of(order_id).state = "received"  # as an import or a later machine might say
    assert not services.settled(flow.of(order_id))
    with pytest.raises(Refused, match="encore attendue"):
        flow.by(world, "depot", lambda: services.close(flow.of(order_id)))
