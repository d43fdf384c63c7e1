"""The form of a new token: its name, its rights, its place and its last day."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from wtforms import SelectMultipleField

from core.contract.plugins import permissions
from core.contract.ports import Permission
from core.contract.words import _
from core.data.db import today
from core.web.forms import DateField, FacilityField, Form, TextField

USUAL = timedelta(days=90)


class TokenForm(Form):
    """A token: what it is for, and what it opens."""

    name = TextField(
        _("Name"), required=True, max_length=80,
        help=_("What the program is called: it stands beside your name wherever the program does something."),
    )  # fmt: skip
    place = FacilityField(
        _("Place"), help=_("It opens what lies there and below. Left empty: every place where you hold its rights.")
    )
    expires_on = DateField(
        _("Last day"), required=True, default=lambda: today() + USUAL, help=_("Within a year at most.")
    )
    names = SelectMultipleField(_("Rights"), choices=(), validate_choice=False)  # the service judges them

    def values(self) -> dict[str, Any]:
        """Return what the token is for and what it opens."""
        return {
            "name": self.name.data, "rights": self.names.data or [], "place": self.place.data,
            "expires_on": self.expires_on.data,
        }  # fmt: skip


def groups(held: Mapping[str, Any]) -> Iterator[tuple[str, list[Permission]]]:
    """Yield (plugin, its permissions) of those that are held."""
    known = [item for name, item in permissions().items() if name in held]
    for prefix in dict.fromkeys(item.name.partition(".")[0] for item in known):
        yield prefix, [item for item in known if item.name.partition(".")[0] == prefix]
