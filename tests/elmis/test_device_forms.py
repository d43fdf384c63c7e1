"""What a device may send from a file: forms that may wait, and no others."""

import re
from html import unescape

import pytest

from core.contract.plugins import entities
from core.data.access import Access
from core.data.work import unit_of_work
from tests import make as people
from tests.elmis import make

OTHERS = (
    "/sign-out",
    "/users/1",
    "/do/core.user.close/1",
    "/do/nothing",
    "/nowhere",
    "//elsewhere/elmis/store/new/issue",
    "",
)


@pytest.mark.parametrize("path", OTHERS)
def test_other_forms_may_not_wait(app, world, client, path):
    people.sign_in(client, "nobody")
    assert client.get("/device/may", query_string={"action": path}).json == {"may": False}


def test_every_form_that_a_device_keeps_may_wait(app, world, client):
    make.reference()
    with unit_of_work(Access.system("test")):
        world.users["keeper"] = people.user("keeper", world["P1A-CDS1"], "storekeeper").id
    people.sign_in(client, "keeper")
    found = set()
    for kept in client.get("/device/kept").json["pages"]:
        found |= set(re.findall(r'<form[^>]* action="([^"]+)"[^>]* data-waits', client.get(kept["url"]).text))
    assert len(found) > 3
    for action in found:
        assert client.get("/device/may", query_string={"action": unescape(action)}).json == {"may": True}, action


def test_every_page_of_a_form_that_may_wait_is_where_it_is_sent_to(app):
    pages = {verb.page for entity in entities() for verb in entity.verbs if verb.offline is not None}
    assert len(pages) > 3
    for page in pages:
        assert any("POST" in rule.methods for rule in app.url_map.iter_rules(page)), page
