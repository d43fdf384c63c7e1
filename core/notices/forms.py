"""The forms of notices: which one, up to which one, and what a person chooses."""

from collections.abc import Iterator, Mapping
from typing import Any

from wtforms import SelectMultipleField

from core.contract.ports import MAIL, SMS
from core.contract.words import _
from core.notices import choosing, ways
from core.notices.choosing import MODES
from core.notices.phones import normal
from core.users.accounts.models import User
from core.web.fields import wrong
from core.web.forms import ChoiceField, Form, HiddenField, NumberField, TextField

HOURS = [(str(hour), f"{hour:02}:00") for hour in range(24)]


class OneForm(Form):
    """A notice."""

    id = NumberField()


class UptoForm(Form):
    """The newest notice that a page has shown."""

    upto = NumberField()


class ChannelForm(Form):
    """A way out of the house."""

    channel = HiddenField()


def _all() -> Iterator[tuple[str, str]]:
    for kind in choosing.kinds_for():
        for channel in ways.open_ways():
            if channel != SMS or kind.urgent:
                yield (name := f"{kind.name} {channel}"), name


class ChoicesForm(Form):
    """Which notices come to a person, how, and when."""

    mail = ChoiceField(
        _("Mail"), list(MODES.items()), required=True, tiles=True, help=_("What is urgent comes at once.")
    )
    hour = ChoiceField(_("Hour of the daily mail"), [(str(hour), f"{hour:02}:00") for hour in range(24)], required=True)
    phone = TextField(_("Number for SMS"), max_length=40, render_kw={"inputmode": "tel", "autocomplete": "tel"},
                      help=_("A mobile number, such as 79 12 34 56 or +257 79 12 34 56."))  # fmt: skip
    on = SelectMultipleField(_("Notices"), choices=lambda: list(_all()))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not ways.is_open(MAIL):
            del self.mail, self.hour
        if not ways.is_open(SMS):
            del self.phone

    def validate_phone(self, field: Any) -> None:
        """Refuse what is no mobile number."""
        if normal(field.data) is None:
            raise wrong(_("This is no mobile number. Write it like 79 12 34 56, or like +257 79 12 34 56."))

    def validate(self, extra_validators: Any = None) -> bool:
        """Return whether what was chosen can be: SMS need a number that they go to."""
        right: bool = super().validate(extra_validators)
        if "phone" in self and self.phone.is_blank() and any(one.endswith(f" {SMS}") for one in self.on.data or ()):
            self.phone.errors = [str(_("Enter the number that the SMS go to."))]
            return False
        return right

    def values(self) -> dict[str, Any]:
        """Return what was chosen; where a channel is not open here, what was chosen before stays."""
        said: dict[str, Any] = {"on": self.on.data or [], "channels": ways.open_ways()}
        if "mail" in self:
            said |= {"mail": self.mail.data, "hour": int(self.hour.data)}
        if "phone" in self:
            said["phone"] = normal(self.phone.data) or ""
        return said


def stored_choices(user: User) -> Mapping[str, Any]:
    """Return a person's choices as their form shows them."""
    chosen = choosing.chosen_by([user.id])[user.id]
    on = [
        f"{kind.name} {channel}" for kind in choosing.kinds_for() for channel in ways.open_ways()
        if chosen.ticked(kind, channel)
    ]  # fmt: skip
    return {"mail": chosen.mail, "hour": str(chosen.hour), "phone": user.phone, "on": on}
