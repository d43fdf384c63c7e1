"""The forms about people. Every form names its fields: nothing else can be sent."""

from typing import Any

from wtforms.validators import Regexp

from core.contract.words import _
from core.users.accounts.models import User
from core.users.rights.forms import PLAIN, grantable
from core.web.forms import (
    BooleanField,
    ChoiceField,
    FacilityField,
    Form,
    HiddenField,
    Lines,
    QuantityField,
    SubForm,
    TextField,
)

PHONE = Regexp(r"^[0-9+ ().-]*$", message=_("Use figures, spaces and +."))
EMAIL = Regexp(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", message=_("Write an address like name@example.org."))
LANGUAGES = [("fr", "Français"), ("en", "English")]
THEMES = [("auto", _("Device")), ("light", _("Light")), ("dark", _("Dark"))]
DENSITIES = [("normal", _("Comfortable")), ("dense", _("Dense"))]


class PersonForm(Form):
    """What is known of a person."""

    name = TextField(_("Name"), required=True)
    email = TextField(_("E-mail"), validators=[EMAIL], render_kw={"inputmode": "email"})
    phone = TextField(_("Phone"), max_length=40, validators=[PHONE], render_kw={"inputmode": "tel"})


class UserForm(PersonForm):
    """A user, as an administrator sees him."""

    facility_id = FacilityField(_("Facility"), required=True)

    def values(self) -> dict[str, Any]:
        """Return what is said of a user; his place by its number."""
        facility: Any = self.facility_id.data
        texts = {name: self[name].data or "" for name in ("name", "email", "phone")}
        return {**texts, "facility_id": facility.id}


def stored_user(user: User) -> dict[str, Any]:
    """Return a user as his form shows him."""
    return {"name": user.name, "email": user.email, "phone": user.phone, "facility_id": user.facility}


class NewUserForm(UserForm):
    """A new user with his first role."""

    login = TextField(
        _("User name"), required=True, max_length=80, render_kw=PLAIN,
        help=_("Small letters, figures, points and dashes; it cannot be changed later."),
    )  # fmt: skip
    role_id = ChoiceField(
        _("Role"), grantable, help=_("Held at this facility and everything below it. More can be given afterwards.")
    )

    def values(self) -> dict[str, Any]:
        """Return what is said of a user, his name to sign in with, and the number of his first role."""
        return {**super().values(), "login": self.login.data, "role_id": self.role_id.data}


class ServiceForm(UserForm):
    """A service account, as an administrator sees it."""

    purpose = TextField(
        _("What for"), required=True, max_length=300, help=_("Which program it is, and what it does here.")
    )
    contact = TextField(_("Contact"), required=True, help=_("Who answers for it: the e-mail and the phone are theirs."))

    def values(self) -> dict[str, Any]:
        """Return what is said of a service account."""
        return {**super().values(), "purpose": self.purpose.data, "contact": self.contact.data}


def stored_service(user: User) -> dict[str, Any]:
    """Return a service account as its form shows it."""
    return stored_user(user) | {"purpose": user.purpose, "contact": user.contact}


class NewServiceForm(ServiceForm):
    """A new service account with its first role."""

    login = NewUserForm.login
    role_id = NewUserForm.role_id

    def values(self) -> dict[str, Any]:
        """Return what is said of it, its short name, and the number of its first role."""
        return {**super().values(), "login": self.login.data, "role_id": self.role_id.data}


class ProfileForm(PersonForm):
    """A person's own particulars and choices."""

    language = ChoiceField(_("Language"), LANGUAGES, required=True, tiles=True)
    theme = ChoiceField(_("Appearance"), THEMES, required=True, tiles=True)
    density = ChoiceField(_("Row height"), DENSITIES, required=True, tiles=True)

    def values(self) -> dict[str, Any]:
        """Return what is a person's own, "" where nothing was said."""
        return {name: value or "" for name, value in super().values().items()}


def stored_profile(user: User) -> dict[str, Any]:
    """Return a person's own particulars as their form shows them."""
    own = {name: getattr(user, name) for name in ("name", "email", "phone", "language")}
    return own | {"theme": user.theme or "auto", "density": user.density or "normal"}


class SaveViewForm(Form):
    """The name under which the present view of a list is kept."""

    name = TextField(_("Name of the view"), max_length=60, required=True)
    address = HiddenField()


class SectionForm(SubForm):
    """Whether a section of the home page is shown, and where it stands."""

    name = HiddenField()
    shown = BooleanField(_("Shown"))
    position = QuantityField(_("Rank"), minimum=1, maximum=99)


class ArrangeForm(Form):
    """The sections of a person's own home page."""

    sections = Lines(SectionForm, maximum=100)


class ForgetViewForm(Form):
    """Which view of which list is kept no longer."""

    name = HiddenField()
    path = HiddenField()
