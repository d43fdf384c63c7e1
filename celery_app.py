"""Celery's door in production: `celery -A celery_app worker`, `celery -A celery_app beat`."""

from core import create_app
from core.jobs.worker import init_celery

app = init_celery(create_app())
