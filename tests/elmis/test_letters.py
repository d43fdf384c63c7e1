"""Letters: codes and lot numbers are the same whatever their case, on both databases; accents count; never a 500."""

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import text

from core.contract.plugins import entities
from core.data.access import Access
from core.data.bulk import BECAUSE
from core.data.codes import add_key, key_of
from core.data.db import db, today
from core.data.errors import Conflict, Invalid, Refused
from core.data.work import perform, unit_of_work
from core.facilities import services as facilities
from core.facilities.models import Facility, FacilityType
from core.web import lookup
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.catalogue.services import save_product, save_programme
from plugins.elmis.ledger.models import StockLocation
from plugins.elmis.ledger.services import location
from plugins.elmis.lots.lines import Header, Line
from plugins.elmis.lots.services import correct_lot
from plugins.elmis.store.kinds import KINDS
from plugins.elmis.store.services import record
from tests.elmis import make
from tests.make import facility

pytestmark = pytest.mark.both_databases
SAME = [("série a", "SÉRIE A"), ("µ9", "Μ9"), ("straße", "STRASSE"), ("e\u0301p", "ÉP"), (" x1 ", "X1")]


@pytest.fixture
def shop(app, world):
    make.reference()
    with unit_of_work(Access.system("test")):
        make.product("ÉPI01")
    return world


def receive(world, number, quantity=10):
    product = db.session.query(Product).filter_by(code="ÉPI01").one()
    with unit_of_work(Access.system("test")):
        line = Line(product, quantity, number, make.in_two_years())
        record(KINDS["receive"], world["P1A-CDS1"], Header(today(), "receipt"), [line])


@pytest.mark.parametrize(("first", "second"), SAME)
def test_a_lot_received_twice_is_one_lot(shop, first, second):
    for number in (first, first, second):
        receive(shop, number)
    lot = db.session.query(Lot).one()
    assert lot.number == first.strip() or lot.number == key_of(first)
    assert make.on_hand(shop["P1A-CDS1"], lot) == 30


def test_an_accent_makes_another_lot(shop):
    receive(shop, "série a")
    receive(shop, "serie a")
    assert db.session.query(Lot).count() == 2


def test_a_product_made_twice_is_told_in_words(shop):
    facts = {"code": "épi01", "name_fr": "Épi", "base_unit_fr": "pièce"}
    with pytest.raises(Refused, match="épi01") as refusal:
        perform(lambda: save_product(None, facts, []))
    assert refusal.value.field == "code"
    perform(lambda: save_product(None, {**facts, "code": "EPI01"}, []))  # an accent makes another code
    found = [lookup.exact(entities()["elmis.product"], code) for code in ("épi01", "epi01")]
    assert [row.code for row in found] == ["ÉPI01", "EPI01"]


def test_programmes_lots_stores_and_facilities_likewise(shop):
    perform(lambda: save_programme(None, "ÉTÉ", "Été", ""))
    with pytest.raises(Refused):
        perform(lambda: save_programme(None, "été", "Été", ""))
    receive(shop, "SÉRIE A")
    receive(shop, "B2")
    lots = {lot.number: lot.id for lot in db.session.query(Lot)}
    facts = {"number": "série a", "expiry": None, "made_on": None, "vvm": None, "donor": ""}
    with pytest.raises(Refused):
        perform(lambda: correct_lot(db.session.get(Lot, lots["B2"]), facts))
    one, other = perform(lambda: [location(shop["P1A-CDS1"], "store", name).id for name in ("Éclair", "éCLAIR")])
    assert one == other and db.session.get(StockLocation, one).name == "Éclair"
    kind = db.session.query(FacilityType).filter_by(code="health_centre").one().id
    parent = shop.ids["P1A"]
    perform(lambda: facilities.create("ÉCOLE", "École", kind, parent).id)
    with pytest.raises(Invalid):
        perform(lambda: facilities.create("école", "École", kind, parent).id)


def test_whatever_finds_its_code_taken_is_told_in_words(shop):
    """Two people at once, or a page that forgot to look: the unique key answers, and the door puts it in words."""

    def forgetful():
        facility("épi", "depot", shop["P1A"])
        facility("ÉPI", "depot", shop["P1A"])

    with pytest.raises(Conflict, match="code"):
        perform(forgetful)
    assert db.session.query(Facility).filter(Facility.code_key == "épi").count() == 0


def test_rows_that_the_old_comparison_took_for_two_stay_apart(app):
    """The migration gives the later of two such rows a key of its own."""
    with db.engine.execution_options(**{BECAUSE: "a migration"}).begin() as connection:
        connection.execute(text("CREATE TABLE old (id INTEGER PRIMARY KEY, of_id INTEGER, code VARCHAR(20))"))
        rows = [(1, 1, "série a"), (2, 1, "SÉRIE A"), (3, 2, "Série A")]
        connection.execute(
            text("INSERT INTO old VALUES (:id, :of, :code)"), [{"id": i, "of": o, "code": c} for i, o, c in rows]
        )
        add_key(Operations(MigrationContext.configure(connection)), "old", "code_key", "code", 20, ("of_id",))
        keys = connection.execute(text("SELECT code_key FROM old ORDER BY id")).scalars().all()
        assert keys == ["série a", "série a~2", "série a"]
        connection.rollback()
