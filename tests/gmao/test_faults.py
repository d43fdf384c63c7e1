"""The page that a label leads to, and the pages of faults and orders, as they are sent."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from core.data.db import db, today
from core.data.work import unit_of_work
from core.web import limits
from plugins.gmao.equipment.services import change
from plugins.gmao.requests import services as requests
from plugins.gmao.requests.models import Request
from plugins.gmao.workorders.models import Intervention, WorkOrder
from tests import make as people
from tests.gmao.make import piece, row

SAYS = {"works": "stopped", "problem": "fumée à l’arrière", "name": "Alice, 79 00 00 00"}


@pytest.fixture
def visitor(app, client):
    """Return a browser in which nobody is signed in; nobody has asked before."""
    app.extensions["amagara.limits"].counter.storage.reset()
    return client


def test_whoever_scans_a_label_reports_a_fault_and_reads_nothing_of_the_register(country, visitor):
    found = row(piece(country, serial="SECRET-1", room="Salle 2", donor="Donateur"))
    page = visitor.get(f"/e/{found.code}")
    assert page.status_code == 200 and found.code in page.text
    for told in (found.serial, found.room, found.donor, found.type.label_fr, found.facility.name):
        assert told not in page.text
    refused = visitor.post(f"/e/{found.code}", data={**SAYS, "problem": ""})
    assert refused.status_code == 422 and "Alice" in refused.text, "what was typed is kept"
    answer = visitor.post(f"/e/{found.code}", data=SAYS, follow_redirects=True)
    made = db.session.scalars(select(Request)).one()
    assert answer.status_code == 200 and made.number in answer.text
    assert (made.reported_by, made.by_label, made.equipment_id) == (SAYS["name"], True, found.id)
    assert "<textarea" not in answer.text, "no empty form invites to send it again"
    assert f'class="number">{made.number}<' in visitor.get(answer.request.path).text, "it can be loaded again"
    assert visitor.get(f"/e/{found.code}/sent/DI-0000-1").status_code == 404


def test_a_label_that_is_none_says_so_and_leads_nowhere(country, visitor):
    page = visitor.get("/e/ZZZZZZ")
    assert page.status_code == 404 and "ZZZZZZ" in page.text
    assert visitor.post("/e/ZZZZZZ", data=SAYS).status_code == 404
    code = row(piece(country)).code
    assert visitor.get("/e/", query_string={"tag": f" {code} "}).location == f"/e/{code}"


def test_the_label_leads_who_may_read_the_register_to_the_piece(country, visitor):
    found = row(piece(country))
    people.sign_in(visitor, "tech")
    assert visitor.get(f"/e/{found.code}").location == f"/gmao/equipment/{found.id}"
    people.sign_in(visitor, "other")
    assert visitor.get(f"/e/{found.code}").status_code == 200, "of another district he is as good as anybody"


def test_nobody_floods_the_workshop(country, visitor, monkeypatch):
    monkeypatch.setattr(limits, "SENT", limits.RateLimitItemPerSecond(2, 900, namespace="sent"))
    code = row(piece(country)).code
    got = [visitor.post(f"/e/{code}", data=SAYS) for _each in range(3)]
    assert SAYS["problem"] in got[-1].text, "what was typed is kept"
    assert [each.status_code for each in got] == [302, 302, 429] and len(db.session.scalars(select(Request)).all()) == 2


def test_a_double_click_reports_once(country, visitor):
    code = row(piece(country)).code
    key = re.search(r'name="_key" [^>]*value="([^"]+)"', visitor.get(f"/e/{code}").text)[1]
    for _turn in range(2):
        assert visitor.post(f"/e/{code}", data={**SAYS, "_key": key}).status_code == 302
    assert len(db.session.scalars(select(Request)).all()) == 1


def test_a_repair_is_sent_by_its_form(country, client):
    id = piece(country)
    people.sign_in(client, "tech")
    said = {"duration": "30", "action": "cleaned", "status": "functional", "ended_on": ""}
    refused = client.post(f"/do/gmao.equipment.repair/{id}", data={**said, "duration": ""})
    assert refused.status_code == 422
    sent = client.post(f"/do/gmao.equipment.repair/{id}", data={k: v for k, v in said.items() if k != "ended_on"})
    assert sent.status_code == 422  # the day is the page's to propose, and nobody's to leave out
    day = re.search(r'name="ended_on"[^>]*value="([^"]+)"', client.get(f"/do/gmao.equipment.repair/{id}").text)[1]
    assert client.post(f"/do/gmao.equipment.repair/{id}", data={**said, "ended_on": day}).status_code == 302
    order, done = db.session.scalars(select(WorkOrder)).one(), db.session.scalars(select(Intervention)).one()
    assert (order.state, done.minutes, done.action) == ("done", 30, "cleaned")
    page = client.get(f"/gmao/work/{order.id}")
    assert page.status_code == 200 and "Nettoyé" in page.text
    people.sign_in(client, "ward")
    assert client.get("/inbox").text.count(order.number) >= 1


def test_the_page_of_a_piece_begins_with_what_is_done_beside_it(country, client):
    id = piece(country, warranty_until=today() + timedelta(days=90), contract_until=today() - timedelta(days=1))
    people.sign_in(client, "ward")
    client.post(f"/do/gmao.equipment.fault/{id}", data={"works": "stopped", "problem": "fuite d’huile"})
    shown = client.get(f"/gmao/equipment/{id}").text
    assert shown.count("gmao.equipment.fault") == shown.count("gmao.equipment.status") == 1
    assert "gmao.equipment.repair" not in shown, "it is not his work"
    assert "La garantie prend fin" in shown and "Le contrat de maintenance a pris fin" in shown
    assert shown.index("fuite d’huile") < shown.index('class="columns"')
    with unit_of_work(country.access("head")):
        order = requests.accept(db.session.scalars(select(Request)).one(), person=str(country.users["tech"])).id
    people.sign_in(client, "tech")
    shown = client.get(f"/gmao/equipment/{id}").text
    for verb in (f"gmao.equipment.repair/{id}", f"gmao.workorder.take/{order}", f"gmao.workorder.finish/{order}"):
        assert shown.count(verb) == 1
    with unit_of_work(country.access("director")):
        change(row(id), warranty_until=today() + timedelta(days=91), contract_until=None)
    assert "La garantie" not in client.get(f"/gmao/equipment/{id}").text
