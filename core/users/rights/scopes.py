"""How users, grants and roles are seen and written: the rule that nobody gives what he lacks, under every page, job and
command."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm.attributes import get_history

from core.contract.plugins import permissions
from core.data.access import Access, At, Everyone, Within, coming
from core.data.db import db
from core.users.rights.held import paths_of
from core.users.rights.rules import (
    EDIT,
    above,
    effective,
    expand,
    holds,
    holds_himself,
    lasting,
    path_of,
    place_of_role,
    role_rights,
)


@dataclass(frozen=True, init=False)
class Person(At):
    """A user: read with the right at the facility, or oneself; changed by who holds no less than he does."""

    def criteria(self, model: Any, access: Access) -> ColumnElement[bool] | None:
        """Return: readable at the facility, or oneself."""
        covered = super().criteria(model, access)
        return None if covered is None else or_(covered, model.id == access.own_id)

    def may_write(self, obj: Any, access: Access) -> bool:
        """Return whether the change is one of a person's own choices, or made by somebody with no less."""
        changed = [each for each in obj.__mapper__.column_attrs if get_history(obj, each.key).has_changes()]
        if obj.id and obj.id == access.own_id and all(each.columns[0].info.get("personal") for each in changed):
            return True
        return super().may_write(obj, access) and (obj.id is None or above(access, obj.id))


@dataclass(frozen=True)
class Given(Within):
    """A grant: seen with its user; given and taken by who holds all of it there."""

    write: str = EDIT

    def may_write(self, obj: Any, access: Access) -> bool:
        """Return whether the giver may change this user, and holds all that the role gives there, for as long."""
        if _lengthens(obj):
            access = lasting(access, obj.last_day)
        role_id, facility_id = obj.role_id or obj.role.id, obj.facility_id or obj.facility.id
        user = obj.user
        editable = user is not None and At("facility_id", read=self.write, write=self.write).may_write(user, access)
        rights = role_rights(role_id, path := path_of(facility_id)) | {(self.write, path)}
        editable = editable and path.startswith(place_of_role(role_id))
        if user is not None and user.id is not None and user.id == access.user_id:
            editable = editable and holds_himself(access, rights)
        return editable and holds(access, rights) and (user.id is None or above(access, user.id))


def _lengthens(grant: Any) -> bool:
    """Return whether a grant is new, or lasts longer than it did: taking and shortening need no more than holding."""
    if grant in db.session.deleted:
        return False
    before = get_history(grant, "last_day").deleted
    return not grant.id or bool(before and before[0] and (grant.last_day is None or grant.last_day > before[0]))


@dataclass(frozen=True)
class Bundle(Everyone):
    """A role: changed at its place by who holds all it gave and will give, wherever it is granted."""

    write: str

    def may_write(self, obj: Any, access: Access) -> bool:
        """Return whether it belongs to this person's place, and no right is given or taken that he lacks."""
        places = {*get_history(obj, "facility_id").deleted, coming(obj, "facility_id")}
        if not all(self._may_shape(access, place) for place in places):
            return False
        before = (get_history(obj, "permissions").deleted or ("",))[0] or ""
        if obj.id and get_history(obj, "permissions").has_changes():
            access = lasting(access, None)  # what a role gives has no end
        names = expand([*before.split(), *(obj.permissions or "").split()], permissions())
        if not all(access.may_give(name) for name in {*names, self.write}):
            return False
        given = [effective(names, path, permissions()) | {(self.write, path)} for path in paths_of(obj.id)]
        return holds(access, set().union(*given))

    def _may_shape(self, access: Access, place: int | None) -> bool:
        """Return whether roles of a place, or of the whole country, may be changed."""
        if place is None:
            return access.can_everywhere(self.write)
        return holds(access, {(self.write, path_of(place))})
