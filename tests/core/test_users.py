"""The pages and commands about people, home, inbox and journal."""

import json
import os
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core import seeds
from core.contract.hookspecs import hookimpl
from core.contract.plugins import hooks, in_order
from core.contract.ports import Home, Panel, Task
from core.data import audit
from core.data.access import Access, acting
from core.data.db import db, today
from core.data.work import unit_of_work
from core.facilities.models import Facility, FacilityCode, FacilityParent
from core.inbox import services as inbox
from core.journal import acts as journal
from core.journal.services import known
from core.users.accounts.models import User
from core.users.demo import PASSWORD, accounts
from core.users.rights.models import Grant, Role
from tests import make

GOOD = "une autre longue phrase"


@pytest.fixture
def admin(world, client):
    make.sign_in(client, "admin")
    return client


def key(page):
    return re.search(r'name="_key"[^>]*value="([^"]+)"', page.text).group(1)


def person(login):
    return db.session.scalar(select(User).where(User.login == login))


def new(world, **values):
    role = db.session.scalar(select(Role).where(Role.code == "auditor"))
    return {"login": "marie", "name": "Marie Nduwayo", "facility_id": "P1A", "role_id": role.id, **values}


def test_a_user_is_made_invited_and_signs_in(admin, world, app):
    answer = admin.post("/users/new", data=new(world))
    assert answer.status_code == 302, re.findall(r'class="error".*', answer.text)
    made = person("marie")
    assert (made.facility.code, made.grants[0].role.code, made.password_hash) == ("P1A", "auditor", "")
    page = admin.post(f"/users/{made.id}/invite")
    token = re.search(r"/welcome/([\w-]+)", page.text).group(1)
    assert token not in admin.get(f"/users/{made.id}").text
    visitor = app.test_client()
    assert visitor.post(f"/welcome/{token}", data={"password": GOOD, "again": GOOD}).status_code == 302
    make.sign_in(visitor, "marie", GOOD)
    assert visitor.get("/").status_code == 200


def test_a_form_sent_twice_makes_one_user(admin, world):
    data = new(world) | {"_key": key(admin.get("/users/new"))}
    first, second = admin.post("/users/new", data=data), admin.post("/users/new", data=data)
    assert first.headers["Location"] == second.headers["Location"]
    assert db.session.scalar(select(func.count()).select_from(User).where(User.login == "marie")) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"login": "admin"},
        {"login": "Ma rie!"},
        {"name": ""},
        {"facility_id": "nowhere"},
        {"email": "x"},
        {"role_id": "999"},
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_made(admin, world, wrong):
    before = db.session.scalar(select(func.count()).select_from(User))
    answer = admin.post("/users/new", data=new(world) | wrong)
    assert answer.status_code == 422 and "error-summary" in answer.text
    assert f'href="#{next(iter(wrong))}' in answer.text
    assert db.session.scalar(select(func.count()).select_from(User)) == before


def test_columns_that_a_form_does_not_name_stay_as_they_are(admin, world):
    admin.post("/users/new", data=new(world))
    marie = person("marie")
    every = {column.key: "9" for column in User.__mapper__.columns} | {"is_admin": "1", "grants-0-role_id": "1"}
    before = {column.key: getattr(marie, column.key) for column in User.__mapper__.columns}
    answer = admin.post(
        f"/users/{marie.id}/edit", data=every | {"name": "Marie N.", "email": "", "phone": "", "facility_id": "P1B"}
    )
    assert answer.status_code == 302
    db.session.refresh(marie)
    changed = {name for name, value in before.items() if getattr(marie, name) != value}
    assert changed == {"name", "facility_id"}
    answer = admin.post(
        "/profile",
        data=every | {"name": "Moi", "email": "", "phone": "", "language": "en", "theme": "dark", "density": "dense"},
    )
    me = world.user("admin")
    assert (
        answer.status_code == 302 and me.active and me.facility.code == "BI" and (me.login, me.name) == ("admin", "Moi")
    )


def test_every_page_about_people_opens(admin, world):
    for path in (
        "/users", "/users?q=aud", "/users/new", "/users/2", "/users/2/edit", "/users/2/grant", "/users/2/rights",
        "/users/2/rights?facility=P1A", "/users/2/rights?facility=nowhere", "/roles", "/roles/new", "/roles/1", "/profile",
        "/password", "/inbox", "/journal", "/journal?entity=core.user&entity_id=2", "/journal?since=2026-01-01&until=x&user_id=zz&page=-3",
    ):  # fmt: skip
        page = admin.get(path)
        assert page.status_code == 200, path
        assert "n° " not in page.text or "journal" in path


def test_those_without_the_right_do_not_get_in(world, client):
    make.sign_in(client, "nobody")
    for path in ("/users", "/users/new", "/users/1", "/roles", "/roles/1", "/journal"):
        assert client.get(path).status_code == 403, path
    assert client.get("/").status_code == client.get("/inbox").status_code == client.get("/profile").status_code == 200


def test_a_grant_by_the_page_is_refused_to_who_lacks_it(world, client):
    with unit_of_work(Access.system("test")):
        db.session.add(Role(code="clerk", label_en="c", label_fr="c", permissions="core.user.view\ncore.user.edit"))
        db.session.flush()
        make.user("clerk", world["P1"], "clerk")
        target = make.user("target", world["P1A"]).id
    make.sign_in(client, "clerk")
    role = db.session.scalar(select(Role.id).where(Role.code == "auditor"))
    assert client.get(f"/users/{target}/grant").text.count("<option") == 1
    assert client.post(f"/users/{target}/grant", data={"role_id": role, "facility_id": "P1A"}).status_code == 422
    assert client.get("/users/1").status_code == 404 and client.post("/do/core.user.close/1").status_code in (302, 404)
    assert db.session.scalars(select(Grant).where(Grant.user_id == target)).all() == [] and world.user("admin").active


def test_a_role_is_made_and_changed(admin, world):
    data = {"code": "reader", "label_fr": "Lecteur", "label_en": "Reader", "names": ["core.user.view"]}
    assert admin.post("/roles/new", data=data).status_code == 302
    role = db.session.scalar(select(Role).where(Role.code == "reader"))
    assert role.names == ["core.user.view"]
    answer = admin.post(f"/roles/{role.id}", data=data | {"names": ["core.user.view", "core.audit.view"]})
    assert answer.status_code == 302
    db.session.refresh(role)
    assert role.names == ["core.audit.view", "core.user.view"]
    assert admin.post(f"/roles/{role.id}", data=data | {"names": ["root"]}).status_code == 422


def test_the_place_is_switched_only_where_one_has_a_role(world, client):
    with unit_of_work(Access.system("test")):
        two = make.user("two", world["P1A"], "auditor", at=world["P1A"])
        db.session.add(Grant(user=two, role=two.grants[0].role, facility=world["P2B"]))
    make.sign_in(client, "two")
    assert (
        client.post("/place", data={"facility": world.ids["P2B-CDS1"], "next": "/inbox"}).headers["Location"]
        == "/inbox"
    )
    assert "P2B-CDS1" in client.get("/").text
    assert client.post("/place", data={"facility": world.ids["P2A"]}).status_code == 403
    assert client.post("/place", data={"facility": "x"}).status_code == 403
    assert "P2B-CDS1" in client.get("/").text


def test_a_page_is_for_the_place_that_it_was_made_for(world, client):
    """Switched in another tab meanwhile: a receipt of one centre went into the store of another."""
    with unit_of_work(Access.system("test")):
        two = make.user("two", world["P1A"], "administrator", at=world["P1A"])
        db.session.add(Grant(user=two, role=two.grants[0].role, facility=world["P2B"]))
    make.sign_in(client, "two")
    here, there, strange = (world.ids[code] for code in ("P1A-CDS1", "P2B-CDS1", "P2A"))
    client.post("/place", data={"facility": here})
    page = client.get("/facilities/new").text
    assert f'name="_place" type="hidden" value="{here}"' in page
    client.post("/place", data={"facility": there})
    again = client.post("/facilities/new", data={"_place": here, "name": ""})
    assert again.status_code == 422 and "P1A-CDS1" in again.text and f'value="{here}"' in again.text
    assert client.post("/facilities/new", data={"_place": strange, "name": ""}).status_code == 403
    with_session_over(client)
    make.sign_in(client, "two")
    assert "P1A-CDS1" in client.get("/").text  # and not home: what was typed for it comes back there


def with_session_over(client):
    client.delete_cookie("amagara")


def test_what_waits_is_sorted_and_badged(app, monkeypatch):
    days = {"soon": 2, "late": -3, "now": 0, "far": 9, "open": None}
    many = {"far": 6}
    found = [Task(name, "/", "Go", due=None if n is None else today() + timedelta(days=n), count=many.get(name, 1))
             for name, n in days.items()]  # fmt: skip
    monkeypatch.setattr(inbox, "asked", lambda _hook: found)
    with acting(Access.system("test")):
        tasks = inbox.Inbox(Access.system("test")).tasks
    assert [one.title for one in tasks] == ["late", "now", "soon", "far", "open"]
    assert [one.state.tone if one.state else None for one in tasks] == ["danger", "warn", "warn", "neutral", None]
    assert [number for _label, number, _members in inbox.grouped(tasks)] == [1, 1, 7, 1]


def test_home_greets_counts_and_draws_what_plugins_give(admin, world, app):
    panel = Panel(
        "Une carte", "error.html", {"heading": "x", "advice": "y", "status": 1, "title": "Une carte"}, aside=True
    )
    asked = []

    class Given:
        @hookimpl
        def inbox(self):
            return [Task(f"Tâche {n}", "/users", "Ouvrir", due=today()) for n in range(7)]

        @hookimpl
        def panels(self, obj):
            asked.append(obj)
            return [panel] if isinstance(obj, Home) else []

    manager = app.extensions["amagara.plugins"]
    manager.register(given := Given(), "given")
    try:
        text = admin.get("/").text
        assert "7 tâches vous attendent" in text and "Une carte" in text
        assert text.count('class="task-title"') == 5 and admin.get("/inbox").text.count('class="task-title"') == 7
        assert [each.facility.code for each in asked if isinstance(each, Home)] == ["BI"]
    finally:
        manager.unregister(given)


def found_lines(filters):
    """Return (lines of all acts that are found, the moment before which there are more)."""
    found, more = journal.find(filters)
    lines = [line for act in found for line in journal.of(*act.key)[1]]
    wanted = known(filters["entity"]).label if "entity" in filters else None
    return [line for line in lines if wanted is None or str(line.what) == str(wanted)], more


def test_the_journal_shows_old_and_new_by_names_within_ones_rights(world, app):
    with unit_of_work(Access.system("test"), reason="réforme"):
        world["P1A"].name = "Gitega"
        world["P2A"].name = "Ngozi"
        make.user("marie", world["P1A"], "auditor")
    view = (("core.audit.view", world["P1"].path), ("core.user.view", world["P1"].path))
    with acting(Access(9, "x", view)):
        lines, more = found_lines({})
        assert not more and {line.facility for line in lines} <= {
            "P1",
            "Gitega",
            "P1A-DEPOT",
            "P1A-CDS1",
            "P1A-CDS2",
            "P1B",
            "P1B-DEPOT",
            "P1B-CDS1",
            "P1B-CDS2",
        }
        (line,) = found_lines(
            {
                "entity": "core.facility",
                "action": "change",
                "entity_id": str(world.ids["P1A"]),
                "since": today(),
                "until": today(),
            }
        )[0][:1]
        assert (line.name, line.reason, [(each.old.text, each.new.text) for each in line.changes]) == (
            "Gitega",
            "réforme",
            [("P1A", "Gitega")],
        )
        assert "Marie · Auditeur · Gitega" in [line.name for line in found_lines({"entity": "core.grant"})[0]]
        assert found_lines({"entity": "core.role"})[0] == [], "the core's own stream is for the whole country"
        assert found_lines({"until": today() - timedelta(days=1)})[0] == []
    with acting(Access(9, "x", (("core.audit.view", world["BI"].path),))):
        assert found_lines({"entity": "core.role"})[0]
        assert "Ngozi" in {line.facility for line in found_lines({"facility": world["P2A"]})[0]}, "whole acts are found"


def test_a_created_row_is_named_in_the_trail(world, app):
    ids = db.session.scalars(select(audit.AuditEntry.entity_id).where(audit.AuditEntry.action == "create")).all()
    assert ids and all(ids)


def test_the_demonstration_country_is_seeded_once(app, session):
    for _turn in range(2):
        with unit_of_work(Access.system("test")):
            seeds.seed("reference", "")
            assert seeds.is_empty() is (_turn == 0)
            seeds.seed("demo", "district")
    places = {row.id: row for row in session.scalars(select(Facility))}
    assert len(places) > 1500
    assert all(
        row.path == (places[row.parent_id].path if row.parent_id else "/") + f"{row.id}/" for row in places.values()
    )
    root = next(row for row in places.values() if row.parent_id is None)
    assert (root.code, root.population is not None, root.latitude is not None) == ("BI", True, True)
    for model in (FacilityCode, FacilityParent, User, Role):
        assert session.scalar(select(func.count()).select_from(model))
    assert {row["login"] for row in accounts()} >= {"admin", "auditeur"} and not seeds.is_empty()
    role = session.scalar(select(Role).where(Role.code == "auditor"))
    assert (role.label_en, role.label_fr) == ("Auditor", "Auditeur")
    assert audit.verify() == []


def test_seeds_run_the_core_first(app):
    order = []

    class Implementation:
        argnames = ("kind",)

        def __init__(self, name):
            self.name = name

        def function(self, kind):
            order.append((self.name, kind))

    class Hook:
        def get_hookimpls(self):
            return [Implementation("core"), Implementation("elmis")]

    in_order(Hook(), kind="x", size="y")
    assert order == [("core", "x"), ("elmis", "x")] and hooks().seed


@pytest.fixture
def amagara(tmp_path):
    """Return a function that runs a command on an installation of its own."""
    env = os.environ | {"AMAGARA_INSTANCE": str(tmp_path / "instance")}

    def run(*words, given=""):
        command = [sys.executable, "-c", "from core.cli import main; main()", *words]
        return subprocess.run(command, env=env, input=given, capture_output=True, text=True, timeout=60)

    assert run("db", "upgrade").returncode == 0 and run("seed", "reference").returncode == 0
    return run


def test_commands_make_the_first_administrator_and_check_the_trail(amagara, tmp_path):
    words = ("--name", "A B", "--role", "administrator", "--facility", "BI")
    assert amagara("user", "create", "chef", *words, "--password-stdin", given=GOOD + "\n").returncode == 0
    again = amagara("user", "create", "chef", *words, "--password-stdin", given=GOOD)
    assert again.returncode == 1 and "Traceback" not in again.stderr and again.stderr.strip()
    assert amagara("user", "create", "court", *words, "--password-stdin", given="court").returncode == 1
    assert (
        amagara("user", "create", "x1", "--name", "A", "--role", "nix", "--facility", "BI", "--invite").returncode == 1
    )
    listed = json.loads(amagara("user", "list", "--format", "json").stdout)["users"]
    assert {"login": "chef", "state": "active"}.items() <= next(one for one in listed if one["login"] == "chef").items()
    assert "administrator (BI)" in amagara("user", "list").stdout
    shown = amagara("--help").stdout
    assert all(option not in shown for option in ("--app", "--env-file", "--debug", "FLASK"))
    invited = json.loads(amagara("user", "create", "second", *words, "--invite", "--format", "json").stdout)
    assert invited["user"] == "second" and "/welcome/" in invited["link"]
    report = json.loads(amagara("check", "--deploy", "--format", "json").stdout)
    assert not report["safe"] and not any(one["grave"] for one in report["findings"])
    assert amagara("check", "--deploy").returncode == 0
    report = json.loads(amagara("audit", "verify", "--format", "json").stdout)
    assert report["whole"] and report["lines"] > 3
    assert amagara("audit", "checkpoint", "--to", str(tmp_path / "cp.json")).returncode == 0
    assert amagara("audit", "verify", "--against", str(tmp_path / "cp.json")).returncode == 0
    (tmp_path / "cp.json").write_text((tmp_path / "cp.json").read_text().replace('"core"', '"f1"'))
    assert amagara("audit", "verify", "--against", str(tmp_path / "cp.json")).returncode == 1


def test_commands_help_and_report(amagara):
    for words in (
        ["user", "create"],
        ["seed", "demo"],
        ["seed", "reference"],
        ["plugin", "list"],
        ["audit", "verify"],
        ["audit", "checkpoint"],
    ):
        assert "Usage:" in amagara(*words, "--help").stdout
    assert json.loads(amagara("plugin", "list", "--format", "json").stdout)["plugins"][0]["name"] == "core"
    assert json.loads(amagara("seed", "demo", "--if-empty", "--format", "json").stdout)["loaded"] in (True, False)
    assert PASSWORD
