"""Time, once: stored in UTC, read in the facility's time zone."""

from datetime import UTC, date, datetime
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
