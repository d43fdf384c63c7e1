"""Two storekeepers on one sheet, two preparers on one order, two pharmacists on one product."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from core.data.db import db
from core.data.work import unit_of_work
from plugins.elmis.catalogue.models import Product
from plugins.elmis.counts import services as counts
from plugins.elmis.counts.models import CountLine
from plugins.elmis.ledger.services import location
from tests import make
from tests.elmis import flow
from tests.pages import Forms

pytestmark = pytest.mark.both_databases


@pytest.fixture
def ids(world):
    return flow.stocked(world)


def fields(page):
    """Return what the form of a page would send untouched, as a browser does, but its key."""
    form = next(form for form in Forms(page.text).found if "_seen" in form.inputs)
    return {name: value for name, value in form.data().items() if name != "_key"}


def test_a_blank_of_an_older_sheet_overwrites_nothing(world, ids, client):
    with unit_of_work(world.access("depot")):
        count = counts.start(location(world["P1A-DEPOT"]))
        number = count.id
    make.sign_in(client, "depot")
    address = f"/elmis/counts/{number}"
    sheet = fields(client.get(address))
    assert len([name for name in sheet if name.endswith("-counted")]) == 2
    aline = sheet | {"lines-0-counted": "590", "_key": "a"}
    bosco = sheet | {"lines-1-counted": "300", "_key": "b"}
    for typed in (aline, bosco):
        assert client.post(address, data=typed).status_code == 302
    kept = [line.counted for line in db.session.scalars(select(CountLine).order_by(CountLine.id))]
    assert kept == [590, 300]
    with unit_of_work(replace(world.access("depot"), label="Chantal")):  # another line, by another person, later
        db.session.scalars(select(CountLine).order_by(CountLine.id)).all()[1].counted = 310
    clash = client.post(address, data=sheet | {"lines-0-counted": "580", "_key": "c"})
    assert clash.status_code == 409 and "590" in clash.text and "580" in clash.text
    assert "Vous avez modifié" in clash.text
    clash = client.post(address, data=sheet | {"lines-1-counted": "320", "_key": "d"})
    assert clash.status_code == 409 and "Chantal a modifié" in clash.text
    assert db.session.scalar(select(CountLine.counted).order_by(CountLine.id)) == 590


def test_the_lots_that_another_set_aside_are_shown_before_they_are_changed(world, ids, client):
    order_id = flow.order(world, ids["product"], 500)
    make.sign_in(client, "depot")
    address = f"/elmis/orders/{order_id}/allocate"
    shown = fields(client.get(address))
    first, second = (name for name in shown if name.startswith("q-"))
    assert client.post(address, data=shown | {first: "200", second: "300", "_key": "a"}).status_code == 302
    older = client.post(address, data=shown | {first: "500", second: "0", "_key": "b"})
    assert older.status_code == 409 and "200" in older.text and "Vous avez modifié" in older.text
    again = fields(older) | {first: "500", second: "0", "_key": "c"}
    assert client.post(address, data=again).status_code == 302


def test_an_older_page_of_a_product_does_not_bring_back_what_was_changed(world, ids, client):
    make.sign_in(client, "admin")
    address = f"/elmis/catalogue/products/{ids['product']}/edit"
    shown = fields(client.get(address))
    assert client.post(address, data=shown | {"inn": "amoxicilline", "_key": "a"}).status_code == 302
    assert client.post(address, data=shown | {"strength": "500 mg", "_key": "b"}).status_code == 302
    product = db.session.get(Product, ids["product"])
    assert (product.inn, product.strength) == ("amoxicilline", "500 mg")
    shown = fields(client.get(address))
    pack = {"packs-0-size": "10", "packs-0-label": "plaquette"}
    assert client.post(address, data=shown | pack | {"_key": "c"}).status_code == 302
    shown = fields(client.get(address))
    with unit_of_work(replace(world.access("admin"), label="Chantal")):
        db.session.get(Product, ids["product"]).packs.clear()
    older = client.post(address, data=shown | {"packs-0-size": "20", "_key": "d"})
    assert older.status_code == 409 and "Chantal a modifié" in older.text


def test_nothing_found_is_a_count_and_no_blank(world, ids, client):
    with unit_of_work(world.access("depot")):
        number = counts.start(location(world["P1A-DEPOT"])).id
    make.sign_in(client, "depot")
    address = f"/elmis/counts/{number}"
    sheet = fields(client.get(address))
    assert client.post(address, data=sheet | {"lines-0-counted": "0", "_key": "a"}).status_code == 302
    assert client.post(address, data=sheet | {"lines-1-counted": "300", "_key": "b"}).status_code == 302
    assert [line.counted for line in db.session.scalars(select(CountLine).order_by(CountLine.id))] == [0, 300]
