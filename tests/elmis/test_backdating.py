"""Late entries: allowed as long as no day goes below zero, and what a device did is kept whatever the day."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.data.access import Access
from core.data.db import db, today
from core.data.errors import Conflict, NotAllowed, Refused
from core.data.work import unit_of_work
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.ledger.discrepancies import justify
from plugins.elmis.ledger.models import Discrepancy, Movement
from plugins.elmis.ledger.services import Move, location, post, reverse
from plugins.elmis.ledger.verify import verify_ledger
from tests.elmis import make

pytestmark = pytest.mark.both_databases
TODAY = today()


@pytest.fixture
def stock(app, world):
    """Store 100 units that came ten days ago, of which 80 were dispensed four days ago, and 200 that came today."""
    make.reference()
    with unit_of_work(Access.system("test")):
        lot, place = make.lot(make.product()), world["P1A-CDS1"]
        make.receive(place, lot, 100, ago(10))
        make.dispense(place, lot, 80, ago(4))
        make.receive(place, lot, 200)
        sides = ("store", "consumption", "supplier", "adjustment", "in_transit", "loss")
        return {"lot": lot.id, **{kind: location(place, kind).id for kind in sides}}


def ago(days):
    return TODAY - timedelta(days=days)


def used(stock, quantity, day, **values):
    return Move(stock["lot"], quantity, stock["store"], stock["consumption"], "dispensed", day, **values)


def sent(moves, access=None, **options):
    with unit_of_work(access or Access.system("test")):
        return [row.id for row in post(moves, **options)]


@pytest.mark.parametrize(
    "quantity, days, fits",
    [(20, 4, True), (21, 4, False), (20, 9, True), (21, 9, False), (20, 1, True), (21, 1, False), (220, 0, True),
     (1, 11, False)],
)  # fmt: skip
def test_every_later_day_is_looked_at(stock, quantity, days, fits):
    if fits:
        sent([used(stock, quantity, ago(days))])
    else:
        with pytest.raises(Refused):
            sent([used(stock, quantity, ago(days))])
    assert verify_ledger() == []


def test_the_refusal_names_the_first_day_that_would_be_short_and_by_how_much(stock):
    with pytest.raises(Refused) as refusal:
        sent([used(stock, 25, ago(9))])
    assert refusal.value.facts["day"] == ago(4)
    assert refusal.value.facts["missing"] == 5
    assert f"{ago(4):%d/%m/%Y}" in str(refusal.value.message) and refusal.value.field == "occurred_on"


def test_a_late_line_is_judged_even_beside_a_line_of_today(stock):
    with pytest.raises(Refused):
        sent([used(stock, 21, ago(5)), used(stock, 1, TODAY)])
    with pytest.raises(Refused):
        sent([used(stock, 1, TODAY), used(stock, 21, ago(5))])


def test_a_receipt_cannot_be_undone_when_its_goods_were_used_since(stock):
    first = db.session.scalars(select(Movement.id).order_by(Movement.id)).first()
    with pytest.raises(Refused), unit_of_work(Access.system("test")):
        reverse(db.session.get(Movement, first), "erreur")
    assert verify_ledger() == []


def test_an_expired_lot_may_still_be_entered_for_a_day_on_which_it_was_good(stock):
    with unit_of_work(Access.system("test")):
        db.session.get(Lot, stock["lot"]).expiry = ago(2)
    sent([used(stock, 5, ago(2))])
    with pytest.raises(Refused):
        sent([used(stock, 5, ago(1))])


def test_a_device_is_believed_even_when_only_an_earlier_day_is_short(stock):
    sent([used(stock, 35, ago(5), device="tablette 3")], covers_shortage=True)
    found = db.session.scalars(select(Discrepancy)).one()
    assert (found.quantity, found.movement.occurred_on) == (15, ago(5))
    assert verify_ledger() == []


def test_the_same_fact_of_a_device_opens_one_discrepancy(stock):
    fact = used(stock, 300, TODAY, uuid="tablette-3-17")
    first, again = (sent([fact], covers_shortage=True) for _turn in range(2))
    assert first == again
    assert len(db.session.scalars(select(Discrepancy)).all()) == 1


def test_a_discrepancy_is_closed_once_with_an_explanation(stock):
    sent([used(stock, 300, TODAY)], covers_shortage=True)
    key = db.session.scalars(select(Discrepancy.id)).one()
    with pytest.raises(Refused), unit_of_work(Access.system("test")):
        justify(db.session.get(Discrepancy, key), " ")
    with unit_of_work(Access.system("test")):
        justify(db.session.get(Discrepancy, key), "bon non saisi, retrouvé")
    with pytest.raises(Refused), unit_of_work(Access.system("test")):
        justify(db.session.get(Discrepancy, key), "encore")


def test_a_uuid_twice_in_one_document_is_one_movement(stock):
    move = used(stock, 5, TODAY)
    ids = sent([move, move, replace(move, quantity=9)])
    assert len(set(ids)) == 1 and verify_ledger() == []


def test_a_uuid_of_a_place_out_of_sight_is_a_conflict_and_tells_nothing(stock, world):
    sent([used(stock, 5, TODAY, uuid="taken")])
    with unit_of_work(Access.system("test")):
        other = world["P2A-CDS1"]
        make.receive(other, db.session.get(Lot, stock["lot"]), 50)
        sides = location(other).id, location(other, "consumption").id
    path = other.path
    access = Access(7, "x", (("elmis.stock.move", path), ("elmis.stock.view", path)))
    with pytest.raises(Conflict):
        sent([Move(stock["lot"], 1, *sides, "dispensed", uuid="taken")], access)


def test_nobody_fills_or_empties_a_store_of_others(stock, world):
    own = world["P1A-CDS2"]
    grants = tuple((right, own.path) for right in ("elmis.stock.move", "elmis.stock.view"))
    with unit_of_work(Access.system("test")):
        mine = {kind: location(own, kind).id for kind in ("supplier", "consumption", "store", "in_transit")}
        make.receive(own, db.session.get(Lot, stock["lot"]), 50)
    for source, target, reason in (
        (mine["supplier"], stock["store"], "receipt"),
        (stock["store"], mine["consumption"], "dispensed"),
        (stock["in_transit"], stock["loss"], "missing_transit"),
    ):
        with pytest.raises(NotAllowed):
            sent([Move(stock["lot"], 1, source, target, reason)], Access(7, "x", grants))
    sent([Move(stock["lot"], 1, mine["store"], mine["in_transit"], "shipment")], Access(7, "x", grants))


@pytest.mark.parametrize(
    "right, reason, comes_in",
    [("elmis.stock.adjust", "adjust_up", True), ("elmis.count.post", "count_shortage", False)],
)
def test_adjusting_and_counting_need_their_own_right(stock, world, right, reason, comes_in):
    sides = (stock["adjustment"], stock["store"]) if comes_in else (stock["store"], stock["adjustment"])
    move = Move(stock["lot"], 1, *sides, reason, comment="vu")
    path = world["P1A-CDS1"].path
    seller = (("elmis.stock.move", path), ("elmis.stock.view", path))
    with pytest.raises(NotAllowed):
        sent([move], Access(7, "x", seller))
    sent([move], Access(7, "x", (*seller, (right, path))))


def test_reversing_needs_the_right_to_adjust(stock, world):
    row = sent([used(stock, 5, TODAY)])[0]
    path = world["P1A-CDS1"].path
    grants = (("elmis.stock.move", path), ("elmis.stock.view", path))
    with pytest.raises(NotAllowed), unit_of_work(Access(7, "x", grants)):
        reverse(db.session.get(Movement, row), "erreur")
    with unit_of_work(Access(7, "x", (*grants, ("elmis.stock.adjust", path)))):
        reverse(db.session.get(Movement, row), "erreur")
