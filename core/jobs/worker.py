"""Who runs the jobs: a thread of `amagara run` (embedded), or Celery workers (production).

The database is the truth. Redis only carries the ring of a bell, so a flushed broker,
a killed worker or a second scheduler can neither lose nor double work: the next ring,
or the beat every 30 seconds, finds what waits in the tables.
"""

import logging
import threading

from celery import Celery
from flask import Flask, current_app

from core.data import outbox
from core.data.work import be_patient
from core.jobs import schedule, services

log = logging.getLogger("amagara.jobs")
BEAT = 30.0
celery = Celery("amagara")
celery.conf.update(
    accept_content=["json"],
    task_serializer="json",
    result_backend=None,
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_soft_shutdown_timeout=20.0,
    task_time_limit=3600,
    broker_transport_options={"visibility_timeout": 7200},
    broker_connection_retry_on_startup=True,
)


def init_app(app: Flask) -> None:
    """Let commits ring the workers of other processes, where there is a broker."""
    if app.config["REDIS_URL"]:
        celery.conf.broker_url = app.config["REDIS_URL"]
        app.extensions["amagara.ring"] = ring_celery


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


def init_celery(app: Flask) -> Celery:
    """Return Celery bound to the application: its broker, and the bell as its one task, rung by the beat."""
    celery.conf.beat_schedule = {"amagara.bell": {"task": "amagara.bell", "schedule": BEAT}}

    @celery.task(name="amagara.bell")
    def bell() -> None:
        with app.app_context():
            work()

    return celery


def ring_celery() -> None:
    """Ring the workers of other processes; a broker that is down is no error, the beat will ring."""
    try:
        celery.send_task("amagara.bell", retry=False)
    except Exception as error:
        log.warning("broker not reached, the next beat will do it: %s", error)
