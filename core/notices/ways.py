"""The ways out of the house: which are open here, and the addresses that stand in what goes out."""

from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from core.contract.plugins import service
from core.contract.ports import APP, CHANNELS, MAIL, SmsGateway
from core.notices.gateway import HttpGateway


def is_open(channel: str) -> bool:
    """Return whether anything can be sent by a channel here."""
    if channel == MAIL:
        return bool(current_app.config["SMTP_HOST"])
    return channel == APP or gateway() is not None


def open_ways() -> list[str]:
    """Return the channels that are open here."""
    return [channel for channel in CHANNELS if is_open(channel)]


def gateway() -> SmsGateway | None:
    """Return who carries short messages: a plugin's gateway, else the one of the settings, else None."""
    found: SmsGateway | None = service(SmsGateway)
    return found or (HttpGateway.configured() if current_app.config["SMS_URL"] else None)


def address(endpoint: str, **values: Any) -> str:
    """Return the whole address of a page, as a mail holds it: by AMAGARA_URL, never by what a browser said."""
    base = urlsplit(current_app.config["BASE_URL"])
    urls = current_app.url_map.bind(base.netloc, base.path or "/", url_scheme=base.scheme)
    return urls.build(endpoint, values, force_external=True)


def page_of(notice_id: int) -> str:
    """Return the whole address that leads to what a notice is about; to all of them from one that is not kept."""
    return address("notices.follow", id=notice_id) if notice_id else address("notices.index")


def is_safe() -> bool:
    """Return whether people reach the server by HTTPS: only then may a mail offer to be unsubscribed by one click."""
    return str(current_app.config["BASE_URL"]).startswith("https://")


def _seal() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="notices.stop")


def stop_token(user_id: int, kind: str) -> str:
    """Return what a link carries that lets no more mail of a kind come to a person."""
    return str(_seal().dumps([user_id, kind]))


def stopped(token: str) -> tuple[int, str] | None:
    """Return (person, kind) of such a link, or None when we did not make it."""
    try:
        user_id, kind = _seal().loads(token)
    except (BadData, TypeError, ValueError):
        return None
    return (user_id, kind) if isinstance(user_id, int) and isinstance(kind, str) else None
