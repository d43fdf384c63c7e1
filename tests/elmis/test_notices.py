"""Who is told of what happens to orders, deliveries and lots: those whose turn it is, the other side, every holder."""

import re
from collections import defaultdict

import pytest
from flask_babel import force_locale

from core.contract.plugins import notice_kinds
from core.contract.ports import Event
from core.data.access import Access, acting
from core.data.db import db, today
from core.data.work import perform, unit_of_work
from core.jobs import services as jobs
from core.notices import drawing, services
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.orders import settling
from plugins.elmis.orders.receiving import Counted
from plugins.elmis.promises.models import Receipt
from plugins.elmis.recalls.services import decide
from plugins.elmis.requisitions import services as requisitions
from tests import make as people
from tests.elmis import flow, make
from tests.elmis.flow import CENTRE, DEPOT

pytestmark = pytest.mark.both_databases
LOGINS = ("depot", "keeper", "keeper2", "other", "district", "province", "pharmacist")


@pytest.fixture
def ids(world):
    """Store lots, and the people of both sides with who stands above them."""
    ids = flow.stocked(world)
    with unit_of_work(Access.system("test")):
        world.users["province"] = people.user("province", world["P1"], "provincial_approver").id
        chemist = people.user("pharmacist", world["CAMEBU"], "central_pharmacist", at=world["BI"])
        world.users["pharmacist"] = chemist.id
    return ids


def told(world):
    """Return {login: titles of the notices that came since this was last asked}, in English."""
    jobs.tell_all()
    found = {}
    for login in LOGINS:
        with acting(world.access(login)), force_locale("en"):
            rows = [row for row in services.mine()[0] if row.read_at is None]
            if rows:
                found[login] = [str(one.title) for one in drawing.drawn(rows)]
            perform(lambda: services.read_all(10**9))
    return found


def receipt(number):
    return db.session.get(Receipt, number)


def test_a_shipment_is_told_to_those_who_receive_and_what_is_settled_to_the_other_side(world, ids):
    sent = flow.shipped(world, flow.order(world, ids["product"], 100))
    titles = told(world)
    assert titles.keys() == {"keeper", "keeper2"}
    assert re.fullmatch(r"Delivery BL-\d+-\d+ is on its way to you", titles["keeper"][0])
    awaited, line = flow.expected(sent), flow.lines(sent)["SOON"]
    flow.count(world, awaited, [Counted(line.id, line.in_transit - 10, 10)])
    assert told(world) == {"depot": [f"Receipt {receipt(awaited).number}: differences were found"]}
    flow.by(world, "depot", lambda: settling.contest(receipt(awaited), "tout est parti"))
    assert told(world).keys() == {"keeper", "keeper2"}
    flow.by(world, "keeper2", lambda: settling.answer(receipt(awaited), "compté deux fois"))
    assert told(world) == {"depot": [f"Receipt {receipt(awaited).number}: the receiver has answered"]}


def test_a_delivery_that_arrived_whole_is_told_nobody(world, ids):
    sent = flow.shipped(world, flow.order(world, ids["product"], 100))
    told(world)
    flow.count(world, flow.expected(sent), flow.whole(sent))
    assert told(world) == {}


def test_a_recall_is_told_to_every_holder_and_to_nobody_else(world, ids):
    with unit_of_work(Access.system("test")):
        make.receive(world["P2A-DEPOT"], db.session.get(Lot, ids["soon"]), 40)
    flow.by(world, "pharmacist", lambda: decide(db.session.get(Lot, ids["soon"]), "recall", "particules"))
    titles = told(world)
    assert titles.keys() == {"depot", "other"}
    assert titles["other"][0].startswith("Lot SOON is recalled (RP-")


def test_a_request_is_told_to_who_signs_next_and_its_answer_to_who_asked(world, ids):
    row = flow.proposed(world, today().replace(day=1))
    assert told(world).keys() == {"keeper2"}  # his colleague; who proposed knows it

    def take(login, step, *said):
        flow.by(world, login, lambda: step(requisitions.load(row), *said))

    flow.filled(row)
    take("keeper", requisitions.confirm)
    assert told(world).keys() == {"district"}  # the nearest who may sign: not the province, not the country
    take("district", requisitions.return_, "trop")
    titles = told(world)
    assert titles.keys() == {"keeper"} and "returned to you" in titles["keeper"][0]
    take("keeper", requisitions.revise)
    take("keeper", requisitions.confirm)
    told(world)
    take("district", requisitions.approve)
    assert "is approved" in told(world)["keeper"][0]


def test_a_request_that_went_on_before_it_was_told_waits_for_nobody(world, ids):
    row = flow.proposed(world, today().replace(day=1))
    flow.filled(row)
    flow.by(world, "keeper", lambda: requisitions.confirm(requisitions.load(row)))
    flow.by(world, "district", lambda: requisitions.approve(requisitions.load(row)))
    assert told(world).keys() == {"keeper"}


def test_titles_hold_no_name_of_a_person(app):
    """They leave the house by mail and SMS."""
    facts = defaultdict(lambda: "2026-01-01", about="elmis.order/1")
    for kind in notice_kinds().values():
        for topic in kind.topics:
            title, _line = kind.said(Event(1, topic, "x/1", facts, None, 1, "Jean Secret"))
            assert "Jean" not in str(title)


def test_the_stock_of_a_place_without_people_is_the_matter_of_who_stands_above(world, ids):
    from core.users.directory.services import nearest

    assert nearest("elmis.stock.move", world[DEPOT].path) == [world.users["depot"]]
    assert nearest("elmis.stock.move", world["P2A-CDS2"].path) == [world.users["pharmacist"]]


@pytest.mark.parametrize("paper", ["order", "receipt", "recall", "requisition"])
def test_people_talk_about_a_paper_and_the_other_side_is_told(app, world, ids, paper):
    with unit_of_work(Access.system("test")):
        make.receive(world[CENTRE], make.lot(make.product("P-1", pack_size=100), "L1"), 1000, today().replace(day=1))
    sent = flow.shipped(world, order := flow.order(world, ids["product"], 100))
    address, writer, hears = {
        "order": lambda: (f"/elmis/orders/{order}", "keeper", {"keeper2", "depot"}),
        "receipt": lambda: (f"/elmis/receipts/{flow.expected(sent)}", "depot", {"keeper", "keeper2"}),
        "recall": lambda: (f"/elmis/recalls/{recalled(world, ids)}", "depot", {"pharmacist"}),
        "requisition": lambda: (
            f"/elmis/requisitions/{flow.by(world, 'keeper', lambda: requisitions.propose(world[CENTRE]).id)}",
            "keeper", {"keeper2"},
        ),
    }[paper]()  # fmt: skip
    told(world)
    client = app.test_client()
    people.sign_in(client, writer)
    page = client.get(address).text
    action = re.search(rf'action="(/comments/elmis\.{paper}/\d+)"', page)[1]
    assert client.post(action, data={"text": "Où en est-on ?"}).location.startswith(address)
    assert "Où en est-on ?" in client.get(address).text
    assert told(world).keys() == hears
    assert app.test_client().post(action, data={"text": "x"}).status_code in (302, 401, 403)
    other = app.test_client()
    people.sign_in(other, "other")
    assert other.post(action, data={"text": "x"}).status_code == (302 if paper == "recall" else 404)


def recalled(world, ids):
    from plugins.elmis.catalogue.recalls import Recall

    flow.by(world, "pharmacist", lambda: decide(db.session.get(Lot, ids["late"]), "recall", "particules"))
    return db.session.query(Recall).one().id


def test_who_only_reads_an_order_reads_what_is_said_and_writes_nothing(app, world, ids):
    with unit_of_work(Access.system("test")):
        people.user("reader", world["BI"], "ministry_viewer")
    order = flow.order(world, ids["product"], 100)
    with acting(world.access("keeper")):
        from core.comments import services as comments
        from plugins.elmis.promises.models import Order

        perform(lambda: comments.write(db.session.get(Order, order), "entre nous").id)
    client = app.test_client()
    people.sign_in(client, "reader")
    page = client.get(f"/elmis/orders/{order}").text
    assert "entre nous" in page and "/comments/elmis.order" not in page
    assert client.post(f"/comments/elmis.order/{order}", data={"text": "x"}).status_code == 403
