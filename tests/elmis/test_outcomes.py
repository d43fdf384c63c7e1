"""What becomes of the differences of a delivery: every outcome with its quantities on both sides."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from core.data.access import Access, acting
from core.data.db import db, today, utcnow
from core.data.errors import Conflict, Doubt, Invalid, NotAllowed, Refused
from core.data.work import perform, unit_of_work
from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger.models import Discrepancy, Movement, Period
from plugins.elmis.ledger.services import reverse
from plugins.elmis.ledger.verify import verify_ledger
from plugins.elmis.orders import settling
from plugins.elmis.orders.callbacks import call_back
from plugins.elmis.orders.receiving import Arrival, Counted, Extra, receive
from plugins.elmis.orders.settling import Back
from plugins.elmis.promises.models import Order, Receipt, Shipment
from plugins.elmis.replenishment import reports
from plugins.elmis.replenishment.returns import Return, returns
from plugins.elmis.requisitions.coming import expected
from tests import make as people
from tests.elmis import flow, make
from tests.elmis.flow import CENTRE, DEPOT
from tests.elmis.test_orders import balance, receipt_of, transfer

pytestmark = pytest.mark.both_databases


@pytest.fixture
def ids(world):
    return flow.stocked(world)


@pytest.fixture
def sent(world, ids):
    """Return the id of a shipment of 600 SOON and 400 LATE."""
    return flow.shipped(world, flow.order(world, ids["product"], 1000))


def counted(world, shipment_id, soon, late=None):
    """Store the count of both lots; return the receipt's id."""
    receipt_id, lines = flow.expected(shipment_id), flow.lines(shipment_id)
    flow.count(
        world, receipt_id, [Counted(lines["SOON"].id, **soon), Counted(lines["LATE"].id, **(late or {"accepted": 400}))]
    )
    flow.holds(shipment_id)
    return receipt_id


def line_of(receipt_id, number):
    return next(line for line in receipt_of(receipt_id).lines if line.shipment_line.lot.number == number)


def both(world, lot_id, kinds=("store", "loss", "in_transit", "returning")):
    """Return what lies of a lot at the depot and at the health centre, by kind."""
    return [{kind: n for kind in kinds if (n := balance(world[place], kind, lot_id))} for place in (DEPOT, CENTRE)]


def test_giving_way_books_what_was_found_as_found(world, ids, sent):
    receipt_id = counted(world, sent, {"accepted": 595, "missing": 5})
    assert both(world, ids["soon"]) == [{"loss": 5}, {"store": 595}]
    found = {line_of(receipt_id, "SOON").id: 5}
    flow.by(world, "keeper", lambda: settling.withdraw(receipt_of(receipt_id), "retrouvés sous la palette", found))
    assert both(world, ids["soon"]) == [{}, {"store": 600}]
    assert (flow.lines(sent)["SOON"].accepted, flow.lines(sent)["SOON"].missing) == (600, 0)
    assert receipt_of(receipt_id).state == "confirmed" and line_of(receipt_id, "SOON").missing == 5
    assert db.session.scalars(select(Order)).one().lines[0].received == 1000
    flow.holds(sent)


@pytest.mark.parametrize(("said", "shelf"), [("before", 600), ("after", 605)])
def test_what_is_found_after_a_later_count_is_asked_about(world, ids, sent, said, shelf):
    """595 came, 5 were missing; counted the next day: 600. Found later: among those 600, or not."""
    receipt_id = counted(world, sent, {"accepted": 595, "missing": 5})
    found = {line_of(receipt_id, "SOON").id: 5}
    with time_machine.travel(utcnow() + timedelta(days=1)):
        flow.by(world, "keeper", lambda: make.counted(world[CENTRE], db.session.get(Lot, ids["soon"]), 600))
    with time_machine.travel(utcnow() + timedelta(days=2)):
        answered(world, "keeper", said, lambda: settling.withdraw(receipt_of(receipt_id), "sous la palette", found))
    assert both(world, ids["soon"]) == [{}, {"store": shelf}] and verify_ledger() == []


@pytest.mark.parametrize(("said", "shelves"), [("before", (5, 490)), ("after", (10, 480))])
def test_what_had_not_left_and_what_left_too_is_asked_about_after_a_count(world, ids, sent, said, shelves):
    """5 of SOON stayed behind, 10 of LATE left too; the depot counted 5 and 490 before it answered."""
    lines = flow.lines(sent)
    came = [Counted(lines["SOON"].id, 595, 5), Counted(lines["LATE"].id, 400)]
    flow.count(world, flow.expected(sent), came, extras=[Extra(lines["LATE"].product, 10, lot_id=ids["late"])])
    for name, units in (("soon", 5), ("late", 490)):
        flow.by(world, "depot", lambda: make.counted(world[DEPOT], db.session.get(Lot, ids[name]), units))
    receipt_id = db.session.scalars(select(Receipt.id)).one()
    found = {line_of(receipt_id, "SOON").id: 5}
    with time_machine.travel(utcnow() + timedelta(days=1)):
        answered(world, "depot", said, lambda: settling.acknowledge(receipt_of(receipt_id)))
        answered(world, "depot", said, lambda: settling.find_here(receipt_of(receipt_id), "au fond", found))
    assert tuple(balance(world[DEPOT], "store", ids[name]) for name in ("soon", "late")) == shelves
    assert verify_ledger() == []


def test_what_both_sides_find_is_found_once(world, ids, sent, client):
    """10 missing: both pages are open, the receiver finds them; the sender's older page answered 500."""
    receipt_id = counted(world, sent, {"accepted": 590, "missing": 10})
    key = line_of(receipt_id, "SOON").id
    flow.by(world, "keeper", lambda: settling.find(receipt_of(receipt_id), "au fond", {key: 10}))
    with pytest.raises(Invalid) as refused, unit_of_work(world.access("depot")):
        settling.find_here(receipt_of(receipt_id), "non parti", {key: 10})
    assert list(refused.value.errors) == ["lines-0-found"]
    assert both(world, ids["soon"]) == [{}, {"store": 600}]


def test_who_has_used_the_surplus_may_give_way(world, ids, sent, client):
    """410 came for 400 and were all given out: giving way leaves 10 to explain, not a dispute without an end."""
    lines = flow.lines(sent)
    came = [Counted(lines["SOON"].id, 600), Counted(lines["LATE"].id, 400)]
    flow.count(world, flow.expected(sent), came, extras=[Extra(lines["LATE"].product, 10, lot_id=ids["late"])])
    receipt_id = db.session.scalars(select(Receipt.id)).one()
    with unit_of_work(world.access("keeper")):
        make.dispense(world[CENTRE], db.session.get(Lot, ids["late"]), 410)
    people.sign_in(client, "keeper")
    assert "10 de" in client.get(f"/elmis/receipts/{receipt_id}/withdraw").text.replace("\xa0", " ")
    flow.by(world, "keeper", lambda: settling.withdraw(receipt_of(receipt_id), "mal compté", {}))
    assert receipt_of(receipt_id).state == "confirmed" and balance(world[CENTRE], "store", ids["late"]) == 0
    assert db.session.scalars(select(Discrepancy)).one().quantity == 10 and verify_ledger() == []


def test_a_closed_month_is_closed_to_receipts_counts_and_reversals(world, ids, sent):
    """Slips were refused in it; a receipt of the 16th, a count on paper of the 31st and a reversal were not."""
    month = (today() - timedelta(days=today().day)).replace(day=1)
    lot = db.session.get(Lot, ids["soon"])
    flow.by(world, "keeper", lambda: make.receive(world[CENTRE], lot, 30, on=month))
    with unit_of_work(Access.system("test")):
        db.session.add(Period(month=month, closed=True))
        shipment = db.session.get(Shipment, sent)
        shipment.shipped_on = month
    row = db.session.scalars(select(Movement).order_by(Movement.id.desc())).first()

    def refused(operation):
        with unit_of_work(world.access("keeper")), pytest.raises((Refused, Invalid), match="clos"):
            operation()

    refused(lambda: receive(db.session.get(Receipt, flow.expected(sent)), flow.whole(sent), Arrival(month)))
    refused(lambda: make.counted(world[CENTRE], lot, 12, month))
    refused(lambda: reverse(row, "erreur"))
    assert balance(world[CENTRE], "store", ids["soon"]) == 30


def answered(world, login, choice, operation):
    """Carry an operation out as a person who answers its question."""
    with acting(world.access(login)):
        with pytest.raises(Doubt) as doubt:
            perform(operation)
        db.session.rollback()
        perform(operation, confirmed=[f"{one.token}:{choice}" for one in doubt.value.questions])


def test_who_gives_way_without_having_found_it_bears_the_loss(world, ids, sent):
    receipt_id = counted(world, sent, {"accepted": 590, "missing": 6, "damaged": 4})
    found = {line_of(receipt_id, "SOON").id: 2}
    flow.by(world, "keeper", lambda: settling.withdraw(receipt_of(receipt_id), "mal compté", found))
    assert both(world, ids["soon"]) == [{}, {"store": 592, "loss": 8}]
    assert line_of(receipt_id, "SOON").taken_over == 8
    flow.holds(sent)


def test_what_is_found_after_the_agreement_is_booked_found(world, ids, sent):
    receipt_id = counted(world, sent, {"accepted": 595, "missing": 5})
    flow.by(world, "depot", lambda: settling.acknowledge(receipt_of(receipt_id)))
    key = line_of(receipt_id, "SOON").id
    with pytest.raises(Invalid):
        flow.by(world, "keeper", lambda: settling.find(receipt_of(receipt_id), "trop", {key: 6}))
    flow.by(world, "keeper", lambda: settling.find(receipt_of(receipt_id), "dans la réserve", {key: 3}))
    assert both(world, ids["soon"]) == [{"loss": 2}, {"store": 598}]
    with pytest.raises(NotAllowed):
        flow.by(world, "keeper", lambda: settling.find_here(receipt_of(receipt_id), "non", {key: 2}))
    flow.by(world, "depot", lambda: settling.find_here(receipt_of(receipt_id), "resté au quai", {key: 2}))
    assert both(world, ids["soon"]) == [{"store": 2}, {"store": 598}]
    assert flow.lines(sent)["SOON"].missing == 2 and line_of(receipt_id, "SOON").lost == 0
    flow.holds(sent)


def test_all_found_during_a_dispute_ends_it(world, ids, sent):
    receipt_id = counted(world, sent, {"accepted": 595, "missing": 5})
    key = line_of(receipt_id, "SOON").id
    flow.by(world, "keeper", lambda: settling.find(receipt_of(receipt_id), "retrouvés", {key: 5}))
    assert receipt_of(receipt_id).state == "confirmed" and both(world, ids["soon"]) == [{}, {"store": 600}]


def test_refused_goods_wait_for_the_depot_to_take_them_back(world, ids, sent):
    receipt_id = counted(world, sent, {"accepted": 590, "refused": 10, "comment": "autre dosage"})
    assert both(world, ids["soon"]) == [{"returning": 10}, {"store": 590}]
    key = line_of(receipt_id, "SOON").id
    with pytest.raises(NotAllowed):
        flow.by(world, "keeper", lambda: settling.take_back(receipt_of(receipt_id), [Back(key, 10)]))
    with pytest.raises(Invalid):
        flow.by(world, "depot", lambda: settling.take_back(receipt_of(receipt_id), [Back(key, 8, 3)]))
    flow.by(world, "depot", lambda: settling.take_back(receipt_of(receipt_id), [Back(key, 6)]))
    assert both(world, ids["soon"]) == [{"store": 6, "returning": 4}, {"store": 590}]
    flow.by(world, "depot", lambda: settling.take_back(receipt_of(receipt_id), [Back(key, 1, 3)]))
    assert both(world, ids["soon"]) == [{"store": 7, "loss": 3}, {"store": 590}]
    flow.holds(sent)


def test_more_than_the_note_is_asked_about_and_then_booked_on_both_sides(world, ids, sent):
    receipt_id, lines = flow.expected(sent), flow.lines(sent)
    found = [Counted(lines["SOON"].id, 600), Counted(lines["LATE"].id, 410)]

    def count():
        return receive(db.session.get(Receipt, receipt_id), found, Arrival()).state

    with acting(world.access("keeper")), pytest.raises(Doubt, match="10") as doubt:
        perform(count)
    db.session.rollback()
    assert (doubt.value.questions[0].field, doubt.value.questions[0].line) == ("accepted", 1)
    with acting(world.access("keeper")):
        assert perform(count, confirmed=[one.token for one in doubt.value.questions]) == "disputed"
    assert both(world, ids["late"]) == [{"store": 500}, {"store": 410}]
    assert balance(world[DEPOT], "adjustment", ids["late"]) == -10
    flow.holds(sent)
    flow.by(world, "depot", lambda: settling.acknowledge(receipt_of(receipt_id)))
    assert both(world, ids["late"]) == [{"store": 490}, {"store": 410}]
    assert balance(world[DEPOT], "adjustment", ids["late"]) == 0
    assert [extra.state for extra in receipt_of(receipt_id).extras] == ["accepted"]
    flow.holds(sent)


def other_lot(world, sent, number="OTHER", units=50):
    """Store a count in which 50 of another lot came in place of 50 SOON; return the receipt's id."""
    receipt_id, lines = flow.expected(sent), flow.lines(sent)
    found = [Counted(lines["SOON"].id, 550, missing=50), Counted(lines["LATE"].id, 400)]

    def count():
        product = db.session.scalars(select(Product)).one()
        extra = Extra(product, units, number, today().replace(year=today().year + 2), lines["SOON"].id)
        return receive(db.session.get(Receipt, receipt_id), found, Arrival(), [extra]).state

    assert flow.by(world, "keeper", count) == "disputed"
    return receipt_id


def test_another_lot_than_the_note_says_ends_with_both_lots_right_on_both_sides(world, ids, sent):
    with unit_of_work(Access.system("test")):
        other = make.lot(db.session.get(Product, ids["product"]), "OTHER", today().replace(year=today().year + 2)).id
        make.receive(world[DEPOT], db.session.get(Lot, other), 80)
    receipt_id = other_lot(world, sent)
    assert both(world, ids["soon"]) == [{"loss": 50}, {"store": 550}]
    assert both(world, other) == [{"store": 80}, {"store": 50}]
    flow.by(world, "depot", lambda: settling.acknowledge(receipt_of(receipt_id)))
    assert both(world, ids["soon"]) == [{"store": 50}, {"store": 550}]
    assert both(world, other) == [{"store": 30}, {"store": 50}]
    assert receipt_of(receipt_id).state == "confirmed"
    flow.holds(sent)


def test_what_comes_back_under_a_receipt_belongs_to_the_day_of_its_shipment(world, ids, sent):
    """50 of SOON that had not left: the orders and the stock pages of the depot take them off the day of the note."""
    left, receipt_id = today(), other_lot(world, sent)
    with time_machine.travel(utcnow() + timedelta(days=2)):
        flow.by(world, "depot", lambda: settling.acknowledge(receipt_of(receipt_id)))
        found = returns(reports.stores(world.ids[DEPOT]), left, today())
        assert found == {
            (world.ids[DEPOT], ids["product"]): [Return(left + timedelta(days=2), left, reports.CONSUMED, 50)]
        }


def test_a_lot_that_the_depot_never_knew_is_its_difference_to_explain(world, client, ids, sent):
    """The task, the list and the page name the lot and the receipt, which opens, and who had it."""
    receipt_id = other_lot(world, sent, "AUTRE-7")
    flow.by(world, "depot", lambda: settling.acknowledge(receipt_of(receipt_id)))
    lot = db.session.scalars(select(Lot.id).where(Lot.number == "AUTRE-7")).one()
    assert both(world, lot) == [{}, {"store": 50}]
    open_ = db.session.scalars(select(Discrepancy)).one()
    assert (open_.facility_id, open_.quantity) == (world.ids[DEPOT], 50)
    flow.holds(sent)
    receipt, row, centre = receipt_of(receipt_id).number, open_.id, db.session.get(Facility, world.ids[CENTRE]).name
    people.sign_in(client, "depot")
    for address in ("/inbox", "/elmis/stock/shortfalls", f"/elmis/stock/shortfalls/{row}"):
        page = client.get(address).text
        assert [each for each in ("AUTRE-7", receipt, centre) if each not in page] == [], address
        assert address == "/inbox" or f'href="/elmis/receipts/{receipt_id}"' in page


def test_a_surplus_that_was_none_leaves_the_receivers_stock_again(world, ids, sent):
    receipt_id = other_lot(world, sent, "AUTRE-7")
    flow.by(world, "depot", lambda: settling.contest(receipt_of(receipt_id), "lot inconnu ici"))
    found = {line_of(receipt_id, "SOON").id: 50}
    flow.by(world, "keeper", lambda: settling.withdraw(receipt_of(receipt_id), "étiquette mal lue", found))
    lot = db.session.scalars(select(Lot.id).where(Lot.number == "AUTRE-7")).one()
    assert both(world, lot) == [{}, {}] and both(world, ids["soon"]) == [{}, {"store": 600}]
    flow.holds(sent)


def test_more_of_another_lot_than_is_missing_is_refused_at_its_line(world, ids, sent):
    with pytest.raises(Invalid) as refusal:
        other_lot(world, sent, units=51)
    assert set(refusal.value.errors) == {"extras-0-quantity"}


def test_what_is_on_the_road_is_called_back_and_can_be_sent_again(world, ids, sent):
    with pytest.raises(NotAllowed):
        flow.by(world, "keeper", lambda: call_back(db.session.get(Shipment, sent), "pont coupé"))
    with pytest.raises(Refused):
        flow.by(world, "depot", lambda: call_back(db.session.get(Shipment, sent), ""))
    receipt_id = flow.by(world, "depot", lambda: call_back(db.session.get(Shipment, sent), "pont coupé", again=True).id)
    assert both(world, ids["soon"]) == [{"returning": 600}, {}]
    flow.holds(sent)
    first, rest = db.session.scalars(select(Order).order_by(Order.id)).all()
    assert (first.state, db.session.get(Shipment, sent).state) == ("called_back", "called_back")
    assert rest.lines[0].ordered == 1000 and not expected(world[CENTRE]).in_transit
    with pytest.raises(Conflict):
        flow.count(world, receipt_id, [Counted(flow.lines(sent)["SOON"].id, 600)])
    backs = [Back(line.id, line.returning) for line in receipt_of(receipt_id).lines]
    flow.by(world, "depot", lambda: settling.take_back(receipt_of(receipt_id), backs))
    assert both(world, ids["soon"]) == [{"store": 600}, {}] and both(world, ids["late"]) == [{"store": 900}, {}]
    again = flow.shipped(world, rest.id)
    assert sum(line.quantity for line in flow.lines(again).values()) == 1000


def test_a_transfer_is_called_back_too_and_what_came_stays(world, ids, sent):
    lines, first = flow.lines(sent), flow.expected(sent)
    flow.count(world, first, [Counted(lines["SOON"].id, 600)], rest_later=True)
    flow.by(world, "depot", lambda: call_back(db.session.get(Shipment, sent), "chauffeur malade").id)
    assert both(world, ids["late"]) == [{"store": 500, "returning": 400}, {}]
    assert db.session.scalars(select(Order)).one().state == "closed"
    moved = flow.by(world, "depot", lambda: transfer(world, ids | {"soon": ids["late"]}, 50).id)
    awaited = flow.expected(moved)
    flow.by(world, "depot", lambda: call_back(db.session.get(Shipment, moved), "erreur").id)
    with pytest.raises(Conflict, match=r"(?i)called back|rappel"):  # nobody recorded it
        flow.count(world, awaited, [])
    assert both(world, ids["late"]) == [{"store": 450, "returning": 450}, {}]
    flow.holds(moved)


def test_all_faults_of_a_receipt_come_at_once_and_then_all_its_questions(world, ids, sent):
    receipt_id, lines = flow.expected(sent), flow.lines(sent)
    product, old = lines["SOON"].product, today().replace(year=today().year - 1)

    def receive_(counts, arrival, *extras, confirmed=()):
        def operation():
            extra = [Extra(db.session.get(Product, product.id), *each) for each in extras]
            return receive(db.session.get(Receipt, receipt_id), counts, arrival, extra).state

        with unit_of_work(world.access("keeper"), confirmed=confirmed):
            return operation()

    wrong = [Counted(lines["SOON"].id, accepted=590), Counted(lines["LATE"].id, accepted=400, refused=1)]
    with pytest.raises(Invalid) as faults:
        receive_(wrong, Arrival(today().replace(year=2020)), (5, ""), (5, "NEW", None, lines["LATE"].id))
    named = {"received_on", "lines-0-missing", "lines-1-accepted", "extras-0-lot", "extras-1-quantity"}
    assert set(faults.value.errors) == named
    right = [Counted(lines["SOON"].id, accepted=604), Counted(lines["LATE"].id, accepted=400)]
    with pytest.raises(Doubt) as doubt:
        receive_(right, Arrival(), (2_000_000, "NEW", old))
    asked = [(one.field, one.line) for one in doubt.value.questions]
    assert asked == [("accepted", 0), ("quantity", 0), ("expiry", 0)]
    tokens = [one.token for one in doubt.value.questions]
    assert receive_(right, Arrival(), (2_000_000, "NEW", old), confirmed=tokens) == "disputed"
    with pytest.raises(Conflict, match=f"Keeper.*{receipt_of(receipt_id).number}"):
        receive_(right, Arrival())
    flow.holds(sent)
