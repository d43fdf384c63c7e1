"""The catalogue as its keeper and its readers see it."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.data.access import Access
from core.data.db import db, today
from core.data.work import unit_of_work
from plugins.elmis.catalogue.models import Lot, Policy, Product, Programme
from plugins.elmis.ledger.services import Move, location, post
from tests import make as core_make
from tests.elmis import make


@pytest.fixture
def catalogue(app, world):
    """Store two products, a lot in stock, and a keeper and a reader of the catalogue."""
    make.reference()
    with unit_of_work(Access.system("test")):
        place = world["P1A-CDS1"]
        lot = make.lot(
            make.product("AMX", name_fr="Amoxicilline 250 mg", tracer=True), "LOT-A00", today() + timedelta(40)
        )
        make.receive(place, lot, 500)
        other = make.product("PAR", name_fr="Paracétamol 500 mg")
        policy = Policy(
            facility_type_id=place.type_id, min_months=1, max_months=2, emergency_months=0, lead_time_days=14
        )
        db.session.add(policy)
        core_make.user("aline", place, "storekeeper")
        core_make.user("mere", world["BI"], "central_pharmacist")
        db.session.flush()
        return {"product": lot.product_id, "other": other.id, "lot": lot.id, "policy": policy.id}


def key(page):
    return re.search(r'name="_key"[^>]*value="([^"]+)"', page.text).group(1)


def sent(client, path, **data):
    page = client.get(path)
    assert page.status_code == 200, page.text[:500]
    return client.post(path, data={"_key": key(page), **data})


PAGES = ["/", "/?q=amoxi", "/?f.tracer=true", "/products/{product}", "/lots", "/lots?sort=-held", "/lots/{lot}", "/policies",
         "/policies?sort=what", "/policies/{policy}", "/programmes"]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_everybody_in_a_store_reads_the_catalogue(client, catalogue, path):
    core_make.sign_in(client, "aline")
    answer = client.get("/elmis/catalogue" + path.format(**catalogue))
    assert answer.status_code == 200


WRITES = ["/products/new", "/products/{product}/edit", "/lots/{lot}/edit", "/lots/{lot}/recall", "/policies/new",
          "/policies/{policy}/edit", "/programmes/new"]  # fmt: skip


@pytest.mark.parametrize("path", WRITES)
def test_only_its_keeper_changes_it(client, catalogue, path):
    core_make.sign_in(client, "aline")
    assert client.get("/elmis/catalogue" + path.format(**catalogue)).status_code == 403
    core_make.sign_in(client, "mere")
    assert client.get("/elmis/catalogue" + path.format(**catalogue)).status_code == 200


PRODUCT = {
    "code": "IBU", "name_fr": "Ibuprofène 400 mg <i>", "base_unit_fr": "comprimé", "ven": "E", "pack_size": "100",
    "currency": "BIF", "unit_price": "12,5", "active": "y",
}  # fmt: skip


def test_a_product_comes_with_its_packs(client, catalogue):
    core_make.sign_in(client, "mere")
    packs = {"packs-0-size": "100", "packs-0-label": "boîte", "packs-0-gtin": "09529190000108"}
    answer = sent(client, "/elmis/catalogue/products/new", **PRODUCT, **packs)
    assert answer.status_code == 302
    row = db.session.scalars(select(Product).where(Product.code == "IBU")).one()
    assert (str(row.unit_price), [pack.gtin for pack in row.packs]) == ("12.5000", ["09529190000108"])
    text = client.get(answer.location).text
    assert "09529190000108" in text and "<i>" not in text


@pytest.mark.parametrize(
    "field, value", [("code", ""), ("code", "AMX"), ("code", "amx"), ("unit_price", "-1"), ("pack_size", "0"), ("pack_size", "1,5"),
                     ("packs-0-gtin", "09529190000109"), ("name_fr", "x" * 251)],
)  # fmt: skip
def test_a_wrong_field_is_named_and_nothing_is_stored(client, catalogue, field, value):
    core_make.sign_in(client, "mere")
    data = {**PRODUCT, "packs-0-size": "10", "packs-0-gtin": "", field: value}
    answer = sent(client, "/elmis/catalogue/products/new", **data)
    assert answer.status_code == 422 and 'aria-invalid="true"' in answer.text
    assert db.session.scalar(select(Product).where(Product.code == "IBU")) is None


def test_a_product_is_changed_and_keeps_what_was_not(client, catalogue):
    core_make.sign_in(client, "mere")
    path = f"/elmis/catalogue/products/{catalogue['product']}/edit"
    page = client.get(path)
    assert 'value="AMX"' in page.text and "checked" in page.text
    answer = client.post(path, data={**PRODUCT, "_key": key(page), "code": "AMX", "tracer": "y"})
    assert answer.status_code == 302
    row = db.session.get(Product, catalogue["product"])
    assert (row.name_fr, row.tracer, row.cold) == ("Ibuprofène 400 mg <i>", True, False)


def test_a_lot_is_recalled_with_a_reason_and_released(client, catalogue):
    core_make.sign_in(client, "mere")
    path = f"/elmis/catalogue/lots/{catalogue['lot']}"
    assert sent(client, f"{path}/recall", reason=" ").status_code == 422
    assert sent(client, f"{path}/recall", reason="alerte OMS").status_code == 302
    assert db.session.get(Lot, catalogue["lot"]).status == "recalled"
    text = client.get(path).text
    assert "alerte OMS" in text and f"{path}/release" in text and f"{path}/recall" not in text
    assert sent(client, f"{path}/release", reason="levée").status_code == 302
    assert client.get(f"{path}/burn").status_code == 404


def test_a_lot_names_the_stores_of_a_facility_that_holds_it_twice(client, world, catalogue):
    with unit_of_work(Access.system("test")):
        place, lot = world["P1A-CDS1"], db.session.get(Lot, catalogue["lot"])
        annex = location(place, "store", name="Pharmacie de nuit")
        post([Move(lot.id, 20, make.store(place, "supplier").id, annex.id, "receipt", today())])
    core_make.sign_in(client, "mere")
    for path in (f"lots/{catalogue['lot']}", f"products/{catalogue['product']}"):
        assert client.get(f"/elmis/catalogue/{path}").text.count("Pharmacie de nuit") == 1


def test_a_lot_is_corrected(client, catalogue):
    core_make.sign_in(client, "mere")
    path = f"/elmis/catalogue/lots/{catalogue['lot']}/edit"
    assert sent(client, path, number="L-9", expiry="2030-01-31", made_on="2031-01-01").status_code == 422
    assert sent(client, path, number="L-9", expiry="31/01/2030", vvm="2").status_code == 302
    row = db.session.get(Lot, catalogue["lot"])
    assert (row.number, f"{row.expiry}", row.vvm) == ("L-9", "2030-01-31", 2)


def test_a_policy_is_made_refused_twice_and_removed(client, catalogue):
    core_make.sign_in(client, "mere")
    levels = {"emergency_months": "0,5", "min_months": "1", "max_months": "3", "lead_time_days": "14"}
    data = {"facility": "P1A-CDS1", "product": "AMX", **levels}
    answer = sent(client, "/elmis/catalogue/policies/new", **data)
    assert answer.status_code == 302
    assert client.get(answer.location).status_code == 200
    assert sent(client, "/elmis/catalogue/policies/new", **data).status_code == 422
    wrong = {**levels, "max_months": "0,2"}
    assert sent(client, "/elmis/catalogue/policies/new", facility="P1A-CDS2", **wrong).status_code == 422
    assert "P1A-CDS1" in client.get(f"/elmis/catalogue/products/{catalogue['product']}").text
    id_ = int(answer.location.rsplit("/", 1)[1])
    assert client.post(f"/do/elmis.policy.remove/{id_}").status_code == 302
    assert db.session.get(Policy, id_) is None


def test_a_programme_opens_its_products(client, catalogue):
    core_make.sign_in(client, "mere")
    assert sent(client, "/elmis/catalogue/programmes/new", code="NEW", label_fr="Nouveau").status_code == 302
    row = db.session.scalars(select(Programme).where(Programme.code == "NEW")).one()
    assert sent(client, f"/elmis/catalogue/programmes/{row.id}/edit", code="ME", label_fr="Nouveau").status_code == 422
    answer = client.get(f"/elmis/catalogue/programmes/{row.id}", follow_redirects=True)
    assert answer.status_code == 200 and "Amoxicilline" not in answer.text


def test_chosen_products_are_taken_out_of_use_after_the_number_is_named(client, catalogue):
    core_make.sign_in(client, "mere")
    ids = [str(catalogue["product"]), str(catalogue["other"])]
    question = client.post("/elmis/catalogue/", data={"action": "elmis.product.retire", "ids": ids})
    assert question.status_code == 200 and db.session.get(Product, catalogue["product"]).active
    data = {"action": "elmis.product.retire", "ids": ids, "confirmed": "1", "_key": key(question)}
    assert client.post("/elmis/catalogue/", data=data).status_code == 302
    assert not db.session.get(Product, catalogue["product"]).active
