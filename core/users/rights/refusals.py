"""What a person is told who lacks a right: which act it is, in his language, and who may do it there."""

from typing import Any

from sqlalchemy import select

from core.contract.plugins import permissions
from core.contract.ports import Words
from core.contract.words import _, label_of
from core.data.access import FACILITY, Access
from core.data.bulk import read_beside
from core.data.db import db
from core.users.directory.services import NAMED, TOLD, USER, holders, named
from core.users.rights import rules
from core.users.rights.held import ROLE


def lacking(access: Access, right: str, facility: Any = None) -> Words:
    """Return the words for a person who lacks a right at a place, or everywhere when None."""
    known = permissions().get(right)
    act: Words = _("Change what lies outside your rights") if known is None else known.label
    facts = {"act": act, "who": _who(access, right, facility)}
    if facility is None:
        return _("This needs a right that you do not hold: “%(act)s”. %(who)s", **facts)
    return _("%(place)s: you do not hold the right “%(act)s” there. %(who)s", place=facility.name, **facts)


def _who(access: Access, right: str, facility: Any) -> Words:
    """Return who may do it at a place, or where the person works: people, else the roles that give the right."""
    people = holders(right, facility.path if facility is not None else _home(access))
    if people:
        return _("Those who may: %(people)s.", people=", ".join(named(people)))
    roles = _roles(right)
    if roles:
        return _("The role that gives it: %(roles)s.", roles=", ".join(roles[:NAMED]))
    return _("Ask the administrator of your district for it.")


def _home(access: Access) -> str:
    query = select(FACILITY.c.path).join(USER, USER.c.facility_id == FACILITY.c.id).where(USER.c.id == access.user_id)
    return str(read_beside(query, TOLD).scalar() or "")


def _roles(right: str) -> list[str]:
    """Return the labels of the roles that give a right, the narrowest first."""
    rows = db.session.connection().execute(select(ROLE)).all()
    known = permissions()
    given = [
        ({name for name, _path in rules.usable(row.permissions.split(), "/", known)}, label_of(row)) for row in rows
    ]
    return [label for names, label in sorted(given, key=lambda pair: len(pair[0])) if right in names]
