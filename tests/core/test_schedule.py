"""Recurring work: once for each turn, however many clocks ring; once after a long silence; failures are seen."""

import threading
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from core.calendar import services as calendar
from core.contract import checks
from core.contract.ports import LAST, Recurring
from core.data import audit
from core.data.access import Access, acting
from core.data.calendar import local, moment
from core.data.calendars import Holiday
from core.data.db import db, utcnow
from core.data.errors import Refused
from core.data.outbox import Outbox
from core.data.work import Idempotency, emit, perform, unit_of_work
from core.data.worktime import Calendar
from core.imports import services as imports
from core.jobs import schedule, services, worker
from core.jobs.models import DONE, FAILED, Job, Schedule
from core.upkeep import anchors
from core.upkeep.jobs import ANCHOR, CLEAN, VERIFY
from core.users.signin.models import LoginAttempt, LoginSession
from tests import make
from tests.statements import spoiling, sql

HOURLY = Recurring("t", "Travail d'office", every=timedelta(hours=1))
START = datetime(2026, 11, 22, 9, 20, tzinfo=UTC)
pytestmark = pytest.mark.both_databases


@pytest.fixture
def hourly(app, monkeypatch):
    """Return the list of runs of one piece of hourly work, all there is."""
    runs = []
    monkeypatch.setattr(services, "KINDS", {"t": lambda progress: runs.append(utcnow()) or ""})
    monkeypatch.setitem(app.extensions, "amagara.schedule", {"t": HOURLY})
    return runs


@pytest.fixture
def clock():
    """Travel to a Sunday morning."""
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def test_a_turn_is_done_once_and_the_first_one_at_its_usual_time(app, world, hourly, clock):
    worker.work()
    assert hourly == [] and schedule.turns()[0].next_at == START.replace(hour=10, minute=0)
    clock.move_to(START.replace(hour=10, minute=0))
    for _ring in range(3):
        worker.work()
    assert hourly == [START.replace(hour=10, minute=0)]
    (turn,) = schedule.turns()
    assert turn.job.state == DONE and turn.job.user_id is None and turn.next_at == START.replace(hour=11, minute=0)


def test_what_was_missed_is_done_once(app, world, hourly, clock):
    worker.work()
    clock.shift(timedelta(days=3))
    assert schedule.turns()[0].silent
    worker.work()
    worker.work()
    assert len(hourly) == 1 and not schedule.turns()[0].silent
    assert schedule.turns()[0].next_at == START.replace(day=25, hour=10, minute=0)


def test_two_clocks_at_once_ask_for_one_job(app, world, hourly):
    schedule.ask_due()
    for _turn in range(5):
        with unit_of_work(Access.system("test")):
            schedule.bring_forward("t")
        before = db.session.query(Job).count()
        db.session.rollback()
        asked, gate = [], threading.Barrier(4)
        threads = [threading.Thread(target=_ask, args=(app, gate, asked)) for _n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(asked) == 1, asked
        assert db.session.query(Job).count() == before + 1


def _ask(app, gate, asked):
    with app.app_context():
        gate.wait()
        asked.append(schedule.ask_due())
        db.session.remove()


def test_the_claim_itself_is_guarded(app, world, hourly, clock):
    worker.work()
    clock.shift(timedelta(hours=1))
    with acting(Access.system("test")):
        taken = [perform(lambda: schedule._take("t", HOURLY, utcnow())) for _n in range(2)]
    assert taken == [True, False]


def test_a_failing_job_is_told_to_administrators_and_comes_back(app, world, monkeypatch, clock, client):
    runs = []

    def work(progress):
        runs.append(1)
        if len(runs) == 1:
            raise Refused("la chaîne est rompue")
        return ""

    monkeypatch.setattr(services, "KINDS", {"t": work})
    monkeypatch.setitem(app.extensions, "amagara.schedule", {"t": HOURLY})
    worker.work()
    clock.shift(timedelta(hours=1))
    worker.work()
    assert schedule.turns()[0].job.state == FAILED
    make.sign_in(client, "admin")
    for path in ("/inbox", "/system"):
        text = client.get(path).text
        assert "la chaîne est rompue" in text and "d&#39;office" in text, path
    assert "d&#39;office" not in client.get("/jobs").text, "the system's work is nobody's own"
    client.post("/system/t/run")
    clock.shift(timedelta(minutes=1))
    worker.work()
    assert len(runs) == 2 and "la chaîne" not in client.get("/inbox").text


def test_only_administrators_see_and_start_it(app, world, hourly, client):
    worker.work()
    make.sign_in(client, "auditor")
    assert client.get("/system").status_code == 403
    assert client.post("/system/t/run").status_code == 403
    assert "/system" not in client.get("/").text
    make.sign_in(client, "admin")
    assert client.post("/system/nothing/run").status_code == 404
    assert schedule.turns()[0].next_at > utcnow()


@pytest.mark.parametrize(
    "at, now, then",
    [
        (time(2, 30), datetime(2026, 11, 22, 0, 0, tzinfo=UTC), datetime(2026, 11, 22, 0, 30, tzinfo=UTC)),
        (time(2, 30), datetime(2026, 11, 22, 0, 30, tzinfo=UTC), datetime(2026, 11, 23, 0, 30, tzinfo=UTC)),
        (time(1, 0), datetime(2026, 11, 22, 22, 30, tzinfo=UTC), datetime(2026, 11, 22, 23, 0, tzinfo=UTC)),
    ],
)
def test_a_daily_turn_is_read_in_the_facilities_time(app, at, now, then):
    assert schedule.turn_after(Recurring("t", "t", at=at), now)[0] == then


FREE = Calendar(holidays=frozenset({date(2026, 5, 1), date(2026, 6, 1)}))  # a Friday and a Monday
SIX = {"at": time(6)}


@pytest.mark.parametrize(
    "plan, after, days",
    [
        ({"weekday": 4}, date(2026, 4, 24), [date(2026, 5, 1), date(2026, 5, 8)]),
        ({"weekday": 4, "working": "after"}, date(2026, 4, 24), [date(2026, 5, 4), date(2026, 5, 8)]),
        ({"weekday": 4, "working": "before"}, date(2026, 4, 24), [date(2026, 4, 30), date(2026, 5, 8)]),
        ({"day": 31}, date(2026, 1, 31), [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]),
        ({"day": LAST}, date(2026, 1, 31), [date(2026, 2, 28), date(2026, 3, 31)]),
        ({"day": LAST, "working": "before"}, date(2026, 1, 30), [date(2026, 2, 27), date(2026, 3, 31)]),
        ({"day": 1, "working": "after"}, date(2026, 5, 4), [date(2026, 6, 2), date(2026, 7, 1)]),
        ({"day": 1, "working": "before"}, date(2026, 4, 30), [date(2026, 5, 29), date(2026, 7, 1)]),
    ],
)
def test_turns_come_on_a_day_of_the_week_or_of_the_month_and_keep_to_working_days(app, plan, after, days):
    entry, now, base, found = Recurring("t", "t", **SIX, **plan), moment(after, time(12)), None, []
    for _turn in days:
        now, base = schedule.turn_after(entry, now, base, FREE)
        found.append(local(now).date())
        assert local(now).time() == time(6)
    assert found == days


@given(st.integers(0, 6) | st.none(), st.sampled_from([1, 15, 31, LAST]), st.sampled_from(["", "before", "after"]))
def test_each_day_of_a_plan_gets_one_turn_and_the_next_one_comes_later(weekday, day, working):
    dated = {"day": day} if weekday is None else {"weekday": weekday}
    entry, now, base = Recurring("t", "t", **SIX, **dated, working=working), moment(date(2026, 1, 1), time(12)), None
    seen = []
    while (found := schedule.turn_after(entry, now, base, FREE))[0] < moment(date(2026, 12, 15), time()):
        assert found[0] > now
        now, base = found
        seen.append(base)
    for one, following in pairwise(seen):
        apart = following.month - one.month if weekday is None else (following - one).days / 7
        assert apart == 1
    assert working == "" or all(FREE.is_working_day(local(schedule.moment_of(entry, on, FREE)).date()) for on in seen)


def test_a_turn_follows_a_holiday_that_is_announced_late_and_none_is_lost_or_doubled(app, world, monkeypatch, clock):
    """The turn of Monday 30 November: declared a holiday on its eve, it comes on Tuesday; then it is withdrawn."""
    runs = []
    monkeypatch.setattr(services, "KINDS", {"t": lambda progress: runs.append(local(utcnow()).date()) or ""})
    entry = Recurring("t", "t", at=time(6), weekday=0, working="after")
    monkeypatch.setitem(app.extensions, "amagara.schedule", {"t": entry})
    monday, eve = date(2026, 11, 30), datetime(2026, 11, 29, 12, tzinfo=UTC)
    worker.work()
    clock.move_to(eve)
    worker.work()
    with unit_of_work(Access.system("test")):
        feast = calendar.add(world["BI"], monday, "Deuil national").id
    for hours in (24, 24, 1):
        clock.shift(timedelta(hours=hours))
        worker.work()
    assert runs == [date(2026, 11, 29), date(2026, 12, 1)], "the eve makes up for the 23rd"
    with unit_of_work(Access.system("test")):
        calendar.withdraw(db.session.get(Holiday, feast))
    worker.work()
    assert len(runs) == 2 and schedule.turns()[0].next_at == moment(date(2026, 12, 7), time(6))


def test_wrong_declarations_refuse_the_start():
    with pytest.raises(checks.DoesNotFit, match="nobody registered"):
        checks.known_work([{"t": HOURLY}], {})
    with pytest.raises(checks.DoesNotFit, match="twice"):
        checks.known_work([{"t": HOURLY}, {"t": HOURLY}], {"t": 1})
    for wrong in ({}, {"every": timedelta(hours=1), "at": time(2)}):
        with pytest.raises(ValueError, match="either"):
            Recurring("t", "t", **wrong)
    for wrong in ({"weekday": 1, "day": 1}, {"weekday": 7}, {"day": 0}, {"day": -2}, {"day": 32}):
        with pytest.raises(ValueError, match="day"):
            Recurring("t", "t", at=time(2), **wrong)
    with pytest.raises(ValueError, match="with `at`"):
        Recurring("t", "t", every=timedelta(hours=1), weekday=2)


def _do(*names):
    """Return the jobs of recurring work that was done now."""
    worker.work()
    with unit_of_work(Access.system("test")):
        for name in names:
            schedule.bring_forward(name)
    worker.work()
    return [turn.job for turn in schedule.turns() if turn.name in names]


def test_an_anchor_leaves_and_a_cut_trail_is_an_alarm_that_stays(app, world, tmp_path, monkeypatch, clock):
    monkeypatch.setitem(app.config, "ANCHORS", tmp_path / "elsewhere")
    (job,) = _do(ANCHOR)
    assert job.state == FAILED and "elsewhere" in job.message, "a share that is not mounted"
    (tmp_path / "elsewhere").mkdir()
    (job,) = _do(ANCHOR)
    assert job.state == DONE and anchors.latest_at() == START
    clock.shift(timedelta(hours=1))
    with unit_of_work(Access.system("test")):
        world["P1"].name = "Gitega"
    assert _do(ANCHOR)[0].state == DONE
    _cut_tail(f"f{world.ids['P1']}")
    for _turn in range(2):
        clock.shift(timedelta(hours=1))
        (job,) = _do(ANCHOR)
        assert job.state == FAILED and anchors.latest().name in job.message
    assert len(list((tmp_path / "elsewhere").iterdir())) == 2
    anchors.latest().unlink()
    assert _do(ANCHOR)[0].state == FAILED, "the list of heights knows it too"
    with unit_of_work(Access.system("test")):
        audit.accept("regardé")
    assert _do(ANCHOR)[0].state == DONE


def _cut_tail(stream):
    """Remove the last line of a chain and put its head back, as whoever holds the key could."""
    from core.data.audit import _signature
    from core.data.trail import AuditEntry, AuditHead

    last, before = db.session.scalars(
        select(AuditEntry).where(AuditEntry.stream == stream).order_by(AuditEntry.seq.desc()).limit(2)
    ).all()
    seq, mac, cut = before.seq, before.mac, last.seq
    db.session.rollback()
    with db.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            of_trail = "select name from sqlite_master where type='trigger' and tbl_name='core_audit'"
            for (name,) in connection.execute(sql(of_trail)).all():
                connection.execute(sql(f"drop trigger {name}"))
        else:
            connection.execute(sql("alter table core_audit disable trigger user"))
        table, head = AuditEntry.__table__, AuditHead.__table__
        connection.execute(spoiling(table.delete().where(table.c.stream == stream, table.c.seq == cut)))
        values = {"seq": seq, "mac": mac, "signature": _signature(stream, seq, mac)}
        connection.execute(spoiling(head.update().where(head.c.stream == stream).values(values)))


def test_without_a_folder_outside_the_page_says_so(app, world, client, tmp_path, monkeypatch):
    monkeypatch.setitem(app.config, "KEYS", tmp_path)  # an anchor of another test would not fit
    make.sign_in(client, "admin")
    assert "AMAGARA_ANCHORS" in client.get("/system").text
    assert _do(ANCHOR)[0].state == DONE
    assert anchors.latest().parent == app.config["KEYS"] / "anchors"


def test_the_nightly_proof_names_a_broken_chain(app, world):
    assert _do(VERIFY)[0].state == DONE
    _cut_tail("core")
    from core.data.trail import AuditHead

    with db.engine.begin() as connection:
        connection.execute(spoiling(AuditHead.__table__.update().values(signature="0" * 64)))
    (job,) = _do(VERIFY)
    assert job.state == FAILED and "amagara audit verify" in job.message


def test_what_has_had_its_time_goes_and_what_counts_stays(app, world, client, clock):
    make.sign_in(client, "admin")
    client.post("/sign-in", data={"login": "auditor", "password": "wrong"})
    with unit_of_work(Access.system("test")):
        for n in range(3):
            emit("core.facility.moved", world["P1"], n=n)
    with acting(Access.system("test")):
        perform(lambda: None, key="a form")
    worker.work()
    clock.shift(timedelta(days=8))
    make.sign_in(again := app.test_client(), "admin")
    assert _do(CLEAN)[0].state == DONE
    assert len(db.session.scalars(select(LoginSession)).all()) == 1 and again.get("/").status_code == 200
    assert db.session.scalars(select(LoginAttempt)).all() == []
    assert len(db.session.scalars(select(Outbox)).all()) == 1
    assert len(db.session.scalars(select(Idempotency).where(Idempotency.key == "a form")).all()) == 1
    clock.shift(timedelta(days=360))
    assert _do(CLEAN)[0].state == DONE
    assert db.session.scalars(select(Idempotency)).all() == []
    kept = {row.job_id for row in db.session.scalars(select(Schedule))} - {None}
    jobs = {row.id: row.ended_at for row in db.session.scalars(select(Job))}
    assert kept <= jobs.keys() and min(jobs.values()) > utcnow() - services.KEPT, (
        "the latest of each turn tells its outcome"
    )
    assert imports.forget_old() == 0
