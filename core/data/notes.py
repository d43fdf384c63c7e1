"""The trail's own door for what is read: who looked at a person, took a list away, or was refused.

A reader never waits for a writer, so these lines wait in memory, a moment as a rule, and a thread of this process
writes them. What a killed process had not written yet is lost; an orderly end writes it all.
"""

import atexit
import logging
import os
import threading
import time
from functools import partial
from queue import Empty, Full, Queue
from typing import Any

from flask import Flask, current_app
from sqlalchemy import select

from core.contract.plugins import entities
from core.data import audit, behalf
from core.data.access import Access, acting, current
from core.data.db import db, utcnow
from core.data.work import be_patient, unit_of_work

log = logging.getLogger("amagara.audit")
MOST, AT_ONCE = 20_000, 200


class Door:
    """The lines of one process that wait, and the thread that writes them."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.waiting: Queue[audit.Entry] = Queue(MOST)
        self.pid = 0
        self.lock, self.writing = threading.Lock(), threading.Lock()

    def open(self) -> None:
        """Have a thread of this process write; one of before a fork does not count."""
        with self.lock:
            if self.pid != os.getpid():
                self.pid = os.getpid()
                threading.Thread(target=self._write_on, name="amagara-notes", daemon=True).start()
                atexit.register(self.drain)

    def _write_on(self) -> None:
        while True:
            entries = [self.waiting.get(), *self._more(AT_ONCE)]
            try:
                self._write(entries)
            except Exception:
                log.exception("%s lines of the trail wait for another try", len(entries))
                time.sleep(1)
                for entry in entries[: MOST - self.waiting.qsize()]:
                    self.waiting.put_nowait(entry)

    def _more(self, most: int) -> list[audit.Entry]:
        found: list[audit.Entry] = []
        try:
            while len(found) < most:
                found.append(self.waiting.get_nowait())
        except Empty:
            pass
        return found

    def drain(self) -> int:
        """Write all that waits; return how many lines."""
        with self.writing:  # a batch on its way ends first
            entries = self._more(MOST)
        if entries:
            self._write(entries)
        return len(entries)

    def _write(self, entries: list[audit.Entry]) -> None:
        with self.writing, self.app.app_context():
            be_patient(60)
            with unit_of_work(Access.system("trail")) as work:
                work.trail.extend(entries)
            db.session.remove()


def init_app(app: Flask) -> None:
    """Give the application its door."""
    app.extensions["amagara.notes"] = Door(app)


def note(action: str, entity: str, entity_id: Any = "", facility_id: int | None = None, **facts: Any) -> None:
    """Add a line of what this request has shown or refused, without waiting for its place in the chain."""
    door: Door = current_app.extensions["amagara.notes"]
    entry = audit.Entry(entity, str(entity_id)[:60], action, facility_id, {}, facts, current(), utcnow().isoformat())
    entry.behalf = behalf.lenders(current(), partial(_reads, entity, entity_id)) if current().lent else {}
    try:
        door.waiting.put_nowait(entry)
    except Full:
        log.error("the trail takes no more lines: %s %s %s by %s", action, entity, entity_id, current().label)
    if not current_app.testing:  # tests drain it when they want to look
        door.open()


def _reads(name: str, row_id: Any, access: Access) -> bool:
    """Return whether an access reads a row of an entity, or, without one, all that this person reads of it."""
    entity = entities().get(name)
    if entity is None:
        return True
    if row_id in ("", None):
        held, right = access.paths(entity.permission or ""), current().paths(entity.permission or "")
        return all(any(path.startswith(own) for own in held) for path in right)
    query = select(entity.model.id).where(entity.model.id == row_id)
    with acting(access):
        return db.session.execute(query).first() is not None
