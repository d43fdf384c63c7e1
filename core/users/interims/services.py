"""Beginning and ending interims. What one gives is asked each time rights are loaded: it begins and ends by itself."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from core.contract.plugins import permissions
from core.contract.words import _, label_of
from core.data.access import current
from core.data.db import db, today, utcnow
from core.data.errors import Conflict, NotAllowed, Refused
from core.data.work import ask, emit, tell
from core.facilities.models import Facility
from core.users.accounts.links import links_end
from core.users.accounts.models import User
from core.users.directory.services import Colleague
from core.users.interims.models import Interim, InterimRole
from core.users.rights import rules
from core.users.rights.held import held_or_coming, own
from core.users.rights.periods import period
from core.users.signin import factor

LONGEST = relativedelta(years=1)


def lendable(absent_id: int) -> dict[int, tuple[str, list[str]]]:
    """Return {role: (label, places)} of what a person may let another hold for him: his own roles, without those of
    which nothing can be lent."""
    found: dict[int, tuple[str, list[str]]] = {}
    for row in own(held_or_coming(absent_id)):
        if _gives(row):
            found.setdefault(row.role_id, (label_of(row), []))[1].append(row.place)
    return found


def _gives(row: Any) -> bool:
    known = permissions()
    return any(not known[name].personal for name, _path in rules.usable(row.permissions.split(), row.path, known))


def may_begin(absent: User) -> bool:
    """Return whether this person may say who stands in for somebody: for himself, or for whom he could have made."""
    access = current()
    return access.user_id == absent.id or (access.can(rules.EDIT, absent.facility) and rules.above(access, absent.id))


def require_begin(absent: User) -> None:
    """Raise NotAllowed unless this person may say who stands in for somebody."""
    if not may_begin(absent):
        raise NotAllowed(_("Only %(name)s, or an administrator above, says who stands in.", name=absent.name))


def begin(
    absent: User, stand_in: Colleague, first_day: date, last_day: date, roles: Collection[int],
    place: Facility | None = None, reason: str = "",
) -> Interim:  # fmt: skip
    """Return the new interim: from its first day to its last, at most a year, `stand_in` holds for `absent` what that
    one holds of these roles, everywhere or at a place and below."""
    require_begin(absent)
    _refuse_people(absent, stand_in)
    _refuse_days(first_day, last_day)
    if not reason.strip():
        raise Refused(_("Please give a reason."), "reason")
    _refuse_roles(absent, roles, place)
    _refuse_twice(absent, stand_in, first_day, last_day, place)
    _ask_far(absent, stand_in, place)
    row = Interim(
        absent_id=absent.id, absent_name=absent.name, stand_in_id=stand_in.user_id, stand_in_name=stand_in.name,
        facility_id=place.id if place else None, first_day=first_day, last_day=last_day, reason=reason.strip(),
        made_by=current().label, roles=[InterimRole(role_id=each) for each in sorted(roles)],
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    links_end([stand_in.user_id])
    emit("core.interim.begun", row, absent=absent.name, stand_in=stand_in.name, first=first_day, last=last_day)
    if factor.required(stand_in.user_id) and not factor.has(stand_in.user_id):
        tell(_("One of the roles asks for a second factor: %(name)s will have to set one up.", name=stand_in.name))
    return row


def _refuse_people(absent: User, stand_in: Colleague) -> None:
    if stand_in.user_id == absent.id:
        raise Refused(_("Nobody stands in for himself: choose another person."), "stand_in")
    if stand_in.user_id == current().user_id:
        raise Refused(_("Nobody makes himself a stand-in: ask another administrator."), "stand_in")
    if absent.service:
        raise Refused(_("Nobody stands in for a service account."))
    if not absent.active:
        raise Refused(_("The account of %(name)s is closed: nobody stands in for it.", name=absent.name))


def _refuse_days(first_day: date, last_day: date) -> None:
    """Raise Refused for days in the wrong order, in the past, far off, or more than a year."""
    if first_day < today():
        raise Refused(_("An interim begins today at the earliest."), "first_day")
    if first_day > today() + LONGEST:
        raise Refused(_("An interim begins within a year."), "first_day")
    if last_day < first_day:
        raise Refused(_("The last day lies before the first one."), "last_day")
    if last_day >= first_day + LONGEST:
        raise Refused(_("An interim lasts a year at most; another may follow."), "last_day")


def _refuse_roles(absent: User, roles: Collection[int], place: Facility | None) -> None:
    """Raise Refused unless these are roles of this person, held where the place reaches."""
    if not roles or not set(roles) <= lendable(absent.id).keys():
        raise Refused(_("Choose among the roles of %(name)s.", name=absent.name), "roles")
    held = [row.path for row in own(held_or_coming(absent.id)) if row.role_id in roles]
    if place is not None and not any(path.startswith(place.path) or place.path.startswith(path) for path in held):
        raise Refused(_("%(name)s holds none of these roles there.", name=absent.name), "place")


def _refuse_twice(absent: User, stand_in: Colleague, first: date, last: date, place: Facility | None) -> None:
    query = select(Interim).where(
        Interim.absent_id == absent.id, Interim.stand_in_id == stand_in.user_id, Interim.ended_at.is_(None),
        Interim.first_day <= last, Interim.last_day >= first,
        Interim.facility_id.is_not_distinct_from(place.id if place else None),
    )  # fmt: skip
    if (other := db.session.scalars(query).first()) is not None:
        raise Refused(
            _("%(name)s stands in there already, %(days)s.", name=stand_in.name, days=period(other)), "stand_in"
        )


def _ask_far(absent: User, stand_in: Colleague, place: Facility | None) -> None:
    """Ask about somebody who belongs neither there, nor above or below it, nor beside it."""
    here, home = place or absent.facility, rules.home_of(stand_in.user_id)
    near = home.startswith(here.path) or here.path.startswith(home) or _above(home) == _above(here.path)
    if not near:
        words = _(
            "%(name)s works at %(home)s, not at %(here)s nor beside it. Is this the right person?", name=stand_in.name,
            home=stand_in.place, here=here.name,
        )  # fmt: skip
        ask("far_stand_in", words, about=f"{absent.id}/{stand_in.user_id}", field="stand_in")


def _above(path: str) -> str:
    return path.rstrip("/").rpartition("/")[0]


def end(row: Interim, reason: str) -> Interim:
    """Return the interim, ended at once by either of both, or by an administrator above the absent person."""
    if row.ended_at is not None or row.last_day < today():
        raise Conflict(_("This interim is over already."))
    if not may_end(row):
        raise NotAllowed(_("Only the two people, or an administrator above, end an interim."))
    row.ended_at, row.ended_by, row.ended_why = utcnow(), current().label, reason.strip()
    db.session.flush()
    emit("core.interim.ended", row, absent=row.absent_name, stand_in=row.stand_in_name, by=row.ended_by)
    return row


def may_end(row: Interim) -> bool:
    """Return whether this person may end an interim that is not over."""
    if row.ended_at is not None or row.last_day < today():
        return False
    absent = db.session.get(User, row.absent_id)  # None for whoever may not see that person
    return current().user_id in (row.absent_id, row.stand_in_id) or (absent is not None and may_begin(absent))


def end_those_of(absent: User, why: str) -> None:
    """End what a person lends: his account is closed, and what he lent does not come back with it."""
    query = select(Interim).where(
        Interim.absent_id == absent.id, Interim.ended_at.is_(None), Interim.last_day >= today()
    )
    for row in db.session.scalars(query).all():
        end(row, why)


def concerning(user_id: int) -> Sequence[Interim]:
    """Return the interims of a person, as either of both, that are not over: those that begin first, first."""
    mine = or_(Interim.absent_id == user_id, Interim.stand_in_id == user_id)
    query = select(Interim).where(mine, Interim.ended_at.is_(None), Interim.last_day >= today())
    return db.session.scalars(query.options(selectinload(Interim.facility)).order_by(Interim.first_day)).all()
