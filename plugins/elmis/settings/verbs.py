"""What is done to the settings: each is one page, and a button beside it."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.facilities.models import FacilityType
from core.web.forms import Stored
from plugins.elmis.ledger.models import Period, Reason
from plugins.elmis.orders.models import Route
from plugins.elmis.requisitions.models import SET_UP, SupplyLine
from plugins.elmis.settings import forms, services

ROOM = "elmis_settings"


def _verb(name: str, label: Any, run: Callable[..., Any], on: Any = None, form: Any = None, **more: Any) -> Verb:
    return Verb(f"elmis.{name}", label, SET_UP, run, on, form, **more)


def _levels(kind: FacilityType) -> Mapping[str, Any]:
    return forms.stored_levels(services.levels_of(kind.id))


LINE, WAY, MONTH = _("The supply line was recorded."), _("The way of goods was recorded."), _("The month is closed.")
ADD_LINE = _verb(
    "supply_line.add", _("New supply line"), partial(services.save_supply_line, None), None, forms.SupplyLineForm,
    said=LINE, page=f"{ROOM}.new_supply_line",
)  # fmt: skip
CHANGE_LINE = _verb(
    "supply_line.change", _("Change a supply line"), services.save_supply_line, SupplyLine,
    Stored(forms.SupplyLineForm), said=LINE, page=f"{ROOM}.edit_supply_line",
)  # fmt: skip
REMOVE_LINE = _verb(
    "supply_line.remove", _("Remove"), services.remove_supply_line, SupplyLine, said=_("The supply line was removed."),
    to=f"{ROOM}.supply_lines",
)  # fmt: skip
OPEN_WAY = _verb(
    "route.open", _("New way of goods"), partial(services.save_way, None), None, forms.WayForm, said=WAY,
    page=f"{ROOM}.new_way",
)  # fmt: skip
CHANGE_WAY = _verb(
    "route.change", _("Change a way of goods"), services.save_way, Route, Stored(forms.WayForm), said=WAY,
    page=f"{ROOM}.edit_way",
)  # fmt: skip
END_WAY = _verb(
    "route.end", _("End this way"), services.end_way, Route, said=_("The way of goods is ended."), to=f"{ROOM}.ways"
)  # fmt: skip
SET_LEVELS = _verb(
    "approval_level.set", _("Levels of approval"), services.save_levels, FacilityType,
    Stored(forms.LevelsForm, _levels),
    said=_("The levels of approval were recorded."), page=f"{ROOM}.edit_levels",
    to=lambda kind: url_for(f"{ROOM}.levels_of", id=kind.id),
)  # fmt: skip
CLOSE_MONTH = _verb(
    "period.close_month", _("Close a month"), services.close_month, None, forms.MonthForm, said=MONTH,
    page=f"{ROOM}.close_month",
)  # fmt: skip
CLOSE = _verb(
    "period.close", _("Close this month"), lambda period: services.close_month(period.month), Period, said=MONTH
)  # fmt: skip
REOPEN = _verb("period.reopen", _("Reopen"), services.reopen_month, Period, said=_("The month is open again."))
LABEL = _verb(
    "reason.label", _("Change"), services.label_reason, Reason, Stored(forms.ReasonForm),
    said=_("The reason was changed."), page=f"{ROOM}.edit_reason",
)  # fmt: skip
RETIRE = _verb(
    "reason.retire", _("Take out of use"), partial(services.switch_reason, active=False), Reason,
    said=_("The reason is no longer offered."),
)  # fmt: skip
RESTORE = _verb(
    "reason.restore", _("Put to use again"), partial(services.switch_reason, active=True), Reason,
    said=_("The reason is offered again."),
)  # fmt: skip
OF_WAYS = [OPEN_WAY, CHANGE_WAY, END_WAY]
OF_OTHERS = [ADD_LINE, CHANGE_LINE, REMOVE_LINE, SET_LEVELS, CLOSE_MONTH, CLOSE, REOPEN, LABEL, RETIRE, RESTORE]
