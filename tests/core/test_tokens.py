"""Tokens: a part of a person's rights, for a time, kept as a hash, refused in words."""

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import select
from time_machine import travel

from core.api.tokens.models import Token
from core.data.access import Access
from core.data.db import db, today, utcnow
from core.data.errors import Refused
from core.data.trail import AuditEntry
from core.data.work import unit_of_work
from core.facilities.models import Facility
from core.users.accounts.models import User
from core.users.rights.models import Grant, Role
from tests import make
from tests.programs import Program, program, token
from tests.statements import sql

pytestmark = pytest.mark.both_databases
ON = today().isoformat()


def test_without_a_token_nobody_is_known_and_a_cookie_does_not_count(app, client, world):
    make.sign_in(client, "admin")
    for path in ("", "core.facility", "core.facility/1"):
        answer = client.get(f"/api/v1/{path}")
        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Amagara"'
    answer = client.post("/api/v1/core.facility/1/close", json={"on": ON})
    assert answer.status_code == 401 and "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Basic YWRtaW46eA==", "Bearer amg_x", "Bearer " + "é" * 9, "Bearer amg_" + "A" * 43],
)
def test_what_is_no_token_is_refused(app, world, header):
    answer = app.test_client().get("/api/v1/", headers={"Authorization": header})
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_a_token_is_kept_as_its_hash_alone(app, world):
    made = token(world, "admin", "core.facility.edit")
    assert re.fullmatch(r"amg_[A-Za-z0-9_-]{43}", made)
    row = db.session.scalar(select(Token))
    assert row.token_hash != made and len(row.token_hash) == 64
    everything = " ".join(str(each) for each in db.session.execute(sql("SELECT * FROM core_token")).all())
    everything += " ".join(db.session.scalars(select(AuditEntry.body)))
    assert made not in everything and row.token_hash not in " ".join(db.session.scalars(select(AuditEntry.body)))


def test_a_token_opens_what_it_names_and_no_more(app, world):
    asks = program(app, world, "admin", "core.facility.edit")
    place = world.ids["P1A-CDS1"]
    assert asks.get(f"core.facility/{place}").json["name"] == "P1A-CDS1"
    assert (
        asks.do(f"core.facility/{place}/rename", {"name": "Muyira", "on": ON}).json["ref"] == f"core.facility/{place}"
    )
    assert asks.get("core.user").status_code == 403
    assert asks.do(f"core.user/{world.users['nobody']}/close").status_code == 403
    db.session.expire_all()
    assert db.session.get(User, world.users["nobody"]).active


def test_a_token_counts_at_its_place_alone(app, world):
    asks = program(app, world, "admin", "core.facility.edit", place="P1A")
    assert asks.do(f"core.facility/{world.ids['P1A-CDS1']}/rename", {"name": "A", "on": ON}).status_code == 200
    answer = asks.do(f"core.facility/{world.ids['P1B-CDS1']}/rename", {"name": "B", "on": ON})
    assert answer.status_code == 403
    assert world["P1B-CDS1"].name == "P1B-CDS1"


def test_a_token_shrinks_with_its_person_and_never_grows_with_him(app, world):
    asks = program(app, world, "admin", "core.facility.edit")
    admin = world.users["admin"]
    with unit_of_work(Access.system("test")):
        world.users["other"] = make.user("other", world["BI"], "administrator").id
        db.session.delete(db.session.scalars(select(Grant).where(Grant.user_id == admin)).one())
    assert asks.do(f"core.facility/{world.ids['P1A']}/rename", {"name": "A", "on": ON}).status_code == 403
    with unit_of_work(Access.system("test")):
        auditor = db.session.scalars(select(Role).where(Role.code == "auditor")).one()
        db.session.add(Grant(user_id=admin, role=auditor, facility=world["BI"]))
    assert asks.get("core.user").status_code == 403


def test_a_token_that_expired_or_was_ended_or_whose_account_is_closed_opens_nothing(app, world):
    asks = program(app, world, "admin", "core.facility.edit", days=1)
    assert asks.get("core.facility").status_code == 200
    with travel(utcnow() + timedelta(days=3), tick=False):
        answer = asks.get("core.facility")
    assert (answer.status_code, answer.json["detail"]) == (401, "This token has expired.")
    asks = program(app, world, "auditor", "core.user.view")
    assert asks.get("core.facility").status_code == 200
    with unit_of_work(Access.system("test")):
        db.session.get(User, world.users["auditor"]).active = False
    assert asks.get("core.facility").json["detail"] == "The account of this token is closed."


def test_ending_a_token_counts_at_once_and_is_for_its_person_and_who_may_change_him(app, client, world):
    asks = program(app, world, "admin", "core.facility.edit", "core.user.edit", "core.user.view")
    id = db.session.scalar(select(Token.id))
    stranger = app.test_client()
    make.sign_in(stranger, "auditor")
    assert stranger.post(f"/do/core.token.end/{id}").status_code == 403
    assert asks.get("").status_code == 200
    make.sign_in(client, "admin")
    assert "Révoquer ce jeton" in client.get(f"/tokens/{id}").text
    assert client.post(f"/do/core.token.end/{id}").status_code == 302
    assert asks.get("").json["detail"] == "This token was ended."
    assert client.post(f"/do/core.token.end/{id}", headers={"Accept": "application/json"}).status_code == 422


def test_tokens_of_others_are_not_there(app, client, world):
    program(app, world, "admin", "core.facility.edit")
    id = db.session.scalar(select(Token.id))
    make.sign_in(client, "nobody")
    assert client.get(f"/tokens/{id}").status_code == 404
    assert client.get("/tokens/").text.count("<tr") == 0


def test_what_a_program_did_stands_in_the_trail_with_its_token(app, client, world):
    asks = program(app, world, "admin", "core.facility.edit", name="DHIS2")
    asks.do(f"core.facility/{world.ids['P1A']}/rename", {"name": "Kayanza", "on": ON})
    entries = [json.loads(body) for body in db.session.scalars(select(AuditEntry.body))]
    (line,) = [each for each in entries if each["changes"].get("name", [0, 0])[1] == "Kayanza"]
    assert (line["user"], line["token"], line["origin"]) == ("Admin", "DHIS2", "api 127.0.0.1")
    make.sign_in(client, "admin")
    assert "par le jeton « DHIS2 »" in client.get("/journal").text.replace("\u00a0", " ")


def test_the_last_use_is_noted_once_a_day_and_not_by_the_reader(app, world):
    asks = program(app, world, "admin", "core.facility.edit")
    for _each in range(3):
        asks.get("core.facility")
    app.extensions["amagara.notes"].drain()
    row = db.session.scalar(select(Token))
    assert (row.last_used_on, row.last_used_from) == (today(), "127.0.0.1")
    assert len(db.session.scalars(select(AuditEntry).where(AuditEntry.action == "token used")).all()) == 1


def test_a_role_that_asks_for_a_second_factor_asks_it_of_tokens_too(app, client, world):
    asks = program(app, world, "admin", "core.facility.edit")
    with unit_of_work(Access.system("test")):
        db.session.scalars(select(Role).where(Role.code == "administrator")).one().second_factor = True
    answer = asks.get("core.facility")
    assert answer.status_code == 403 and "second factor" in answer.json["detail"]
    make.sign_in(client, "admin")
    assert client.get("/tokens/new").location == "/profile/second-factor"


def test_a_page_makes_a_token_and_shows_it_once(app, client, world):
    make.sign_in(client, "admin")
    said = {"name": "Rapports", "names": ["core.facility.edit", "core.user.view"], "place": "P1A", "expires_on": ON}
    page = client.post("/tokens/new", data=said)
    (made,) = re.findall(r"amg_[\w-]{43}", page.text)
    assert Program(app, made).get("").status_code == 200
    row = db.session.scalar(select(Token))
    assert (row.name, row.names, row.facility_id) == (
        "Rapports",
        ["core.facility.edit", "core.user.view"],
        world.ids["P1A"],
    )
    assert made not in client.get("/tokens/").text + client.get(f"/tokens/{row.id}").text


@pytest.mark.parametrize(
    "change, field",
    [
        ({"names": []}, "names"), ({"names": ["core.import", "core.fly"]}, "names"),
        ({"expires_on": (today() + timedelta(days=400)).isoformat()}, "expires_on"),
        ({"expires_on": (today() - timedelta(days=1)).isoformat()}, "expires_on"), ({"name": " "}, "name"),
        ({"place": "NOWHERE"}, "place"),
    ],
)  # fmt: skip
def test_a_token_that_may_not_be_made_is_refused_at_its_field(app, client, world, change, field):
    make.sign_in(client, "admin")
    said = {"name": "Rapports", "names": ["core.import"], "expires_on": ON} | change
    page = client.post("/tokens/new", data=said)
    assert page.status_code == 422 and f'href="#{field}"' in page.text
    assert db.session.scalar(select(Token)) is None


def test_nobody_makes_a_token_of_rights_that_he_lacks(app, client, world):
    make.sign_in(client, "nobody")
    said = {"name": "x", "names": ["core.facility.edit"], "expires_on": ON}
    assert client.post("/tokens/new", data=said).status_code == 422
    make.sign_in(client, "admin")
    with pytest.raises(Refused):
        token(world, "auditor", "core.facility.edit")


def test_a_token_is_made_only_after_password_or_code_was_given_of_late(app, client, world):
    make.sign_in(client, "admin")
    with travel(utcnow() + timedelta(minutes=20)):
        assert client.get("/tokens/new").location.startswith("/prove")


def test_facility_names_stay_readable(app, world):
    asks = program(app, world, "auditor", "core.user.view", place="P1A")
    assert db.session.scalar(select(Facility.id)) and len(asks.items("core.facility")) > 10
