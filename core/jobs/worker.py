"""Who runs the jobs: a thread of `amagara run` (embedded), or Celery workers (production).

The database is the truth. Redis only carries the ring of a bell, so a flushed broker,
a killed worker or a second scheduler can neither lose nor double work: the next ring,
or the beat every 30 seconds, finds what waits in the tables.
"""

import logging
import threading

from flask import Flask, current_app

from core.data import outbox
from core.data.work import be_patient
from core.jobs import schedule, services

log = logging.getLogger("amagara.jobs")
BEAT = 30.0


def init_app(app: Flask) -> None:
    """Let commits ring the workers of other processes, where there is a broker."""
    if app.config["REDIS_URL"]:
        from core.jobs import broker

        broker.celery.conf.broker_url = app.config["REDIS_URL"]
        app.extensions["amagara.ring"] = broker.ring_celery


def work() -> None:
    """Do what waits: recurring work whose turn has come, jobs, and facts."""
    be_patient(120)
    schedule.ask_due()
    services.run_waiting(current_app.extensions["amagara.access_for"])
    services.tell_all()


def start_thread(app: Flask) -> threading.Thread:
    """Return the started worker thread of the embedded server."""

    def loop() -> None:
        while True:
            outbox.bell.wait(BEAT)
            outbox.bell.clear()
            try:
                with app.app_context():
                    work()
            except Exception:
                log.exception("the worker goes on after an error")

    thread = threading.Thread(target=loop, name="amagara-worker", daemon=True)
    outbox.bell.set()  # what was left from before a power cut
    thread.start()
    return thread
