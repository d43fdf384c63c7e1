"""What was received is not received twice without a question, however it comes in: by hand, by a list, by a note."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from core.data import migrations
from core.data.access import Access
from core.data.codes import number_key
from core.data.db import db, today
from core.data.errors import Doubt
from core.data.work import unit_of_work
from core.imports import services
from core.imports.models import ImportRun
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.ledger.models import Movement
from plugins.elmis.ledger.services import reverse
from plugins.elmis.lots.lines import Header, Line
from plugins.elmis.promises.models import Receipt, Shipment
from plugins.elmis.store.kinds import KINDS
from plugins.elmis.store.services import record
from tests import make as people
from tests.elmis import flow, make

pytestmark = pytest.mark.both_databases
PLACE, LIST = "P1A-CDS1", "elmis.movement"
HEAD = "id,facility,product,lot,expiry,quantity,reason,date,counterpart,document"
DAY, EXPIRY = today() - timedelta(days=3), today() + timedelta(days=700)


@pytest.fixture
def shop(app, world):
    make.reference()
    with unit_of_work(Access.system("test")):
        make.product("P-1")
        make.product("P-2")
        world.users["keeper"] = people.user("keeper", world[PLACE], "storekeeper").id
    return world


@pytest.fixture
def imports(tmp_path):
    """Return a function that imports lines, and says yes where it is told to."""

    def run(*lines, yes=False):
        (path := tmp_path / "list.csv").write_text("\n".join([HEAD, *lines]), "utf-8")
        return services.take(LIST, path, answers=(lambda _question: "yes") if yes else services.nobody).counts

    return run


def line(quantity=50, lot="B1", document="BL-99", day=DAY, id="", product="P-1", reason="receipt"):
    return f"{id},{PLACE},{product},{lot},{EXPIRY},{quantity},{reason},{day},CAMEBU,{document}"


def typed(shop, quantity=50, lot="B1", paper="BL-99", day=DAY, yes=(), product="P-1", other="CAMEBU"):
    """Record a receipt by hand; return its number."""
    with unit_of_work(shop.access("keeper"), confirmed=yes):
        of = db.session.query(Product).filter_by(code=product).one()
        goods = [Line(of, quantity, lot, EXPIRY)]
        return record(KINDS["receive"], shop[PLACE], Header(day, "receipt", other, paper), goods)


def asked(operation, *given, **options):
    """Return {code: words} of what an entry asks; nothing of it is written."""
    before = db.session.scalar(select(func.count()).select_from(Movement))
    with pytest.raises(Doubt) as doubt:
        operation(*given, **options)
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Movement)) == before
    return {one.code: one for one in doubt.value.questions}


def said(questions, code):
    return str(questions[code].words)


@pytest.mark.parametrize("one, other", [("BL-99", "bl 99"), ("BL-99", "BL99"), ("N° 4711/b", "n°4711 B")])
def test_one_number_however_it_is_written(one, other):
    assert number_key(one) == number_key(other)


def test_numbers_that_differ_and_none_at_all():
    assert number_key("BL-99") != number_key("BL-98") and number_key(" - ") == "" == number_key(None)


def test_a_paper_is_known_however_it_is_written_and_whoever_is_named(shop):
    number = typed(shop)
    for paper, other in (("BL-99", "Camebu"), ("bl 99", "CAMEBU"), ("BL99", "")):
        question = asked(typed, shop, 7, "OTHER", paper, other=other)
        words = said(question, "paper")
        assert set(question) == {"paper"} and question["paper"].field == "reference"
        assert all(each in words for each in (number, f"{DAY:%d/%m/%Y}", "50", "P-1", "B1")), words
    typed(shop, 7, "OTHER", "BL-98")


def test_what_was_typed_is_seen_by_a_list(shop, imports):
    number = typed(shop)
    for given in (line(), line(document=""), line(7, "OTHER", "bl 99"), line(id="7")):
        words = said(asked(imports, given), "received")
        assert number in words and "50" in words and "(ligne 2" in words, words
    assert imports(line(49, document="BL-98"))["new"] == 1, "neither the paper nor the goods"
    assert imports(line(id="8"), yes=True)["new"] == 1


def test_what_a_list_brought_is_seen_by_hand(shop, imports):
    imports(line(document="BL-100"))
    assert set(asked(typed, shop, 7, "OTHER", "bl 100")) == {"paper"}
    found = asked(typed, shop, paper="")
    assert set(found) == {"goods"} and (found["goods"].line, found["goods"].field) == (0, "quantity")
    assert "BL-100" in said(found, "goods")
    typed(shop, 49, paper="")


def test_a_list_that_writes_a_number_otherwise_is_seen_and_one_that_is_repeated_is_not_asked(shop, imports):
    first = [line(), line(20, "B2")]
    imports(*first)
    assert imports(*first)["same"] == 2
    assert "ligne 2 : écrite autrement" in said(asked(imports, line(document="bl 99")), "twins").replace("\u00a0", " ")
    assert asked(imports, *first, line(7, "B3")).keys() == {"twins"}, "its other lines are in the list: it says that"
    imports(line(id="a", document="BL-7"))
    assert imports(line(id="a", document="BL-7"), line(9, "B4", "BL-7", id="b"))["new"] == 1


def test_what_was_reversed_may_come_again(shop, imports):
    number = typed(shop)
    with unit_of_work(shop.access("keeper")):
        reverse(db.session.query(Movement).filter_by(document=number).one(), "faux")
    assert imports(line())["new"] == 1


@pytest.fixture
def note(app, world):
    """Return a note of this system that is on the road: its id and number, product and lot of its line."""
    goods = flow.stocked(world)
    id_ = flow.shipped(world, flow.order(world, goods["product"], 100))
    sent = db.session.get(Shipment, id_)
    return id_, sent.number, sent.lines[0].product.code, sent.lines[0].lot.number


def test_goods_of_a_note_on_the_road_are_received_on_its_page(world, imports, note):
    _id, number, product, lot = note
    known = db.session.scalar(select(Lot.expiry).where(Lot.number == lot))

    def by_hand(paper, lot):
        with unit_of_work(world.access("keeper")):
            goods = [Line(db.session.query(Product).filter_by(code=product).one(), 5, lot, known)]
            return record(KINDS["receive"], world[PLACE], Header(today(), "receipt", "Dépôt", paper), goods)

    by_number, by_lot = asked(by_hand, number.lower().replace("-", " "), "ELSE"), asked(by_hand, "X-9", lot)
    assert set(by_number) == set(by_lot) == {"underway"} and number in said(by_number, "underway")
    assert (by_number["underway"].field, by_lot["underway"].field) == ("reference", "lot")
    assert number in said(by_lot, "underway") and "Réceptions" in said(by_lot, "underway")
    head = f",{PLACE},{product}"
    given = f"{head},ELSE,{EXPIRY},5,receipt,{today()},Dépôt,{number.lower().replace('-', '')}"
    assert number in said(asked(imports, given), "underway")


def test_a_note_that_was_received_is_a_paper_that_was_received(world, imports, note):
    id_, number, product, _lot = note
    flow.count(world, flow.expected(id_), flow.whole(id_))
    receipt = db.session.scalar(select(Receipt.number).where(Receipt.shipment_id == id_))
    words = said(asked(typed, world, 5, "ELSE", number.replace("-", " "), today(), product=product), "paper")
    assert receipt in words, words
    given = f",{PLACE},{product},ELSE,{EXPIRY},5,receipt,{today()},Dépôt,{number.lower()}"
    other = f",{PLACE},{product},OTHER,{EXPIRY},7,receipt,{today()},Dépôt,X-77"  # another paper, on the same list
    words = said(asked(imports, other, given), "received")
    assert receipt in words and "ligne 3" in words and "ligne 2" not in words, words


def test_the_question_about_a_list_names_its_day_where_the_list_was_sent(shop, imports):
    imports(line())
    with unit_of_work(Access.system("test")):
        db.session.query(ImportRun).one().done_at = datetime(2026, 11, 28, 22, 7, tzinfo=UTC)
    assert "29/11/2026" in said(asked(imports, line(49)), "twins")


def test_a_paper_of_before_the_keys_is_known_after_the_migration(shop):
    number = typed(shop, paper="BL 4/7")
    migrations.downgrade("elmis@elmis_0015")
    migrations.upgrade()
    db.session().info["access"] = Access.system("test")
    assert number in said(asked(typed, shop, 7, "OTHER", "bl-47"), "paper")
    assert migrations.faults() == []
