"""Jobs and facts: nothing lost, nothing twice, the asker's own rights, poison set aside."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from core.contract.hookspecs import hookimpl
from core.contract.ports import Event
from core.data import outbox
from core.data.access import Access, acting, current
from core.data.db import db, utcnow
from core.data.errors import Refused
from core.data.outbox import TRIES, Delivery
from core.data.trail import AuditEntry
from core.data.work import emit, unit_of_work
from core.facilities.models import Facility
from core.jobs import services, worker
from core.jobs.alive import held
from core.jobs.models import DONE, FAILED, RUNNING, Job
from tests import make

pytestmark = pytest.mark.both_databases
ROOT = Path(__file__).parents[2]


@pytest.fixture
def kinds(app, monkeypatch):
    """Give an empty register of kinds, and nothing that comes back by itself."""
    monkeypatch.setitem(app.extensions, "amagara.schedule", {})
    monkeypatch.setattr(services, "KINDS", kinds := {})
    return kinds


def _ask(world, kind, login="admin", **arguments):
    with acting(world.access(login)), unit_of_work():
        return services.enqueue(kind, "un travail", **arguments).id


def test_a_job_runs_once_with_the_rights_of_its_asker(app, world, kinds):
    seen = []

    @services.job("t")
    def work(progress, n):
        seen.append((n, current().user_id))
        progress(1, 2, "half")
        return "/there"

    job_id = _ask(world, "t", n=3)
    worker.work()
    worker.work()
    row = db.session.get(Job, job_id)
    assert seen == [(3, world.users["admin"])]
    assert (row.state, row.url) == (DONE, "/there")


def test_a_refusal_and_a_crash_are_told_and_keep_nothing(app, world, kinds):
    @services.job("t")
    def work(progress, crash):
        with unit_of_work():
            db.session.get(Facility, world.ids["P1"]).name = "half done"
            db.session.flush()
            raise ZeroDivisionError if crash else Refused("line 3: unknown code")

    ids = [_ask(world, "t", crash=False), _ask(world, "t", crash=True)]
    worker.work()
    rows = [db.session.get(Job, each) for each in ids]
    assert [row.state for row in rows] == [FAILED, FAILED]
    assert rows[0].message == "line 3: unknown code" and rows[1].message
    assert world["P1"].name == "P1"


def test_a_job_whose_worker_died_is_taken_up_again(app, world, kinds):
    runs = []
    services.job("t")(lambda progress: runs.append(1) or "")
    job_id = _ask(world, "t")
    with unit_of_work(Access.system("test")):
        db.session.get(Job, job_id).state = RUNNING  # claimed, then the power went
    worker.work()
    assert runs == [1] and db.session.get(Job, job_id).state == DONE


def test_a_job_whose_worker_lives_is_left_alone_however_long_it_is_silent(app, world, kinds):
    runs, found = [], []
    services.job("t")(lambda progress: runs.append(1) or "")
    job_id = _ask(world, "t")
    with unit_of_work(Access.system("test")):
        db.session.get(Job, job_id).state = RUNNING
    with held(job_id) as ours:
        assert ours
        other = threading.Thread(target=_look, args=(app, job_id, found))
        other.start()
        other.join()
    assert found == [False] and runs == []
    worker.work()
    assert runs == [1]


def _look(app, job_id, found):
    with app.app_context(), held(job_id) as ours:
        found.append(ours)


def test_a_killed_worker_lets_go_at_once(app, world, tmp_path):
    """The beat comes every 30 seconds: a job of a killed server goes on within a minute."""
    assert worker.BEAT <= 30
    code = f"""
from tests.conftest import build
from pathlib import Path
from core.jobs.alive import held
import sys, time
with build({str(app.config["SQLALCHEMY_DATABASE_URI"])!r}, Path({str(app.config["INSTANCE"])!r})).app_context(), held(7) as ours:
    print(ours, flush=True)
    time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline().strip() == "True"
    with held(7) as ours:
        assert not ours
    process.kill()
    process.wait()
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with held(7) as ours:
            if ours:
                return
        time.sleep(0.05)
    raise AssertionError("the lock of a dead process is still held")


def test_each_run_stands_in_the_trail(app, world, kinds):
    services.job("t")(lambda progress: "")
    _ask(world, "t")
    worker.work()
    assert app.extensions["amagara.notes"].drain() == 1
    db.session.rollback()
    line = db.session.scalars(select(AuditEntry).where(AuditEntry.entity == "core.job")).one()
    assert line.action == "job done" and '"kind":"t"' in line.body


def test_only_the_asker_sees_a_job(app, world, kinds):
    services.job("t")(lambda progress: "")
    job_id = _ask(world, "t")
    with acting(world.access("auditor")):
        assert services.mine(job_id) is None
    with acting(world.access("admin")):
        assert services.mine(job_id) is not None


class Listener:
    """A plugin that hears of facts, and fails at some."""

    def __init__(self, fails: set[int]) -> None:
        self.fails, self.heard = fails, list[Event]()

    @hookimpl
    def happened(self, event: Event) -> None:
        if event.data.get("n") in self.fails:
            raise ValueError("poison")
        if "n" in event.data:
            self.heard.append(event)


@pytest.fixture
def plugins(app):
    """Register two listening plugins, the second of which always fails at the fact 4."""
    manager, made = app.extensions["amagara.plugins"], {"good": Listener(set()), "ill": Listener({4})}
    for name, listener in made.items():
        manager.register(listener, name)
    yield made
    for listener in made.values():
        manager.unregister(listener)


def tried_out():
    """Let all tries of what waits pass."""
    for _turn in range(TRIES + 2):
        with unit_of_work(Access.system("test")):
            for row in db.session.scalars(select(Delivery)):
                row.due = row.due.replace(year=2000)
        services.tell_all()


def test_facts_reach_each_plugin_after_the_commit_and_ones_fault_starves_nobody(app, world, plugins):
    with unit_of_work(world.access("admin")):
        for n in range(10):
            emit("core.facility.moved", world["P1"], n=n)
    with pytest.raises(ZeroDivisionError), unit_of_work(Access.system("test")):
        emit("core.facility.moved", world["P1"], n=99)
        _ = 1 / 0
    assert services.tell_all() == 29  # the core hears too
    tried_out()
    assert [event.data["n"] for event in plugins["good"].heard] == list(range(10))
    assert [event.data["n"] for event in plugins["ill"].heard] == [n for n in range(10) if n != 4]
    event = plugins["good"].heard[0]
    assert (event.user_id, event.user_label) == (world.users["admin"], "Admin") and event.at <= utcnow()
    assert [(row.plugin, row.tries, row.error) for row in outbox.stuck()] == [("ill", TRIES, "ValueError: poison")]


def test_what_no_plugin_could_hear_is_shown_and_told_again(app, world, client, plugins):
    with unit_of_work(Access.system("test")):
        emit("core.facility.moved", world["P1"], n=4)
    tried_out()
    make.sign_in(client, "admin")
    assert "ill" in client.get("/inbox").text
    page = client.get("/system").text
    assert "core.facility.moved" in page and "ValueError: poison" in page
    plugins["ill"].fails.clear()
    assert client.post("/system/facts/again").status_code == 302
    services.tell_all()
    assert [event.data["n"] for event in plugins["ill"].heard] == [4] and outbox.stuck() == []


def test_only_what_waits_rings_the_bell(app, world, kinds, monkeypatch):
    rings = []
    monkeypatch.setitem(app.extensions, "amagara.ring", lambda: rings.append(1))
    worker.work()  # nothing waits: a worker that rang itself would never rest
    with unit_of_work(Access.system("test")):
        world["P1"].name = "Gitega"
    assert rings == []
    with unit_of_work(Access.system("test")):
        emit("core.facility.renamed", world["P1"])
    services.job("t")(lambda progress: "")
    _ask(world, "t")
    assert rings == [1, 1]
