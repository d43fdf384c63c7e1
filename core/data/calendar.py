"""Time, once: stored in UTC, read in the facility's time zone."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from flask import current_app, has_app_context


def zone() -> ZoneInfo:
    """Return the time zone in which days begin and end."""
    name = current_app.config["TIME_ZONE"] if has_app_context() else "Africa/Bujumbura"
    return ZoneInfo(name)


def utcnow() -> datetime:
    """Return this moment, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Return the date of today in the facilities' time zone."""
    return datetime.now(zone()).date()


def local(moment: datetime) -> datetime:
    """Return a stored moment in the facilities' time zone."""
    return moment.astimezone(zone())


def month_end(text: str) -> date | None:
    """Return the last day of a month as it stands on packages: "12/2027", "2027-12"; None for any other text."""
    found = re.fullmatch(r"(\d{4})[-/.](\d{1,2})", text, re.A) or re.fullmatch(r"(\d{1,2})[-/.](\d{4})", text, re.A)
    if found is None:
        return None
    year, month = sorted(map(int, found.groups()), reverse=True)
    if not 1 <= month <= 12 or year < 1000:
        return None
    return date(year, month, monthrange(year, month)[1])


def moment(day: date, at: time) -> datetime:
    """Return the moment that a day and a time of the facilities' time zone stand for."""
    return datetime.combine(day, at, zone()).astimezone(UTC)
