"""Who stands in while somebody is away: named by the head of the unit, and lent the rights of the absent one."""

from dataclasses import replace

from core.contract.words import _
from core.data.access import acting, current
from core.data.db import db, today
from core.data.errors import Refused
from core.users.accounts.models import User
from core.users.directory.services import colleague
from core.users.interims import services as interims
from core.users.interims.models import Interim
from plugins.hr.leave.models import LeaveRequest
from plugins.hr.leave.reckoning import DAY, leaves_of
from plugins.hr.leave.service import colleagues_at, service_of


def candidates(row: LeaveRequest) -> dict[int, str]:
    """Return {person: name} of those who may stand in: who works there, or just above, in all these days."""
    place = row.facility
    line = place.path.strip("/").split("/")
    above = place.path if len(line) < 3 else "/" + "/".join(line[:-1]) + "/"
    here = colleagues_at(place.path, row.first_day, row.last_day)
    found = here if len(here) > 1 else colleagues_at(above, row.first_day, row.last_day)
    return {person: name for person, name in found.items() if person != row.person_id}


def name_stand_in(row: LeaveRequest, person_id: int | None) -> None:
    """Say who stands in, or that nobody does; Refused for the person himself, and for who is on leave himself."""
    if person_id is None:
        row.stand_in_id, row.stand_in = None, ""
        return
    if person_id == row.person_id:
        raise Refused(_("Nobody stands in for himself: choose another person."), field="stand_in")
    if person_id not in candidates(row):
        raise Refused(_("Choose one of the list."), field="stand_in")
    _refuse_away(row, person_id)
    row.stand_in_id, row.stand_in = person_id, service_of(person_id).name


def _refuse_away(row: LeaveRequest, person_id: int) -> None:
    for one in leaves_of(person_id):
        if one.first_day <= row.last_day and row.first_day <= one.last_day:
            words = _("This person is away from %(first)s to %(last)s.", first=f"{one.first_day:%d/%m/%Y}",
                      last=f"{one.last_day:%d/%m/%Y}")  # fmt: skip
            raise Refused(words, field="stand_in")


def open_interim(row: LeaveRequest) -> None:
    """Let the interim begin that a leave needs: where both have an account, and the absent one holds roles that can be
    lent. It ends by itself with the last day before the return."""
    if row.stand_in_id is None:
        return
    _refuse_away(row, row.stand_in_id)
    absent, other = service_of(row.person_id), service_of(row.stand_in_id)
    first, last = max(row.first_day, today()), row.back_on - DAY
    if absent.user_id is None or other.user_id is None or last < first:
        return
    stand_in, roles = colleague(other.user_id), interims.lendable(absent.user_id)
    if stand_in is None or not roles:
        return
    with acting(replace(current(), everything=True)):
        user = db.session.get_one(User, absent.user_id)
        if user.active:
            reason = str(_("Leave %(number)s", number=row.number))
            row.interim_id = interims.begin(user, stand_in, first, last, list(roles), reason=reason).id


def close_interim(row: LeaveRequest, why: str) -> None:
    """End the interim of a leave that ends early, or never comes."""
    if row.interim_id is None:
        return
    with acting(replace(current(), everything=True)):
        interim = db.session.get(Interim, row.interim_id)
        if interim is not None and interim.ended_at is None and interim.last_day >= today():
            interims.end(interim, why)
