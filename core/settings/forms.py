"""The forms of settings: one field of the type of the setting, and why."""

from datetime import date
from decimal import Decimal
from typing import Any

from flask import request

from core.contract.plugins import settings
from core.contract.settings import LONGEST, Setting
from core.contract.words import _
from core.data.settings import SettingValue, holds
from core.facilities.models import Facility
from core.settings import services
from core.web.forms import (
    BooleanField,
    ChoiceField,
    DateField,
    DecimalField,
    FacilityField,
    Form,
    HiddenField,
    LongText,
    QuantityField,
    TextField,
)


class SettingForm(Form):
    """A value of a setting that is named: a page has named it before, a program says it."""

    code = ChoiceField(_("Setting"), lambda: {name: each.label for name, each in settings().items()}, required=True)
    place = FacilityField(_("Place"), help=_("Empty: the whole country."))
    value = TextField(_("Value"), required=True, max_length=LONGEST)
    reason = LongText(_("Reason"), max_length=500, help=_("Kept in the journal."), render_kw={"rows": 2})
    seen = HiddenField()

    def values(self) -> dict[str, Any]:
        """Return the setting, its place, and the value of its type."""
        seen = self.seen.data if self.seen.raw_data else None
        said = {"place": self.place.data, "value": self.value.data, "reason": self.reason.data, "seen": seen}
        return {"setting": services.get(self.code.data), **said}


def setting_form() -> SettingForm:
    """Return the form of the setting that the request names, or of one that is still to be named."""
    found = settings().get(request.values.get("code", ""))
    return SettingForm() if found is None else form_of(found)


def form_of(setting: Setting[Any], place: Facility | None = None) -> SettingForm:
    """Return the form of a setting, with what holds at a place."""

    class One(SettingForm):
        value = _field(setting)
        reason = LongText(
            _("Reason"), required=setting.reason, max_length=500, help=_("Kept in the journal."), render_kw={"rows": 2}
        )

    held = holds(setting, place)
    here = held.stored is not None and held.stored.at == (None if place is None else place.id)
    seen = held.stored.text if here and held.stored is not None else ""
    return One(code=setting.name, place=place, value=held.value, seen=seen)


def _field(setting: Setting[Any]) -> Any:
    """Return the field of a setting's type."""
    if setting.choices:
        return ChoiceField(_("Value"), setting.choices, required=True)
    if setting.type is bool:
        return BooleanField(setting.label)
    if setting.type is date:
        return DateField(_("Value"), required=True)
    if setting.type is str:
        return TextField(_("Value"), required=True, max_length=LONGEST)
    kind = DecimalField if setting.type is Decimal else QuantityField
    bounds = {"minimum": setting.least, "maximum": setting.most}
    return kind(_("Value"), required=True, **{name: most for name, most in bounds.items() if most is not None})


class BackForm(Form):
    """Why a value is taken back."""

    reason = LongText(_("Reason"), max_length=500, help=_("Kept in the journal."), render_kw={"rows": 2})


class ReasonedBackForm(Form):
    """Why a value is taken back, where that must be said."""

    reason = LongText(_("Reason"), required=True, max_length=500, help=_("Kept in the journal."), render_kw={"rows": 2})


def back_form(row: SettingValue) -> BackForm:
    """Return the form by which a value is taken back."""
    found = settings().get(row.code)
    return ReasonedBackForm() if found is not None and found.reason else BackForm()
