"""Own fields of products: on the form, in the list, in a file, for one programme alone."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from core.data.access import Access
from core.data.db import db
from core.data.errors import Refusals, Refused
from core.data.work import unit_of_work
from core.fields import services
from core.imports import services as imports
from plugins.elmis.catalogue.models import Product, Programme
from plugins.elmis.catalogue.services import save_product
from tests import make as people
from tests.elmis import make
from tests.pages import Forms

pytestmark = pytest.mark.both_databases
NAME = "elmis.product"
BLANK = {
    "label_en": "",
    "help_fr": "",
    "help_en": "",
    "unit": "",
    "required": False,
    "listed": True,
    "facility_id": None,
}


@pytest.fixture
def shop(world):
    make.reference()
    with unit_of_work(Access.system("test")):
        people.user("pharmacist", world["BI"], "central_pharmacist")
        programme = db.session.scalars(select(Programme).order_by(Programme.id)).first()
        make.product("AMOX", programme_id=programme.id)
        make.product("PARA")
        services.add(NAME, {**BLANK, "label_fr": "Volume", "kind": "number", "unit": "dm³"}, (), ())
        facts = {**BLANK, "label_fr": "Code du programme", "kind": "text", "required": True}
        services.add(NAME, facts, [programme.id], ())
    return world


def test_the_form_of_a_product_asks_for_what_its_programme_asks(shop, client):
    people.sign_in(client, "pharmacist")
    amox, para = (db.session.scalar(select(Product.id).where(Product.code == code)) for code in ("AMOX", "PARA"))
    forms = {id: Forms(client.get(f"/elmis/catalogue/products/{id}/edit").text).found for id in (amox, para)}
    (mine,) = [each for each in forms[amox] if "code" in each.inputs]
    (other,) = [each for each in forms[para] if "code" in each.inputs]
    assert "own_code_du_programme" in mine.inputs and "own_code_du_programme" not in other.inputs
    answer = client.post(mine.action, data=mine.data() | {"own_volume": "1,25"})
    assert answer.status_code == 422 and "own_code_du_programme-error" in answer.text and 'value="1,25"' in answer.text
    typed = {"own_volume": "1,25", "own_code_du_programme": "P-1"}
    assert client.post(mine.action, data=mine.data() | typed).status_code == 302
    assert db.session.get(Product, amox).own == {"volume": "1.25", "code_du_programme": "P-1"}
    assert client.post(other.action, data=other.data() | {"own_volume": "2"}).status_code == 302
    page = client.get("/elmis/catalogue/?f.own:volume.from=1,5").text
    assert "PARA" in page and "AMOX" not in page
    assert "1,25 dm³" in client.get(f"/elmis/catalogue/products/{amox}").text


def test_what_is_refused_of_them_is_told_with_all_else(shop):
    facts = {"code": "PARA", "name_fr": "x", "base_unit_fr": "x", "cold_min": 9, "cold_max": 1}
    with pytest.raises(Refusals) as refusals, unit_of_work(Access.system("test")):
        save_product(None, facts, [], own={"code_du_programme": "x"})
    assert {one.field for one in refusals.value.each} == {"code", "cold_max", "own_code_du_programme"}


def test_a_list_of_products_brings_them(shop, tmp_path):
    (tmp_path / "a.csv").write_text('Code,Volume (dm³),Code du programme\nAMOX,"2,5",P-2\nPARA,3,\n')
    assert imports.take(NAME, tmp_path / "a.csv").counts["changed"] == 2
    stored = dict(db.session.execute(select(Product.code, Product.own)).all())
    assert stored["AMOX"] == {"volume": "2.5", "code_du_programme": "P-2"} and stored["PARA"] == {"volume": "3"}
    (tmp_path / "b.csv").write_text("Code,Code du programme\nPARA,P-3\n")
    with pytest.raises(Refused):
        imports.take(NAME, tmp_path / "b.csv")
    assert imports.take(NAME, tmp_path / "a.csv").counts.get("changed", 0) == 0
    assert Decimal(stored["AMOX"]["volume"]) == Decimal("2.5")
