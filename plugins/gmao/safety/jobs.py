"""What alerts do by themselves: each hour the open ones look for pieces that were registered or became known since."""

from datetime import timedelta
from functools import partial

from sqlalchemy import select

from core.contract.ports import Recurring
from core.contract.words import _
from core.data.db import db
from core.data.work import perform
from core.jobs.services import Progress, job
from plugins.gmao.safety.models import PUBLISHED, Alert
from plugins.gmao.safety.services import look_again

LOOK = "gmao.look_for_affected"


def is_any_open() -> bool:
    """Return whether an alert is open."""
    return db.session.scalar(select(Alert.id).where(Alert.state == PUBLISHED).limit(1)) is not None


SCHEDULE = {LOOK: Recurring(LOOK, _("Pieces that safety alerts concern"), every=timedelta(hours=1), due=is_any_open)}


@job(LOOK)
def run(progress: Progress) -> str:
    """Look again for what open alerts mean, an alert a transaction."""
    for id in db.session.scalars(select(Alert.id).where(Alert.state == PUBLISHED).order_by(Alert.id)).all():
        perform(partial(_look, id))
    return "/gmao/alerts/"


def _look(id: int) -> None:
    alert = db.session.get_one(Alert, id)
    if alert.state == PUBLISHED:  # nobody closed it meanwhile
        look_again(alert)
