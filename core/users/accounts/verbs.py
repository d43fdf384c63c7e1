"""What is done to users, and what a person changes of his own."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import g

from core.contract.verbs import Verb
from core.contract.words import _
from core.data.access import current
from core.users.accounts import arranging, saved
from core.users.accounts import services as accounts
from core.users.accounts.forms import (
    ArrangeForm,
    ForgetViewForm,
    NewServiceForm,
    NewUserForm,
    ProfileForm,
    SaveViewForm,
    ServiceForm,
    UserForm,
    stored_profile,
    stored_service,
    stored_user,
)
from core.users.accounts.models import User
from core.users.rights import grants
from core.users.rights.rules import EDIT
from core.users.signin.login import proved
from core.web.forms import Stored


def by_id(run: Callable[..., Any]) -> Callable[..., Any]:
    """Return a service of people, who are known by their number, as one that takes the row."""
    return lambda row, **said: run(row.id, **said)


def _create(make: Callable[..., User], facility_id: int, role_id: int | None = None, **said: Any) -> User:
    user = make(facility_id=facility_id, **said)
    if role_id:
        grants.grant(user.id, role_id, facility_id)
    return user


def _change_own(**said: str) -> User:
    """A person's own particulars: of whoever sends it, never of another."""
    return accounts.change_own(current().user_id or 0, **said)


def _own_profile() -> ProfileForm:
    return ProfileForm(row=g.user, stored=stored_profile)


CREATE = Verb(
    "core.user.create", _("New user"), EDIT, partial(_create, accounts.create), None, NewUserForm,
    _("The user was made. Make a link now, so that a password can be chosen."), page="users.new", guard=proved,
)  # fmt: skip
CREATE_SERVICE = Verb(
    "core.user.create_service", _("New service account"), EDIT, partial(_create, accounts.create_service), None,
    NewServiceForm, _("The service account was made. Make it a token now."), page="users.new_service", guard=proved,
)  # fmt: skip
CHANGE = Verb(
    "core.user.change", _("Change"), EDIT, by_id(accounts.edit), User,
    Stored(UserForm, stored_user), _("The changes are kept."), page="users.edit",
    offered=lambda user: not user.service,
)  # fmt: skip
CHANGE_SERVICE = Verb(
    "core.user.change_service", _("Change"), EDIT, by_id(accounts.edit), User,
    Stored(ServiceForm, stored_service), _("The changes are kept."), page="users.edit",
    offered=lambda user: user.service,
)  # fmt: skip
CLOSE = Verb(
    "core.user.close", _("Close the account"), EDIT, by_id(partial(accounts.set_active, active=False)), User,
    said=_("The account is closed."),
)  # fmt: skip
OPEN = Verb(
    "core.user.open", _("Open the account again"), EDIT, by_id(partial(accounts.set_active, active=True)), User,
    said=_("The account is open again."),
)  # fmt: skip
END_SESSIONS = Verb(
    "core.user.end_sessions", _("End the open sessions"), EDIT, by_id(accounts.end_sessions), User,
    said=_("The open sessions were ended."),
)  # fmt: skip
REMOVE_FACTOR = Verb(
    "core.user.remove_factor", _("Remove the lost second factor"), EDIT, by_id(accounts.remove_factor), User,
    said=_("The second factor was removed; its sessions are over."), guard=proved,
)  # fmt: skip
CHANGE_OWN = Verb(
    "core.user.change_own", _("Profile"), "", _change_own, None,
    _own_profile, _("The changes are kept."), "users.profile",
    "users.profile",
)  # fmt: skip
SAVE_VIEW = Verb(
    "core.user.save_view", _("Save this view"), "", saved.save, None, SaveViewForm, _("The view is saved."), str,
)  # fmt: skip
FORGET_VIEW = Verb(
    "core.user.forget_view", _("Remove the view"), "", saved.forget, None, ForgetViewForm, _("The view is removed."),
    str,
)  # fmt: skip
ARRANGE_HOME = Verb(
    "core.user.arrange_home", _("Arrange this page"), "", arranging.arrange, None, ArrangeForm,
    _("The page is arranged."), "home.home", "home.arrange",
)  # fmt: skip
OF_USERS = [
    CREATE, CREATE_SERVICE, CHANGE, CHANGE_SERVICE, CLOSE, OPEN, END_SESSIONS, REMOVE_FACTOR, CHANGE_OWN, SAVE_VIEW,
    FORGET_VIEW, ARRANGE_HOME,
]  # fmt: skip
