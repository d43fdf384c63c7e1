"""Service accounts: no persons, with roles like persons, who never sign in and act by tokens alone."""

import json
import re

import pytest
from sqlalchemy import select

from core.api.tokens import services as tokens
from core.api.tokens.models import Token
from core.data.access import Access, acting
from core.data.db import db, today
from core.data.errors import NotAllowed, Refused
from core.data.trail import AuditEntry
from core.data.work import perform, unit_of_work
from core.users.accounts import invitations
from core.users.accounts import services as accounts
from core.users.accounts.models import User
from core.users.directory import services as directory
from core.users.interims.services import lendable
from core.users.rights import grants, rules
from core.users.rights.models import Role
from core.users.signin import passwords
from tests import make
from tests.programs import Program

pytestmark = pytest.mark.both_databases
ON = today().isoformat()


def role(code):
    return db.session.scalar(select(Role).where(Role.code == code))


@pytest.fixture
def service(world):
    """Return the number of a service account at P1A with the auditor's role there."""
    with unit_of_work(Access.system("test")):
        made = accounts.create_service(
            "dhis2", "DHIS2", world.ids["P1A"], "Monthly report", "Aline", "aline@example.org"
        )
        grants.grant(made.id, role("auditor").id, world.ids["P1A"])
        world.users["dhis2"] = made.id
    return made.id


@pytest.fixture
def admin(world, client):
    make.sign_in(client, "admin")
    return client


def of(client, id, **more):
    said = {"name": "Nightly", "names": ["core.user.view"], "expires_on": ON} | more
    return client.post(f"/tokens/new?account={id}", data=said)


def test_an_administrator_makes_one_on_a_page_and_gives_it_a_token_shown_once(admin, app, world):
    said = {
        "login": "dhis2", "name": "DHIS2", "facility_id": "P1A", "role_id": role("auditor").id, "purpose": "Report",
        "contact": "Aline N.", "email": "aline@example.org",
    }  # fmt: skip
    assert admin.post("/users/new-service", data=said | {"purpose": ""}).status_code == 422
    answer = admin.post("/users/new-service", data=said)
    assert answer.status_code == 302
    made = db.session.scalar(select(User).where(User.login == "dhis2"))
    assert (made.service, made.purpose, made.contact, made.facility.code) == (True, "Report", "Aline N.", "P1A")
    page = admin.get(answer.location).text
    assert "Compte de service" in page and "invite" not in page and f"/tokens/new?account={made.id}" in page
    assert "Compte de service\u202f: Report".replace("\u202f", "\u00a0") in admin.get("/users").text
    shown = of(admin, made.id)
    (token,) = re.findall(r"amg_[\w-]{43}", shown.text)
    assert token not in admin.get("/tokens/").text
    assert [row["login"] for row in Program(app, token).items("core.user")] == ["dhis2"]  # at its place alone
    changed = {"name": "DHIS2", "facility_id": "P1A", "purpose": "Reports", "contact": "Jean"}
    assert admin.post(f"/users/{made.id}/edit", data=changed).status_code == 302
    db.session.expire_all()
    assert db.session.get(User, made.id).purpose == "Reports"


def test_it_never_signs_in(service, app, world):
    with unit_of_work(Access.system("test")):
        db.session.get(User, service).password_hash = make._password_hash()
    answer = app.test_client().post("/sign-in", data={"login": "dhis2", "password": make.PASSWORD})
    assert answer.status_code == 422
    user = db.session.get(User, service)
    for refused in (lambda: invitations.invite(service), lambda: passwords.set_password(user, "x")):
        with pytest.raises(Refused, match="ne se connecte jamais"):
            perform(refused)


def test_it_is_no_colleague_and_nobody_stands_in_for_it(service, world):
    assert directory.colleague(service) is None and "DHIS2" not in [one.name for one in directory.colleagues()]
    assert service not in directory.nearest("core.user.view", world["P1A"].path)
    assert service not in directory.holding("core.user.view")
    with acting(world.access("admin")), pytest.raises(Refused, match="compte de service"):
        from core.users.interims import services as interims

        other = directory.colleague(world.users["auditor"])
        interims.begin(db.session.get(User, service), other, today(), today(), lendable(service), None, "x")


def test_it_is_not_the_administrator_who_stays(service, world):
    with unit_of_work(Access.system("test")):
        grants.grant(service, role("administrator").id, world.ids["BI"])
    assert rules.administrators() == {world.users["admin"]}


def test_nobody_gives_it_rights_that_he_lacks_nor_makes_a_token_of_them(service, app, world, client):
    with unit_of_work(Access.system("test")):
        local = Role(code="local", label_en="L", label_fr="L", permissions="core.user.edit\ncore.user.view")
        db.session.add(local)
        make.user("small", world["P1A"], "local")
    small = db.session.scalar(select(User).where(User.login == "small"))
    world.users["small"] = small.id
    with acting(world.access("small")), pytest.raises(NotAllowed):
        perform(lambda: grants.grant(service, role("administrator").id, world.ids["P1A"]))
    make.sign_in(client, "small")
    assert of(client, service).status_code == 403  # it may read the trail, which this person may not
    assert db.session.scalar(select(Token)) is None


def test_tokens_are_made_for_oneself_and_for_service_accounts_alone(admin, service, world):
    assert of(admin, world.users["auditor"]).status_code == 404
    with acting(world.access("admin")), pytest.raises(Refused, match="ses propres jetons"):
        perform(lambda: tokens.make(world.user("auditor"), "x", ["core.user.view"], None, today()))
    assert of(admin, service, names=["core.facility.edit"]).status_code == 422  # which it does not hold
    assert db.session.scalar(select(Token)) is None


def test_a_role_that_asks_for_a_second_factor_is_not_for_it(service, world):
    with unit_of_work(Access.system("test")):
        role("administrator").second_factor = True
    with pytest.raises(Refused, match="second facteur"):
        perform(lambda: grants.grant(service, role("administrator").id, world.ids["P1A"]))


def test_closed_its_tokens_end_and_do_not_come_back_with_it(admin, service, app, world):
    (token,) = re.findall(r"amg_[\w-]{43}", of(admin, service).text)
    asks = Program(app, token)
    assert asks.get("core.user").status_code == 200
    assert admin.post(f"/do/core.user.close/{service}").status_code == 302
    assert asks.get("core.user").json["detail"] == "The account of this token is closed."
    assert of(admin, service).status_code == 422
    assert admin.post(f"/do/core.user.open/{service}").status_code == 302
    assert asks.get("core.user").json["detail"] == "This token was ended."


def test_trail_and_journal_tell_it_as_such(admin, service, app, world):
    with unit_of_work(Access.system("test")):
        db.session.add(Role(code="edit", label_en="E", label_fr="E", permissions="core.facility.edit"))
        db.session.flush()
        grants.grant(service, role("edit").id, world.ids["P1A"])
    (token,) = re.findall(r"amg_[\w-]{43}", of(admin, service, names=["core.facility.edit"]).text)
    id = world.ids["P1A-CDS1"]
    assert Program(app, token).do(f"core.facility/{id}/rename", {"name": "Muyira", "on": ON}).status_code == 200
    entries = [json.loads(body) for body in db.session.scalars(select(AuditEntry.body))]
    (line,) = [each for each in entries if each["changes"].get("name", [0, 0])[1] == "Muyira"]
    assert (line["user"], line["token"], line["service"]) == ("DHIS2", "Nightly", True)
    journal = admin.get("/journal").text.replace("\u00a0", " ")
    assert "DHIS2 (compte de service), par le jeton « Nightly »" in journal
