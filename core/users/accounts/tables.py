"""The list of users."""

from typing import Any

from flask import url_for
from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from core.contract.words import _, label_of
from core.data.states import State
from core.facilities.models import Facility
from core.users.accounts.models import User
from core.users.rights.models import Grant
from core.users.rights.periods import RUNNING, state
from core.web.tables import Column, Table

STATES = {True: State(_("Active"), "ok", _("Reopening")), False: State(_("Account closed"), "neutral", _("Closing"))}

KINDS = {False: State(_("Person"), "neutral"), True: State(_("Service account"), "info")}


def roles_of(user: User) -> str:
    """Return the roles that a user holds today, each once."""
    return ", ".join(dict.fromkeys(label_of(given.role) for given in user.grants if state(given) == RUNNING))


def _page_of(user: User) -> Any:
    return url_for("users.show", id=user.id)


def _kind_of(user: User) -> Any:
    return _("Service account: %(purpose)s", purpose=user.purpose) if user.service else ""


class UserTable(Table):
    """Users: who, where, with which roles, and since when not seen; service accounts among them, told as such."""

    model = User
    columns = (
        Column("name", _("Name"), User.name, link=_page_of, detail=_kind_of),
        Column("login", _("User name"), User.login),
        Column("facility", _("Facility"), Facility.name, value=lambda user: user.facility.name),
        Column("roles", _("Roles"), value=roles_of, sort=False),
        Column("email", _("E-mail"), User.email, default=False),
        Column("phone", _("Phone"), User.phone, default=False),
        Column("service", _("Kind"), User.service, kind="bool", facet=KINDS, default=False),
        Column("purpose", _("What for"), User.purpose, default=False),
        Column("contact", _("Contact"), User.contact, default=False),
        Column("last_seen_at", _("Last sign-in"), User.last_seen_at, kind="datetime"),
        Column("active", _("State"), User.active, kind="bool", facet=STATES),
    )
    search = (User.name, User.login, Facility.name)
    default_sort = "name"
    options = (selectinload(User.facility), selectinload(User.grants).selectinload(Grant.role))
    empty = (_("Nobody found"),)

    def query(self) -> Select[Any]:
        """Return all users with their facilities, to search and sort by."""
        return select(User).join(Facility, Facility.id == User.facility_id)
