"""Verbs: declared once; page, button and program do them by one door."""

import pytest
from sqlalchemy import select

from core.data.db import db, today
from core.data.trail import AuditEntry
from core.facilities.models import Facility
from core.users.accounts.models import User
from tests import make
from tests.pages import Forms

pytestmark = pytest.mark.both_databases
ON = today().isoformat()


@pytest.fixture
def program(client, world):
    """Return a function that lets a program do a verb, and what it is answered: status, kind, content."""
    make.sign_in(client, "admin")

    def do(verb, body, key="", client=client):
        headers = {"Accept": "application/json"} | ({"Idempotency-Key": key} if key else {})
        answer = client.post(f"/do/{verb}", json=body, headers=headers)
        return answer.status_code, answer.mimetype, answer.get_json()

    return do


def name_of(world, code="P1A-CDS1"):
    db.session.expire_all()
    return world[code].name


def test_page_and_program_do_the_same_by_the_same_door(client, world, program):
    id = world.ids["P1A-CDS1"]
    page = client.post(f"/facilities/{id}/rename", data={"name": "Kibuye", "on": ON, "reason": "loi", "_key": "k1"})
    assert (page.status_code, page.location, name_of(world)) == (302, f"/facilities/{id}", "Kibuye")
    said = {"name": "Muyira", "on": ON, "reason": "décret"}
    assert program(f"core.facility.rename/{id}", said, "k2") == (
        200, "application/json",
        {"url": f"/facilities/{id}", "message": "La structure a été renommée.", "number": "",
         "ref": f"core.facility/{id}", "told": []},
    )  # fmt: skip
    assert name_of(world) == "Muyira"
    entries = db.session.scalars(
        select(AuditEntry).where(AuditEntry.entity == "core.facility").order_by(AuditEntry.seq)
    )
    assert [word for entry in entries for word in ("loi", "décret") if word in entry.body] == ["loi", "décret"]


def test_a_button_and_a_program_do_what_needs_no_form(client, world, program):
    id = world.users["nobody"]
    assert client.post(f"/do/core.user.close/{id}").location == f"/users/{id}"
    assert not db.session.get(User, id).active
    assert program(f"core.user.open/{id}", {})[:2] == (200, "application/json")
    assert db.session.get(User, id).active
    assert client.get(f"/do/core.user.close/{id}").status_code == 405  # a link changes nothing


def test_a_button_may_send_a_field_that_nobody_types(client, world, program):
    id = world.users["auditor"]
    shown = client.get(f"/users/{id}").text
    (form,) = [each for each in Forms(shown).found if each.action.endswith(f"/do/core.user.withdraw/{id}")]
    assert client.post(form.action, data=form.data() | {"grant_id": "999"}).status_code == 404
    assert client.post(form.action, data=form.data()).location == f"/users/{id}"
    assert db.session.get(User, id).grants == []


def test_a_key_that_comes_again_is_answered_as_before_and_never_with_other_contents(world, program):
    verb = f"core.facility.rename/{world.ids['P1A-CDS1']}"
    first = program(verb, {"name": "Muyira", "on": ON}, "same")
    assert first[0] == 200 and program(verb, {"name": "Muyira", "on": ON}, "same") == first
    status, kind, problem = program(verb, {"name": "Kibuye", "on": ON}, "same")
    assert (kind, name_of(world)) == ("application/problem+json", "Muyira")
    assert status == 409 and "déjà été envoyé" in problem["detail"]


def test_what_cannot_be_is_said_by_field(world, program):
    status, kind, problem = program(f"core.facility.rename/{world.ids['P1A-CDS1']}", {"on": "hier"}, "k")
    assert (status, kind) == (422, "application/problem+json")
    assert {each["name"] for each in problem["errors"]} == {"name", "on"} and problem["status"] == 422
    status, _kind, problem = program(f"core.facility.rename/{world.ids['P1A-CDS1']}", {"name": "P1A-CDS1", "on": ON})
    assert (status, [each["name"] for each in problem["errors"]]) == (422, ["name"])  # what the service refuses


def test_two_who_changed_the_same_read_both_values(app, client, world, program):
    id = world.ids["P1A-CDS1"]
    (form,) = [each for each in Forms(client.get(f"/facilities/{id}/edit").text).found if "phone" in each.inputs]
    seen = form.data()
    assert client.post(f"/facilities/{id}/edit", data=seen | {"phone": "22 22", "_key": "a"}).status_code == 302
    status, _kind, problem = program(f"core.facility.change/{id}", seen | {"phone": "33 33", "_key": "b"})
    assert status == 409
    assert [(one["name"], one["yours"], one["stored"]) for one in problem["clashes"]] == [("phone", "33 33", "22 22")]
    assert db.session.get(Facility, id).phone == "22 22"


def test_rights_and_rows_are_asked_as_on_the_page(app, world, program):
    other = app.test_client()
    make.sign_in(other, "auditor")
    id = world.users["nobody"]
    assert program(f"core.user.close/{id}", {}, client=other)[0] == 403
    assert program("core.user.close/99999", {})[0] == 404
    assert program("core.user.fly/1", {})[0] == 404
    assert program("core.user.close", {})[0] == program("core.facility.create/1", {})[0] == 404
    assert program(f"core.user.close/{id}", {}, client=app.test_client())[0] in (302, 401)


def test_nobody_changes_what_is_anothers_own(app, client, world, program):
    sent = {"name": "Autre", "email": "", "phone": "", "language": "fr", "theme": "auto", "density": "normal"}
    assert program("core.user.change_own", sent)[0] == 200
    assert [world.user(login).name for login in ("admin", "auditor")] == ["Autre", "Auditor"]
