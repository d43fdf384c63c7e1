"""The forms of temperatures and of their breaches."""

from datetime import time
from typing import Any

from core.contract.plugins import service
from core.contract.ports import Stock
from core.contract.words import _
from core.data.access import current
from core.data.calendar import local, moment, today, utcnow
from core.data.work import written_at
from core.web.choices import ChoiceField
from core.web.dates import DateField, TimeField
from core.web.fields import DecimalField, QuantityField, TextField
from core.web.forms import FileField, Form, ReasonForm
from plugins.gmao.coldchain.breaches import apart
from plugins.gmao.coldchain.loggers import DAY_FIRST, MONTH_FIRST, UNITS
from plugins.gmao.coldchain.models import Breach
from plugins.gmao.coldchain.services import unit_of
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.rights import APART

MORNING, EVENING = "morning", "evening"
HOURS = {MORNING: time(8), EVENING: time(16)}  # of the chart on the door
HALVES = {MORNING: _("Morning"), EVENING: _("Evening")}
MOST_MB = 5
ALL = _("All stores of the facility")


def half_of_now() -> str:
    """Return the half of the day that it is."""
    return MORNING if local(utcnow()).hour < 12 else EVENING


class NoteForm(Form):
    """A temperature as the chart on the door has it."""

    folded = ("clock",)
    celsius = DecimalField(_("Temperature (°C)"), required=True, minimum=-90, maximum=60, places=1)
    half = ChoiceField(_("When"), HALVES, required=True, tiles=True, default=half_of_now)
    on = DateField(_("Day"), required=True, default=today)
    clock = TimeField(_("Hour"), help=_("Empty: 8 h in the morning, 16 h in the evening."))

    def values(self) -> dict[str, Any]:
        """Return the temperature and its moment: that of the half day, or the present minute where it has not come yet
        (so that it can be named, and corrected)."""
        said = super().values()
        day, half, clock = said.pop("on"), said.pop("half"), said.pop("clock")
        at = moment(day, clock or HOURS[half])
        now = (written_at() or utcnow()).replace(second=0, microsecond=0)
        return {**said, "at": now if clock is None and day == local(now).date() and at > now else at}


class FileForm(Form):
    """The file of a logger."""

    folded = ("dates", "unit", "since")
    file = FileField(
        _("File"), required=True, types=(".csv", ".txt", ".tsv"), max_mb=MOST_MB,
        help=_("As the program of the logger exports it: Fridge-tag, Q-tag, LogTag, Testo and others, as CSV."),
    )  # fmt: skip
    dates = ChoiceField(
        _("Days are written"),
        {DAY_FIRST: _("Day first: 03/04 is 3 April"), MONTH_FIRST: _("Month first: 03/04 is 4 March")},
        help=_("Only where the file does not show it."),
    )
    unit = ChoiceField(_("Degrees"), UNITS, help=_("Only where the file does not say it."))
    since = QuantityField(
        _("From line"), minimum=1, help=_("Only where the clock of the logger was set: the first line that is right.")
    )

    def values(self) -> dict[str, Any]:
        """Return the bytes of the file, and how it is to be read."""
        said = super().values()
        file = said.pop("file")
        file.stream.seek(0)
        return {**said, "data": file.stream.read(), "name": file.filename}


class WatchForm(Form):
    """Which logger watches a piece."""

    logger = TextField(_("Logger"), max_length=80, help=_("Its make: Fridge-tag 2, LogTag …"))
    serial = TextField(_("Serial number of the logger"), max_length=80, help=_("Files of another logger are refused."))


def stored_watch(row: Equipment) -> dict[str, Any]:
    """Return how a piece is watched, as its forms show it."""
    unit = unit_of(row)
    return {name: getattr(unit, name) if unit else "" for name in ("logger", "serial", "store")}


class StoreForm(Form):
    """Which store of the stock lies in a piece."""

    store = ChoiceField(_("Store that lies in it"), help=_("Its lots alone are at risk when it fails."))


def store_form(row: Equipment) -> StoreForm:
    """Return the form of the store that lies in a piece, with the stores of its facility."""
    stock: Stock | None = service(Stock)
    form = StoreForm(row=row, stored=stored_watch)
    form.store.choices = [("", ALL), *(stock.stores(row.facility) if stock else {}).items()]
    return form


class JudgeForm(ReasonForm):
    """Which lots were judged, and how."""

    lot = ChoiceField(_("Lot"), blank=_("All lots"))


def judge_form(breach: Breach) -> JudgeForm:
    """Return the form of a judgement, with the lots in quarantine."""
    form = JudgeForm()
    stock: Stock | None = service(Stock)
    lots = apart(breach) if stock is not None and current().can(APART, breach.facility) else ()
    form.lot.choices = [("", _("All lots")), *((each.key, f"{each.name}, {each.lot}") for each in lots)]
    return form
