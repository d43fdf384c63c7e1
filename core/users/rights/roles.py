"""The roles: which rights they bundle, and who may give them."""

import re
from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core.contract.plugins import permissions
from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.data.errors import Invalid, Missing, NotAllowed, Refused
from core.facilities.models import Facility
from core.users.accounts.links import links_end
from core.users.rights import rules
from core.users.rights.held import people_with
from core.users.rights.models import Role
from core.users.rights.rules import ROLES

CODE = re.compile(r"[a-z][a-z0-9_]{1,59}")


def grantable(roles: Iterable[Role]) -> list[Role]:
    """Return the roles that this person could grant somewhere."""
    known, access = permissions(), current()
    return [
        role
        for role in roles
        if (role.facility is None or access.can(rules.EDIT, role.facility))
        and all(
            access.may_give(name) or known[name].national for name in {rules.EDIT, *rules.expand(role.names, known)}
        )
    ]


def roles() -> Sequence[Role]:
    """Return all roles by their code, with their places."""
    return db.session.scalars(select(Role).options(selectinload(Role.facility)).order_by(Role.code)).all()


def save_role(
    role_id: int | None,
    label_en: str,
    label_fr: str,
    names: Sequence[str],
    code: str = "",
    *,
    second_factor: bool = False,
    place: Facility | None = None,
) -> Role:
    """Return a new or changed role; nobody puts in or takes out a right that he lacks where the role is held.

    A new one belongs to a place, or to the whole country; it is given there and below.
    """
    role = db.session.get(Role, role_id) if role_id else Role(code=_new_code(code), permissions="", facility=place)
    if role is None:
        raise Missing(_("This role does not exist."))
    known = permissions()
    _refuse_for_now(role, names)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise Invalid({"names": _("There is no such right: %(name)s.", name=unknown[0])})
    role.label_en, role.label_fr = label_en.strip(), label_fr.strip()
    role.second_factor = second_factor
    role.permissions = "\n".join(compress(names, role.names, known))
    if place is None and not role_id and not current().can_everywhere(ROLES):
        raise Refused(_("Choose the place that the role belongs to: it is given there and below."), "facility_id")
    with rules.an_administrator_stays():
        db.session.add(role)
    links_end(people_with(role.id))
    return role


def _refuse_for_now(role: Role, names: Sequence[str]) -> None:
    """Raise NotAllowed when somebody changes what a role gives whose own rights end before it does."""
    access, named = current(), {*names, *rules.expand(role.names, permissions())}
    lost = {name for name in named if access.may_give(name) and not rules.lasting(access, None).may_give(name)}
    if role.id and lost:
        day = f"{rules.ends_on(access.user_id):%d/%m/%Y}"
        raise NotAllowed(_("Your rights end on %(day)s, what a role gives has no end: another may change it.", day=day))


def _new_code(code: str) -> str:
    if not CODE.fullmatch(code):
        raise Refused(_("Use small letters, figures and underscores, a letter first."), "code")
    if db.session.scalar(select(Role.id).where(Role.code == code)):
        raise Refused(_("This code is taken."), "code")
    return code


def compress(names: Iterable[str], patterns: Iterable[str], known: Iterable[str]) -> list[str]:
    """Return the names to store: a pattern stays while everything it stands for is chosen."""
    chosen, known = set(names), list(known)
    kept = [each for each in patterns if "*" in each and rules.expand([each], known) <= chosen]
    return [*kept, *sorted(chosen - rules.expand(kept, known))]
