"""The forms about signing in and passwords."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from core.contract.words import _


def needed(message: Any) -> list[Any]:
    """Return the rule of a field that must be filled."""
    return [InputRequired(message)]


class SignInForm(FlaskForm):
    """Name and password."""

    login = StringField(
        _("User name"), [*needed(_("Enter your user name.")), Length(max=80)],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )  # fmt: skip
    password = PasswordField(
        _("Password"), [*needed(_("Enter your password.")), Length(max=1000)],
        render_kw={"autocomplete": "current-password"},
    )  # fmt: skip


class PasswordForm(FlaskForm):
    """A new password, twice."""

    password = PasswordField(
        _("New password"), [*needed(_("Enter a new password.")), Length(max=1000)],
        description=_("At least 12 characters; a short sentence is easy to keep."),
        render_kw={"autocomplete": "new-password"},
    )  # fmt: skip
    again = PasswordField(
        _("New password again"), [EqualTo("password", _("The two passwords differ."))],
        render_kw={"autocomplete": "new-password"},
    )  # fmt: skip


class OwnPasswordForm(PasswordForm):
    """A new password, by a person who knows the old one."""

    old = PasswordField(
        _("Present password"), needed(_("Enter your present password.")),
        render_kw={"autocomplete": "current-password"},
    )  # fmt: skip


CODE = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}


class CodeForm(FlaskForm):
    """A code of the second factor."""

    code = StringField(
        _("Code"), [*needed(_("Enter the code that your device shows.")), Length(max=40)], render_kw=CODE
    )


class ProveForm(FlaskForm):
    """The password once more."""

    given = PasswordField(
        _("Password"), [*needed(_("Enter your password.")), Length(max=1000)],
        render_kw={"autocomplete": "current-password"},
    )  # fmt: skip


class ProveByCodeForm(FlaskForm):
    """A code of the second factor once more."""

    given = StringField(
        _("Code"), [*needed(_("Enter the code that your device shows.")), Length(max=40)], render_kw=CODE
    )  # fmt: skip
