"""What the users give to the core's hooks."""

from core.contract.entities import Entity
from core.contract.words import _
from core.users.accounts import verbs as accounts
from core.users.accounts.forms import DENSITIES, THEMES
from core.users.accounts.models import User
from core.users.accounts.tables import STATES, UserTable
from core.users.rights import verbs as rights
from core.users.rights.models import Grant, Role
from core.users.rights.rules import in_words
from core.web.pages import LANGUAGES

ENTITIES = [
    Entity(
        "core.user", User, _("User"), _("Users"), "users.show", "core.user.view", UserTable, icon="users",
        search=("name", "login"),
        words={"active": STATES, "language": LANGUAGES, "theme": dict(THEMES), "density": dict(DENSITIES)},
        verbs=[*accounts.OF_USERS, *rights.OF_USERS],
    ),
    Entity(
        "core.role", Role, _("Role"), _("Roles"), "users.show_role", "core.user.view",
        words={"permissions": in_words}, verbs=rights.OF_ROLES,
    ),
    Entity(
        "core.grant", Grant, _("Grant"), _("Grants"), named=("user_id", "role_id", "facility_id"),
        verbs=rights.OF_GRANTS,
    ),
]  # fmt: skip
