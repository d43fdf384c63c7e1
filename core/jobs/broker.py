"""Celery, for production alone: it rings the bell of other processes, and its workers answer it.

Only who has a broker loads this module: the library takes 7 MB of the embedded server.
"""

import logging

from celery import Celery
from flask import Flask

from core.jobs.worker import BEAT, work

log = logging.getLogger("amagara.jobs")
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
