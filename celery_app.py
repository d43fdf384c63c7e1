"""Celery's door in production: `celery -A celery_app worker`, `celery -A celery_app beat`."""

import os

from core import create_app
from core.jobs.broker import init_celery
from core.upkeep.deploy import refuse_grave

os.umask(0o077)  # what is written here is for this account alone
flask_app = create_app()
refuse_grave(flask_app)
app = init_celery(flask_app)
