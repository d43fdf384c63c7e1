"""The month that a page shows: which one its address names, and the ones beside it."""

from datetime import date, timedelta

from flask import request

from core.data.calendar import today


def month_asked() -> date:
    """Return the first day of the month that the address names as `month`, else of the present one."""
    try:
        return date.fromisoformat(f"{request.args['month']}-01")
    except (KeyError, ValueError):
        return today().replace(day=1)


def month_beside(day: date, step: int) -> str:
    """Return the month beside one, as an address names it: of the day before its first, or after its last."""
    return f"{day + timedelta(days=step):%Y-%m}" if date(1901, 1, 1) < day < date(9999, 12, 1) else f"{day:%Y-%m}"
