"""The fields of days, months and times, as people here write them."""

import re
from datetime import date, time
from functools import cache
from typing import Any

from babel.dates import get_month_names
from wtforms import widgets

from core.contract.words import _
from core.data.calendar import month_end
from core.data.search import folded
from core.web.fields import Asked, wrong

EARLIEST, LATEST = date(1900, 1, 1), date(2100, 12, 31)


class DateField(Asked):
    """A day, typed and shown as day/month/year whatever the browser's language; 2026-11-22 is read too."""

    attributes = {"class": "short", "inputmode": "numeric", "autocomplete": "off", "maxlength": 10, "data-date": "day"}
    hint = _("dd/mm/yyyy")

    def __init__(self, label: Any = "", **options: Any) -> None:
        options["render_kw"] = {"placeholder": self.hint, **(options.get("render_kw") or {})}
        super().__init__(label, **options)

    def read(self, text: str) -> date:
        """Return the day; one that does not exist is refused."""
        return day_of(text)

    def write(self, value: date) -> str:
        """Return the day as people here write it."""
        return f"{value:%d/%m/%Y}"

    def _value(self) -> str:
        return self.write(self.data) if self.data is not None else super()._value()


def day_of(text: str) -> date:
    """Return the day that a text stands for: ISO, or day, month, year."""
    if parts := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text, re.A):
        return _day(int(parts[1]), int(parts[2]), int(parts[3]))
    if parts := re.fullmatch(r"(\d{1,2})[/. -](\d{1,2})[/. -](\d{4})", text, re.A):
        return _day(int(parts[3]), int(parts[2]), int(parts[1]))
    if parts := re.fullmatch(r"(\d{2})(\d{2})(\d{4})", text, re.A):
        return _day(int(parts[3]), int(parts[2]), int(parts[1]))
    raise wrong(_("Enter a date, such as 22/11/2026."))


class ExpiryField(DateField):
    """The last usable day of a package: a day, or a month ("12/2027", "2027-12"), which means its last day."""

    attributes = {**DateField.attributes, "data-date": "expiry"}
    hint = _("dd/mm/yyyy or mm/yyyy")

    def read(self, text: str) -> date:
        """Return the day."""
        found = month_end(text)
        return day_of(text) if found is None else _day(found.year, found.month, found.day)


def _day(year: int, month: int, day: int) -> date:
    try:
        found = date(year, month, day)
    except ValueError:
        raise wrong(_("This date does not exist.")) from None
    if not EARLIEST <= found <= LATEST:
        raise wrong(_("The year must lie between 1900 and 2100."))
    return found


class MonthField(DateField):
    """A month, as its first day: 11/2026, 2026-11, or novembre 2026."""

    attributes = {**DateField.attributes, "maxlength": 20, "data-date": "month"}
    hint = _("mm/yyyy")

    def read(self, text: str) -> date:
        """Return the first day of the month."""
        if parts := re.fullmatch(r"(\d{4})[-/](\d{1,2})", text, re.A):
            return _day(int(parts[1]), int(parts[2]), 1)
        if parts := re.fullmatch(r"(\d{1,2})[/. -]?(\d{4})", text, re.A):
            return _day(int(parts[2]), int(parts[1]), 1)
        parts = re.fullmatch(r"([^\W\d]+)\.?\s+(\d{4})", text)
        if parts and (month := _months().get(folded(parts[1]))):
            return _day(int(parts[2]), month, 1)
        raise wrong(_("Enter a month, such as 11/2026."))

    def write(self, value: date) -> str:
        """Return the month as people here write it."""
        return f"{value:%m/%Y}"


@cache
def _months() -> dict[str, int]:
    """Return {name of a month, whole or short, in French and in English: its number}."""
    return {
        folded(name.rstrip(".")): number
        for language in ("en", "fr") for width in ("abbreviated", "wide")
        for number, name in get_month_names(width, locale=language).items()
    }  # fmt: skip


class TimeField(Asked):
    """A time of the day: 14:05, 14h05, 14 h."""

    widget = widgets.TimeInput()
    attributes = {"class": "short", "autocomplete": "off"}

    def read(self, text: str) -> time:
        """Return the time; one that does not exist is refused."""
        parts = re.fullmatch(r"(\d{1,2})\s?(?:[:h.]\s?(\d{2})?)?", text, re.A | re.I)
        if parts is None or not (int(parts[1]) < 24 and int(parts[2] or 0) < 60):
            raise wrong(_("Enter a time, such as 14:05."))
        return time(int(parts[1]), int(parts[2] or 0))

    def write(self, value: time) -> str:
        """Return hours and minutes."""
        return f"{value:%H:%M}"
