"""Celery's door in production: `celery -A celery_app worker`, `celery -A celery_app beat`."""

from core import create_app
from core.jobs.worker import init_celery
from core.upkeep.deploy import refuse_grave

flask_app = create_app()
refuse_grave(flask_app)
app = init_celery(flask_app)
