"""The day of a count, errors all in one round, and stock that lies in another store of the same place."""

import re
from datetime import timedelta

import pytest
import time_machine

from core.data.access import Access
from core.data.db import db, today, utcnow
from core.data.work import unit_of_work
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger.models import Movement, StockBalance
from plugins.elmis.ledger.reports import stock_card
from plugins.elmis.ledger.services import location, reverse
from plugins.elmis.ledger.verify import verify_ledger
from plugins.elmis.orders import services as orders
from plugins.elmis.store.services import add_store
from tests import make as people
from tests.elmis import flow, make
from tests.elmis.test_counts import Shop, at
from tests.pages import answers

pytestmark = pytest.mark.both_databases
NEW, CENTRE = "/elmis/store/new/", flow.CENTRE


@pytest.fixture
def shop(app, world, client):
    return Shop(world, client)


def counted(world, code, lot, quantity):
    with unit_of_work(Access.system("test")):
        make.counted(world[code], db.session.get(Lot, lot), quantity)


def last(reason=None):
    rows = db.session.query(Movement).filter(Movement.observation_id.is_(None)).order_by(Movement.id.desc())
    return next(row for row in rows if reason in (None, row.reason.code))


def seen_on_card(client, world, code, product):
    return client.get(f"/elmis/stock/products/{product}?facility={world[code].id}").text


def test_a_delivery_and_a_dispatch_of_the_day_of_a_count_are_asked_about(world, client):
    """Depot 600 + 900, 300 of SOON counted after 300 had left; the centre counted 300 that had come: both hold."""
    ids = flow.stocked(world)
    order = flow.order(world, ids["product"], 300)
    flow.by(world, "depot", lambda: orders.allocate(flow.of(order)))
    flow.by(world, "depot", lambda: orders.pick(flow.of(order)))
    flow.by(world, "depot", lambda: orders.pack(flow.of(order), packages=3).id)
    counted(world, flow.DEPOT, ids["soon"], 300)
    people.sign_in(client, "depot")
    address, data = f"/elmis/orders/{order}/ship", {"shipped_on": f"{today():%d/%m/%Y}", "driver": "Juma"}
    asked = client.post(address, data=data)
    assert asked.status_code == 422 and "INV-1" in asked.text and flow.of(order).state == "packed"
    assert client.post(address, data=data | answers(asked.text, "before")).status_code == 302
    assert make.on_hand(world[flow.DEPOT], db.session.get(Lot, ids["soon"])) == 300  # and not 0
    assert "avant le comptage" in seen_on_card(client, world, flow.DEPOT, ids["product"])
    shipment = db.session.query(Movement).filter_by(document=last("shipment").document).one()
    receipt = flow.expected(int(shipment.document_ref.rpartition("/")[2]))
    counted(world, CENTRE, ids["soon"], 300)
    people.sign_in(client, "keeper")
    (row,) = flow.lines(int(shipment.document_ref.rpartition("/")[2])).values()
    data = {"received_on": f"{today():%d/%m/%Y}", "lines-0-line": row.id, "lines-0-accepted": 300}
    asked = client.post(f"/elmis/receipts/{receipt}/count", data=data)
    assert asked.status_code == 422 and "INV-1" in asked.text
    assert client.post(f"/elmis/receipts/{receipt}/count", data=data | answers(asked.text, "before")).status_code == 302
    assert make.on_hand(world[CENTRE], db.session.get(Lot, ids["soon"])) == 300  # and not 600
    assert verify_ledger() == []


def test_a_transfer_of_the_day_of_a_count_is_asked_about(shop, world, client):
    counted(world, CENTRE, shop.lots["A"], 60)
    data = {"facility": "P1A-CDS2", "shipped_on": f"{today():%d/%m/%Y}", "packages": 1, "note": "surplus",
            "lines-0-product": "AMOX", "lines-0-quantity": "40"}  # fmt: skip
    asked = client.post("/elmis/transfers/new", data=data)
    assert asked.status_code == 422
    assert client.post("/elmis/transfers/new", data=data | answers(asked.text, "before")).status_code == 302
    assert shop.book() == 60
    asked = client.post("/elmis/transfers/new", data=data | {"_key": "k2"})
    assert client.post("/elmis/transfers/new", data=data | answers(asked.text, "after")).status_code == 302
    assert shop.book() == 20


@pytest.mark.parametrize(
    ("said", "shelves"), [(["before"], (60, 40)), (["after", "before"], (60, 80)), (["after", "after"], (20, 80))]
)
def test_a_move_between_two_stores_that_were_both_counted_is_asked_of_each(shop, world, client, said, shelves):
    """100; 40 carried over without a slip, the second store counted (40), then the main one (60): both hold."""
    with unit_of_work(Access.system("test")):
        second, lot = add_store(world[CENTRE], "Réserve").id, db.session.get(Lot, shop.lots["A"])
        make.counted(world[CENTRE], lot, 40, at=second)
        make.counted(world[CENTRE], lot, 60)
    data = {"occurred_on": f"{today():%d/%m/%Y}", "store": location(world[CENTRE]).id, "target": second,
            "lines-0-product": "AMOX", "lines-0-quantity": "40"}  # fmt: skip
    for choice in said:
        asked = client.post(f"{NEW}move", data=data)
        assert asked.status_code == 422
        data |= answers(asked.text, choice)
    assert client.post(f"{NEW}move", data=data).status_code == 302
    held = {
        row.location_id: int(row.quantity) for row in db.session.query(StockBalance).filter_by(lot_id=shop.lots["A"])
    }
    assert (held[location(world[CENTRE]).id], held[second]) == shelves and verify_ledger() == []


def test_two_movements_in_the_wrong_order_around_a_paper_count_need_no_recount(shop):
    """100; 30 issued, 70 counted on paper, 50 received; typed: the receipt, the issue, the count."""
    with time_machine.travel(utcnow() - timedelta(minutes=3)):
        id = shop.start()
    paper = at(utcnow() - timedelta(minutes=1))
    with unit_of_work(Access.system("test")):
        make.receive(shop.world[CENTRE], db.session.get(Lot, shop.lots["A"]), 50)
        came = last().id
    shop.issue("A", 30)
    went = last().id
    assert shop.send(id, "review", counted_A="70", **paper).status_code == 302
    assert shop.differences(id) == {"A": -30}  # both are taken to come later
    assert shop.send(id, "post", place_A=[f"{went}:before", f"{came}:after"], comment_A="x").status_code == 302
    assert shop.differences(id) == {"A": 0}
    assert shop.send(id, "post").status_code == 302
    assert (shop.state(id), shop.book()) == ("posted", 120)
    product = db.session.get(Lot, shop.lots["A"]).product
    rows = stock_card_of(shop, product)
    assert [(row.into, row.out, row.balance, row.beside) for row in rows] == [
        (0, 30, 70, "before"), (0, 0, 70, ""), (50, 0, 120, "after"),
    ]  # fmt: skip


def stock_card_of(shop, product):
    with unit_of_work(Access.system("test")):
        return stock_card(shop.world[CENTRE], product, today(), today()).rows


def test_a_slip_of_before_the_count_is_held_to_what_lay_there_then(shop):
    """100, 90 counted, 80 issued after it: a slip of 30 from before the count fits, one of 101 does not."""
    counted(shop.world, CENTRE, shop.lots["A"], 90)
    slip = {"occurred_on": f"{today():%d/%m/%Y}", "lines-0-product": "AMOX", "counterpart": "X"}

    def send(units, choice):
        data = slip | {"lines-0-quantity": str(units)}
        asked = shop.client.post(f"{NEW}issue", data=data)
        return shop.client.post(f"{NEW}issue", data=data | answers(asked.text, choice)).status_code

    assert send(80, "after") == 302
    assert (send(30, "before"), shop.book()) == (302, 10)
    assert (send(71, "before"), send(70, "before"), shop.book()) == (422, 302, 10)


def test_all_errors_are_told_in_one_round_and_then_all_questions(shop, client):
    """A day to come and two impossible lots: three errors at once; then three questions at once; then it is recorded."""
    counted(shop.world, CENTRE, shop.lots["A"], 100)
    data = {"occurred_on": f"{today() + timedelta(days=9):%d/%m/%Y}"}
    for n, expiry in enumerate(("01/2001", "02/2002", "12/2090")):
        data |= {f"lines-{n}-product": "AMOX", f"lines-{n}-lot": f"N{n}", f"lines-{n}-expiry": expiry,
                 f"lines-{n}-quantity": "5"}  # fmt: skip
    refused = client.post(f"{NEW}receive", data=data)
    named = re.findall(r'<li><a href="#([\w-]+)">', refused.text)
    assert refused.status_code == 422 and set(named) == {"occurred_on", "lines-0-expiry", "lines-1-expiry"}
    data |= {"occurred_on": f"{today():%d/%m/%Y}", "lines-0-expiry": "", "lines-1-lot": "A", "lines-1-expiry": ""}
    asked = client.post(f"{NEW}receive", data=data)
    boxes = re.findall(r'type="checkbox"[^>]*name="_confirm" value="(\w+)"', asked.text)
    after = answers(asked.text, "after")
    assert (asked.status_code, len(boxes), len(after)) == (422, 2, 1)
    assert client.post(f"{NEW}receive", data=data | after | {"_confirm": boxes}).status_code == 302
    data |= {
        "lines-0-lot": "A",
        "lines-0-quantity": "900",
        "lines-1-lot": "NONE",
        "lines-2-lot": "N2",
        "counterpart": "X",
    }
    short = client.post(f"{NEW}issue", data={key: value for key, value in data.items() if "expiry" not in key})
    named = re.findall(r'<li><a href="#([\w-]+)">', short.text)
    assert named == ["lines-0-quantity", "lines-1-lot"]


def test_what_lies_in_another_store_is_named_and_its_move_is_offered(shop, client):
    with unit_of_work(Access.system("test")):
        second = add_store(shop.world[CENTRE], "Réserve").id
    data = {"occurred_on": f"{today():%d/%m/%Y}", "store": second, "lines-0-product": "AMOX", "counterpart": "X",
            "lines-0-quantity": "30"}  # fmt: skip
    for kind, lot in (("issue", ""), ("dispense", "a")):
        refused = client.post(f"{NEW}{kind}", data=data | {"lines-0-lot": lot})
        text = refused.text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
        assert refused.status_code == 422 and "Magasin principal (100 comprimés)" in text
        way = re.search(r'href="(/elmis/store/new/move\?[^"]+)"', refused.text)[1].replace("&amp;", "&")
    page = client.get(way).text
    main = location(shop.world[CENTRE]).id
    assert f'<option selected value="{main}">' in page and f'<option selected value="{second}">' in page
    assert 'value="30"' in page and "AMOX" in page
    facts = client.get(f"/elmis/store/shelf?product=AMOX&store={second}").get_json()
    assert "100" in facts["elsewhere"]


def test_a_reversed_line_stands_beside_what_it_reverses(shop, client):
    shop.issue("A", 10)
    wrong = last().id
    shop.issue("A", 20)
    with unit_of_work(Access.system("test")):
        reverse(db.session.get(Movement, wrong), "erreur")
    product = db.session.get(Lot, shop.lots["A"]).product
    rows = stock_card_of(shop, product)
    assert [(row.into, row.out, row.balance) for row in rows] == [(0, 10, 90), (10, 0, 100), (0, 20, 80)]
    page = client.get("/elmis/store/documents/BS-9").text
    assert [int(n) for n in re.findall(r"<b>(\d+)</b>", page)] == [10, 10, 20]


def test_the_lots_of_two_stores_stand_under_their_own_heads(shop, client):
    with unit_of_work(Access.system("test")):
        add_store(shop.world[CENTRE], "Réserve")
    page = client.get(f"/elmis/stock/products/{shop.product}").text
    table = page[page.index('id="lots"') :]
    heads = re.findall(r'<th scope="col"[^>]*>([^<]+)<', table)
    cells = re.findall(r'<t[hd][^>]*(?:scope="row"|data-label="Magasin")[^>]*>(?:<a[^>]*>)?([^<]+)<', table)
    assert heads[:2] == ["N° de lot", "Magasin"] and cells == ["A", "Magasin principal"]


@pytest.mark.parametrize(("what", "said", "units"), [
    ("all", "before", 0), ("all", "after", 40), ("tracers", "before", 0), ("cold", None, 40), ("AMOX", "before", 0),
    ("BCG", None, 40),
])  # fmt: skip
def test_a_lot_that_a_count_of_its_article_did_not_find_was_not_there(shop, client, what, said, units):
    """The whole store was counted, or some articles: A alone lay there. Then 40 of a new lot are entered, dated before:
    asked, and the count holds at nothing by a difference on its day; a count of other articles says nothing of it."""
    with unit_of_work(Access.system("test")):
        db.session.get(Product, shop.product).tracer = True
        vaccine = make.product("BCG")
        vaccine.cold = True
        make.receive(shop.world[CENTRE], make.lot(vaccine, "C"), 100, today() - timedelta(days=9))
    with time_machine.travel(utcnow() - timedelta(days=2)):
        chosen = db.session.query(Product).filter_by(code=what).all()
        id, counted_on = shop.start(what="chosen" if chosen else what, products=chosen), today()
        people.sign_in(client, "keeper")
        typed = {f"counted_{line.lot.number}": "100" for line in shop.lines(id)}
        assert shop.send(id, "review", **typed).status_code == 302
        assert shop.send(id, "post").status_code == 302
    with unit_of_work(Access.system("test")):  # what is marked today says nothing of what was counted then
        product = db.session.get(Product, shop.product)
        product.tracer, product.cold = False, True
    people.sign_in(client, "keeper")
    data = {"occurred_on": f"{counted_on - timedelta(days=1):%d/%m/%Y}", "lines-0-product": "AMOX", "lines-0-lot": "NEW",
            "lines-0-expiry": "31/12/2031", "lines-0-quantity": "40", "counterpart": "CAMEBU"}  # fmt: skip
    answer = client.post(f"{NEW}receive", data=data)
    if said:
        assert answer.status_code == 422 and "n’y était pas" in answer.text and "INV-" in answer.text
        answer = client.post(f"{NEW}receive", data=data | answers(answer.text, said))
    assert answer.status_code == 302, answer.text
    told = client.get(answer.location).text
    assert (f"Daté du {counted_on:%d/%m/%Y}" in told) == (said == "after")
    shop.lots["NEW"] = db.session.query(Lot).filter_by(number="NEW").one().id
    assert (shop.book("NEW"), shop.book("A")) == (units, 100)
    rows = db.session.query(Movement).filter_by(lot_id=shop.lots["NEW"]).order_by(Movement.id).all()
    moved = [(row.quantity, row.reason.code, row.occurred_on) for row in rows]
    if said == "before":
        assert moved == [(40, "receipt", counted_on - timedelta(days=1)), (40, "count_shortage", counted_on)]
        assert "INV-" in rows[1].document and rows[0].document in rows[1].comment
        said_of_count = client.get(f"/elmis/counts/{id}").text
        assert "qui n’étaient pas sur la feuille" in said_of_count and rows[0].document in said_of_count
        assert "concordent" not in said_of_count.split("<details")[0]
    else:
        assert moved == [(40, "receipt", counted_on - timedelta(days=0 if said else 1))]
    if said == "before":  # it is on the count now: another late paper is not asked, and the count holds
        answer = client.post(f"{NEW}receive", data=data | {"lines-0-quantity": "5", "counterpart": "Don"})
        assert answer.status_code == 302 and shop.book("NEW") == 0
