"""A personal file is read by its person and by who keeps files there; by nobody else on any page, list, file or search."""

from datetime import date

import pytest

from core.data.db import db
from core.data.work import unit_of_work
from core.users.directory.services import colleague
from plugins.hr.careers import services as careers
from plugins.hr.persons import services
from plugins.hr.persons.models import Person
from tests import make as people
from tests.hr.make import assigned, person, post

pytestmark = pytest.mark.both_databases
SECRET = {
    "birthplace": "Canaritown", "address": "Avenue du Canari", "note": "canari de la note", "email": "canari@x.example",
    "matricule": "CANARI-77", "other_name": "Canarine",
}  # fmt: skip
WORDS = ("Canari", "CANARI", "canari", "Zébranoir")
ADDRESSES = (
    "/hr/persons/", "/hr/persons/{id}", "/hr/persons/?format=csv", "/hr/persons/?q=canari", "/hr/people/{id}/edit",
    "/do/hr.person.assign/{id}", "/do/hr.person.record/{id}", "/do/hr.person.merge/{id}", "/search?q=canari",
    "/search?q=Z%C3%A9branoir", "/lookup/hr.person?q=canari", "/api/v1/hr.person", "/api/v1/hr.person/{id}",
    "/api/v1/hr.identifier", "/api/v1/hr.career_event", "/journal/?q=canari", "/journal/", "/hr/persons/mine",
    "/hr/people/doubles?surname=Z%C3%A9branoir&given=Rose",
)  # fmt: skip


@pytest.fixture
def file(country):
    """Return the id of a file full of canaries, with an assignment, a sanction and an account that is another's."""
    who = person(country, "Zébranoir", "Rose", **SECRET)
    assigned(country, who, post(country))
    with unit_of_work(country.access("rh")):
        row = db.session.get_one(Person, who)
        careers.record_event(row, kind="sanction", effective_on=date(2024, 3, 1), note="Blâme canari")
        other = services.register(country["P1A-CDS1"], surname="Autre", given="Agent", born_on=date(1985, 1, 1))
        services.link(other, colleague(country.users["agent"]))
    return who


@pytest.mark.parametrize("login", ["agent", "auditor", "admin", "nobody", "rh2"])
def test_nobody_else_reads_a_word_of_it(country, file, client, login):
    people.sign_in(client, login)
    for address in ADDRESSES:
        url = address.format(id=file)
        answer = client.get(url, follow_redirects=True)
        body = answer.text.replace(url, "").replace("q=canari", "").replace('value="canari"', "")
        asked = "q=" in url or "doubles" in url
        told = [word for word in WORDS if word in body and not (asked and word in ("canari", "Zébranoir"))]
        assert told == [], f"{login} reads {told} at {url}"
        if "{id}" in address:
            assert answer.status_code in ((401,) if "/api/" in url else (403, 404)), (
                f"{login}: {url} is {answer.status_code}"
            )


def test_the_head_of_a_unit_knows_name_and_post_and_no_more(country, file, client):
    people.sign_in(client, "chief")
    here = client.get(f"/hr/posts/at/{country.ids['P1A-CDS1']}").text
    assert "Zébranoir" in here and "Infirmier" in here
    assert not [word for word in ("Canari", "CANARI", "canari") if word in here]
    assert client.get(f"/hr/persons/{file}").status_code == 404
    assert client.get(f"/hr/posts/at/{country.ids['P2A-CDS1']}").status_code == 403


def test_an_agent_reads_his_own_file_and_each_reading_of_another_is_kept(country, file, client):
    people.sign_in(client, "agent")
    assert "Autre" in client.get("/hr/persons/mine", follow_redirects=True).text
    people.sign_in(client, "rh")
    page = client.get(f"/hr/persons/{file}").text
    assert "Canaritown" in page and "Blâme canari" in page
    assert "Rh" in client.get(f"/hr/persons/{file}").text  # who has read it


def test_a_list_is_taken_out_by_a_right_of_its_own(country, file, client):
    people.sign_in(client, "rh")
    assert "Zébranoir" in client.get("/hr/persons/?format=csv").text
    people.sign_in(client, "agent")
    assert client.get("/hr/persons/?format=csv").status_code == 403
