"""The pages of all rooms of the users, which stand on one blueprint."""

from core.users.accounts import own
from core.users.accounts import views as accounts
from core.users.blueprint import bp
from core.users.directory import views as directory
from core.users.interims import views as interims
from core.users.rights import views as rights
from core.users.signin import factor_views, key_views
from core.users.signin import views as signin

__all__ = ["accounts", "bp", "directory", "factor_views", "interims", "key_views", "own", "rights", "signin"]
