"""Signing in and out: sessions, limits, cookies, passwords, invitations, headers."""

import json
import re
import statistics
import time
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from core.data import audit, work
from core.data.access import Access
from core.data.db import db, utcnow
from core.data.work import unit_of_work
from core.users.accounts import invitations
from core.users.accounts import services as accounts
from core.users.accounts.models import Invitation, User
from core.users.signin import passwords
from core.users.signin import services as signin
from core.users.signin.models import LoginAttempt, LoginSession
from core.users.signin.tokens import hash_token
from core.web.pages import LANGUAGES
from tests import make
from tests.conftest import build
from tests.pages import Forms

GOOD = "une autre longue phrase"


def cookie(client):
    return client.get_cookie("amagara")


def again(app):
    return app.test_client()


def test_a_person_signs_in_and_out(app, world, client):
    assert client.get("/").headers["Location"] == "/sign-in?next=/"
    forms = Forms(client.get("/sign-in").text).found
    assert [name for form in forms for name, one in form.inputs.items() if "autofocus" in one.given] == ["login"]
    make.sign_in(client, "admin")
    assert client.get("/").status_code == 200
    token = cookie(client).value
    assert client.post("/sign-out").status_code == 302
    assert client.get("/").status_code == 302
    client.set_cookie("amagara", token)
    assert client.get("/").status_code == 302, "the session lives on the server; its cookie alone opens nothing"
    assert db.session.scalars(select(LoginSession)).all() == []


def test_only_the_hash_of_a_session_is_stored(app, world, client):
    make.sign_in(client, "admin")
    (session,) = db.session.scalars(select(LoginSession))
    assert session.token_hash == hash_token(cookie(client).value) != cookie(client).value
    assert len(cookie(client).value) >= 43


def test_a_session_id_from_before_is_not_taken_over(app, world, client):
    client.set_cookie("amagara", "chosen-by-a-stranger")
    make.sign_in(client, "admin")
    first = cookie(client).value
    make.sign_in(client, "admin")
    assert "chosen-by-a-stranger" != first != cookie(client).value


@pytest.mark.parametrize("wait, open_", [(29, True), (31, False)])
def test_an_idle_session_ends(app, world, client, wait, open_):
    with time_machine.travel(utcnow(), tick=True) as clock:
        make.sign_in(client, "admin")
        clock.shift(timedelta(minutes=wait))
        assert (client.get("/").status_code == 200) is open_


def test_a_used_session_ends_after_half_a_day_and_the_heartbeat_is_no_use(app, world, client):
    with time_machine.travel(utcnow(), tick=True) as clock:
        make.sign_in(client, "admin")
        for _n in range(35):
            clock.shift(timedelta(minutes=20))
            assert client.get("/").status_code == 200
        clock.shift(timedelta(minutes=25))
        assert client.get("/").status_code == 302
        make.sign_in(client, "admin")
        for _n in range(4):
            clock.shift(timedelta(minutes=10))
            assert client.get("/api/pulse").status_code == 200
        assert client.get("/").status_code == 302


def test_whoever_types_stays_signed_in_until_the_day_is_over(app, world, client):
    with time_machine.travel(utcnow(), tick=True) as clock:
        make.sign_in(client, "admin")
        for _n in range(35):
            clock.shift(timedelta(minutes=20))
            assert client.get("/api/alive").get_json() == {"stored": {}}
        clock.shift(timedelta(minutes=25))
        assert client.get("/api/alive").status_code == 302


def test_the_server_tells_of_the_sendings_it_has_of_this_person_only(app, world, client):
    said = {"url": "/elmis/store/documents/BS-1", "number": "BS-1", "message": "BS-1"}
    make.sign_in(client, "admin")
    with unit_of_work(Access(db.session.scalar(select(User.id).where(User.login == "auditor")), "auditor")):
        db.session.add(work.Idempotency(actor=work._actor(), key="k-2", body_hash="", answer="null"))
    with unit_of_work(Access(db.session.scalar(select(User.id).where(User.login == "admin")), "admin")):
        db.session.add(work.Idempotency(actor=work._actor(), key="k-1", body_hash="", answer=json.dumps(said)))
    stored = client.get("/api/alive?key=k-1&key=k-2&key=k-3").get_json()["stored"]
    assert stored.pop("k-1").items() >= said.items() and not stored


def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(app, world, client):
    page = {"Referer": "http://localhost/users/new?x=1"}
    assert client.post("/users/new", headers=page).headers["Location"] == "/sign-in?next=/users/new?x%3D1"
    elsewhere = {"Referer": "http://elsewhere.example/users"}
    assert client.post("/users/new", headers=elsewhere).headers["Location"] == "/sign-in?next=/users/new"


def test_a_closed_account_and_a_new_password_end_sessions_at_the_next_request(app, world, client):
    other = again(app)
    make.sign_in(client, "auditor")
    make.sign_in(other, "auditor")
    with unit_of_work(Access.system("test")):
        passwords.set_password(world.user("auditor"), passwords.judge(world.user("auditor"), GOOD))
    assert client.get("/").status_code == other.get("/").status_code == 302
    make.sign_in(client, "auditor", GOOD)
    with unit_of_work(Access.system("test")):
        accounts.set_active(world.users["auditor"], False)
    assert client.get("/").status_code == 302
    assert client.post("/sign-in", data={"login": "auditor", "password": GOOD}).status_code == 422


def test_wrong_unknown_and_closed_look_the_same(app, world, client):
    with unit_of_work(Access.system("test")):
        accounts.set_active(world.users["auditor"], False)
    pages = [
        client.post("/sign-in", data={"login": login, "password": make.PASSWORD if login == "auditor" else "wrong"})
        for login in ("admin", "nobody-knows", "auditor")
    ]
    assert {page.status_code for page in pages} == {422}
    plain = {re.sub(r'value="[^"]*"', "", page.text) for page in pages}
    assert len(plain) == 1


def test_unknown_and_closed_names_take_as_long_as_a_known_one(app, world, client, monkeypatch):
    with unit_of_work(Access.system("test")):
        accounts.set_active(world.users["auditor"], False)
    monkeypatch.setattr(signin, "TRIES_BY_LOGIN", 10**6)
    monkeypatch.setattr(signin, "TRIES_BY_ADDRESS", 10**6)
    times = {"admin": [], "unknown": [], "auditor": []}
    for _n in range(15):
        for login, taken in times.items():
            start = time.perf_counter()
            client.post("/sign-in", data={"login": login, "password": "wrong"})
            taken.append(time.perf_counter() - start)
    known, *others = (statistics.median(taken) for taken in times.values())
    assert all(abs(known - other) < 0.35 * known for other in others), times


def test_too_many_tries_are_refused_until_a_quarter_of_an_hour_has_passed(app, world, client):
    with time_machine.travel(utcnow(), tick=True) as clock:
        for _n in range(signin.TRIES_BY_LOGIN):
            client.post("/sign-in", data={"login": "admin", "password": "wrong"})
        refused = client.post("/sign-in", data={"login": "admin", "password": make.PASSWORD})
        assert refused.status_code == 422 and cookie(client) is None
        assert "15" in refused.text
        make.sign_in(again(app), "auditor")
        clock.shift(timedelta(minutes=16))
        make.sign_in(client, "admin")
    assert not db.session.scalars(select(LoginAttempt).where(LoginAttempt.login == "admin")).all()


def _wrong(browser, login="admin", count=signin.TRIES_BY_LOGIN):
    for _n in range(count):
        browser.post("/sign-in", data={"login": login, "password": "wrong"})


def _opens(browser, login="admin"):
    return browser.post("/sign-in", data={"login": login, "password": make.PASSWORD}).status_code == 302


def test_strangers_do_not_lock_a_person_out_of_his_own_browser(app, world, client):
    make.sign_in(client, "admin")
    client.post("/sign-out")
    for name in ("admin", *(f"name{n}" for n in range(5))):
        _wrong(again(app), name)
    assert not _opens(again(app)) and _opens(client)
    assert not _opens(client, "auditor"), "the browser is known for one person, not for others"


def test_a_known_browser_has_limits_of_its_own(app, world, client):
    make.sign_in(client, "admin")
    client.post("/sign-out")
    _wrong(client)
    assert not _opens(client)
    assert _opens(again(app)), "and locks nobody out elsewhere"


def test_who_shares_a_browser_does_not_guess_on_by_signing_in_himself(app, world, client):
    for login in ("admin", "auditor"):
        make.sign_in(client, login)
        client.post("/sign-out")
    _wrong(client, "admin", signin.TRIES_BY_LOGIN - 1)
    make.sign_in(client, "auditor")
    client.post("/sign-out")
    _wrong(client, "admin", 1)
    assert not _opens(client, "admin")


def test_a_forged_mark_of_a_browser_counts_nothing(app, world, client):
    make.sign_in(client, "admin")
    mark = client.get_cookie("device").value
    stranger = again(app)
    for forged in (mark[:-1] + ("A" if mark[-1] != "A" else "B"), "x", '["a", [1]]'):
        stranger.set_cookie("device", forged)
        _wrong(stranger)
        assert not _opens(stranger)


def test_an_address_that_tries_many_names_is_refused_whatever_it_says_of_itself(app, world, client):
    for n in range(signin.TRIES_BY_ADDRESS):
        client.post("/sign-in", data={"login": f"name{n}", "password": "x"}, headers={"X-Forwarded-For": f"10.0.0.{n}"})
    assert client.post("/sign-in", data={"login": "admin", "password": make.PASSWORD}).status_code == 422


def test_tries_are_written_in_the_trail(app, world, client):
    client.post("/sign-in", data={"login": "admin", "password": "wrong"})
    make.sign_in(client, "admin")
    client.post("/sign-out")
    actions = list(db.session.scalars(select(audit.AuditEntry.action).order_by(audit.AuditEntry.at)))
    assert actions[-3:] == ["sign-in refused", "sign-in", "sign-out"] and audit.verify() == []


@pytest.mark.parametrize(
    "asked, given",
    [
        ("/users?q=a", "/users?q=a"), ("//evil.example", "/"), ("https://evil.example/", "/"), ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"), ("javascript:alert(1)", "/"), ("", "/"), ("/\tevil", "/"), ("/a\r\nSet-Cookie: x=y", "/"),
    ],
)  # fmt: skip
def test_the_way_back_stays_on_this_host(app, world, client, asked, given):
    answer = client.post("/sign-in", query_string={"next": asked}, data={"login": "admin", "password": make.PASSWORD})
    assert answer.headers["Location"] == given


FORM = {"SESSION_COOKIE_SECURE": True, "SESSION_COOKIE_NAME": "__Host-amagara_form"}  # as config.py makes them


def test_cookies_are_guarded(app, world, client, tmp_path):
    make.sign_in(client, "admin")
    mine = cookie(client)
    assert mine.http_only and mine.same_site == "Lax" and mine.path == "/" and not mine.secure
    safe = build(app.config["SQLALCHEMY_DATABASE_URI"], tmp_path, SECURE=True, **FORM).test_client()
    answer = safe.post(
        "/sign-in",
        data={"login": "admin", "password": make.PASSWORD},
        base_url="https://localhost",
        headers={"Referer": "https://localhost/"},
    )
    chosen = safe.post("/preferences", data={"language": "en", "theme": "dark"}, base_url="https://localhost")
    lines = [*answer.headers.getlist("Set-Cookie"), *chosen.headers.getlist("Set-Cookie")]
    assert {line.split("=")[0] for line in lines} >= {f"__Host-{name}" for name in ("amagara", "device", "theme")}
    for line in lines:
        assert line.startswith("__Host-") and len(line) < 4096 and "Domain" not in line
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(line.split("; "))
    assert 'lang="en"' in safe.get("/profile", base_url="https://localhost").text


def test_language_and_appearance_are_kept_for_visitors_and_persons(app, world, client):
    assert 'lang="fr"' in client.get("/sign-in").text
    client.post("/preferences", data={"language": "en", "theme": "dark", "next": "/sign-in"})
    text = client.get("/sign-in").text
    assert 'lang="en"' in text and 'data-theme="dark"' in text
    make.sign_in(client, "admin")
    client.post("/preferences", data={"language": "en"})
    client.post("/preferences", data={"language": "xx", "theme": "<script>"})
    assert world.user("admin").language == "en" and world.user("admin").theme == ""
    assert set(LANGUAGES) == {"fr", "en"}


def test_a_person_changes_the_own_password_and_other_browsers_are_out(app, world, client):
    other = again(app)
    for browser in (client, other):
        make.sign_in(browser, "auditor")
    before = cookie(client).value
    wrong = client.post("/password", data={"old": "wrong", "password": GOOD, "again": GOOD})
    assert wrong.status_code == 422
    assert client.post("/password", data={"old": make.PASSWORD, "password": GOOD, "again": "x"}).status_code == 422
    assert client.post("/password", data={"old": make.PASSWORD, "password": GOOD, "again": GOOD}).status_code == 302
    assert client.get("/").status_code == 200 and other.get("/").status_code == 302
    assert cookie(client).value != before
    client.set_cookie("amagara", before)
    assert client.get("/").status_code == 302


def test_own_sessions_are_listed_and_ended_and_nobody_elses(app, world, client):
    other, stranger = again(app), again(app)
    for browser, login in ((client, "auditor"), (other, "auditor"), (stranger, "admin")):
        make.sign_in(browser, login)
    start = hash_token(cookie(other).value)[:16]
    assert start in client.get("/profile").text
    foreign = hash_token(cookie(stranger).value)[:16]
    assert foreign not in client.get("/profile").text
    for each in (start, foreign, "_", "%", ""):
        client.post(f"/sessions/{each}/end")
    assert other.get("/").status_code == 302
    assert client.get("/").status_code == stranger.get("/").status_code == 200


def test_an_invitation_works_once_for_an_hour(app, world, client):
    with unit_of_work(Access.system("test")):
        token = invitations.invite(world.users["nobody"])
    assert token not in str(db.session.scalars(select(Invitation.token_hash)).all())
    page = client.get(f"/welcome/{token}")
    assert page.status_code == 200 and "nobody" in page.text
    assert client.post(f"/welcome/{token}", data={"password": "court", "again": "court"}).status_code == 422
    assert client.post(f"/welcome/{token}", data={"password": GOOD, "again": GOOD}).status_code == 302
    make.sign_in(client, "nobody", GOOD)
    assert client.get(f"/welcome/{token}").status_code == 410
    assert client.post(f"/welcome/{token}", data={"password": GOOD + "x", "again": GOOD + "x"}).status_code == 410
    make.sign_in(again(app), "nobody", GOOD)


def test_an_old_or_replaced_invitation_opens_nothing(app, world, client):
    with unit_of_work(Access.system("test")):
        first = invitations.invite(world.users["nobody"])
    with unit_of_work(Access.system("test")):
        second = invitations.invite(world.users["nobody"])
    assert client.get(f"/welcome/{first}").status_code == 410
    with time_machine.travel(utcnow() + timedelta(minutes=61), tick=True):
        assert client.get(f"/welcome/{second}").status_code == 410
        assert client.post(f"/welcome/{second}", data={"password": GOOD, "again": GOOD}).status_code == 410
    assert world.user("nobody").password_hash == db.session.get(User, world.users["nobody"]).password_hash


def test_an_empty_installation_says_how_to_begin(app, client):
    assert "amagara user create" in client.get("/sign-in").text


def test_a_page_that_names_no_mark_finds_it(app, world, client):
    """A picture looked at by itself: the browser asks for this address, which was not there."""
    answer = client.get("/favicon.ico", follow_redirects=True)
    assert answer.status_code == 200 and answer.mimetype == "image/svg+xml" and "<svg" in answer.text


def test_the_headers_are_on_every_answer(app, world, client):
    make.sign_in(client, "admin")
    for path, status in (
        ("/", 200),
        ("/sign-in", 302),
        ("/users", 200),
        ("/nothing-here", 404),
        ("/api/pulse", 200),
        ("/%00", 400),
    ):
        answer = client.get(path)
        assert answer.status_code == status, path
        policy = answer.headers["Content-Security-Policy"]
        assert (
            "unsafe" not in policy.replace("'wasm-unsafe-eval'", "")
            and "default-src 'self'" in policy
            and "frame-ancestors 'none'" in policy
        )
        assert "object-src 'none'" in policy and "base-uri 'none'" in policy
        assert (
            answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Referrer-Policy"] == "same-origin"
        )
        assert answer.headers["Cache-Control"] == "no-store" and answer.headers["X-Request-Id"]
    assert "Strict-Transport-Security" in client.get("/sign-in", base_url="https://localhost").headers
