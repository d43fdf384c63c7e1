"""The forms about people and their rights."""

from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from core.contract.words import _


class SignInForm(FlaskForm):
    """Name and password."""

    login = StringField(
        _("User name"), [InputRequired(_("Enter your user name.")), Length(max=80)],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )  # fmt: skip
    password = PasswordField(
        _("Password"), [InputRequired(_("Enter your password.")), Length(max=1000)],
        render_kw={"autocomplete": "current-password"},
    )  # fmt: skip
