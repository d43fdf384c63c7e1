"""What parts do by themselves: what has come into the store goes to the orders that wait for it."""

from datetime import timedelta

from core.contract.ports import Recurring
from core.contract.words import _
from core.data.db import db
from core.data.work import perform
from core.jobs.services import Progress, job
from plugins.gmao.parts.models import Part
from plugins.gmao.parts.services import arrived
from plugins.gmao.parts.states import AWAITED

ARRIVED = "gmao.parts_arrived"


def _any() -> bool:
    return db.session.query(Part.id).filter(Part.state == AWAITED).first() is not None


SCHEDULE = {ARRIVED: Recurring(ARRIVED, _("Parts that have come"), every=timedelta(minutes=30), due=_any)}


@job(ARRIVED)
def run(progress: Progress) -> str:
    """Look in the stores for the parts that are awaited."""
    perform(arrived)
    return "/gmao/parts/"
