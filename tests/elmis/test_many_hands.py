"""Many processes at one stock: never more than there was, never an error, never a ring of waiting."""

import multiprocessing
import random
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from core.data.access import Access, acting
from core.data.db import db, today
from core.data.errors import Refused
from core.data.work import perform, unit_of_work
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.ledger import balances
from plugins.elmis.ledger.models import Movement
from plugins.elmis.ledger.services import Move, location, post
from plugins.elmis.ledger.verify import verify_ledger
from plugins.elmis.lots.services import change_lot
from plugins.elmis.orders import services as orders
from tests.elmis import flow, make
from tests.statements import statements

pytestmark = [pytest.mark.both_databases, pytest.mark.slow]
FORK = multiprocessing.get_context("fork")


@pytest.fixture
def stock(app, world):
    """Store two lots of 500 units in a health centre; return ids."""
    make.reference()
    with unit_of_work(Access.system("test")):
        place = world["P1A-CDS1"]
        lots = [make.lot(make.product(f"P-{n}")) for n in range(2)]
        for lot in lots:
            make.receive(place, lot, 500, today() - timedelta(days=3))
        ids = {kind: location(place, kind).id for kind in ("store", "consumption", "adjustment", "supplier")}
        return {"lots": [lot.id for lot in lots], **ids}


def together(app, processes, work):
    """Run `work(number)` in as many processes at the same moment; return {outcome: how often}."""
    db.session.remove()
    db.engine.dispose()  # no child may share a connection
    start, answers = FORK.Barrier(processes), FORK.SimpleQueue()
    children = [FORK.Process(target=_child, args=(app, start, answers, work, n)) for n in range(processes)]
    for child in children:
        child.start()
    outcomes = [outcome for _child in children for outcome in answers.get()]
    for child in children:
        child.join()
    db.session().info["access"] = Access.system("test")
    return {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))}


def _child(app, start, answers, work, number):
    """Report what became of each try: "done", "refused", or the text of an error that no user should see."""
    outcomes = []
    try:
        with app.app_context(), acting(Access.system("test")):
            start.wait(60)
            for operation in work(number):
                try:
                    perform(operation)
                    outcomes.append("done")
                except Refused:
                    outcomes.append("refused")
    except BaseException as error:
        outcomes.append(f"{type(error).__name__}: {error}")
    answers.put(outcomes)


def issue(stock, lot, quantity=1, uuid=None):
    """Return a move from the store to the patients."""
    return Move(lot, quantity, stock["store"], stock["consumption"], "dispensed", uuid=uuid or uuid4().hex)


def test_opposite_orders_counts_and_receipts_never_wait_in_a_ring(app, stock):
    def operations(number):
        draw = random.Random(number)
        for _turn in range(12):
            lots = draw.sample(stock["lots"], 2)
            into, out = draw.choice(
                [("consumption", "dispensed"), ("adjustment", "count_shortage"), ("adjustment", "adjust_down")]
            )
            moves = [Move(lot, draw.randint(1, 9), stock["store"], stock[into], out, comment="vu") for lot in lots]
            if draw.random() < 0.3:
                moves = [Move(lot, 5, stock["supplier"], stock["store"], "receipt") for lot in lots]
            yield lambda moves=moves: post(moves) and None

    outcomes = together(app, 12, operations)
    assert set(outcomes) <= {"done", "refused"} and sum(outcomes.values()) == 144
    assert verify_ledger() == []


def test_the_last_unit_goes_to_one(app, stock):
    lot = stock["lots"][0]
    with unit_of_work(Access.system("test")):
        post([issue(stock, lot, 490)])

    def work(_number):
        return [lambda: post([issue(stock, lot, 10)]) and None]

    assert together(app, 6, work) == {"done": 1, "refused": 5}


def test_one_uuid_sent_by_many_at_once_is_one_movement(app, stock):
    lot = stock["lots"][0]

    def work(_number):
        return [lambda turn=turn: post([issue(stock, lot, 3, f"tablet-{turn}")]) and None for turn in range(10)]

    assert together(app, 8, work) == {"done": 80}
    assert balances.available(stock["store"], lot) == 500 - 30
    assert db.session.scalar(select(func.count()).where(Movement.uuid.like("tablet-%"))) == 10
    db.session.rollback()
    assert verify_ledger() == []


def test_a_movement_asks_each_question_once(app, stock):
    """Its lot, places and reason; with one statement what it meets; what is set aside as its balance falls."""

    def give():
        return perform(lambda: [row.id for row in post([issue(stock, stock["lots"][0])])], key=uuid4().hex)

    give()
    with statements() as sent:
        give()
    own = [each for each in sent if not each.startswith(("PRAGMA", "SET LOCAL"))]
    assert (
        len(own) == len(set(own)) <= (12 if db.engine.dialect.name == "sqlite" else 13)
    )  # there the stores are locked


def test_a_further_line_costs_the_statement_that_takes_it_from_its_store(app, stock):
    sent = []
    for lots in (stock["lots"][:1], stock["lots"][:1], stock["lots"]):
        with statements() as asked, unit_of_work(Access.system("test")):
            post([issue(stock, lot) for lot in lots])
        sent.append(len(asked))
    assert sent[2] == sent[1] + (2 if db.engine.dialect.name == "sqlite" else 1)  # whose rows come one by one there


def test_what_is_being_set_aside_is_not_given_out_meanwhile(app, world):
    """Whoever waits for the stores sees what was set aside while he waited."""
    ids = flow.stocked(world)
    order = flow.order(world, ids["product"], 600)
    with unit_of_work(Access.system("test")):
        store, gone = (location(world[flow.DEPOT], kind).id for kind in ("store", "consumption"))

    def set_aside():
        orders.allocate(flow.of(order))
        time.sleep(2)

    def work(number):
        if number == 0:
            yield set_aside
        else:
            time.sleep(0.7)
            yield lambda: post([Move(ids["soon"], 600, store, gone, "dispensed")]) and None

    assert together(app, 2, work) == {"done": 1, "refused": 1}
    assert balances.available(store, ids["soon"]) == 600


def test_a_lot_that_is_being_put_on_hold_is_not_given_out_meanwhile(app, stock):
    """Whoever waits for the stores reads the lots when he has them."""
    lot = stock["lots"][0]

    def hold():
        change_lot(db.session.get_one(Lot, lot), "hold", "a doubt")
        db.session.flush()
        time.sleep(2)

    def work(number):
        if number == 0:
            yield hold
        else:
            time.sleep(0.7)
            yield lambda: post([issue(stock, lot)]) and None

    assert together(app, 2, work) == {"done": 1, "refused": 1}


def test_facts_of_two_devices_at_once_are_all_kept(app, stock):
    lot = stock["lots"][0]

    def work(_number):
        return [lambda: post([issue(stock, lot, 40)], covers_shortage=True) and None] * 4

    assert together(app, 8, work) == {"done": 32}
    assert balances.available(stock["store"], lot) == 0
    assert verify_ledger() == []
