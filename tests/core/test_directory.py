"""Who is who, and who may do what where: told to everyone signed in, and nothing else of a person."""

import pytest

from core.data.access import Access
from core.data.db import db
from core.data.work import unit_of_work
from core.users.directory import services as directory
from core.users.rights.models import Grant, Role
from tests import make

pytestmark = pytest.mark.both_databases


@pytest.fixture
def people(world):
    with unit_of_work(Access.system("test")):
        make.user("chantal", world["P1A"], "auditor", name="Chantal Niyonzima")
        made = make.user("jean", world["P1A-CDS1"], name="Jean Bosco")
        db.session.add(
            Grant(user=made, role=db.session.query(Role).filter_by(code="auditor").one(), facility=world["P1A"])
        )
        make.user("gone", world["P1A"], name="Parti Depuis").active = False
    return world


def test_everyone_signed_in_reads_name_function_and_place_and_no_more(people, client):
    make.sign_in(client, "nobody")
    shown = client.get("/directory").text
    assert "Chantal Niyonzima" in shown and "Auditeur" in shown and "Jean Bosco" in shown
    assert "Auditeur, P1A" in shown and "Parti Depuis" not in shown and "chantal" not in shown
    assert client.get("/users").status_code in (403, 404)
    found = client.get("/directory?q=niyon").text
    assert "Chantal Niyonzima" in found and "Jean Bosco" not in found
    below = client.get(f"/directory?facility={people.ids['P1A-CDS1']}").text
    assert "Jean Bosco" in below and "Chantal Niyonzima" not in below


def test_who_may_do_it_at_a_place_is_asked_by_plugins(people):
    assert directory.holders("core.audit.view", people["P1A-CDS1"].path)[:2] == [
        ("Chantal Niyonzima", "Auditeur"), ("Jean Bosco", "Auditeur")
    ]  # fmt: skip
    assert [one.name for one in directory.colleagues(facility=people["P1A-CDS1"])] == ["Jean Bosco"]


def test_strangers_are_sent_to_sign_in(people, client):
    assert "/sign-in" in client.get("/directory").location
