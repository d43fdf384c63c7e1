"""The catalogue: one code a product, one product a GTIN, a fate for each lot, levels that rise."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from core.data.access import Access
from core.data.db import db
from core.data.errors import Conflict, Invalid, NotAllowed, Refused
from core.data.states import history
from core.data.work import unit_of_work
from core.facilities.models import FacilityType
from plugins.elmis.catalogue import services
from plugins.elmis.catalogue.models import Lot, Pack, Policy, Product
from plugins.elmis.catalogue.services import PackSpec
from plugins.elmis.formulas.lots import ACTIVE, HELD, RECALLED
from plugins.elmis.lots import services as lots
from plugins.elmis.replenishment import reports
from plugins.elmis.replenishment.services import levels
from tests import make as people
from tests.elmis import make

pytestmark = pytest.mark.both_databases
GTIN, OTHER = "09528380000201", "09529190000108"
FACTS = {"code": "P-7", "name_fr": "Zinc 20 mg", "base_unit_fr": "comprimé", "pack_size": 100}


@pytest.fixture
def keeper():
    """Return a person who keeps the catalogue."""
    rights = ("elmis.catalogue.edit", "elmis.catalogue.view", "elmis.stock.move")
    return Access(7, "Aline", tuple((right, "/") for right in rights))


def save(who, packs=(), product_id=None, **facts):
    with unit_of_work(who):
        return services.save_product(product_id and db.session.get(Product, product_id), {**FACTS, **facts}, packs).id


def packs_of(product_id):
    query = select(Pack.gtin, Pack.size).where(Pack.product_id == product_id).order_by(Pack.size)
    return [tuple(row) for row in db.session.execute(query)]


def test_a_product_has_exactly_the_packs_it_was_given(world, keeper):
    id_ = save(keeper, [PackSpec(100, "boîte", GTIN), PackSpec(10, "plaquette")])
    kept = db.session.scalar(select(Pack.id).where(Pack.gtin == GTIN))
    assert packs_of(id_) == [(None, 10), (GTIN, 100)]
    save(keeper, [PackSpec(120, "boîte", GTIN[1:]), PackSpec(5, "plaquette", OTHER)], id_)
    assert packs_of(id_) == [(OTHER, 5), (GTIN, 120)]
    assert db.session.scalar(select(Pack.id).where(Pack.gtin == GTIN)) == kept


@pytest.mark.parametrize("gtin", ["09528380000202", "123", "abc", "９５２８３８００００２０１"])
def test_a_wrong_gtin_is_refused_with_its_line(world, keeper, gtin):
    with pytest.raises(Refused) as refused:
        save(keeper, [PackSpec(1), PackSpec(100, "", gtin)])
    assert (refused.value.field, refused.value.facts["line"]) == ("gtin", 1)
    assert db.session.scalar(select(Product)) is None


def test_a_gtin_has_one_product_and_a_code_too(world, keeper):
    save(keeper, [PackSpec(100, "", GTIN)])
    for change in ({"packs": [PackSpec(1, "", GTIN)]}, {"packs": [PackSpec(1, "", OTHER), PackSpec(2, "", OTHER)]}):
        with pytest.raises(Refused) as refused:
            save(keeper, code="P-8", **change)
        assert refused.value.field == "gtin"
    with pytest.raises(Refused) as refused:
        save(keeper, code="p-7")
    assert refused.value.field == "code"


def test_only_the_keeper_changes_the_catalogue(world):
    storekeeper = Access(8, "x", (("elmis.stock.move", "/"), ("elmis.catalogue.view", "/")))
    with pytest.raises(NotAllowed):
        save(storekeeper)
    with unit_of_work(Access.system("test")):
        lot_id = make.lot(make.product()).id
    with pytest.raises(NotAllowed), unit_of_work(storekeeper):
        lots.change_lot(db.session.get(Lot, lot_id), "recall", "défaut")


def test_a_lot_is_held_recalled_and_released_each_with_its_reason(world, keeper):
    with unit_of_work(Access.system("test")):
        lot_id = make.lot(make.product()).id
    for action, status in (("hold", HELD), ("recall", RECALLED), ("release", ACTIVE)):
        with pytest.raises(Refused), unit_of_work(keeper):
            lots.change_lot(db.session.get(Lot, lot_id), action, " ")
        with unit_of_work(keeper):
            assert lots.change_lot(db.session.get(Lot, lot_id), action, f"motif {action}").status == status
    with pytest.raises(Conflict), unit_of_work(keeper):
        lots.change_lot(db.session.get(Lot, lot_id), "release", "encore")
    steps = [(step.action, step.reason) for step in history(db.session.get(Lot, lot_id))]
    assert steps == [("hold", "motif hold"), ("recall", "motif recall"), ("release", "motif release")]


def policy(who, **facts):
    usual = {"facility_id": None, "facility_type_id": None, "programme_id": None, "product_id": None,
             "min_months": Decimal(1), "max_months": Decimal(2), "emergency_months": Decimal("0.5"),
             "lead_time_days": 30}  # fmt: skip
    with unit_of_work(who):
        return services.save_policy(None, {**usual, **facts}).id


@pytest.mark.parametrize(
    "facts, field",
    [
        ({"min_months": 3}, "max_months"), ({"emergency_months": 2}, "emergency_months"),
        ({"facility_id": 1, "facility_type_id": 1}, "facility_type"), ({"programme_id": 1, "product_id": 1}, "programme"),
    ],
)  # fmt: skip
def test_a_policy_that_cannot_be_is_refused(world, keeper, facts, field):
    with pytest.raises(Refused) as refused:
        policy(keeper, **facts)
    assert refused.value.field == field


def test_the_narrowest_policy_counts_and_there_is_one_for_each_subject(world, keeper):
    make.reference()
    with unit_of_work(Access.system("test")):
        programme = services.save_programme(None, "X", "Essai", "")
        product_id, other_id = make.product("P-1", programme_id=programme.id).id, make.product("P-2").id
        programme_id = programme.id
    place = world["P1A-CDS1"]
    kind = db.session.scalar(select(FacilityType.id).where(FacilityType.code == "health_centre"))

    def maximum(of):
        return levels(reports.policies(world["P1A-CDS1"]), db.session.get(Product, of)).max_months

    steps = [
        ({}, 3), ({"facility_type_id": kind}, 4), ({"facility_type_id": kind, "programme_id": programme_id}, 5),
        ({"facility_type_id": kind, "product_id": product_id}, 6), ({"facility_id": place.id}, 7),
        ({"facility_id": place.id, "programme_id": programme_id}, 8), ({"facility_id": place.id, "product_id": product_id}, 9),
    ]  # fmt: skip
    for subject, months in steps:
        policy(keeper, max_months=Decimal(months), **subject)
        assert maximum(product_id) == months
        with pytest.raises((Refused, Invalid)):
            policy(keeper, max_months=Decimal(20), **subject)
    assert maximum(other_id) == 7
    with unit_of_work(keeper):
        services.remove_policy(
            db.session.scalars(
                select(Policy).where(Policy.product_id == product_id, Policy.facility_id.is_not(None))
            ).one()
        )
    assert maximum(product_id) == 8


def test_the_page_shows_the_code_of_each_pack_and_what_changed(client, world, keeper):
    id_ = save(keeper, [PackSpec(100, "boîte", GTIN), PackSpec(10, "plaquette")])
    with unit_of_work(Access.system("test")):
        people.user("pharma", world["BI"], "central_pharmacist")
    people.sign_in(client, "pharma")
    page = client.get(f"/elmis/catalogue/products/{id_}")
    assert page.status_code == 200 and page.text.count("<svg width=") == 1
    drawn = page.text[page.text.index("<svg width=") :]
    assert 'viewBox="0 0 ' in drawn[:120] and "style=" not in drawn[: drawn.index("</svg>")]
    assert "Aline" in page.text  # who made it, in its history
