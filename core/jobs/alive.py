"""Is a job's worker still there? It holds a lock that the kernel, or PostgreSQL, takes from a dead process at once.

A heartbeat in the table would have to wait for the job's own transaction; a lock beside it waits for nothing.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import current_app
from sqlalchemy import text

from core.data.bulk import beside
from core.data.db import db

LOCK = "a lock is no row"
CLASS = 0x616D6167  # of advisory locks: "amag"


@contextmanager
def held(job_id: int) -> Iterator[bool]:
    """Hold the lock of a job for a block; yield False when a living worker holds it."""
    with _advisory(job_id) if db.engine.dialect.name == "postgresql" else _file(job_id) as mine:
        yield mine


@contextmanager
def _file(job_id: int) -> Iterator[bool]:
    folder: Path = current_app.config["INSTANCE"] / "jobs"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{job_id}.lock"
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
        path.unlink(missing_ok=True)


@contextmanager
def _advisory(job_id: int) -> Iterator[bool]:
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        values = {"class": CLASS, "id": job_id % 2**31}
        mine = bool(connection.execute(beside(text("SELECT pg_try_advisory_lock(:class, :id)"), LOCK), values).scalar())
        try:
            yield mine
        finally:
            if mine:
                connection.execute(beside(text("SELECT pg_advisory_unlock(:class, :id)"), LOCK), values)
