"""When a form was written that has waited on a device: as the device says, within what the server can know of it."""

from datetime import UTC, datetime, timedelta

from flask import current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.exceptions import HTTPException

from core.contract.plugins import entities
from core.data.access import current
from core.data.db import utcnow
from core.web import sending

SLACK = timedelta(minutes=5)  # between the clock of a device and ours, which it has learnt from a page


def mark() -> str:
    """Return the mark of the page of a form that may wait: for whom and when the server made it."""
    return str(_seal().dumps(current().user_id))


def may_wait_at(address: str) -> bool:
    """Return whether the form of an address may wait on a device."""
    try:
        endpoint, values = current_app.url_map.bind("").match(address.partition("?")[0], "POST")
    except HTTPException:
        return False
    verbs = [verb for entity in entities() for verb in entity.verbs if verb.offline is not None]
    named = endpoint == "verbs.do" and values["name"] in {verb.name for verb in verbs}
    return named or endpoint in {verb.page for verb in verbs if verb.page}


def written(user_id: int | None = None) -> datetime | None:
    """Return when this form was filled in by a person, else by whoever sends it, on the device on which it has waited;
    None of one that is sent at once, and of one that says what cannot be."""
    at = _said()
    return min(at, utcnow()) if at is not None and _can_be(at, user_id) else None


def doubted() -> datetime | None:
    """Return the moment at which this form says that it was written, where that cannot be; else None."""
    at = _said()
    return None if at is None or _can_be(at) else at


def _said() -> datetime | None:
    try:
        at = datetime.fromtimestamp(int(request.form.get(sending.WRITTEN, "")) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None if sending.by_token() else at


def _can_be(at: datetime, user_id: int | None = None) -> bool:
    """Return whether a form may be of a moment: after its page was made, not too long ago, and not in the future."""
    now, days = utcnow(), timedelta(days=current_app.config["DEVICE_DAYS"])
    try:
        owner, made = _seal().loads(request.form.get(sending.MADE, ""), return_timestamp=True)
    except BadData:
        return False
    return owner == (user_id or current().user_id) and max(made - SLACK, now - days) <= at <= now + SLACK


def _seal() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="waited")
