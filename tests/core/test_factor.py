"""The second factor: codes good once, paper for the lost device, no way around it; proving oneself again."""

import json
import re
import threading
import zlib
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine
from sqlalchemy import select

from core.contract.plugins import permissions
from core.data import audit
from core.data.access import Access, acting
from core.data.db import db
from core.data.seals import seal
from core.data.work import perform, unit_of_work
from core.users.accounts import invitations
from core.users.accounts.cli import user_commands
from core.users.accounts.models import User
from core.users.rights import rules
from core.users.rights.models import Role
from core.users.signin import carried, factor, passwords
from core.users.signin import services as signin
from core.users.signin.models import LoginAttempt, LoginSession, RecoveryCode, SecondFactor
from tests import make

START = datetime(2026, 11, 22, 9, 20, 5, tzinfo=UTC)
GOOD = "une autre longue phrase"
pytestmark = pytest.mark.both_databases


@pytest.fixture
def clock():
    """Travel to a moment five seconds into a code."""
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def device(app, world, clock):
    """Return the auditor's device, set up a minute ago."""
    device = pyotp.TOTP(factor.new_secret())
    with unit_of_work(Access.system("test")):
        device.paper = factor.enable(world.user("auditor"), device.secret, device.now())
    clock.shift(timedelta(minutes=1))
    return device


def half(client, login="auditor", password=make.PASSWORD):
    """Give the password, and return the answer."""
    return client.post("/sign-in?next=/profile", data={"login": login, "password": password})


def give(client, code):
    return client.post("/sign-in/code?next=/profile", data={"code": code})


def inside(client):
    return client.get("/profile").status_code == 200


def actions():
    return list(db.session.scalars(select(audit.AuditEntry.action).order_by(audit.AuditEntry.at)))


def test_the_password_alone_opens_nothing(app, world, client, device):
    answer = half(client)
    assert answer.headers["Location"] == "/sign-in/code?next=/profile" and client.get_cookie("amagara") is None
    assert not inside(client) and db.session.scalars(select(LoginSession)).all() == []
    assert give(client, "000000").status_code == 422 and not inside(client)
    assert give(client, device.now()).headers["Location"] == "/profile"
    assert inside(client) and {"code refused", "sign-in"} <= set(actions()) and audit.verify() == []


def test_nobody_gives_a_code_without_the_password_before(app, world, client, device):
    assert give(client, device.now()).headers["Location"].startswith("/sign-in")
    half(client, password="wrong")
    assert give(client, device.now()).headers["Location"].startswith("/sign-in")
    assert not inside(client)


def test_a_code_is_good_once_and_a_clock_may_be_half_a_minute_off(app, world, client, device, clock):
    shown = {off: device.at(START + timedelta(minutes=1, seconds=30 * off)) for off in (-2, -1, 0, 1, 2)}
    for off, fits in ((-2, False), (2, False), (0, True), (0, False), (-1, False), (1, True), (1, False)):
        browser = app.test_client()
        half(browser)
        give(browser, shown[off])
        assert inside(browser) is fits, off
        with unit_of_work(Access.system("test")):
            signin.forget_failures("auditor CODE")


def test_two_browsers_at_once_with_one_code(app, world, device):
    code, gate, right = device.now(), threading.Barrier(2), []

    def use():
        with app.app_context(), acting(Access.system("test")):
            gate.wait()
            right.append(perform(lambda: factor.spend(db.session.get(User, world.users["auditor"]), code)))
            db.session.remove()

    threads = [threading.Thread(target=use) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(right) == [False, True]


def test_five_wrong_codes_close_the_door_for_five_minutes(app, world, client, device, clock):
    half(client)
    for _n in range(signin.TRIES_BY_CODE):
        assert give(client, "123456").status_code == 422
    assert "5 minutes" in give(client, device.now()).text and not inside(client)
    clock.shift(timedelta(minutes=5, seconds=1))
    half(client)
    assert give(client, device.now()).status_code == 302 and inside(client)


def test_nobody_outside_closes_that_door(app, world, client, device):
    for name in ("auditor code", "auditor CODE", "auditor\tCODE"):
        for _n in range(signin.TRIES_BY_CODE):
            client.post("/sign-in", data={"login": name, "password": "x"})
    half(client)
    assert give(client, device.now()).status_code == 302 and inside(client)


@pytest.mark.parametrize("typed", [str, str.lower, lambda code: f" {code.replace('-', ' ')} "])
def test_a_code_on_paper_works_once(app, world, client, device, typed):
    assert len(set(device.paper)) == factor.PAPER and factor.codes_left(world.users["auditor"]) == factor.PAPER
    half(client)
    assert give(client, typed(device.paper[3])).status_code == 302 and inside(client)
    assert factor.codes_left(world.users["auditor"]) == factor.PAPER - 1
    again = app.test_client()
    half(again)
    assert give(again, device.paper[3]).status_code == 422 and not inside(again)
    assert "recovery code used" in actions()


def test_neither_secret_nor_codes_are_stored_in_the_clear(app, world, device):
    kept = f"{db.session.scalars(select(SecondFactor.secret)).all()}{db.session.scalars(select(RecoveryCode.code_hash)).all()}"
    assert device.secret not in kept and not any(code.replace("-", "") in kept for code in device.paper)
    trail = "".join(db.session.scalars(select(audit.AuditEntry.body)))
    assert device.secret not in trail and device.paper[0] not in trail


def test_another_key_of_the_installation_leaves_the_paper(app, world, client, device, monkeypatch):
    monkeypatch.setitem(app.config, "SECRET_KEY", "quite another one")
    half(client)
    assert give(client, device.now()).status_code == 422
    assert give(client, device.paper[0]).status_code == 302


def test_a_new_password_does_not_skip_the_code(app, world, client, device):
    with unit_of_work(Access.system("test")):
        token = invitations.invite(world.users["auditor"])
    client.post(f"/welcome/{token}", data={"password": GOOD, "again": GOOD})
    assert half(client, password=GOOD).headers["Location"].startswith("/sign-in/code") and not inside(client)
    assert give(client, device.now()).status_code == 302 and inside(client)


def test_half_a_sign_in_ends_with_time_and_with_the_password(app, world, client, device, clock):
    half(client)
    with unit_of_work(Access.system("test")):
        passwords.set_password(world.user("auditor"), passwords.judge(world.user("auditor"), GOOD))
    assert give(client, device.now()).status_code == 422 and not inside(client)
    half(client, password=GOOD)
    clock.shift(timedelta(minutes=6))
    assert give(client, device.now()).status_code == 302 and not inside(client)


def secret_on(page):
    return re.search(r'class="once">([A-Z2-7]{32})<', page.text).group(1)


def test_a_person_sets_it_up_gets_paper_and_removes_it(app, world, client, clock):
    other = app.test_client()
    for browser in (client, other):
        make.sign_in(browser, "auditor")
    page = client.get("/profile/second-factor")
    device = pyotp.TOTP(secret_on(page))
    assert "<svg" in page.text and secret_on(client.get("/profile/second-factor")) == device.secret
    assert client.post("/profile/second-factor", data={"code": "000000"}).status_code == 422
    done = client.post("/profile/second-factor", data={"code": device.now()})
    paper = re.findall(r"<li>((?:[A-Z2-7]{4}-){3}[A-Z2-7]{4})</li>", done.text)
    assert len(paper) == factor.PAPER and inside(client) and not inside(other)
    assert client.get("/profile/second-factor").status_code == 302
    newer = re.findall(r"<li>((?:[A-Z2-7]{4}-){3}[A-Z2-7]{4})</li>", client.post("/profile/second-factor/codes").text)
    assert len(newer) == factor.PAPER and not set(newer) & set(paper)
    half(other)
    assert give(other, paper[0]).status_code == 422 and give(other, newer[0]).status_code == 302
    client.post("/profile/second-factor/remove")
    assert inside(client) and not inside(other)
    make.sign_in(other, "auditor")
    assert {"second factor set", "recovery codes made", "second factor removed"} <= set(actions())


def test_a_role_that_asks_for_it_lets_nobody_in_before(app, world, client, clock):
    make.sign_in(client, "admin")
    role = db.session.scalars(select(Role).where(Role.code == "auditor")).one()
    values = {
        "label_fr": "Auditeur",
        "label_en": "Auditor",
        "names": sorted(rules.expand(role.names, permissions())),
        "second_factor": "y",
    }
    assert client.post(f"/roles/{role.id}", data=values).status_code == 302
    auditor = app.test_client()
    make.sign_in(auditor, "auditor")
    for path in ("/", "/journal", "/profile", "/users"):
        assert auditor.get(path).headers["Location"] == "/profile/second-factor", path
    assert auditor.post("/profile", data={"name": "x"}).headers["Location"] == "/profile/second-factor"
    page = auditor.get("/profile/second-factor")
    auditor.post("/profile/second-factor", data={"code": pyotp.TOTP(secret_on(page)).now()})
    assert inside(auditor) and client.get("/").status_code == 200


def test_an_administrator_removes_a_lost_one_and_it_is_audited(app, world, client, device):
    make.sign_in(client, "admin")
    lost, path = app.test_client(), f"/do/core.user.remove_factor/{world.users['auditor']}"
    half(lost)
    give(lost, device.now())
    assert lost.post(path).status_code == 403 and inside(lost)
    client.post(path)
    assert not factor.has(world.users["auditor"]) and not inside(lost) and "second factor removed" in actions()
    make.sign_in(lost, "auditor")


def test_an_administrator_removes_the_own_one_only_in_the_profile(app, world, client, clock):
    device = pyotp.TOTP(factor.new_secret())
    make.sign_in(client, "admin")
    with unit_of_work(Access.system("test")):
        factor.enable(world.user("admin"), device.secret, device.now())
    client.post(f"/do/core.user.remove_factor/{world.users['admin']}")
    assert factor.has(world.users["admin"])
    done = app.test_cli_runner().invoke(user_commands, ["remove-factor", "ADMIN"])
    assert done.exit_code == 0 and not factor.has(world.users["admin"]), done.output


def test_grave_things_ask_who_it_is_after_ten_minutes(app, world, client, clock):
    make.sign_in(client, "admin")
    before, path = client.get_cookie("amagara").value, f"/users/{world.users['auditor']}/grant"
    assert client.get(path).status_code == 200
    clock.shift(timedelta(minutes=10, seconds=1))
    role = db.session.scalars(select(Role.id).where(Role.code == "auditor")).one()
    sent = {"role_id": role, "facility_id": "P1", "_key": "k"}
    assert client.post(path, data=sent).headers["Location"].startswith("/prove")
    assert client.post(f"/users/{world.users['auditor']}/invite").headers["Location"].startswith("/prove")
    assert client.get(path).headers["Location"] == f"/prove?next={path}"
    assert client.get("/users").status_code == 200, "what is not grave goes on"
    assert client.post(f"/prove?next={path}", data={"given": "wrong"}).status_code == 422
    assert len(db.session.scalars(select(LoginAttempt)).all()) == 1
    assert client.post(f"/prove?next={path}", data={"given": make.PASSWORD}).headers["Location"] == path
    assert client.get_cookie("amagara").value != before and client.post(path, data=sent).status_code == 302
    assert len(world.user("auditor").grants) == 2
    client.set_cookie("amagara", before)
    assert not inside(client), "the old session id is dead"


def test_with_a_second_factor_it_is_the_code_that_proves(app, world, client, device, clock):
    half(client)
    give(client, device.now())
    clock.shift(timedelta(minutes=11))
    assert client.post("/profile/second-factor/remove").headers["Location"].startswith("/prove")
    assert client.post("/prove?next=/profile", data={"given": make.PASSWORD}).status_code == 422
    assert client.post("/prove?next=/profile", data={"given": device.now()}).headers["Location"] == "/profile"
    client.post("/profile/second-factor/remove")
    assert not factor.has(world.users["auditor"])


def test_proving_oneself_does_not_lengthen_the_day(app, world, client, clock):
    make.sign_in(client, "admin")
    for _n in range(35):
        clock.shift(timedelta(minutes=20))
        client.post("/prove", data={"given": make.PASSWORD})
        assert inside(client)
    clock.shift(timedelta(minutes=25))
    assert not inside(client)


def test_a_form_whose_session_was_over_comes_through_the_code_too(app, world, client, device):
    with app.test_request_context():
        text = json.dumps([world.users["auditor"], "/profile", [["name", "typed"]], False]).encode()
        sealed = seal(carried.PURPOSE).encrypt(zlib.compress(text)).decode()
    asked = client.post("/sign-in", data={"login": "auditor", "password": make.PASSWORD, "carried": sealed})
    assert asked.status_code == 200 and f'value="{sealed}"' in asked.text
    wrong = client.post("/sign-in/code", data={"code": "000000", "carried": sealed})
    assert f'value="{sealed}"' in wrong.text
    again = client.post("/sign-in/code", data={"code": device.now(), "carried": sealed})
    assert 'name="name" value="typed"' in again.text and inside(client)
