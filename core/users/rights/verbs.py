"""What is done to grants and roles."""

from functools import partial

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.users.accounts.models import User
from core.users.accounts.verbs import by_id
from core.users.rights import grants, roles
from core.users.rights.forms import (
    GrantForm,
    NewRoleForm,
    PeriodForm,
    RoleForm,
    WithdrawForm,
    stored_period,
    stored_role,
)
from core.users.rights.models import Grant, Role
from core.users.rights.rules import EDIT, ROLES
from core.users.signin.login import proved
from core.web.forms import Stored


def _of_grant(given: Grant) -> str:
    return url_for("users.show", id=given.user_id)


def _proposed(user: User) -> GrantForm:
    return GrantForm(data={"facility_id": user.facility})


KEPT = _("The role is kept; it counts from the next click on.")
GRANT = Verb(
    "core.user.grant", _("Give a role"), EDIT, by_id(grants.grant), User,
    _proposed,
    _("The role is given; it counts from the next click on."), _of_grant, "users.grant", guard=proved,
)  # fmt: skip
WITHDRAW = Verb(
    "core.user.withdraw", _("Remove"), EDIT, by_id(grants.withdraw), User, WithdrawForm, _("The role was taken back.")
)  # fmt: skip
CREATE_ROLE = Verb(
    "core.role.create", _("New role"), ROLES, partial(roles.save_role, None), None, NewRoleForm, KEPT, "users.roles",
    "users.new_role", guard=proved,
)  # fmt: skip
CHANGE_ROLE = Verb(
    "core.role.change", _("Change"), ROLES, by_id(roles.save_role), Role,
    Stored(RoleForm, stored_role), KEPT, "users.roles", "users.role", guard=proved,
)  # fmt: skip
PERIOD = Verb(
    "core.grant.period", _("Change the days"), EDIT, grants.set_period, Grant,
    Stored(PeriodForm, stored_period), _("The days are kept."), _of_grant, "users.period",
    guard=proved,
)  # fmt: skip
OF_USERS = [GRANT, WITHDRAW]
OF_GRANTS = [PERIOD]
OF_ROLES = [CREATE_ROLE, CHANGE_ROLE]
