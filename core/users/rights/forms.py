"""The forms about roles and rights. Every form names its fields: nothing else can be sent."""

from collections.abc import Iterator
from typing import Any

from wtforms import SelectMultipleField

from core.contract.plugins import permissions
from core.contract.words import _, label_of
from core.users.rights import roles, rules
from core.users.rights.models import Grant, Role
from core.web.forms import BooleanField, ChoiceField, DateField, FacilityField, Form, NumberField, TextField

PLAIN = {"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}


def grantable() -> Iterator[tuple[int, str]]:
    """Yield the roles that this person may give."""
    for role in roles.grantable(roles.roles()):
        yield role.id, label_of(role)


class GrantForm(Form):
    """A role at a facility."""

    role_id = ChoiceField(_("Role"), grantable, required=True)
    facility_id = FacilityField(_("Facility"), required=True, help=_("The role counts here and everywhere below."))
    first_day = DateField(_("From day"), help=_("Empty: from now on."))
    last_day = DateField(_("To day"), help=_("The last day on which it counts. Empty: until it is taken back."))

    def values(self) -> dict[str, Any]:
        """Return the numbers of role and place, and the days."""
        return {**super().values(), "facility_id": getattr(self.facility_id.data, "id", None)}


class PeriodForm(Form):
    """The days on which a role counts."""

    first_day = DateField(_("From day"), help=_("Empty: from now on."))
    last_day = DateField(_("To day"), help=_("The last day on which it counts. Empty: until it is taken back."))


def stored_period(given: Grant) -> dict[str, Any]:
    """Return the days of a grant as their form shows them."""
    return {"first_day": given.first_day, "last_day": given.last_day}


class WithdrawForm(Form):
    """The role of a person that is taken back."""

    grant_id = NumberField()


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
    return labels | {"names": sorted(rules.expand(role.names, permissions()))}


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
