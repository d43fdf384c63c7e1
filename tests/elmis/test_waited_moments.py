"""When a slip says it was written that has waited on a device: believed within what the server can know, else as of now."""

import json
import re
from datetime import timedelta

import pytest
import time_machine

from core.data.access import Access
from core.data.db import db, today, utcnow
from core.data.trail import AuditEntry
from core.data.work import unit_of_work
from plugins.elmis.ledger.models import Discrepancy
from tests import make as people
from tests.elmis import make

PLACE, NEW = "P1A-CDS1", "/elmis/store/new/dispense"


@pytest.fixture
def shop(app, world):
    """Let two people work in a store in which 20 of one lot lie."""
    make.reference()
    with unit_of_work(Access.system("test")):
        for login in ("keeper", "other"):
            world.users[login] = people.user(login, world[PLACE], "storekeeper").id
        make.receive(world[PLACE], make.lot(make.product("AMOX"), "A1", today() + timedelta(days=300)), 20)
    return world


def made(app, login, days):
    """Return the mark of a page that the server gave somebody some days ago."""
    with time_machine.travel(utcnow() - timedelta(days=days), tick=False):
        client = app.test_client()
        people.sign_in(client, login)
        return re.search(r'name="_made" value="([^"]+)"', client.get(NEW).text)[1]


def send(app, mark, written, quantity="26"):
    client = app.test_client()
    people.sign_in(client, "keeper")
    at = utcnow() - timedelta(days=written)
    slip = {"occurred_on": f"{today():%d/%m/%Y}", "lines-0-product": "AMOX", "lines-0-quantity": quantity}
    return client.post(NEW, data={**slip, "_made": mark, "_written": str(int(at.timestamp() * 1000))})


def said():
    """Return why the trail says that each movement was made."""
    entries = db.session.query(AuditEntry).filter_by(entity="elmis.movement", action="create")
    return " ".join(json.loads(entry.body)["reason"] for entry in entries)


def test_a_moment_after_the_page_was_made_is_believed(app, shop):
    answer = send(app, made(app, "keeper", 10), 3)
    assert answer.status_code == 302 and db.session.query(Discrepancy).one().quantity == 6
    assert f"{today() - timedelta(days=3):%d/%m/%Y}" in said()


@pytest.mark.parametrize(
    ("whose", "age", "written"),
    [("keeper", 10, 12), ("keeper", 60, 50), ("keeper", 10, -1), ("other", 10, 3), (None, 0, 3)],
    ids=["before its page", "too long ago", "in the future", "on a page of somebody else", "on no page"],
)
def test_a_moment_that_cannot_be_is_taken_as_now_and_the_trail_says_so(app, shop, whose, age, written):
    mark = made(app, whose, age) if whose else ""
    assert send(app, mark, written).status_code == 422 and db.session.query(Discrepancy).count() == 0
    assert send(app, mark, written, "5").status_code == 302
    assert f"{today() - timedelta(days=written):%d/%m/%Y}" in said() and "maintenant" in said()


def test_what_is_put_right_keeps_the_mark_of_its_page(app, shop):
    mark = made(app, "keeper", 10)
    refused = send(app, mark, 3, "")
    assert refused.status_code == 422 and f'name="_made" value="{mark}"' in refused.text
