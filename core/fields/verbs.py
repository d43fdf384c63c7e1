"""What is done to own fields."""

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.data.own import EDIT, OwnField
from core.fields import services
from core.fields.forms import change_form, new_form


def page_of(row: OwnField) -> str:
    """Return the address of the page of a field."""
    return url_for("fields.show", id=row.id)


ADD = Verb(
    "core.own_field.add", _("New field"), EDIT, services.add, None, new_form, _("The field was added."), page_of,
    "fields.new",
)  # fmt: skip
CHANGE = Verb(
    "core.own_field.change", _("Change"), EDIT, services.change, OwnField, change_form, _("The field was changed."),
    page_of, "fields.edit", strong=True,
)  # fmt: skip
WITHDRAW = Verb(
    "core.own_field.withdraw", _("Withdraw"), EDIT, services.withdraw, OwnField,
    said=_("The field is no longer asked for; its values stay."), offered=lambda row: not row.withdrawn,
)  # fmt: skip
RESTORE = Verb(
    "core.own_field.restore", _("Put to use again"), EDIT, services.restore, OwnField,
    said=_("The field is asked for again, with the values it had."), offered=lambda row: row.withdrawn,
)  # fmt: skip
VERBS = [ADD, CHANGE, WITHDRAW, RESTORE]
