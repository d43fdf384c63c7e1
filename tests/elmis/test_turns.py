"""Turns: what the ledger writes down of months in stock follows from its movements, whatever was posted and when."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.data.access import Access, acting
from core.data.db import db, today
from core.data.errors import Refused
from core.data.work import perform, unit_of_work
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.formulas.lots import HELD
from plugins.elmis.ledger import turns
from plugins.elmis.ledger.models import Movement
from plugins.elmis.ledger.services import Move, location, post, reverse
from plugins.elmis.ledger.turns import TURN, number_of, so_far
from plugins.elmis.ledger.verify import verify_ledger
from tests.elmis import make
from tests.statements import sql, statements

pytestmark = pytest.mark.both_databases


@pytest.fixture
def shelf(app, world):
    """Store a product with two lots at a health centre, nothing there yet."""
    make.reference()
    with unit_of_work(Access.system("test")):
        product = make.product("AMX", tracer=True)
        lots = [make.lot(product, number).id for number in ("A", "B")]
        ids = {kind: location(world["P1A-CDS1"], kind).id for kind in ("store", "supplier", "consumption")}
    return {"lots": lots, **ids}


def months_ago(number):
    """Return the 15th of a month before this one, or today."""
    day = today()
    for _turn in range(number):
        day = day.replace(day=1) - timedelta(days=1)
    return day.replace(day=15) if number else today()


def move(shelf, reason, quantity, ago, lot=0):
    source, target = {"receipt": ("supplier", "store"), "dispensed": ("store", "consumption")}[reason]
    return Move(shelf["lots"][lot], quantity, shelf[source], shelf[target], reason, months_ago(ago))


def put(*moves):
    with unit_of_work(Access.system("test")):
        return [row.id for row in post(moves)]


def kept():
    """Return {months ago: (held, there)} of what has come; that the lots will expire is written down ahead."""
    now = number_of(today())
    rows = db.session.connection().execute(select(TURN).where(so_far())).all()
    db.session.rollback()
    assert turns.differences() == []
    db.session.rollback()
    return {now - row.month: (row.held, row.there) for row in rows}


def test_a_product_comes_runs_out_and_comes_back(shelf):
    put(move(shelf, "receipt", 10, 3))
    assert kept() == {3: (1, 1)}
    put(move(shelf, "dispensed", 4, 2))
    assert kept() == {3: (1, 1)}
    put(move(shelf, "dispensed", 6, 1))
    assert kept() == {3: (1, 1), 1: (0, -1)}
    put(move(shelf, "receipt", 5, 0, lot=1))
    assert kept() == {3: (1, 1), 1: (0, -1), 0: (0, 1)}


def test_what_came_and_went_in_one_month_is_held_but_was_not_there(shelf):
    put(move(shelf, "receipt", 10, 2), move(shelf, "dispensed", 10, 2))
    assert kept() == {2: (1, 0)}


def test_back_dated_movements_change_the_months_that_follow(shelf):
    put(move(shelf, "receipt", 10, 1), move(shelf, "dispensed", 10, 0))
    assert kept() == {1: (1, 1), 0: (0, -1)}
    put(move(shelf, "receipt", 5, 4, lot=1))
    assert kept() == {4: (1, 1)}
    put(move(shelf, "dispensed", 5, 3, lot=1))
    assert kept() == {4: (1, 1), 3: (0, -1), 1: (0, 1), 0: (0, -1)}


def test_what_is_back_dated_changes_the_months_that_follow_also_where_its_lot_lies_there_today(shelf):
    put(move(shelf, "receipt", 10, 3), move(shelf, "receipt", 20, 0))
    put(move(shelf, "dispensed", 10, 2))
    assert kept() == {3: (1, 1), 2: (0, -1), 0: (0, 1)}


@pytest.mark.parametrize("state", [{"status": HELD}, {"expiry": today()}, {"expiry": today() - timedelta(days=9)}])
def test_a_part_of_a_lot_that_goes_or_comes_today_changes_no_turn_whatever_its_state(shelf, state):
    put(move(shelf, "receipt", 10, 3))
    with unit_of_work(Access.system("test")):
        lot = db.session.get(Lot, shelf["lots"][0])
        for name, value in state.items():
            setattr(lot, name, value)
    before = kept()
    with statements() as sent, unit_of_work(Access.system("test")):
        (row,) = post([move(shelf, "receipt", 4, 0)])
        reverse(row, "Erreur de saisie")
    assert not [each for each in sent if "elmis_turn" in each]
    assert kept() == before


def test_a_reversal_undoes_the_turn(shelf):
    put(move(shelf, "receipt", 10, 2))
    (out,) = put(move(shelf, "dispensed", 10, 1))
    assert kept() == {2: (1, 1), 1: (0, -1)}
    with unit_of_work(Access.system("test")):
        reverse(db.session.get(Movement, out), "Erreur de saisie")
    assert kept() == {2: (1, 1)}


def test_the_proof_names_a_turn_that_was_changed_or_lost(shelf):
    put(move(shelf, "receipt", 10, 2), move(shelf, "dispensed", 10, 1))
    for statement in ("UPDATE elmis_turn SET there = 1", "DELETE FROM elmis_turn WHERE there < 0"):
        with pytest.raises(Refused, match="planted"), unit_of_work(Access.system("test")):
            db.session.execute(sql(statement))
            assert [fault.rule for fault in verify_ledger()] == ["turn"]
            raise Refused("planted")
    with unit_of_work(Access.system("test")):
        db.session.execute(sql("DELETE FROM elmis_turn"))
        turns.rebuild()
    assert kept() == {2: (1, 1), 1: (0, -1)}


def test_two_people_who_take_the_last_of_two_lots_at_once(app, shelf):
    put(move(shelf, "receipt", 5, 1), move(shelf, "receipt", 5, 1, lot=1))
    together, faults = threading.Barrier(2), []

    def take(lot):
        with app.app_context(), acting(Access.system("test")):
            try:
                together.wait(10)
                perform(lambda: [row.id for row in post([move(shelf, "dispensed", 5, 0, lot)])])
            except Exception as error:
                faults.append(error)
            finally:
                db.session.remove()

    hands = [threading.Thread(target=take, args=(lot,)) for lot in (0, 1)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join(30)
    assert faults == []
    assert kept() == {1: (1, 1), 0: (0, -1)}


def test_an_import_changes_only_what_it_touches_and_leaves_the_ledger_whole(shelf, world, tmp_path):
    from core.imports import services as imports

    put(move(shelf, "receipt", 10, 4))
    lines, expiries, empty = ["id,facility,product,lot,expiry,quantity,reason,date"], {"NEW": make.in_two_years()}, ""
    for number, (lot, reason, quantity, ago) in enumerate(
        [("A", "dispensed", 10, 3), ("B", "receipt", 5, 2), ("NEW", "receipt", 5, 1), ("B", "dispensed", 5, 1)]
    ):
        lines.append(f"I-{number},P1A-CDS1,AMX,{lot},{expiries.get(lot, empty)},{quantity},{reason},{months_ago(ago)}")
    (file := tmp_path / "past.csv").write_text("\n".join(lines), encoding="utf-8")
    with acting(Access.system("test")):
        imports.take("elmis.movement", file)
    assert kept() == {4: (1, 1), 3: (0, -1), 2: (0, 1)}
    assert verify_ledger() == []
    if db.engine.dialect.name == "sqlite":
        assert db.session.scalar(sql("SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'elmis_movement'")) > 0
