"""Somebody writes for long: pages are served, whoever writes is told within ten seconds, and nothing typed is lost."""

import re
import sqlite3
import threading
import time
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import event, select, update

from core.data import failures, work
from core.data.access import Access
from core.data.db import db, utcnow
from core.data.errors import Unavailable
from core.data.work import perform, unit_of_work
from core.facilities.models import Facility
from core.users.signin.models import LoginSession
from tests import make
from tests.statements import spoiling, sql

pytestmark = pytest.mark.both_databases


@contextmanager
def held():
    """Hold the write lock of SQLite, or the tables that every write needs."""
    with db.engine.connect().execution_options(amagara_write=5) as connection:
        connection.execute(sql("SELECT 1"))
        if connection.dialect.name == "postgresql":
            names = "core_session, core_audit_head, core_idempotency, core_login_attempt, core_user, core_facility"
            connection.execute(sql(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
        yield
        connection.rollback()


@pytest.fixture
def browser(client, world):
    """Return an administrator's browser, not seen for two minutes: each page notes the visit."""
    make.sign_in(client, "admin")
    with unit_of_work(Access.system("test")):
        db.session.execute(spoiling(update(LoginSession).values(seen_at=utcnow() - timedelta(minutes=2))))
    return client


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr(work, "PATIENCE", 0.3)


def test_reading_never_waits_for_a_write(browser, world):
    with held():
        for address in ("/", "/users", "/users?format=csv", f"/users/{world.users['nobody']}", "/journal", "/profile"):
            start = time.monotonic()
            assert browser.get(address).status_code == 200, address
            assert time.monotonic() - start < 2, address
    browser.get("/profile")
    assert db.session.scalar(select(LoginSession.seen_at)) > utcnow() - timedelta(minutes=1)


def test_a_form_that_could_not_be_kept_is_shown_again_with_its_text(browser, world, hasty):
    address = f"/users/{world.users['nobody']}/edit"
    with held():
        sent = {"name": "Nom tapé avec soin", "email": "", "phone": "", "facility_id": "BI", "_key": "k1"}
        answer = browser.post(address, data=sent)
        assert answer.status_code == 503 and "Nom tapé avec soin" in answer.text
        assert "Renvoyez" in answer.text
    assert browser.post(address, data=sent).status_code == 302
    assert world.user("nobody").name == "Nom tapé avec soin"


def test_a_button_that_could_not_be_kept_offers_to_be_pressed_again(browser, world, hasty):
    with held():
        answer = browser.post(f"/do/core.user.close/{world.users['nobody']}", data={"_key": "k2"})
    assert answer.status_code == 503
    assert (
        re.search(r'name="_key" value="k2"', answer.text)
        and f"/do/core.user.close/{world.users['nobody']}" in answer.text
    )


def test_nobody_signs_in_while_somebody_writes_but_the_page_says_why(client, world, hasty):
    with held():
        answer = client.post("/sign-in", data={"login": "admin", "password": make.PASSWORD})
        assert answer.status_code == 503 and 'value="admin"' in answer.text
        assert make.PASSWORD not in answer.text


def test_whoever_waits_is_told_within_ten_seconds(app, world):
    assert work.PATIENCE + 1 < 10
    start = time.monotonic()
    with held():
        outcomes = []

        def wait():
            with app.app_context():
                db.session().info["access"] = Access.system("test")
                try:
                    perform(lambda: db.session.execute(spoiling(update(Facility).values(phone="1"))))
                except Unavailable as error:
                    outcomes.append((error.status, error.message))

        waiting = threading.Thread(target=wait)
        waiting.start()
        waiting.join(12)
    assert outcomes == [(503, failures.BUSY)] and 5 < time.monotonic() - start < 10


def test_more_writers_than_the_door_has_places_hold_up_no_reader(app, world, browser):
    """The places at the door are fewer than the server's threads; who finds none is told at once."""
    from core.upkeep.serving import THREADS

    taken = 0
    while work.PLACES.acquire(blocking=False):
        taken += 1
    try:
        assert THREADS - taken >= 8
        assert browser.get("/users").status_code == 200
        start = time.monotonic()
        assert browser.post("/sign-out").status_code == 503 and time.monotonic() - start < 2
    finally:
        for _n in range(taken):
            work.PLACES.release()


SAVED = 'tone-ok" data-saved'
FAULTS = {
    "full": (507, "database or disk is full", psycopg.errors.DiskFull),
    "shut": (503, "attempt to write a readonly database", psycopg.errors.ReadOnlySqlTransaction),
    "broken": (503, "disk I/O error", psycopg.errors.IoError),
    "damaged": (503, "database disk image is malformed", psycopg.errors.DataCorrupted),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_disk_that_says_no_is_told_in_words_without_an_earlier_success(browser, world, engine, fault):
    target = f"/users/{world.users['nobody']}"
    sent = {"name": "Un", "email": "", "phone": "", "facility_id": "BI"}
    assert browser.post(f"{target}/edit", data=sent).status_code == 302  # its success is still to be said
    status, said, error = FAULTS[fault]

    def refuse(_cursor, statement, *_rest):
        if statement.startswith(("INSERT", "UPDATE")):
            raise sqlite3.OperationalError(said) if engine == "sqlite" else error()

    event.listen(db.engine, "do_execute", refuse)
    try:
        for answer in (
            browser.post(f"{target}/edit", data=sent | {"name": "Deux"}),
            browser.post(target.replace("/users", "/do/core.user.close")),
        ):
            assert answer.status_code == status, answer.status_code
            assert "disque" in answer.text or "base de données" in answer.text
            assert SAVED not in answer.text
    finally:
        event.remove(db.engine, "do_execute", refuse)
    assert SAVED in browser.get(target).text  # the earlier success was not forgotten
    assert world.user("nobody").name == "Un" and world.user("nobody").active


def test_a_page_that_broke_does_not_ask_who_is_signed_in_to_sign_in(browser, world):
    def fault(_cursor, statement, *_rest):
        if statement.startswith("UPDATE core_user SET"):
            raise ValueError("a fault of the program")

    event.listen(db.engine, "do_execute", fault)
    try:
        answer = browser.post(f"/do/core.user.close/{world.users['nobody']}")
    finally:
        event.remove(db.engine, "do_execute", fault)
    assert answer.status_code == 500 and 'href="/sign-in"' not in answer.text


def test_a_database_that_is_really_full_takes_the_next_write_when_there_is_room(browser, world, engine):
    if engine == "postgresql":
        return
    target = f"/users/{world.users['nobody']}/edit"
    sent = {"name": "é" * 200, "email": "", "phone": "", "facility_id": "BI"}
    with db.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()

    def small(connection, _record):
        connection.execute(f"PRAGMA max_page_count={pages + 5}")

    event.listen(db.engine, "connect", small)
    db.engine.dispose()
    statuses = {browser.post(target, data=sent | {"name": f"{n % 10}" * 200}).status_code for n in range(40)}
    event.remove(db.engine, "connect", small)
    db.engine.dispose()
    assert statuses == {302, 507}
    assert browser.post(target, data=sent).status_code == 302 and world.user("nobody").name == "é" * 200
