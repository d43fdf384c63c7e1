"""Asking for a job, and running it: claimed by one guarded statement, with the asker's own rights."""

import json
import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select, update

from core.contract.ports import Words
from core.contract.words import _
from core.data import notes, outbox
from core.data.access import Access, acting, current
from core.data.bulk import beside
from core.data.db import db, utcnow, write_beside
from core.data.errors import AmagaraError
from core.data.work import forget_keys, perform, unit_of_work
from core.jobs.alive import held
from core.jobs.models import DONE, FAILED, RUNNING, WAITING, Job, Schedule

PROGRESS = "how far a job is, is no act of a person"
log = logging.getLogger("amagara.jobs")
KEPT = timedelta(days=7)
KEYS_KEPT = timedelta(days=365)  # a form that a browser kept for so long is not sent again
Work = Callable[..., str]
AccessFor = Callable[[int | None, int | None], Access]  # of a person, as far as a token has it
KINDS: dict[str, Work] = {}


class Progress:
    """What a running job tells; at most one write a second.

    It is written beside the job's own transaction, so that what the job is reading, and its
    temporary tables, stay as they are. Inside a unit of work nothing may be told: on SQLite
    two writers would wait for one another.
    """

    def __init__(self, job_id: int) -> None:
        self.job_id = job_id
        self._said = 0.0

    def __call__(self, done: int, total: int, message: Words = "") -> None:
        """Tell how far the job is."""
        if time.monotonic() - self._said < 1 and done != total:
            return
        if db.session().info.get("work") is not None:
            raise RuntimeError("a unit of work is open: tell the progress before or after it")
        self._said = time.monotonic()
        facts = {"done": done, "total": total, "message": str(message), "alive_at": utcnow()}
        write_beside(beside(update(Job).where(Job.id == self.job_id).values(**facts), PROGRESS), patience=1.0)


def job(kind: str) -> Callable[[Work], Work]:
    """Register a function as a kind of job: it takes `progress` and the arguments, and returns the
    address of its result. It must be safe to run again, and writes through `perform`."""

    def register(work: Work) -> Work:
        KINDS[kind] = work
        return work

    return register


def enqueue(kind: str, label: Words, **arguments: Any) -> Job:
    """Return a new job of this transaction; it starts after the commit."""
    if kind not in KINDS:
        raise KeyError(kind)
    access = current()
    row = Job(kind=kind, label=str(label)[:200], arguments=json.dumps(arguments))
    row.user_id, row.token_id = access.user_id, access.token_id
    db.session.add(row)
    db.session.flush()
    db.session().info["work"].rings = True
    return row


def mine(job_id: int) -> Job | None:
    """Return a job if this person asked for it."""
    row = db.session.get(Job, job_id)
    access = current()
    return row if row is not None and (access.everything or row.user_id == access.user_id) else None


def latest(kind: str) -> Job | None:
    """Return the latest job of a kind that has ended, whoever asked for it."""
    query = select(Job).where(Job.kind == kind, Job.ended_at.is_not(None)).order_by(Job.id.desc())
    return db.session.scalar(query.limit(1))


def run_waiting(access_for: AccessFor) -> int:
    """Run the jobs that wait, the oldest first, until none is left; return how many."""
    count, tried = 0, set[int]()
    while (job_id := _next(tried)) is not None:
        tried.add(job_id)
        with held(job_id) as ours:
            if ours and _claim(job_id):
                _run(job_id, access_for)
                count += 1
    return count


def _next(tried: set[int]) -> int | None:
    """Return a job that waits, or whose worker may be dead; those tried in this round are left out."""
    with acting(Access.system("job")):
        query = select(Job.id).where(Job.state.in_((WAITING, RUNNING)), Job.id.not_in(tried)).order_by(Job.id)
        job_id = db.session.scalar(query.limit(1))
        db.session.rollback()
    return job_id


def _claim(job_id: int) -> bool:
    """Return whether a job whose lock we hold is still to be done: it is running now, with us."""

    def take() -> int:
        free = update(Job).where(Job.id == job_id, Job.state.in_((WAITING, RUNNING)))
        claim = beside(free.values(state=RUNNING, alive_at=utcnow()), PROGRESS)
        return int(db.session.connection().execute(claim).rowcount)

    with acting(Access.system("job")):
        return bool(perform(take))


def _run(job_id: int, access_for: AccessFor) -> None:
    with acting(Access.system("job")):
        row = db.session.get(Job, job_id)
        assert row is not None
        kind, arguments, asker = row.kind, json.loads(row.arguments), (row.user_id, row.token_id)
    try:
        with acting(access_for(*asker)):
            url = KINDS[kind](Progress(job_id), **arguments)
        _end(job_id, kind, state=DONE, url=url or "", message="")
    except AmagaraError as refusal:
        _end(job_id, kind, state=FAILED, message=str(refusal.message))
    except Exception:
        log.exception("job %s failed", job_id)
        _end(job_id, kind, state=FAILED, message=str(_("The job failed on our side. Nothing half done was kept.")))


def _end(job_id: int, kind: str, **facts: Any) -> None:
    db.session.rollback()
    with unit_of_work(Access.system("job")):
        ended = update(Job).where(Job.id == job_id).values(ended_at=utcnow(), alive_at=utcnow(), **facts)
        db.session.execute(beside(ended, PROGRESS))
    with acting(Access.system("job")):  # by the door of readers: a broken trail must not hold its own alarm back
        label = db.session.get_one(Job, job_id).label
        notes.note(f"job {facts['state']}", "core.job", job_id, kind=kind, label=label, message=facts["message"][:300])


def forget_old() -> int:
    """Remove ended jobs, told facts and keys of forms that have had their time; return how many jobs.

    The newest row of each stays, so that no number is given twice; so does the latest job of recurring work.
    """
    now = utcnow()
    outbox.forget(now - KEPT)
    forget_keys(now - KEYS_KEPT)
    latest = select(Schedule.job_id).where(Schedule.job_id.is_not(None))
    ended = Job.ended_at < now - KEPT
    query = delete(Job).where(ended, Job.id.not_in(latest), Job.id < select(func.max(Job.id)).scalar_subquery())
    return int(db.session.execute(beside(query, "jobs that had their time")).rowcount)  # type: ignore[attr-defined]


def tell_all() -> int:
    """Deliver the facts that wait in the outbox to every plugin; return how many were told."""
    return outbox.deliver()
