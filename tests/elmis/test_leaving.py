"""Which lots leave a store: lines share them, late papers find what lay there, orders keep what is set aside."""

import re
from datetime import timedelta

import pytest

from core.contract.plugins import service
from core.contract.ports import Stock
from core.data.access import Access
from core.data.codes import key_of
from core.data.db import db, today, utcnow
from core.data.errors import Doubt, Refused
from core.data.states import history
from core.data.work import unit_of_work
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger.models import Movement
from plugins.elmis.ledger.services import Move, Seen, location, observe, post, reverse
from plugins.elmis.ledger.verify import verify_ledger
from plugins.elmis.lots.lines import Header, Line
from plugins.elmis.orders import services as orders
from plugins.elmis.orders.offers import offers
from plugins.elmis.orders.shipping import Journey, Sent, send, ship
from plugins.elmis.promises.models import Order, Shipment
from plugins.elmis.store.free import Shelf, held
from plugins.elmis.store.kinds import KINDS
from plugins.elmis.store.leaving import picks
from plugins.elmis.store.services import add_store, record
from plugins.elmis.store.shelf import lots
from tests import make as people
from tests.elmis import flow, make

pytestmark = pytest.mark.both_databases
TODAY = today()
PLACE = "P1A-CDS1"


def ago(days):
    return TODAY - timedelta(days=days)


def product(code="AMOX"):
    return db.session.query(Product).filter_by(code=code).one()


@pytest.fixture
def shop(app, world):
    """Store 10 of lot A, which came long ago and expires first, and 100 of lot B, which came today."""
    make.reference()
    with unit_of_work(Access.system("test")):
        of = make.product("AMOX")
        make.receive(world[PLACE], make.lot(of, "A", TODAY + timedelta(days=90)), 10, ago(30))
        make.receive(world[PLACE], make.lot(of, "B", TODAY + timedelta(days=300)), 100)
    return world


def write(world, kind, reason, *lines, code=PLACE, confirmed=(), on=TODAY, access=None, **header):
    with unit_of_work(access or Access.system("test"), confirmed=confirmed):
        rows = [Line(product(), *each) for each in lines]
        number = record(KINDS[kind], world[code], Header(on, reason, **header), rows)
        moved = db.session.query(Movement).filter_by(document=number).order_by(Movement.id)
        return [(row.lot.number, row.quantity) for row in moved]


def on_shelf(world, code=PLACE, name=""):
    with unit_of_work(Access.system("test")):
        return {one.stock.number: one.there for one in held(location(world[code], "store", name), product())}


def test_two_lines_of_one_product_share_its_lots(shop):
    """8 + 8 of A (10) and B (100): A 8, then A 2 + B 6; a lot that a later line names is kept for it."""
    assert write(shop, "dispense", "dispensed", (8,), (8,)) == [("A", 8), ("A", 2), ("B", 6)]
    with unit_of_work(Access.system("test")):
        store = location(shop[PLACE])
        lines = [Line(product(), 40), Line(product(), 90, "b"), Line(product(), 4, "B")]
        with pytest.raises(Refused, match="0") as refusal:  # 94 of B are left, and both named lines come first
            picks(store, Header(TODAY, "transfer_out"), lines)
        assert refusal.value.facts["line"] == 0
        assert picks(store, Header(TODAY, "transfer_out"), lines[1:])[0][2] == 90
    assert verify_ledger() == []


def test_a_refusal_names_the_article_the_lot_and_how_much_is_there_in_which_unit(shop):
    """The same words from the line, from the shelf as a whole and from the ledger behind them."""
    told = []
    for line in ((11, "a"), (111,), (1, "C")):
        with pytest.raises(Refused) as refusal:
            write(shop, "issue", "issue_ward", line)
        told.append(refusal.value)
    with pytest.raises(Refused) as refusal, unit_of_work(Access.system("test")):
        make.dispense(shop[PLACE], db.session.query(Lot).filter_by(number="B").one(), 2000)
    assert [str(one.message).replace("\N{NO-BREAK SPACE}", " ") for one in (*told, refusal.value)] == [
        "Produit AMOX, lot a : il n’y a que 10 comprimés, pas 11.",
        "Produit AMOX : seulement 110 comprimés à sortir, pas 111.",
        "Produit AMOX, lot C : ce lot n’est pas dans le magasin.",
        "Produit AMOX, lot B : il n’y a que 100 comprimés, pas 2 000. Sortez-en moins, ou choisissez un autre lot.",
    ]


def test_a_late_issue_takes_what_lay_there_on_that_day(shop):
    assert write(shop, "issue", "issue_ward", (6,), on=ago(3)) == [("A", 6)]
    with pytest.raises(Refused, match="4") as refusal:  # B came today, 4 of A are left
        write(shop, "issue", "issue_ward", (5,), on=ago(3))
    assert refusal.value.field == "quantity"
    with pytest.raises(Refused, match=f"{ago(3):%d/%m/%Y}"):
        write(shop, "issue", "issue_ward", (1, "B"), on=ago(3))
    write(shop, "issue", "issue_ward", (4,), on=ago(1))  # what later days have used is not there before
    with pytest.raises(Refused):
        write(shop, "issue", "issue_ward", (1,), on=ago(5))
    assert on_shelf(shop) == {"B": 100} and verify_ledger() == []


def test_a_slip_of_before_the_count_of_its_day_finds_what_lay_there_then(shop):
    """Lot A was 10, 4 were counted: 6 may have left before the count, and the count holds."""
    with unit_of_work(Access.system("test")):
        lot, place = db.session.query(Lot).filter_by(number="A").one(), location(shop[PLACE])
        observe([Seen(lot.id, place.id, 4, TODAY, utcnow(), document="INV-1")])
    assert write(shop, "issue", "issue_ward", (6,), counted="before") == [("A", 6)]
    assert on_shelf(shop)["A"] == 4 and verify_ledger() == []
    with pytest.raises(Refused):  # nothing but B is left for what came after it
        write(shop, "issue", "issue_ward", (5, "A"), counted="after")


def test_a_lot_past_its_vial_monitor_is_not_given_out(shop):
    with unit_of_work(Access.system("test")):
        db.session.query(Lot).filter_by(number="A").one().vvm = 3
    assert write(shop, "dispense", "dispensed", (5,)) == [("B", 5)]
    with pytest.raises(Refused, match="3") as refusal:
        write(shop, "dispense", "dispensed", (5, "A"))
    assert refusal.value.field == "lot" and refusal.value.facts["line"] == 0
    write(shop, "loss", "damaged", (10, "A"), comment="stage 3")


def test_orders_slips_and_what_is_offered_take_lots_in_one_order(world):
    """Also where a slip names packs of one number and one expiry: there the vial monitor was not looked at."""
    ids = flow.stocked(world)
    with unit_of_work(Access.system("test")):
        of, last = db.session.get(Product, ids["product"]), TODAY + timedelta(days=500)
        first = make.lot(of, "VIAL", last, vvm=1)
        twin = make.lot(of, "VIAL (2)", last, vvm=2, twin_of_id=first.id)
        ever = make.lot(of, "EVER")
        ever.expiry = None
        for lot in (ever, first, twin):
            make.receive(world[flow.DEPOT], lot, 20)
    wanted = ["SOON", "VIAL (2)", "VIAL", "LATE", "EVER"]
    with unit_of_work(Access.system("test")):
        depot = location(world[flow.DEPOT])
        assert [one.stock.number for one in held(depot, product())] == wanted
        numbers = {lot.id: lot.number for lot in db.session.query(Lot)}
        assert [numbers[lot] for lot, _units in Shelf(depot).first_expiry_first(product(), 1560)] == wanted
        assert [one["value"] for one in lots(depot, "AMOX")] == wanted
        named = picks(depot, Header(TODAY, "dispensed"), [Line(product(), 30, "VIAL")])
        assert [(numbers[lot], units) for _line, lot, units in named] == [("VIAL (2)", 20), ("VIAL", 10)]
    order = flow.order(world, ids["product"], 1560)
    offered = offers(flow.of(order))[ids["product"]]
    assert [one.number for one in offered] == wanted
    flow.by(world, "depot", lambda: orders.allocate(flow.of(order)))
    assert [one.free for one in offers(flow.of(order))[ids["product"]]] == [one.free for one in offered]  # for itself
    other = offers(flow.of(flow.order(world, ids["product"], 1)))[ids["product"]]
    assert [one.free for one in other] == [0, 0, 0, 0, 0] and {one.there for one in other} == {600, 20, 900}


# what is set aside for orders


@pytest.fixture
def promised(app, world):
    """Store 600 SOON and 900 LATE at a depot, with 1,000 of them set aside, packed, for a health centre."""
    ids = flow.stocked(world)
    ids["order"] = flow.order(world, ids["product"])
    for step in (orders.allocate, orders.pick, lambda row: orders.pack(row, packages=2).id):
        flow.by(world, "depot", lambda step=step: step(flow.of(ids["order"])) and None)
    return ids


def out(world, kind, reason, *lines, **header):
    return write(world, kind, reason, *lines, code=flow.DEPOT, **header)


def test_what_is_set_aside_is_not_free_for_issues_transfers_losses_and_the_port(world, promised):
    assert out(world, "issue", "issue_ward", (500,)) == [("LATE", 500)]  # SOON is all set aside, 400 of LATE too
    for kind, reason in (("issue", "issue_ward"), ("loss", "damaged")):
        with pytest.raises(Refused, match=r"1\s000 de plus"):
            out(world, kind, reason, (1,), comment="x")
    with pytest.raises(Refused, match="SOON"):
        flow.by(world, "depot", lambda: send(world[flow.DEPOT], world[PLACE], [Sent(promised["soon"], 1)], Journey()))
    with unit_of_work(Access.system("test")):
        assert service(Stock).available(world[flow.DEPOT], "AMOX").quantity == 0
        with pytest.raises(Refused):
            Shelf(location(world[flow.DEPOT])).first_expiry_first(product(), 1)
    with pytest.raises(Refused), unit_of_work(Access.system("test")):  # the ledger holds it, whoever posts
        make.dispense(world[flow.DEPOT], db.session.get(Lot, promised["soon"]), 1)
    receipt = db.session.query(Movement).filter_by(lot_id=promised["soon"]).first().id
    with pytest.raises(Refused), unit_of_work(Access.system("test")):
        reverse(db.session.get(Movement, receipt), "mistake")
    flow.by(world, "depot", lambda: ship(flow.of(promised["order"]), Journey()).id)
    assert on_shelf(world, flow.DEPOT) == {} and verify_ledger() == []


def test_it_is_taken_on_purpose_with_a_reason_and_the_order_is_told(world, promised, client):
    people.sign_in(client, "depot")
    offered = client.get("/elmis/store/lots?product=AMOX").get_json()["results"]
    assert [one["detail"].split(", ")[2:] for one in offered] == [["600 réservés"], ["400 réservés"]]
    shown = [re.sub(r"\s", "", client.get(f"/elmis/stock/{page}").text) for page in ("", "lots")]
    assert "dont1000réservés" in shown[0] and "dont600réservés" in shown[1] and "dont400réservés" in shown[1]
    with pytest.raises(Doubt) as doubt:
        out(world, "loss", "damaged", (50, "SOON"), comment="roof leaked")
    question = doubt.value.questions[0]
    number = flow.of(promised["order"]).number
    assert question.line == 0 and number in str(question.words)
    yes = [question.token]
    with pytest.raises(Refused) as refusal:
        out(world, "loss", "expired", (50, "SOON"), confirmed=yes)
    assert refusal.value.field == "comment"
    keeper = world.access("depot")
    assert out(world, "loss", "damaged", (50, "SOON"), comment="roof leaked", confirmed=yes, access=keeper)
    row = db.session.get(Order, promised["order"])
    assert (row.state, row.lines[0].allocated) == ("allocated", 950)
    last = history(row)[-1]
    assert last.action == "take" and "roof leaked" in last.reason and last.user_label == "Depot"
    assert [one.state for one in db.session.query(Shipment)] == ["cancelled"]  # its note is void
    people.sign_in(client, "depot")
    assert "roof leaked" in client.get("/inbox").text
    for step in (orders.pick, lambda row: orders.pack(row, packages=2).id):
        flow.by(world, "depot", lambda step=step: step(flow.of(promised["order"])) and None)
    flow.by(world, "depot", lambda: ship(flow.of(promised["order"]), Journey()).id)
    assert verify_ledger() == []


def test_a_count_and_a_recall_go_before_an_order_which_is_told(world, promised):
    with unit_of_work(Access.system("test")):
        lot, place = db.session.get(Lot, promised["soon"]), location(world[flow.DEPOT])
        observe([Seen(lot.id, place.id, 590, TODAY, utcnow(), document="INV-1")])
    row = db.session.get(Order, promised["order"])
    assert (row.state, row.lines[0].allocated) == ("allocated", 990) and "INV-1" in history(row)[-1].note
    with unit_of_work(Access.system("test")):
        lot, place = db.session.get(Lot, promised["soon"]), location(world[flow.DEPOT])
        lot.status = "recalled"
        away = location(world[flow.DEPOT], "quarantine")
        post([Move(lot.id, 590, place.id, away.id, "quarantine", comment="recall", document="RAP-1")])
    row = db.session.get(Order, promised["order"])
    assert row.lines[0].allocated == 400 and "RAP-1" in history(row)[-1].note and verify_ledger() == []


# several stores


def test_a_second_store_gives_out_receives_and_gets_goods_from_the_first(shop):
    with unit_of_work(Access.system("test")):
        other = add_store(shop[PLACE], "Réserve").id
        with pytest.raises(Refused):
            add_store(shop[PLACE], "réserve")
    main = db.session.query(Movement).first().target_id
    assert write(shop, "move", "store_move", (15,), store_id=main, target_id=other) == [("A", 10), ("B", 5)]
    assert on_shelf(shop, name="Réserve") == {"A": 10, "B": 5} and on_shelf(shop) == {"B": 95}
    soon = TODAY + timedelta(days=400)
    write(shop, "receive", "receipt", (7, "C", soon), store_id=other)
    assert write(shop, "dispense", "dispensed", (12,), store_id=other) == [("A", 10), ("B", 2)]
    assert write(shop, "loss", "damaged", (1, "B"), store_id=other, comment="x") == [("B", 1)]
    for wrong in ({"store_id": main, "target_id": main}, {"store_id": 999_999, "target_id": main}):
        with pytest.raises(Refused):
            write(shop, "move", "store_move", (1,), **wrong)
    with unit_of_work(Access.system("test")):
        assert service(Stock).available(shop[PLACE], "AMOX").quantity == 95 + 2 + 7
        assert len(service(Stock).issue(shop[PLACE], "AMOX", 100, "gmao.workorder/1")) == 3
    assert verify_ledger() == []


def test_lots_are_named_in_any_case(shop):
    assert key_of("B") == "b" and write(shop, "dispense", "dispensed", (1, "b")) == [("B", 1)]
