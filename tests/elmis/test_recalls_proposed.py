"""A lot whose recall is only proposed may leave by every way, once the person was told and has said why."""

import re

import pytest
from sqlalchemy import select

from core.contract.plugins import service
from core.contract.ports import Stock
from core.data.access import Access
from core.data.db import db, today
from core.data.errors import Doubt
from core.data.trail import AuditEntry
from core.data.work import unit_of_work
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.catalogue.recalls import Recall
from plugins.elmis.ledger.models import Movement
from plugins.elmis.ledger.verify import verify_ledger
from plugins.elmis.lots.lines import Header, Line
from plugins.elmis.orders import services
from plugins.elmis.orders.shipping import Journey, Sent, empty, send, ship
from plugins.elmis.promises.models import Order
from plugins.elmis.recalls import services as recalls
from plugins.elmis.store.kinds import KINDS
from plugins.elmis.store.services import record
from tests import make as people
from tests.elmis import flow, make
from tests.elmis.flow import CENTRE, DEPOT
from tests.elmis.test_orders import balance

pytestmark = pytest.mark.both_databases
WHY = "seul lot, l'odeur n'est pas celle décrite"


@pytest.fixture
def ids(world):
    """Return the lots; of SOON, whose recall is proposed, 600 lie at the depot and 40 at the health centre."""
    ids = flow.stocked(world)
    with unit_of_work(Access.system("test")):
        make.receive(world[CENTRE], db.session.get(Lot, ids["soon"]), 40)
    return ids


def propose(world, ids):
    flow.by(world, "district", lambda: recalls.propose(db.session.get(Lot, ids["soon"]), world["P1A"], "odeur"))
    return db.session.scalars(select(Recall.number)).one()


def asked(world, login, operation):
    """Return the tokens of what an operation asks, and the operation done with a reason for each."""
    with pytest.raises(Doubt) as doubt, unit_of_work(world.access(login)):
        operation()
    questions = doubt.value.questions
    assert [(one.code, one.explained) for one in questions] == [("recall_proposed", True)], questions
    blank = [f"{one.token}:  " for one in questions]
    with pytest.raises(Doubt), unit_of_work(world.access(login), confirmed=blank):
        operation()
    with unit_of_work(world.access(login), confirmed=[f"{one.token}:{WHY}" for one in questions]):
        operation()
    return questions[0]


def store(world, kind, reason, lot="", on=None):
    def operation():
        product = db.session.query(Lot).filter_by(number="SOON").one().product
        return record(KINDS[kind], world[CENTRE], Header(on or today(), reason, comment="constaté", counterpart="Maternité"),
                      [Line(product, 5, lot)])  # fmt: skip

    return operation


def last(reason):
    return db.session.query(Movement).filter(Movement.reason.has(code=reason)).order_by(Movement.id.desc()).first()


@pytest.mark.parametrize("kind, reason, lot", [("dispense", "dispensed", ""), ("issue", "issue_ward", "SOON")])
def test_what_a_store_gives_out_is_asked_at_its_line(world, ids, kind, reason, lot):
    number = propose(world, ids)
    question = asked(world, "keeper", store(world, kind, reason, lot))
    assert (question.line, question.field) == (0, "product")
    assert number in str(question.words) and "odeur" in str(question.words)
    assert balance(world[CENTRE], "store", ids["soon"]) == 35
    assert WHY in last(reason).comment
    assert db.session.scalars(select(AuditEntry.body).where(AuditEntry.body.contains(WHY[:9]))).first()
    assert verify_ledger() == []


def test_transfers_and_the_port_of_other_plugins_ask_as_well(world, ids):
    propose(world, ids)
    asked(world, "keeper", lambda: send(world[CENTRE], world[DEPOT], [Sent(ids["soon"], 10)], Journey()))
    asked(world, "keeper", lambda: service(Stock).issue(world[CENTRE], "AMOX", 10, "test/1"))
    asked(world, "keeper", lambda: empty(world[CENTRE], world[DEPOT], Journey(), 1, "fermeture"))
    assert balance(world[CENTRE], "store", ids["soon"]) == 0 and verify_ledger() == []


def test_an_order_is_proposed_other_lots_and_asks_when_this_one_is_chosen_and_when_it_leaves(world, ids):
    order = flow.order(world, ids["product"], 1000)
    flow.by(world, "depot", lambda: services.allocate(flow.of(order)))  # SOON 600, LATE 400
    propose(world, ids)
    flow.by(world, "depot", lambda: services.pick(flow.of(order)))
    flow.by(world, "depot", lambda: services.pack(flow.of(order), packages=3).id)
    asked(world, "depot", lambda: ship(flow.of(order), Journey()))
    assert balance(world[DEPOT], "store", ids["soon"]) == 0
    second = flow.order(world, ids["product"], 300)
    with unit_of_work(Access.system("test")):
        make.receive(world[DEPOT], db.session.get(Lot, ids["soon"]), 50)
    flow.by(world, "depot", lambda: services.allocate(flow.of(second)))
    line = db.session.get(Order, second).lines[0]
    assert [(part.lot.number, part.quantity) for part in line.allocations] == [("LATE", 300)]
    chosen = {line.id: {(offer.location_id, offer.lot_id): 50 for offer in _soon(second)}}
    asked(world, "depot", lambda: services.allocate(flow.of(second), chosen))
    assert verify_ledger() == []


def _soon(order_id):
    from plugins.elmis.orders.offers import offers

    return [one for lots in offers(flow.of(order_id)).values() for one in lots if one.number == "SOON"]


def test_what_left_before_the_proposal_losses_and_a_refused_proposal_ask_nothing(world, ids):
    with unit_of_work(Access.system("test")):
        make.receive(world[CENTRE], db.session.get(Lot, ids["soon"]), 20, today() - flow.timedelta(days=9))
    propose(world, ids)
    flow.by(world, "keeper", store(world, "dispense", "dispensed", "SOON", today() - flow.timedelta(days=2)))
    flow.by(world, "keeper", store(world, "loss", "damaged", "SOON"))
    with unit_of_work(Access.system("test")):
        recalls.refuse(db.session.scalars(select(Recall)).one(), "odeur normale")
    flow.by(world, "keeper", store(world, "dispense", "dispensed"))
    assert balance(world[CENTRE], "store", ids["soon"]) == 45


def test_the_page_keeps_the_lines_and_takes_the_reason_in_words(world, ids, client):
    propose(world, ids)
    people.sign_in(client, "keeper")
    sent = {"occurred_on": today().isoformat(), "lines-0-product": "AMOX", "lines-0-lot": "SOON",
            "lines-0-quantity": "5", "lines-0-measure": "unit"}  # fmt: skip
    page = client.post("/elmis/store/new/dispense", data=sent)
    assert page.status_code == 422 and "Un rappel du lot SOON" in page.text
    (name,) = re.findall(r'type="text"[^>]*name="(_confirm-\w+)"', page.text)
    assert client.post("/elmis/store/new/dispense", data={**sent, name: " "}).status_code == 422
    assert client.post("/elmis/store/new/dispense", data={**sent, name: WHY}).status_code == 302
    assert WHY in last("dispensed").comment
