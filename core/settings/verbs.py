"""What is done to settings."""

from typing import Any

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.data.settings import SettingValue
from core.settings import services
from core.settings.forms import back_form, setting_form


def page_of(row: SettingValue) -> str:
    """Return the address of the page of a setting at the place of a value."""
    return url_for("settings.show", name=row.code, of=row.facility_id)


def _listed(row: SettingValue) -> str:
    return url_for("settings.index", of=row.facility_id)


def _said(row: SettingValue) -> Any:
    return _("“%(setting)s” was changed.", setting=row.name)


SET = Verb("core.setting.set", _("Change"), "", services.put, None, setting_form, _said, _listed)
TAKE_BACK = Verb(
    "core.setting.take_back", _("Remove this value"), "", services.take_back, SettingValue, back_form, _said, _listed,
    warning=_("What holds above this place, or the ordinary value, holds here again."),
)  # fmt: skip
VERBS = [SET, TAKE_BACK]
