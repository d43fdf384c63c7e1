"""Production's way of working: a real Redis that rings, a real Celery worker that finds what waits."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis
from sqlalchemy import func, select

from core.data import migrations
from core.data.access import Access
from core.data.db import db
from core.data.outbox import Delivery
from core.data.work import emit, unit_of_work
from core.jobs import schedule
from core.jobs.broker import celery, ring_celery
from core.upkeep import anchors
from core.upkeep.jobs import ANCHOR
from tests import make
from tests.conftest import SECRETS, build

ROOT = Path(__file__).parents[2]
CELERY = [
    str(Path(sys.executable).with_name("celery")),
    "-A",
    "celery_app",
    "worker",
    "--pool",
    "solo",
    "--loglevel",
    "ERROR",
]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.redis,
    pytest.mark.xdist_group("redis"),
]  # they share a broker, and one of them empties it


LISTENER = """
from core.contract.hookspecs import hookimpl

@hookimpl
def happened(event):
    assert event.topic == "core.facility.test"
"""


@pytest.fixture
def plugins(tmp_path, monkeypatch):
    """Install a plugin that hears of facts, as pip would, for this process and for those that it starts."""
    folder = tmp_path / "site"
    (folder / "hears-1.dist-info").mkdir(parents=True)
    (folder / "hears.py").write_text(LISTENER)
    (folder / "hears-1.dist-info" / "entry_points.txt").write_text("[amagara.plugins]\nhears = hears\n")
    (folder / "hears-1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: hears\nVersion: 1\n")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setenv("AMAGARA_PLUGINS", "hears")


@pytest.fixture
def served(tmp_path, redis_url, plugins):
    """Return an application on a database file whose commits ring through Redis."""
    app = build(f"sqlite:///{tmp_path / 'amagara.db'}", tmp_path, REDIS_URL=redis_url)
    with app.app_context():
        migrations.upgrade()
        db.session().info["access"] = Access.system("test")
        make.world()
        yield app
        db.session.remove()


@pytest.fixture
def worker(tmp_path, redis_url, served):
    """Run a Celery worker on the same database."""
    environment = os.environ | {
        "AMAGARA_INSTANCE": str(tmp_path),
        "AMAGARA_REDIS_URL": redis_url,
        "AMAGARA_DATABASE_URL": f"sqlite:///{tmp_path / 'amagara.db'}",
        **{f"AMAGARA_{name}": value for name, value in SECRETS.items()},
    }
    process = subprocess.Popen([*CELERY, "--without-gossip", "--without-mingle"], cwd=ROOT, env=environment)
    yield process
    process.kill()
    process.wait()


def _say(world_code: str, count: int) -> None:
    from core.facilities.models import Facility

    with unit_of_work(Access.system("test")):
        place = db.session.scalars(select(Facility).where(Facility.code == world_code)).one()
        for number in range(count):
            emit("core.facility.test", place, number=number)


def _open() -> int:
    db.session.rollback()
    query = select(func.count(Delivery.fact_id.distinct())).where(Delivery.done_at.is_(None))
    return db.session.scalar(query) or 0


def _until_told() -> int:
    for turn in range(300):  # looks, not seconds: a machine that stood still meanwhile has not waited for the worker
        if not (left := _open()):
            break
        if turn % 30 == 29:
            ring_celery()  # as the beat does, should the first ring have come before the worker listened
        time.sleep(0.3)
    return left


def test_a_commit_rings_and_the_worker_tells(served, worker):
    _say("P1", 5)
    assert _until_told() == 0


def test_a_flushed_broker_loses_nothing(served, redis_url):
    _say("P1", 20)
    redis.Redis.from_url(redis_url).flushall()
    assert _open() == 20  # the facts are in the database, not in the broker


def test_a_worker_does_the_work_whose_turn_has_come(served, worker):
    schedule.ask_due()
    with unit_of_work(Access.system("test")):
        schedule.bring_forward(ANCHOR)
    end = time.monotonic() + 60
    while anchors.latest() is None and time.monotonic() < end:
        ring_celery()  # as the beat does, should the first ring have come before the worker listened
        time.sleep(2)
    assert anchors.latest() is not None


DOWN = """
from core import create_app
from core.data import migrations
from core.data.access import Access
from core.data.db import db
from core.data.work import emit, unit_of_work
from tests import make
from tests.statements import sql

with create_app({"REDIS_URL": "redis://127.0.0.1:1/0"}).app_context():
    migrations.upgrade()
    db.session().info["access"] = Access.system("test")
    world = make.world()
    with unit_of_work(Access.system("test")):
        emit("core.facility.test", world["P1"])
    print(db.session.scalar(sql("select count(*) from core_outbox")))
"""


def test_a_broker_that_is_down_stops_no_work(tmp_path):
    environment = os.environ | {"AMAGARA_INSTANCE": str(tmp_path), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", DOWN]  # a process of its own: Celery keeps its connections
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "1", done.stderr[-2000:]


def test_the_settings_are_the_safe_ones():
    conf = celery.conf
    assert conf.task_acks_late and conf.task_reject_on_worker_lost and conf.worker_prefetch_multiplier == 1
    assert list(conf.accept_content) == ["json"]
    assert conf.broker_transport_options["visibility_timeout"] > conf.task_time_limit
