"""What cannot be read and what a service refuses are told in one round, each at its field; nothing is written."""

import re
from datetime import timedelta

import pytest

from core.data.access import Access
from core.data.db import db, today
from core.data.work import unit_of_work
from plugins.elmis.counts.models import Count, CountLine
from plugins.elmis.ledger.models import Movement
from plugins.elmis.promises.models import Allocation
from plugins.elmis.promises.services import Wanted, create
from plugins.elmis.requisitions import services as requisitions
from plugins.elmis.requisitions.models import Requisition
from tests import make as people
from tests.elmis import flow, make
from tests.elmis.flow import CENTRE
from tests.elmis.test_requisitions import months_ago
from tests.pages import Forms

pytestmark = pytest.mark.both_databases


@pytest.fixture
def ids(world):
    return flow.stocked(world)


def faults(page):
    assert page.status_code == 422, page.status_code
    return set(re.findall(r'id="([\w-]+)-error"', page.text))


def line(number, **values):
    start = {"product": "AMOX", "measure": "unit", "quantity": "5", "lot": ""}
    return {f"lines-{number}-{name}": value for name, value in {**start, **values}.items()}


def test_a_bad_day_a_bad_quantity_and_a_lot_that_is_not_there_are_told_together(world, ids, client):
    people.sign_in(client, "depot")
    before = db.session.query(Movement).count()
    lines = {**line(0, quantity="cinq"), **line(1, lot="NIX"), **line(2, lot="SOON")}
    day = {"occurred_on": f"{today():%d/%m/%Y}"}
    assert faults(client.post("/elmis/store/new/dispense", data={**day, **lines})) == {
        "lines-0-quantity",
        "lines-1-lot",
    }
    late = line(3, lot="LATE", quantity="-3")
    found = faults(client.post("/elmis/store/new/dispense", data={"occurred_on": "31/02/2026", **lines, **late}))
    assert {"occurred_on", "lines-0-quantity", "lines-3-quantity"} <= found
    new = {"supplier": "", **line(0, lot="A", expiry="31/02/2027"), **line(1, lot="B" * 61), **line(2, lot="C")}
    found = faults(client.post("/elmis/store/new/receive", data={"occurred_on": "31/02/2026", **new}))
    assert {"occurred_on", "lines-0-expiry", "lines-1-lot"} <= found
    assert db.session.query(Movement).count() == before


def test_a_receipt_tells_a_bad_figure_and_a_sum_that_is_wrong_together(world, ids, client):
    shipment = flow.shipped(world, flow.order(world, ids["product"], 1000))
    lots = flow.lines(shipment)
    people.sign_in(client, "keeper")
    address = f"/elmis/receipts/{flow.expected(shipment)}/count"
    data = {"received_on": "31/02/2026", "lines-0-line": lots["SOON"].id, "lines-0-accepted": "beaucoup",
            "lines-1-line": lots["LATE"].id, "lines-1-accepted": "100", "lines-1-missing": "1"}  # fmt: skip
    found = faults(client.post(address, data=data))
    assert {"received_on", "lines-0-accepted"} <= found and {"lines-1-accepted", "lines-1-missing"} & found, found
    assert "rest_later" not in found  # the line that could not be read is not missing
    assert flow.lines(shipment)["LATE"].in_transit == lots["LATE"].quantity


def test_a_transfer_without_a_receiver_is_told_of_what_can_be_read_alone(world, ids, client):
    people.sign_in(client, "depot")
    data = {"facility": "", "shipped_on": "31/02/2026", "packages": "1", "note": "x", **line(0, lot="NIX")}
    assert faults(client.post("/elmis/transfers/new", data=data)) == {"facility", "shipped_on"}
    data["facility"] = CENTRE
    assert faults(client.post("/elmis/transfers/new", data={**data, "packages": "tous"})) >= {"packages", "shipped_on"}


def stored_form(client, address):
    """Return what the form of a stored row sends when nothing is typed."""
    return next(form for form in Forms(client.get(address).text).found if "_seen" in form.inputs).data()


def test_a_count_tells_a_bad_figure_a_day_to_come_and_a_lot_without_a_number_together(world, ids, client):
    people.sign_in(client, "depot")
    assert client.post("/elmis/counts/", data={"what": "all"}).status_code == 302
    address = f"/elmis/counts/{db.session.query(Count).one().id}"
    coming = {"when": "paper", "day": f"{today() + timedelta(days=3):%d/%m/%Y}", "time": "08:00"}
    typed = {
        **stored_form(client, address),
        **coming,
        "then": "keep",
        "lines-0-counted": "cent",
        "lines-1-counted": "7",
    }
    assert faults(client.post(address, data=typed)) == {"lines-0-counted", "day"}
    found = {"product": "AMOX", "lot": "LATE", "expiry": f"{today() + timedelta(days=30):%d/%m/%Y}", "extra": "peu"}
    assert faults(client.post(address, data={**typed, **found})) == {"lines-0-counted", "extra", "day"}
    unknown = client.post(address, data={**typed, **found, "product": "NIX"})
    assert faults(unknown) == {"lines-0-counted", "product", "extra", "day"}
    form = next(form for form in Forms(unknown.text).found if "_seen" in form.inputs).data()
    assert (form["lines-0-counted"], form["lines-1-counted"], form["lot"]) == ("cent", "7", "LATE")
    assert {line.counted for line in db.session.query(CountLine)} == {None}


def test_a_review_tells_a_reason_too_long_and_the_one_that_is_missing_together(world, ids, client):
    people.sign_in(client, "depot")
    client.post("/elmis/counts/", data={"what": "all"})
    address = f"/elmis/counts/{db.session.query(Count).one().id}"
    counted = {"lines-0-counted": "1", "lines-1-counted": "2", "then": "review"}
    assert client.post(address, data={**stored_form(client, address), **counted}).status_code == 302
    typed = {**stored_form(client, address), "lines-0-comment": "x" * 301, "then": "post"}
    assert faults(client.post(address, data=typed)) == {"lines-0-comment", "lines-1-comment"}


def test_lots_of_an_order_tell_what_cannot_be_read_is_not_free_and_is_too_much_together(world, ids, client):
    with unit_of_work(Access.system("test")):
        other = make.product("PARA", pack_size=100)
        third = make.product("SRO", pack_size=1)
        for product in (other, third):
            make.receive(world[flow.DEPOT], make.lot(product, f"{product.code}1", today() + timedelta(days=300)), 500)
            make.receive(world[flow.DEPOT], make.lot(product, f"{product.code}2", today() + timedelta(days=400)), 500)
        wanted = [Wanted(key, 400, 400, 100, 10) for key in (ids["product"], other.id, third.id)]
        order = create(world[flow.DEPOT], world[CENTRE], wanted, "BIF").id
    people.sign_in(client, "depot")
    address = f"/elmis/orders/{order}/allocate"
    data = stored_form(client, address)
    names = (name for name in data if name.startswith("q-"))
    fields = sorted(names, key=lambda name: [int(part) for part in name[2:].split("-")])
    bad, good, short, _none, first, last = fields
    data |= {bad: "cent", good: "1", short: "501", first: "300", last: "200"}
    answer = client.post(address, data=data)
    assert faults(answer) == {bad, short, last}  # the sum of the third passes 400 at its last lot
    assert answer.text.count("error-summary") and f'href="#{last}"' in answer.text
    assert 'value="cent"' in answer.text and db.session.query(Allocation).count() == 0


def test_quantities_of_an_order_tell_a_bad_figure_and_every_reason_that_is_missing(world, ids, client):
    with unit_of_work(Access.system("test")):
        for code in ("PARA", "SRO", "ZINC"):
            lot = make.lot(make.product(code, pack_size=100), f"{code}1")
            make.receive(world[CENTRE], lot, 1000, months_ago(4))
            for month in (3, 2, 1):
                make.dispense(world[CENTRE], lot, 300, months_ago(month))
        row = requisitions.propose(world[CENTRE])
        id, lines = row.id, [line.id for line in row.lines if line.suggested]
    people.sign_in(client, "keeper")
    data = stored_form(client, f"/elmis/requisitions/{id}") | {"then": "confirm"}
    data |= {f"q{lines[0]}": "cent", f"q{lines[1]}": "120", f"q{lines[2]}": "130", f"why{lines[2]}": "other"}
    answer = client.post(f"/elmis/requisitions/{id}/lines", data=data)
    assert faults(answer) == {f"q{lines[0]}", f"why{lines[1]}", f"say{lines[2]}"}
    assert 'value="cent"' in answer.text and 'value="120"' in answer.text
    db.session.expire_all()
    assert db.session.get(Requisition, id).state == "suggested"


def test_a_product_tells_a_taken_code_wrong_degrees_and_every_wrong_pack_together(world, ids, client):
    with unit_of_work(Access.system("test")):
        people.user("editor", world["BI"], "administrator")
    people.sign_in(client, "editor")
    pack = {"packs-0-size": "dix", "packs-1-size": "10", "packs-1-gtin": "123", "packs-2-size": "5", "packs-2-gtin": "12345671",
            "packs-3-size": "6", "packs-3-gtin": "12345670", "packs-4-size": "7", "packs-4-gtin": "12345670"}  # fmt: skip
    data = {"code": "amox", "name_fr": "Amoxicilline", "base_unit_fr": "gélule", "ven": "E", "currency": "BIF", "pack_size": "1",
            "unit_price": "cher", "cold_min": "8", "cold_max": "2", **pack}  # fmt: skip
    found = faults(client.post("/elmis/catalogue/products/new", data=data))
    expected = {
        "packs-0-size",
        "packs-1-gtin",
        "packs-2-gtin",
        "packs-3-gtin",
        "packs-4-gtin",
        "code",
        "unit_price",
        "cold_max",
    }
    assert found == expected
