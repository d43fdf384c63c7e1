"""The ledger: nothing is created or lost, nothing goes below zero, nothing is posted twice."""

from contextlib import nullcontext
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from core.data.access import Access, acting
from core.data.db import db, today, utcnow
from core.data.errors import NotAllowed, Refused
from core.data.work import unit_of_work
from core.facilities.models import CLOSED
from core.jobs import schedule, worker
from core.jobs.models import DONE
from plugins.elmis.formulas.lots import RECALLED
from plugins.elmis.ledger import balances
from plugins.elmis.ledger.models import Discrepancy, Movement, StockBalance
from plugins.elmis.ledger.rules import LARGEST
from plugins.elmis.ledger.services import Move, Seen, location, observe, post, reverse
from plugins.elmis.ledger.verify import verify_ledger
from tests.elmis import make
from tests.statements import spoiling, sql

pytestmark = pytest.mark.both_databases
TODAY = today()


@pytest.fixture
def stock(app, world):
    """Store a product with 500 units in a health centre; return the ids that tests need."""
    make.reference()
    with unit_of_work(Access.system("test")):
        lot = make.lot(make.product())
        place = world["P1A-CDS1"]
        make.receive(place, lot, 500, TODAY - timedelta(days=10))
        ids = {kind: location(place, kind).id for kind in ("store", "consumption", "loss", "supplier")}
        return {"lot": lot.id, **ids}


def dispensed(stock, quantity, **values):
    return Move(stock["lot"], quantity, stock["store"], stock["consumption"], "dispensed", **values)


def left(stock):
    return balances.available(stock["store"], stock["lot"])


def test_a_movement_has_two_sides_and_the_sum_is_zero(stock):
    with unit_of_work(Access.system("test")):
        post([dispensed(stock, 120)])
    assert left(stock) == 380
    assert sum(db.session.scalars(select(StockBalance.quantity))) == 0
    assert verify_ledger() == []


def test_more_than_there_is_is_refused_and_named(stock):
    with pytest.raises(Refused, match="500"), unit_of_work(Access.system("test")):
        post([dispensed(stock, 501)])
    assert left(stock) == 500 and verify_ledger() == []


def test_what_is_larger_than_any_store_holds_is_refused(stock):
    """In receipts and counts, where nothing runs short that would refuse it."""
    received = Move(stock["lot"], LARGEST + 1, stock["supplier"], stock["store"], "receipt")
    seen = Seen(stock["lot"], stock["store"], LARGEST + 1, TODAY, utcnow())
    for wrong, field in ((lambda: post([received]), "quantity"), (lambda: observe([seen]), "counted")):
        with pytest.raises(Refused) as refused, unit_of_work(Access.system("test")):
            wrong()
        assert refused.value.field == field
    assert left(stock) == 500


@pytest.mark.parametrize(("days", "allowed"), [(-1, True), (0, False), (1, False)])
def test_the_day_on_which_a_place_closes_is_closed(stock, world, days, allowed):
    closing = TODAY - timedelta(days=2)
    with unit_of_work(Access.system("test")):
        world["P1A-CDS1"].status, world["P1A-CDS1"].closed_on = CLOSED, closing
    day = closing + timedelta(days=days)
    seen = Seen(stock["lot"], stock["store"], 500, day, utcnow() - timedelta(days=2 - days))
    for act in (lambda: post([dispensed(stock, 1, occurred_on=day)]), lambda: observe([seen])):
        refusal = nullcontext() if allowed else pytest.raises(Refused, match="P1A-CDS1")
        with refusal, unit_of_work(Access.system("test")) as work:
            act()
            work.settle()


def test_all_lines_or_none(stock):
    with pytest.raises(Refused), unit_of_work(Access.system("test")):
        post([dispensed(stock, 100), dispensed(stock, 450)])
    assert left(stock) == 500


def test_the_same_uuid_changes_nothing_the_second_time(stock):
    for _turn in range(2):
        with unit_of_work(Access.system("test")):
            post([dispensed(stock, 50, uuid="device-1-7")])
    assert left(stock) == 450


@pytest.mark.parametrize("quantity", [0, -5, 10**13, 1.5])
def test_impossible_quantities_are_refused(stock, quantity):
    with pytest.raises(Refused), unit_of_work(Access.system("test")):
        post([dispensed(stock, quantity)])


def test_back_dating_is_allowed_until_a_later_day_would_be_negative(stock):
    with unit_of_work(Access.system("test")):
        post([dispensed(stock, 400)])
        make.receive(location_of(stock), lot_of(stock), 1000)
    with unit_of_work(Access.system("test")):
        post([dispensed(stock, 100, occurred_on=TODAY - timedelta(days=5))])
    with pytest.raises(Refused, match="1"), unit_of_work(Access.system("test")):
        post([dispensed(stock, 600, occurred_on=TODAY - timedelta(days=5))])
    with pytest.raises(Refused), unit_of_work(Access.system("test")):
        post([dispensed(stock, 1, occurred_on=TODAY - timedelta(days=11))])
    with pytest.raises(Refused), unit_of_work(Access.system("test")):
        post([dispensed(stock, 1, occurred_on=TODAY + timedelta(days=1))])
    assert verify_ledger() == []


def location_of(stock):
    from plugins.elmis.ledger.models import StockLocation

    return db.session.get(StockLocation, stock["store"]).facility


def lot_of(stock):
    from plugins.elmis.catalogue.models import Lot

    return db.session.get(Lot, stock["lot"])


def test_expired_and_recalled_lots_are_not_given_out_but_can_be_destroyed(stock):
    with unit_of_work(Access.system("test")):
        lot_of(stock).status = RECALLED
    with pytest.raises(Refused), unit_of_work(Access.system("test")):
        post([dispensed(stock, 1)])
    with unit_of_work(Access.system("test")):
        post([Move(stock["lot"], 500, stock["store"], stock["loss"], "damaged", comment="mouillé")])
    assert left(stock) == 0


def test_a_reason_must_fit_its_locations_and_a_loss_says_why(stock):
    with pytest.raises(Refused), unit_of_work(Access.system("test")):
        post([Move(stock["lot"], 1, stock["store"], stock["loss"], "dispensed")])
    with pytest.raises(Refused), unit_of_work(Access.system("test")):
        post([Move(stock["lot"], 1, stock["store"], stock["loss"], "lost")])


def test_a_reversal_restores_once_and_only_if_the_goods_are_there(stock):
    with unit_of_work(Access.system("test")):
        row = post([dispensed(stock, 500)])[0]
    with pytest.raises(Refused), unit_of_work(Access.system("test")):
        reverse(db.session.scalars(select(Movement).order_by(Movement.id)).first(), "saisie deux fois")
    with unit_of_work(Access.system("test")):
        back = reverse(db.session.get(Movement, row.id), "erreur de saisie")
    assert left(stock) == 500
    for each in (row.id, back.id):
        with pytest.raises(Refused), unit_of_work(Access.system("test")):
            reverse(db.session.get(Movement, each), "encore")
    assert verify_ledger() == []


def test_a_fact_from_a_device_is_kept_and_opens_a_discrepancy(stock):
    with unit_of_work(Access.system("test")):
        post([dispensed(stock, 530, device="tablette 3")], covers_shortage=True)
    found = db.session.scalars(select(Discrepancy)).one()
    assert (found.quantity, left(stock)) == (30, 0)
    assert verify_ledger() == []


def test_stock_moves_only_with_the_right_at_one_of_its_sides(stock, world):
    for code, allowed in (("P1A", True), ("P1A-CDS1", True), ("P1A-CDS2", False), ("P2", False)):
        path = world[code].path
        access = Access(7, "x", (("elmis.stock.move", path), ("elmis.stock.view", path)))
        try:
            with unit_of_work(access):
                post([dispensed(stock, 1)])
            assert allowed
        except NotAllowed:
            assert not allowed
        with acting(access):
            assert bool(db.session.scalars(select(Movement)).all()) == allowed


def test_a_slip_of_today_is_undone_by_who_made_it(stock, world):
    path = world["P1A-CDS1"].path
    keeper, colleague = (Access(id_, "x", (("elmis.stock.move", path), ("elmis.stock.view", path))) for id_ in (7, 8))
    with unit_of_work(keeper):
        slip = post([dispensed(stock, 5)])[0].id
    with pytest.raises(NotAllowed), unit_of_work(colleague):
        reverse(db.session.get(Movement, slip), "pas le mien")
    with time_machine.travel(utcnow() + timedelta(days=1)), pytest.raises(NotAllowed), unit_of_work(keeper):
        reverse(db.session.get(Movement, slip), "trop tard")
    with unit_of_work(keeper):
        reverse(db.session.get(Movement, slip), "faute de frappe")
    assert left(stock) == 500


def test_movements_are_never_changed(stock):
    for statement in (spoiling(update(Movement).values(quantity=1)), sql("DELETE FROM elmis_movement")):
        with pytest.raises(Exception, match="append-only"), unit_of_work(Access.system("test")):
            db.session.execute(statement)


def test_verify_finds_what_was_planted(stock):
    lot = {"lot": stock["lot"], "place": stock["store"]}
    for statement in (
        "UPDATE elmis_balance SET quantity = quantity + 1 WHERE location_id = :place AND lot_id = :lot",
        "DELETE FROM elmis_balance WHERE location_id = :place AND lot_id = :lot",
    ):
        with pytest.raises(Refused, match="planted"), unit_of_work(Access.system("test")):
            db.session.execute(sql(statement), lot)
            assert verify_ledger() != []
            raise Refused("planted")
    with unit_of_work(Access.system("test")):
        assert balances.rebuild() > 0
    assert verify_ledger() == []


def test_the_ledger_proves_itself_each_night(stock):
    worker.work()  # each night's turn is known from now on
    with unit_of_work(Access.system("test")):
        schedule.bring_forward("elmis.verify_ledger")
    worker.work()
    assert [turn.job.state for turn in schedule.turns() if turn.name == "elmis.verify_ledger"] == [DONE]
