"""What is done to users and roles, and what a person changes of his own."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import g, url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.data.access import current
from core.users import people, services
from core.users.admin_forms import (
    GrantForm,
    NewRoleForm,
    NewUserForm,
    ProfileForm,
    RoleForm,
    UserForm,
    WithdrawForm,
    stored_profile,
    stored_role,
    stored_user,
)
from core.users.login import proved
from core.users.models import Grant, Role, User

EDIT, ROLES = people.EDIT, people.ROLES


def _by_id(run: Callable[..., Any]) -> Callable[..., Any]:
    """Return a service of people, who are known by their number, as one that takes the row."""
    return lambda row, **said: run(row.id, **said)


def _create(facility_id: int, role_id: int | None = None, **said: Any) -> User:
    user = people.create(facility_id=facility_id, **said)
    if role_id:
        people.grant(user.id, role_id, facility_id)
    return user


def _change_own(**said: str) -> User:
    """A person's own particulars: of whoever sends it, never of another."""
    return services.change_own(current().user_id or 0, **said)


def _of_grant(given: Grant) -> str:
    return url_for("users.show", id=given.user_id)


KEPT = _("The role is kept; it counts from the next click on.")
CREATE = Verb(
    "core.user.create", _("New user"), EDIT, _create, None, NewUserForm,
    _("The user was made. Make a link now, so that a password can be chosen."), page="users.new", guard=proved,
)  # fmt: skip
CHANGE = Verb(
    "core.user.change", _("Change"), EDIT, _by_id(people.edit), User,
    lambda user: UserForm(row=user, stored=stored_user), _("The changes are kept."), page="users.edit",
)  # fmt: skip
GRANT = Verb(
    "core.user.grant", _("Give a role"), EDIT, _by_id(people.grant), User,
    lambda user: GrantForm(data={"facility_id": user.facility}),
    _("The role is given; it counts from the next click on."), _of_grant, "users.grant", guard=proved,
)  # fmt: skip
WITHDRAW = Verb(
    "core.user.withdraw", _("Remove"), EDIT, _by_id(people.withdraw), User, WithdrawForm, _("The role was taken back.")
)  # fmt: skip
CLOSE = Verb(
    "core.user.close", _("Close the account"), EDIT, _by_id(partial(people.set_active, active=False)), User,
    said=_("The account is closed."),
)  # fmt: skip
OPEN = Verb(
    "core.user.open", _("Open the account again"), EDIT, _by_id(partial(people.set_active, active=True)), User,
    said=_("The account is open again."),
)  # fmt: skip
END_SESSIONS = Verb(
    "core.user.end_sessions", _("End the open sessions"), EDIT, _by_id(people.end_sessions), User,
    said=_("The open sessions were ended."),
)  # fmt: skip
REMOVE_FACTOR = Verb(
    "core.user.remove_factor", _("Remove the lost second factor"), EDIT, _by_id(people.remove_factor), User,
    said=_("The second factor was removed; its sessions are over."), guard=proved,
)  # fmt: skip
CHANGE_OWN = Verb(
    "core.user.change_own", _("Profile"), "", _change_own, None,
    lambda: ProfileForm(row=g.user, stored=stored_profile), _("The changes are kept."), "users.profile",
    "users.profile",
)  # fmt: skip
CREATE_ROLE = Verb(
    "core.role.create", _("New role"), ROLES, partial(people.save_role, None), None, NewRoleForm, KEPT, "users.roles",
    "users.new_role", guard=proved,
)  # fmt: skip
CHANGE_ROLE = Verb(
    "core.role.change", _("Change"), ROLES, _by_id(people.save_role), Role,
    lambda role: RoleForm(row=role, stored=stored_role), KEPT, "users.roles", "users.role", guard=proved,
)  # fmt: skip
OF_USERS = [CREATE, CHANGE, GRANT, WITHDRAW, CLOSE, OPEN, END_SESSIONS, REMOVE_FACTOR, CHANGE_OWN]
OF_ROLES = [CREATE_ROLE, CHANGE_ROLE]
