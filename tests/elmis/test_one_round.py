"""What cannot be read and what a service refuses are told in one round, each at its field; nothing is written."""

import re

import pytest

from core.data.db import db, today
from plugins.elmis.ledger.models import Movement
from tests import make as people
from tests.elmis import flow
from tests.elmis.flow import CENTRE

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
