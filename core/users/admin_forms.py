"""The forms about people, roles and rights. Every form names its fields: nothing else can be sent."""

from collections.abc import Iterator
from typing import Any

from wtforms import SelectMultipleField
from wtforms.validators import Regexp

from core.contract.plugins import permissions
from core.contract.words import _, label_of
from core.users import people, rights
from core.users.models import Role, User
from core.web.forms import BooleanField, ChoiceField, FacilityField, Form, NumberField, TextField

PHONE = Regexp(r"^[0-9+ ().-]*$", message=_("Use figures, spaces and +."))
EMAIL = Regexp(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", message=_("Write an address like name@example.org."))
LANGUAGES = [("fr", "Français"), ("en", "English")]
THEMES = [("auto", _("Device")), ("light", _("Light")), ("dark", _("Dark"))]
DENSITIES = [("normal", _("Comfortable")), ("dense", _("Dense"))]
PLAIN = {"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}


def grantable() -> Iterator[tuple[int, str]]:
    """Yield the roles that this person may give."""
    for role in people.grantable(people.roles()):
        yield role.id, label_of(role)


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


class GrantForm(Form):
    """A role at a facility."""

    role_id = ChoiceField(_("Role"), grantable, required=True)
    facility_id = FacilityField(_("Facility"), required=True, help=_("The role counts here and everywhere below."))

    def values(self) -> dict[str, Any]:
        """Return the numbers of role and place."""
        facility: Any = self.facility_id.data
        return {"role_id": self.role_id.data, "facility_id": facility.id}


class WithdrawForm(Form):
    """The role of a person that is taken back."""

    grant_id = NumberField()


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


class PlaceForm(Form):
    """A facility to look at."""

    facility = FacilityField(_("Facility"), required=True)


class RoleForm(Form):
    """A role: its names and its rights."""

    label_fr = TextField(_("French label"), required=True, max_length=120)
    label_en = TextField(_("English label"), required=True, max_length=120)
    second_factor = BooleanField(
        _("Needs a second factor"), help=_("Whoever holds this role shows a code of a device at each sign-in.")
    )
    names = SelectMultipleField(_("Rights"), choices=lambda: [(name, name) for name in permissions()])

    def values(self) -> dict[str, Any]:
        """Return the names and rights of a role."""
        return {**super().values(), "names": self.names.data or []}

    def groups(self) -> list[tuple[str, list[Any]]]:
        """Return (plugin, its permissions) for the boxes of the page."""
        prefixes = dict.fromkeys(name.split(".")[0] for name in permissions())
        return [
            (prefix, [item for name, item in permissions().items() if name.startswith(f"{prefix}.")])
            for prefix in prefixes
        ]


def stored_role(role: Role) -> dict[str, Any]:
    """Return a role as its form shows it."""
    labels = {name: getattr(role, name) for name in ("label_fr", "label_en", "second_factor")}
    return labels | {"names": sorted(rights.expand(role.names, permissions()))}


class NewRoleForm(RoleForm):
    """A new role."""

    code = TextField(
        _("Code"), required=True, max_length=60, render_kw=PLAIN,
        help=_("Small letters, figures and underscores; it cannot be changed later."),
    )  # fmt: skip
    facility_id = FacilityField(
        _("Belongs to"), permission="core.role.edit",
        help=_("The role is given and changed there and below. Leave it empty for the whole country."),
    )  # fmt: skip

    def values(self) -> dict[str, Any]:
        """Return names and rights, the code and the place that the role belongs to."""
        found = super().values()
        place = found.pop("facility_id")
        return {**found, "code": self.code.data or "", "place": place}
