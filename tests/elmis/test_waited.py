"""Slips that waited on a device: what has happened is taken, what the book had less of has to be justified."""

import json
from datetime import timedelta

import pytest

from core.data.access import Access, acting
from core.data.db import db, today, utcnow
from core.data.errors import Doubt, Refused
from core.data.trail import AuditEntry
from core.data.work import perform, unit_of_work
from core.jobs import services as jobs
from core.notices import drawing, services
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.counts import services as counts
from plugins.elmis.counts.models import Count, CountLine
from plugins.elmis.ledger.models import Discrepancy, Movement, Period
from plugins.elmis.ledger.verify import verify_ledger
from plugins.elmis.lots.lines import Header, Line
from plugins.elmis.store.free import held
from plugins.elmis.store.kinds import KINDS
from plugins.elmis.store.services import record
from tests import make as people
from tests.elmis import make

pytestmark = pytest.mark.both_databases
TODAY, DAY = today(), timedelta(days=1)


@pytest.fixture
def shop(app, world):
    """Store 20 of one lot and none any more of another; return the store's facility."""
    make.reference()
    with unit_of_work(Access.system("test")):
        place, product = world["P1A-CDS1"], make.product("AMOX")
        lots = {name: make.lot(product, name, TODAY + timedelta(days=days)) for name, days in
                (("HERE", 60), ("EMPTY", 700), ("OLD", -40), ("AWAY", 500))}  # fmt: skip
        for name, units in (("EMPTY", 5), ("HERE", 20), ("OLD", 30)):
            make.receive(place, lots[name], units, TODAY - 90 * DAY)
        make.dispense(place, lots["EMPTY"], 5, TODAY - 80 * DAY)
        make.receive(world["P2A-CDS1"], lots["AWAY"], 100)
    return world["P1A-CDS1"]


def write(place, *lines, kind="dispense", reason="dispensed", on=TODAY, waited=DAY, access=None, **more):
    """Record a slip that waited on a device for a time, or was sent at once where that is None."""
    written = None if waited is None else utcnow() - waited
    product = db.session.query(Product).filter_by(code="AMOX").one()
    with unit_of_work(access or Access.system("test"), written=written, **more):
        return record(KINDS[kind], place, Header(on, reason), [Line(product, *line) for line in lines])


def left(place):
    product = db.session.query(Product).filter_by(code="AMOX").one()
    return {one.stock.number: one.there for one in held(make.store(place), product)}


def opened():
    rows = db.session.query(Discrepancy).order_by(Discrepancy.id)
    return [(row.movement.lot.number, row.quantity, row.state) for row in rows]


def stands():
    assert verify_ledger() == []
    return True


@pytest.mark.parametrize(
    ("lines", "missing", "there"),
    [
        ([(26, "HERE")], [("HERE", 6)], {"OLD": 30}),
        ([(15, "HERE"), (9, "here")], [("HERE", 4)], {"OLD": 30}),
        ([(26,)], [("HERE", 6)], {"OLD": 30}),  # no lot named: the good ones, the rest of the last
        ([(3, "EMPTY")], [("EMPTY", 3)], {"HERE": 20, "OLD": 30}),
        ([(7, "AWAY")], [("AWAY", 7)], {"HERE": 20, "OLD": 30}),  # never was in this store, as its book says
    ],
)
def test_too_little_in_the_book_is_a_difference_to_justify_and_no_reason_to_refuse(shop, lines, missing, there):
    with pytest.raises(Refused):
        write(shop, *lines, waited=None)
    assert opened() == []
    number = write(shop, *lines)
    assert opened() == [(*each, "open") for each in missing] and left(shop) == there and stands()
    rows = db.session.query(Movement).filter_by(document=number).all()
    assert sum(row.quantity for row in rows if row.reason.code == "dispensed") == sum(line[0] for line in lines)
    assert all("réseau" in row.device or "network" in row.device for row in rows if row.reason.code == "dispensed")


def test_the_trail_says_when_it_was_written_and_the_head_of_the_store_is_told(shop, world):
    with unit_of_work(Access.system("test")):
        for login, role in (("head", "stock_manager"), ("writer", "storekeeper")):
            world.users[login] = people.user(login, shop, role).id
    write(shop, (26, "HERE"), access=world.access("writer"))
    last = db.session.query(AuditEntry).filter_by(entity="elmis.discrepancy", action="create").one()
    assert f"{TODAY - DAY:%d/%m/%Y}" in json.loads(last.body)["reason"]
    jobs.tell_all()
    with acting(world.access("head")):
        told = [str(one.title) for one in drawing.drawn(services.mine()[0])]
    assert any("AMOX" in one for one in told), told


def test_an_adjustment_is_no_fact_and_a_lot_that_nobody_knows_no_lot(shop):
    with pytest.raises(Refused):
        write(shop, (26, "HERE"), kind="adjust_down", reason="adjust_down")
    for lines in ([(1, "NOWHERE")], [(3, "HERE"), (1, "NOWHERE")]):
        with pytest.raises(Refused) as refusal:
            write(shop, *lines)
        assert refusal.value.field == "lot" and opened() == []


def test_what_the_packs_say_is_refused_what_was_decided_meanwhile_is_not(shop):
    with pytest.raises(Refused, match="OLD"):
        write(shop, (1, "OLD"))
    write(shop, (1, "OLD"), on=TODAY - 50 * DAY)  # it was good then
    with unit_of_work(Access.system("test")):
        db.session.query(Lot).filter_by(number="HERE").one().status = "recalled"
    with pytest.raises(Refused, match="HERE"):
        write(shop, (2, "HERE"), waited=None)
    write(shop, (2, "HERE"))
    assert left(shop)["HERE"] == 18 and opened() == []


def test_a_slip_of_a_month_that_was_closed_before_it_arrived_is_taken_an_old_paper_is_not(shop):
    clerk = Access(5, "x", (("elmis.stock.move", shop.path), ("elmis.stock.view", shop.path)))
    then = TODAY.replace(day=1) - 10 * DAY
    with unit_of_work(Access.system("test")):
        db.session.add(Period(month=then.replace(day=1), closed=True))
    with pytest.raises(Refused, match=f"{then:%m/%Y}"):
        write(shop, (1, "HERE"), on=then, waited=timedelta(0), access=clerk)
    write(shop, (26, "HERE"), on=then, waited=TODAY - then, access=clerk)
    assert opened() == [("HERE", 6, "open")] and stands()


def test_a_count_that_came_later_holds_and_nothing_is_to_be_justified(shop):
    with unit_of_work(Access.system("test")):
        make.counted(shop, db.session.query(Lot).filter_by(number="HERE").one(), 12)
    clerk = Access(5, "x", tuple((right, shop.path) for right in ("elmis.stock.move", "elmis.stock.view")))
    write(shop, (8, "HERE"), on=TODAY - DAY, access=clerk)
    assert left(shop)["HERE"] == 12 and opened() == [] and stands()
    with pytest.raises(Doubt):
        write(shop, (1, "HERE"), waited=timedelta(0), access=clerk)  # of today, but before the count or after it?
    write(shop, (5, "HERE"), waited=timedelta(minutes=10), access=clerk)  # written before the count
    assert left(shop)["HERE"] == 12 and opened() == [] and stands()


def test_a_sheet_that_waited_for_days_is_counted_when_it_was_typed_and_nobody_is_asked(shop):
    typed = utcnow() - 3 * DAY
    with unit_of_work(Access.system("test")):
        count = counts.start(make.store(shop))
        count.created_at, line = typed - timedelta(hours=1), count.lines[0].id
    found, ids = {line: counts.Counted(4, at=typed, live=True)}, count.id
    with pytest.raises(Doubt), unit_of_work(Access.system("test")):
        counts.fill(db.session.get(Count, ids), found)
    with unit_of_work(Access.system("test"), written=typed + timedelta(minutes=20)):
        counts.fill(db.session.get(Count, ids), found)
    assert db.session.get(CountLine, line).counted_at == typed


def test_a_slip_of_the_keyboard_is_asked_all_the_same(shop):
    with pytest.raises(Doubt) as doubt:
        write(shop, (99_999_999, "HERE"))
    assert opened() == []
    write(shop, (99_999_999, "HERE"), confirmed=[doubt.value.questions[0].token])
    assert opened() == [("HERE", 99_999_979, "open")] and stands()


def test_the_same_sending_opens_one_difference(shop):
    product = db.session.query(Product).filter_by(code="AMOX").one()

    def again():
        header = Header(TODAY, "dispensed")
        return record(KINDS["dispense"], shop, header, [Line(product, 26, "HERE")])

    with acting(Access.system("test")):
        numbers = {perform(again, key="one", body="x", written=utcnow() - DAY) for _turn in range(2)}
    assert len(numbers) == 1 and opened() == [("HERE", 6, "open")]
