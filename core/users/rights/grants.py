"""Giving roles to people and taking them back. The scopes guard every write."""

from typing import Any

from sqlalchemy import select

from core.contract.plugins import permissions
from core.contract.words import _
from core.data.access import current
from core.data.codes import key_of
from core.data.db import db
from core.data.errors import Missing, NotAllowed, Refused
from core.facilities.models import Facility
from core.users.accounts.invitations import links_end
from core.users.accounts.models import User
from core.users.accounts.services import create, editable, facility_of
from core.users.rights import rules
from core.users.rights.models import Grant, Role


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


def grant(user_id: int, role_id: int, facility_id: int) -> Grant:
    """Return a new grant: a role at a facility and everything below it."""
    user, role, facility = editable(user_id), db.session.get(Role, role_id), facility_of(facility_id)
    if role is None:
        raise Refused(_("Choose a role."), "role_id")
    _require_all(role, facility)
    if user.id == current().user_id and not rules.holds_himself(current(), rules.role_rights(role_id, facility.path)):
        raise NotAllowed(_("Nobody gives himself rights that he does not hold: ask another administrator."))
    if any((each.role_id, each.facility_id) == (role_id, facility_id) for each in user.grants):
        raise Refused(_("This person has this role there already."), "role_id")
    given = Grant(user=user, role=role, facility=facility)
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
    db.session.delete(given)
    db.session.flush()
    return user


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


def explain(user: User, facility: Facility) -> list[tuple[Any, list[Grant]]]:
    """Return every permission with the grants that give it to a person at a facility; none means no."""
    known = permissions()
    reaching = [each for each in user.grants if facility.path.startswith(each.facility.path)]
    gives = {
        each.id: {name for name, _path in rules.usable(each.role.names, each.facility.path, known)} for each in reaching
    }
    return [(item, [each for each in reaching if item.name in gives[each.id]]) for item in known.values()]
