"""The work of a store: documents of lines, first expiry first, counts with their differences."""

from datetime import timedelta

import pytest

from core.data.access import Access, acting
from core.data.db import db, today
from core.data.errors import NotAllowed, Refused
from core.data.work import perform, unit_of_work
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger.verify import verify_ledger
from plugins.elmis.lots.lines import Header, Line
from plugins.elmis.store.free import held
from plugins.elmis.store.kinds import KINDS
from plugins.elmis.store.services import lines_of, record
from tests.elmis import make
from tests.statements import statements

pytestmark = pytest.mark.both_databases
TODAY = today()


@pytest.fixture
def shop(app, world):
    """Store two lots of a product, the later one entered first; return the world."""
    make.reference()
    with unit_of_work(Access.system("test")):
        product = make.product("AMOX")
        place = world["P1A-CDS1"]
        for number, days, quantity in (("LATE", 700, 300), ("SOON", 60, 200), ("GONE", -1, 90)):
            make.receive(place, make.lot(product, number, TODAY + timedelta(days=days)), quantity)
    return world


def product():
    return db.session.query(Product).filter_by(code="AMOX").one()


def left(world):
    return {one.stock.number: one.there for one in held(make.store(world["P1A-CDS1"]), product())}


def write(world, kind, reason, *lines, code="P1A-CDS1", access=None, **header):
    with unit_of_work(access or Access.system("test")):
        return record(
            KINDS[kind], world[code], Header(TODAY, reason, **header), [Line(product(), *each) for each in lines]
        )


def test_without_a_lot_the_first_to_expire_goes_first_and_the_expired_one_stays(shop):
    number = write(shop, "dispense", "dispensed", (350,))
    assert left(shop) == {"LATE": 150, "GONE": 90}
    rows = lines_of(shop["P1A-CDS1"], number)
    assert [(row.lot.number, row.quantity) for row in rows] == [("SOON", 200), ("LATE", 150)]
    assert number == f"BD-{TODAY.year}-00001" and verify_ledger() == []


def test_more_than_can_be_given_out_is_refused_at_its_line_and_leaves_no_gap(shop):
    with pytest.raises(Refused, match="490") as refusal:
        write(shop, "dispense", "dispensed", (10,), (600,))
    assert refusal.value.facts["line"] == 1 and refusal.value.field == "quantity"
    assert left(shop)["SOON"] == 200
    assert write(shop, "dispense", "dispensed", (1,)).endswith("00001")


def test_a_receipt_makes_the_lot_and_refuses_another_expiry_of_a_known_one(shop):
    write(shop, "receive", "receipt", (500, "new-1", TODAY + timedelta(days=400)), counterpart="CAMEBU")
    write(shop, "receive", "receipt", (100, "NEW-1"), counterpart="CAMEBU")
    assert left(shop)["new-1"] == 600
    with pytest.raises(Refused) as refusal:
        write(shop, "receive", "receipt", (1, "new-1", TODAY + timedelta(days=4)))
    assert refusal.value.field == "expiry"
    assert db.session.query(Lot).filter_by(number="new-1").one().expiry == TODAY + timedelta(days=400)


def test_a_document_of_one_line_asks_for_nothing_twice(shop):
    """Rights, lots, stores, reasons, recalls and what is set aside are read once; it was 46 statements when not."""
    rights, key = (("elmis.stock.move", shop["P1A"].path), ("elmis.stock.view", shop["P1A"].path)), iter("abc")

    def dispense():
        header, line = Header(TODAY, "dispensed"), Line(product(), 1, "SOON")
        return perform(lambda: record(KINDS["dispense"], shop["P1A-CDS1"], header, [line]), key=next(key))

    with acting(Access(5, "x", rights)):
        dispense()
        with statements() as sent:
            dispense()
    assert (
        len([each for each in sent if not each.startswith(("PRAGMA", "SET LOCAL"))]) <= 19
    )  # one of them the settings, for the pattern of its number
    assert len(sent) == len(set(sent))


def test_expired_goods_are_destroyed_by_naming_their_lot(shop):
    with pytest.raises(Refused):
        write(shop, "loss", "expired", (90,))
    write(shop, "loss", "expired", (90, "GONE"))
    assert "GONE" not in left(shop) and verify_ledger() == []


def test_a_loss_needs_its_reason_and_comment(shop):
    for reason in ("dispensed", "stolen"):
        with pytest.raises(Refused):
            write(shop, "loss", reason, (1, "SOON"))
    write(shop, "loss", "stolen", (1, "SOON"), comment="porte forcée")


def test_a_stranger_cannot_write_and_an_adjustment_needs_its_own_right(shop):
    mine = tuple((right, shop["P1A"].path) for right in ("elmis.stock.move", "elmis.stock.view"))
    write(shop, "dispense", "dispensed", (1,), access=Access(5, "x", mine))
    with pytest.raises(NotAllowed):
        write(shop, "adjust_down", "adjust_down", (1,), access=Access(5, "x", mine), comment="x")
    with pytest.raises(NotAllowed):
        write(shop, "dispense", "dispensed", (1,), access=Access(5, "x", (("elmis.stock.move", shop["P2"].path),)))
