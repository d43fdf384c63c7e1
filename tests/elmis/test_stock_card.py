"""The stock card as the paper has it: what was there, each line with its balance, what is left."""

from datetime import timedelta

import pytest

from core.data.access import Access, acting
from core.data.db import db, today
from core.data.errors import NotAllowed
from core.data.work import unit_of_work
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.formulas.lots import RECALLED
from plugins.elmis.ledger import reports
from plugins.elmis.ledger.models import Movement
from plugins.elmis.ledger.reports import initials, stock_card
from plugins.elmis.ledger.services import Move, location, post, reverse
from plugins.elmis.stock.products import counted, stock_by_product, stock_of
from tests import make as people
from tests.elmis import make

pytestmark = pytest.mark.both_databases
TODAY = today()


def ago(days):
    return TODAY - timedelta(days=days)


@pytest.fixture
def card(app, world):
    """Store a month of one product in a health centre; return what tests ask of it."""
    make.reference()
    rights = ("elmis.stock.view", "elmis.stock.move", "elmis.stock.adjust", "elmis.catalogue.edit")
    keeper = Access(7, "Aline Niyonzima", tuple((right, "/") for right in rights))
    place = world["P1A-CDS1"]
    with unit_of_work(keeper):
        product = make.product("P-1", unit_price=10)
        one, two = make.lot(product, "L1", ago(-60)), make.lot(product, "L2", ago(-400))
        make.receive(place, one, 100, ago(30))
        make.dispense(place, one, 60, ago(20))
        make.dispense(place, one, 40, ago(10))  # nothing is left
        make.receive(place, two, 50, ago(5))
        ids = product.id, one.id, two.id
        stores = [location(place, kind).id for kind in ("store", "consumption")]
        post([Move(two.id, 20, *stores, "issue_ward", ago(5), counterpart="Maternité", document="BS-1")])
    return {"place": place.id, "product": ids[0], "lots": ids[1:], "stores": stores, "keeper": keeper}


def drawn(world, card, first=40, last=0, place=None):
    product = db.session.get(Product, card["product"])
    return stock_card(place or world["P1A-CDS1"], product, ago(first), ago(last))


def test_each_line_has_its_balance_and_the_rupture_is_marked(world, card):
    found = drawn(world, card)
    assert (found.opening, found.into, found.out, found.closing) == (0, 150, 120, 30)
    assert [(row.into, row.out, row.balance, row.rupture) for row in found.rows] == [
        (100, 0, 100, False), (0, 60, 40, False), (0, 40, 0, True), (50, 0, 50, False), (0, 20, 30, False),
    ]  # fmt: skip
    ward = found.rows[-1]
    assert (ward.counterpart, ward.document, ward.lot, ward.visa) == ("Maternité", "BS-1", "L2", "AN")


def test_a_part_of_the_past_begins_with_what_was_there(world, card):
    found = drawn(world, card, 20, 6)
    assert (found.opening, found.closing, len(found.rows)) == (100, 0, 2)
    empty = drawn(world, card, 4, 0)
    assert (empty.opening, empty.closing, list(empty.rows)) == (30, 30, [])


def test_within_a_day_what_came_in_stands_first(world, card):
    with unit_of_work(card["keeper"]):
        post([Move(card["lots"][1], 30, *card["stores"], "dispensed", ago(3))])
        make.receive(world["P1A-CDS1"], db.session.get(Lot, card["lots"][1]), 8, ago(3))
    rows = drawn(world, card, 3).rows
    assert [(row.into, row.out, row.balance) for row in rows] == [(8, 0, 38), (0, 30, 8)]


def test_counts_stand_where_they_were_seen_and_say_what_late_papers_changed(client, world, card):
    two = card["lots"][1]
    with unit_of_work(Access.system("test")):
        make.counted(world["P1A-CDS1"], db.session.get(Lot, two), 28, ago(2))
        post([Move(two, 3, *card["stores"], "dispensed", ago(2), document="BD-9")])  # after it
        post([Move(two, 1, *card["stores"], "dispensed", ago(3), document="BD-8")])  # late: from before it
        people.user("keeper", world["P1A-CDS1"], "storekeeper")
    rows = drawn(world, card, 4).rows
    assert [(row.into, row.out, row.balance, row.seen) for row in rows] == [
        (0, 1, 29, None), (0, 2, 27, None), (1, 0, 28, None), (0, 0, 28, 28), (0, 3, 25, None),
    ]  # fmt: skip
    people.sign_in(client, "keeper")
    text = client.get(f"/elmis/stock/products/{card['product']}").text
    assert "INV-1" in text and "BD-8" in text.split("INV-1", 1)[1]  # what changed the difference is named


def test_a_reversal_and_what_it_undoes_are_marked(world, card):
    row = drawn(world, card).rows[-1]
    with unit_of_work(card["keeper"]):
        reverse(db.session.get(Movement, row.id), "saisi deux fois")
    rows = [each for each in drawn(world, card).rows if each.document == "BS-1"]
    assert sorted((each.reversed, each.reversal, each.into, each.out) for each in rows) == [
        (False, True, 20, 0), (True, False, 0, 20),
    ]  # fmt: skip
    assert drawn(world, card).closing == 50


def test_moves_between_two_stores_of_a_facility_are_on_their_own_cards_only(world, card):
    place = world["P1A-CDS1"]
    with unit_of_work(card["keeper"]):
        second = location(place, "store", "Froid")
        supplier = location(place, "supplier")
        post([Move(card["lots"][1], 5, supplier.id, second.id, "receipt", ago(1))])
    assert drawn(world, card).closing == 35
    assert drawn(world, card, place=location(place, "store", "Froid")).closing == 5
    assert drawn(world, card, place=location(place, "store")).closing == 30


def test_nobody_reads_the_card_of_another_place(world, card):
    with acting(Access(9, "x", (("elmis.stock.view", world["P2A"].path),))):
        with pytest.raises(NotAllowed):
            drawn(world, card)
        with pytest.raises(NotAllowed):
            stock_by_product(world["P1A-CDS1"], TODAY)
        assert reports.expiring(Access(9, "x", (("elmis.stock.view", world["P2A"].path),)), ago(-999)) == []


def test_stock_by_product_agrees_with_the_card(world, card):
    (row,) = stock_by_product(world["P1A-CDS1"], TODAY)
    assert (row.quantity, len(row.lots), row.nearest, row.value) == (30, 1, ago(-400), 300)
    assert stock_of(world["P1A-CDS1"], row.product, TODAY).quantity == drawn(world, card).closing
    assert sum(counted([row]).values()) == 1


def test_a_recalled_lot_is_there_but_not_usable(world, card):
    with unit_of_work(Access.system("test")):
        db.session.get(Lot, card["lots"][1]).status = RECALLED
    row = stock_of(world["P1A-CDS1"], db.session.get(Product, card["product"]), TODAY)
    assert (row.quantity, row.usable) == (30, 0)


def test_what_expires_has_its_units_and_value(world, card):
    with unit_of_work(card["keeper"]):
        make.receive(world["P1B-CDS1"], db.session.get(Lot, card["lots"][0]), 7)
    mine = Access(9, "x", (("elmis.stock.view", world["P1B"].path),))
    assert [(row.facility, row.lot, row.quantity, row.value) for row in reports.expiring(mine, ago(-90))] == [
        ("P1B-CDS1", "L1", 7, 70)
    ]
    everyone = reports.expiring(Access.system("test"), ago(-999))
    assert [(row.lot, row.quantity) for row in everyone] == [("L1", 7), ("L2", 30)]
    assert reports.value_of(everyone) == 370
    assert [row.facility for row in reports.holders(mine, db.session.get(Product, card["product"]))] == ["P1B-CDS1"]


def test_an_office_sees_its_stores_with_what_is_out(world, card):
    with acting(card["keeper"]):
        (row,) = reports.stores_below(world["P1A"], TODAY)
    assert (row.facility.code, row.products, row.out, row.expired) == ("P1A-CDS1", 1, 0, 0)


@pytest.mark.parametrize(
    "name, visa",
    [("Aline Niyonzima", "AN"), ("Jean-Claude Niyonzima", "JCN"), ("x", "X"), ("", ""), ("a b c d", "ABC")],
)
def test_the_visa_is_the_initials(name, visa):
    assert initials(name) == visa


def test_the_page_offers_the_stores_of_a_place_that_has_several(client, world, card):
    with unit_of_work(card["keeper"]):
        place = world["P1A-CDS1"]
        cold = location(place, "store", "Froid").id
        post([Move(card["lots"][1], 5, location(place, "supplier").id, cold, "receipt", ago(1), document="BE-77")])
    with unit_of_work(Access.system("test")):
        people.user("keeper", world["P1A-CDS1"], "storekeeper")
    people.sign_in(client, "keeper")
    address = f"/elmis/stock/products/{card['product']}"
    assert "BE-77" in client.get(address).text and "Froid" in client.get(address).text
    assert "BS-1" not in client.get(address, query_string={"store": cold}).text
    assert "BE-77" not in client.get(address, query_string={"store": card["stores"][0]}).text
    assert client.get(address, query_string={"store": "x"}).status_code == 200
