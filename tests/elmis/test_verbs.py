"""The verbs of documents: what a state allows, what is asked, chosen rows; and that each has a form and a page."""

from types import SimpleNamespace

import pytest
from flask import g
from sqlalchemy import select

from core.contract.plugins import entities
from core.data.access import Access, acting
from core.data.db import db, today
from core.data.work import unit_of_work
from core.users.accounts.models import User
from core.web.forms import Form
from core.web.verbs import blank, url_of
from plugins.elmis.catalogue.models import Product
from plugins.elmis.counts.models import Count
from plugins.elmis.ledger.models import Period
from tests import make as people
from tests.elmis import make

JSON = {"Accept": "application/json"}
SELDOM = {  # nouns of which the demonstration may have none
    "core.closed_year", "core.file", "core.interim", "core.own_field", "core.setting", "core.token", "core.webhook", "elmis.count", "elmis.discrepancy", "elmis.lot_proposal", "elmis.recall", "elmis.supply_line",
    "elmis.transfer_request", "gmao.move", "gmao.part",
}  # fmt: skip


@pytest.fixture
def shop(world):
    """Return the country with a keeper of a store and a pharmacist, and a lot in that store."""
    make.reference()
    with unit_of_work(Access.system("test")):
        people.user("keeper", world["P1A-CDS1"], "storekeeper")
        people.user("pharmacist", world["BI"], "central_pharmacist")
        make.receive(world["P1A-CDS1"], make.lot(make.product("PARA"), "A"), 100)
    return world


def program(client, verb, body, **headers):
    answer = client.post(f"/do/{verb}", json=body, headers=JSON | headers)
    return answer.status_code, answer.get_json()


@pytest.mark.both_databases
def test_a_step_that_the_state_does_not_allow_is_a_conflict_for_page_and_program(shop, client):
    people.sign_in(client, "keeper")
    status, made = program(client, f"elmis.count.start/{shop.ids['P1A-CDS1']}", {"what": "all"})
    count = db.session.scalars(select(Count)).one()
    assert (status, made["url"], made["number"]) == (200, f"/elmis/counts/{count.id}", count.number)
    cancel = f"elmis.count.cancel/{count.id}"
    assert client.get(f"/do/{cancel}").status_code == 200
    assert program(client, cancel, {"reason": " "})[1]["errors"][0]["name"] == "reason"
    assert program(client, cancel, {"reason": "mauvaise armoire"})[0] == 200
    assert client.get(f"/do/{cancel}").status_code == 409
    status, problem = program(client, cancel, {"reason": "encore"})
    assert status == 409 and "n’est plus possible" in problem["detail"]
    assert client.get(f"/elmis/counts/{count.id}").text.count("mauvaise armoire") == 1


@pytest.mark.both_databases
def test_what_is_asked_is_answered_by_its_token(shop, client):
    people.sign_in(client, "pharmacist")
    with unit_of_work(Access.system("test")):
        db.session.add(period := Period(month=today().replace(day=1)))
        db.session.flush()
        close = f"elmis.period.close/{period.id}"
    status, problem = program(client, close, {})
    (question,) = problem["questions"]
    assert status == 422 and "n’est pas terminé" in question["words"]
    status, again = program(client, close, {"_confirm": question["token"]}, **{"Idempotency-Key": "closes"})
    assert status == 200 and db.session.scalars(select(Period.closed)).one()
    assert program(client, close, {"_confirm": question["token"]}, **{"Idempotency-Key": "closes"}) == (200, again)
    status, problem = program(client, f"elmis.period.reopen/{again['url'].rpartition('/')[2]}", {})
    assert status == 422 and problem["questions"][0]["explained"]


@pytest.mark.both_databases
def test_a_verb_is_done_to_chosen_rows_all_or_nothing(shop, client):
    with unit_of_work(Access.system("test")):
        ids = [make.product(code).id for code in ("SRO", "ZINC")]
    sent = {"action": "elmis.product.retire", "ids": ",".join(map(str, ids)), "confirmed": "1", "_key": "chosen"}
    people.sign_in(client, "keeper")
    assert client.post("/elmis/catalogue/", data=sent).status_code == 403
    people.sign_in(client, "pharmacist")
    assert client.post("/elmis/catalogue/", data=sent).status_code == 302
    assert not any(db.session.get(Product, id).active for id in ids)
    assert program(client, f"elmis.product.retire/{ids[0]}", {})[0] == 200  # as the one door does it


def test_a_lot_of_lines_is_sent_as_a_list(shop, client):
    people.sign_in(client, "keeper")
    slip = {
        "occurred_on": today().isoformat(),
        "counterpart": "Pédiatrie",
        "lines": [{"product": "PARA", "quantity": 0}],
    }
    issue = f"elmis.movement.issue/{shop.ids['P1A-CDS1']}"
    status, problem = program(client, issue, slip)
    assert status == 422 and problem["errors"][0]["name"] == "lines-0-quantity"
    slip["lines"][0]["quantity"] = 5
    status, made = program(client, issue, slip)
    assert status == 200 and made["number"].startswith("BS-") and made["url"].endswith(made["number"])


@pytest.mark.slow
@pytest.mark.whole
def test_each_verb_has_a_form_a_page_and_words(demonstration):
    """A name that no page has, or a form that cannot be made for a row, would show at the first press of its button."""
    seldom, made = set(), 0
    with demonstration.test_request_context("/"), acting(Access.system("test")):
        g.user = db.session.scalars(select(User).where(User.login == "magasinier")).one()
        g.place, g.proved = g.user.facility, True
        for entity in entities():
            for verb in entity.verbs:
                assert str(verb.label), verb.name
                assert not verb.permission or verb.permission in demonstration.extensions["amagara.permissions"]
                place = None if verb.on is None else SimpleNamespace(id=1)
                assert url_of(verb, place).startswith("/"), verb.name  # its page exists
                row = None if verb.on is None else db.session.scalar(select(verb.on).order_by(verb.on.id).limit(1))
                if verb.on is not None and row is None:
                    seldom.add(entity.name)
                    continue
                made += 1
                assert verb.form is None or isinstance(blank(verb, row), Form), verb.name
    assert made > 85 and seldom <= SELDOM, (made, seldom - SELDOM)
