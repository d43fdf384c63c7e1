"""Giving roles to people and taking them back. The scopes guard every write."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select

from core.contract.plugins import permissions
from core.contract.ports import Permission
from core.contract.words import _
from core.data.access import current
from core.data.codes import key_of
from core.data.db import db, today
from core.data.errors import Missing, NotAllowed, Refused
from core.facilities.models import Facility
from core.users.accounts.links import links_end
from core.users.accounts.models import User
from core.users.accounts.services import create, editable, facility_of
from core.users.rights import rules
from core.users.rights.held import held_by
from core.users.rights.models import Grant, Role
from core.users.rights.periods import period


def create_with_role(login: str, name: str, role: str, facility: str) -> User:
    """Return a new user with a role at a facility, both named by their codes."""
    place = db.session.scalar(select(Facility).where(Facility.code_key == key_of(facility)))
    kind = db.session.scalar(select(Role).where(Role.code == role))
    if place is None:
        raise Refused(_("There is no facility with the code %(code)s.", code=facility), "facility")
    if kind is None:
        raise Refused(_("There is no role with the code %(code)s.", code=role), "role")
    user = create(login, name, place.id)
    grant(user.id, kind.id, place.id)
    return user


def grant(
    user_id: int, role_id: int, facility_id: int, first_day: date | None = None, last_day: date | None = None
) -> Grant:  # fmt: skip
    """Return a new grant: a role at a facility and everything below it, from its first day to its last."""
    user, role, facility = editable(user_id), db.session.get(Role, role_id), facility_of(facility_id)
    if role is None:
        raise Refused(_("Choose a role."), "role_id")
    if user.service and role.second_factor:
        words = _("This role asks for a second factor, which no program has: make a role for programs.")
        raise Refused(words, "role_id")
    _require_all(role, facility)
    _require_long_enough(role, facility, last_day)
    if user.id == current().user_id and not rules.holds_himself(current(), rules.role_rights(role_id, facility.path)):
        raise NotAllowed(_("Nobody gives himself rights that he does not hold: ask another administrator."))
    _refuse_days(first_day, last_day)
    _refuse_twice(user, role, facility, first_day, last_day)
    given = Grant(user=user, role=role, facility=facility, first_day=first_day, last_day=last_day)
    db.session.add(given)
    db.session.flush()
    links_end([user.id])
    return given


def withdraw(user_id: int, grant_id: int) -> User:
    """Return the user without a grant; it counts from the next request on."""
    user = editable(user_id)
    given = next((each for each in user.grants if each.id == grant_id), None)
    if given is None:
        raise Missing(_("This grant does not exist any more."))
    _require_all(given.role, given.facility)
    with rules.an_administrator_stays():
        db.session.delete(given)
    return user


def set_period(given: Grant, first_day: date | None, last_day: date | None) -> Grant:
    """Return a grant with other days; whoever lets it last longer must hold all of it as long."""
    user = editable(given.user_id)
    _require_all(given.role, given.facility)
    if _later(last_day, given.last_day):
        _require_long_enough(given.role, given.facility, last_day)
    _refuse_days(first_day, last_day)
    _refuse_twice(user, given.role, given.facility, first_day, last_day, given.id)
    with rules.an_administrator_stays():
        given.first_day, given.last_day = first_day, last_day
    links_end([user.id])
    return given


def _later(day: date | None, other: date | None) -> bool:
    """Return whether one last day comes after another; none is the latest."""
    return other is not None and (day is None or day > other)


def _refuse_days(first_day: date | None, last_day: date | None) -> None:
    """Raise Refused for days in the wrong order, and for an end that is past."""
    if last_day and first_day and last_day < first_day:
        raise Refused(_("The last day lies before the first one."), "last_day")
    if last_day and last_day < today():
        raise Refused(_("This day is past. To end a role at once, take it back."), "last_day")


def _refuse_twice(
    user: User, role: Role, facility: Facility, first_day: date | None, last_day: date | None, besides: int = 0
) -> None:  # fmt: skip
    """Raise Refused when another grant gives the same on one of these days."""
    for each in user.grants:
        same = (each.role, each.facility) == (role, facility) and each.id != besides
        begins = (each.first_day or date.min) <= (last_day or date.max)
        if same and begins and (first_day or date.min) <= (each.last_day or date.max):
            raise Refused(_("This person has this role there already: %(days)s.", days=period(each)), "role_id")


def _require_long_enough(role: Role, facility: Facility, last_day: date | None) -> None:
    """Raise NotAllowed unless what this person holds there lasts as long as what he gives."""
    rights_given = rules.effective(role.names, facility.path, permissions()) | {(rules.EDIT, facility.path)}
    if not rules.holds(rules.lasting(current(), last_day), rights_given):
        ends = rules.ends_on(current().user_id)
        raise NotAllowed(
            _(
                "Nobody gives rights for longer than he holds them: yours end on %(day)s. Give a last day.",
                day=f"{ends:%d/%m/%Y}",
            )
        )


def _require_all(role: Role, facility: Facility) -> None:
    """Raise NotAllowed unless this person holds there everything that the role gives."""
    current().require(rules.EDIT, facility)
    known = permissions()
    if role.facility is not None and not facility.path.startswith(role.facility.path):
        raise Refused(_("This role belongs to %(place)s: it is given there and below.", place=role.facility.name))
    lacking = [name for name, _path in rules.effective(role.names, facility.path, known)
               if not current().may_give(name, facility.path)]  # fmt: skip
    if lacking:
        names = ", ".join(sorted(str(known[name].label) for name in lacking)[:4])
        raise NotAllowed(_("Nobody gives rights that he does not hold. You lack here: %(rights)s.", rights=names))


def explain(user: User, facility: Facility) -> list[tuple[Any, list[Any]]]:
    """Return every permission with the holdings that give it to a person at a facility; none means no."""
    known = permissions()
    reaching = [row for row in held_by(user.id) if facility.path.startswith(row.path)]
    gives = [(row, {name for name, _path in _usable(row, known)}) for row in reaching]
    return [(item, [row for row, names in gives if item.name in names]) for item in known.values()]


def _usable(row: Any, known: Mapping[str, Permission]) -> set[tuple[str, str]]:
    """Return the rights of a holding; of another's those alone that he lends."""
    if row.for_id is None:
        return rules.usable(row.permissions.split(), row.path, known)
    return {right for one in rules.lent_by([row], known) for right in one.rights}
