"""Recurring work: the table says what is due, and one guarded statement gives it to one process.

Whoever works (the embedded thread, a Celery worker) asks here first, so there is no clock beside the
database. What was missed while nothing ran is done once, and then at its usual time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from flask import current_app
from sqlalchemy import select, update

from core.contract.ports import Recurring
from core.data.access import Access, acting
from core.data.bulk import beside
from core.data.calendars import calendar_of_country
from core.data.db import db, upsert, utcnow
from core.data.work import perform
from core.data.worktime import Calendar
from core.jobs.models import FAILED, Job, Schedule
from core.jobs.services import enqueue
from core.jobs.turns import moment_of, turn_after

SILENT = timedelta(hours=1)  # work that is late by more is not being done at all
CLOCK = "turns are kept for the machine itself"


@dataclass(frozen=True)
class Turn:
    """Recurring work with its latest job and its next turn."""

    name: str
    entry: Recurring
    last_at: datetime | None = None
    next_at: datetime | None = None
    job: Job | None = None

    @property
    def silent(self) -> bool:
        """Return whether its turn passed long ago: nobody does the work."""
        return self.next_at is not None and self.next_at < utcnow() - SILENT

    @property
    def failed(self) -> bool:
        """Return whether its latest job failed."""
        return self.job is not None and self.job.state == FAILED


def entries() -> dict[str, Recurring]:
    """Return the recurring work of all plugins that are switched on, by name."""
    known: dict[str, Recurring] = current_app.extensions["amagara.schedule"]
    return known


def ask_due() -> int:
    """Ask for the jobs whose turn has come, as the system; return how many."""
    now, known = utcnow(), entries()
    with acting(Access.system("schedule")):
        rows = dict(db.session.execute(select(Schedule.name, Schedule.next_at)).all())
        db.session.rollback()
        new = [_first(name, known[name], now) for name in known.keys() - rows.keys()]
        if new:
            table: Any = Schedule.__table__
            perform(lambda: db.session.connection().execute(beside(upsert(table).on_conflict_do_nothing(), CLOCK), new))
        due = sorted(name for name in known.keys() & rows.keys() if rows[name] <= now)
        return sum(perform(partial(_take, name, known[name], now)) for name in due)


def _first(name: str, entry: Recurring, now: datetime) -> dict[str, Any]:
    at, base = turn_after(entry, now, None, _calendar(entry))
    return {"name": name, "next_at": at, "base": base}


def _calendar(entry: Recurring) -> Calendar | None:
    return calendar_of_country() if entry.working else None


def _take(name: str, entry: Recurring, now: datetime) -> bool:
    """Return whether the turn was still free and is now a job."""
    own = db.session.scalar(select(Schedule.base).where(Schedule.name == name))
    at, base = turn_after(entry, now, own, _calendar(entry))
    turn = update(Schedule).where(Schedule.name == name, Schedule.next_at <= now)
    taken = beside(turn.values(next_at=at, base=base, last_at=now), CLOCK)
    if not db.session.connection().execute(taken).rowcount:
        return False
    if entry.due is not None and not entry.due():
        return False
    job = enqueue(entry.kind, entry.label)
    db.session.execute(beside(update(Schedule).where(Schedule.name == name).values(job_id=job.id), CLOCK))
    return True


def bring_forward(name: str) -> None:
    """Let the turn of a piece of work come now."""
    db.session.execute(beside(update(Schedule).where(Schedule.name == name).values(next_at=utcnow()), CLOCK))
    db.session().info["work"].rings = True


def follow_calendar() -> None:
    """Let turns that keep to working days follow the country's calendar, which has changed."""
    moving = {name: entry for name, entry in entries().items() if entry.working}
    rows = db.session.execute(select(Schedule.name, Schedule.base).where(Schedule.name.in_(moving)))
    calendar = calendar_of_country() if moving else None
    for name, base in rows.all():
        if base is not None:
            turn = update(Schedule).where(Schedule.name == name, Schedule.base == base)
            db.session.execute(beside(turn.values(next_at=moment_of(moving[name], base, calendar)), CLOCK))


def turns() -> list[Turn]:
    """Return all recurring work with what came of it."""
    rows = {row.name: row for row in db.session.scalars(select(Schedule))}
    ids = [row.job_id for row in rows.values() if row.job_id]
    jobs = {job.id: job for job in db.session.scalars(select(Job).where(Job.id.in_(ids)))}
    return [_turn(name, entry, rows.get(name), jobs) for name, entry in entries().items()]


def failures() -> list[tuple[Recurring, str]]:
    """Return the work whose latest job failed, with what it said; one statement, asked on every page."""
    failed = select(Schedule.name, Job.message).join(Job, Job.id == Schedule.job_id).where(Job.state == FAILED)
    known = entries()
    rows = db.session.execute(failed.order_by(Schedule.name)).all()
    return [(known[name], message) for name, message in rows if name in known]


def _turn(name: str, entry: Recurring, row: Schedule | None, jobs: dict[int, Job]) -> Turn:
    if row is None:
        return Turn(name, entry)
    return Turn(name, entry, row.last_at, row.next_at, jobs.get(row.job_id or 0))
