"""The page of a job: its progress bar, and its result when it is there."""

from typing import Any

from flask import Blueprint, request
from sqlalchemy import select

from core.data.access import current
from core.data.db import db
from core.data.errors import Missing
from core.jobs.models import Job
from core.jobs.services import mine
from core.web.pages import page, signed_in

bp = Blueprint("jobs", __name__)


@bp.get("/jobs")
@signed_in
def index() -> Any:
    """Return the list of my jobs of late, the newest first."""
    query = select(Job).where(Job.user_id == current().user_id).order_by(Job.id.desc()).limit(50)
    return page("jobs/index.html", jobs=db.session.scalars(query).all())


@bp.get("/jobs/<int:id>")
@signed_in
def show(id: int) -> Any:
    """Return a job's page, or only its bar for htmx."""
    job = mine(id)
    if job is None:
        raise Missing(None)
    return page("jobs/bar.html" if request.headers.get("HX-Request") else "jobs/show.html", job=job)
