"""Where two files of one person become one, the leave of the one that goes is that of the one that stays."""

from sqlalchemy import select

from core.contract.words import _
from core.data.access import also, current
from core.data.db import db
from core.data.errors import Refused
from plugins.hr.careers.merging import FOLLOWERS
from plugins.hr.leave.judging import meets
from plugins.hr.leave.models import LeaveCause, LeaveEntry, LeaveRequest
from plugins.hr.leave.reckoning import leaves_of
from plugins.hr.persons.models import Person
from plugins.hr.rights import ASK, CAUSES, DECIDE, LEAVE

COPIED = ("facility_id", "type_id", "kind", "on", "days", "expires_on", "decision")


def follow(person: Person, into: Person) -> None:
    """Move the leave of a person who was entered twice; Refused where both were away on one day."""
    for one in leaves_of(person.id):
        twin = next((other for other in leaves_of(into.id) if meets(one, other)), None)
        if twin is not None:
            words = _(
                "Both files have leave on the same days: %(one)s and %(other)s.", one=one.number, other=twin.number
            )
            raise Refused(words, field="into")
    with also(LEAVE, DECIDE, CAUSES, ASK):
        for row in db.session.scalars(select(LeaveRequest).where(LeaveRequest.person_id == person.id)):
            row.person_id, row.name, row.user_id = into.id, into.name, into.user_id or person.user_id
        for row in db.session.scalars(select(LeaveRequest).where(LeaveRequest.stand_in_id == person.id)):
            row.stand_in_id = into.id
        for cause in db.session.scalars(select(LeaveCause).where(LeaveCause.person_id == person.id)):
            cause.person_id = into.id
        for entry in db.session.scalars(select(LeaveEntry).where(LeaveEntry.person_id == person.id)).all():
            facts = {name: getattr(entry, name) for name in COPIED}
            db.session.add(LeaveEntry(person_id=into.id, name=into.name, recorded_by=current().signed, **facts))
        db.session.flush()


FOLLOWERS.append(follow)
