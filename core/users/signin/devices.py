"""Browsers in which a person has signed in before: others' wrong guesses do not lock him out of his own."""

import secrets
from typing import Any

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from core.users.accounts import services as accounts
from core.web import cookies

DAYS, SHARED = 180, 8  # how long a browser is known, and how many people may share it


def known(login: str) -> str:
    """Return the name of this browser and person when he has signed in here before, else nothing."""
    device, ids = _read()
    user_id = accounts.id_of(login) if device else None
    return f"{device} {user_id}" if user_id in ids else ""


def here() -> str:
    """Return the name of this browser, or nothing where nobody has signed in here."""
    return _read()[0]


def remember(answer: Response, user_id: int) -> None:
    """Let this browser be known as one of this person's."""
    device, ids = _read()
    ids = [*(each for each in ids if each != user_id), user_id][-SHARED:]
    value = _signer().dumps([device or secrets.token_hex(8), ids])
    cookies.keep(answer, "device", str(value), DAYS * 24 * 3600)


def _read() -> tuple[str, list[int]]:
    try:
        device, ids = _signer().loads(cookies.read("device"), max_age=DAYS * 24 * 3600)
    except (BadSignature, ValueError, TypeError):
        return "", []
    return device, ids


def _signer() -> Any:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="amagara device")
