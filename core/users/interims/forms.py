"""The form of an interim."""

from typing import Any

from wtforms import SelectMultipleField

from core.contract.words import _
from core.data.db import today
from core.users.accounts.models import User
from core.users.directory.fields import PersonField
from core.users.interims.services import lendable
from core.web.forms import DateField, FacilityField, Form, TextField


class InterimForm(Form):
    """Who stands in for somebody, from when to when, with which of his roles, where, and why."""

    stand_in = PersonField(_("Who stands in"), required=True, help=_("Type the name; the directory has everybody."))
    first_day = DateField(_("From day"), required=True, default=today)
    last_day = DateField(_("To day"), required=True, help=_("The last day; a year at most. It ends by itself."))
    roles = SelectMultipleField(_("Roles"), coerce=int)
    place = FacilityField(_("Only at and below"), help=_("Empty: wherever these roles are held."))
    reason = TextField(_("Reason"), required=True, max_length=500, help=_("Leave, training, mission …"))

    def __init__(self, absent: User, **options: Any) -> None:
        super().__init__(**options)
        self.lendable = lendable(absent.id)
        self.roles.choices = [(role, label) for role, (label, _places) in self.lendable.items()]
        if not self.is_submitted():
            self.roles.data = list(self.lendable)

    def values(self) -> dict[str, Any]:
        """Return what is said of an interim; the roles by their numbers."""
        return {**super().values(), "roles": self.roles.data or []}
