"""What was typed into a form whose session was over when it was sent: it goes through the sign-in page, sealed.

Script keeps drafts by itself (drafts.js); this is for browsers without. The same person is shown the form again,
filled in; for anybody else it is dropped. Nothing is ever sent by itself.
"""

import json
import zlib
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import InvalidToken
from flask import request

from core.data.seals import seal
from core.users.signin import sessions
from core.web import cookies
from core.web.errors import came_from, typed

FIELD = "carried"
PURPOSE = "carried form"
MOST, AGE = 512 * 1024, 3600  # bytes as sealed, seconds
TECHNICAL = {"_key", "_place", "_seen"}  # nobody has typed them


@dataclass(frozen=True)
class Carried:
    """A form as it was sent: whose session it was, the address, the pairs, and whether files were beside them."""

    user_id: int
    path: str
    pairs: list[tuple[str, str]]
    files: bool


def sealed() -> str:
    """Return what this request has sent, sealed for whose session is over; "" when nobody is known or nothing typed."""
    owner = sessions.owner(cookies.read("amagara"))
    pairs = typed()
    by_a_form = came_from() and "text/html" in request.headers.get("Accept", "")  # not by script
    if owner is None or not by_a_form or not {name for name, _value in pairs} - TECHNICAL:
        return ""
    files = any(file.filename for file in request.files.values())
    text = json.dumps([owner, request.full_path.rstrip("?"), pairs, files])
    found = seal(PURPOSE).encrypt(zlib.compress(text.encode())).decode()
    return found if len(found) <= MOST else ""


def opened(text: str, user_id: int | None) -> Carried | None:
    """Return what was sealed, for the same person and within the hour."""
    try:
        owner, path, pairs, files = json.loads(zlib.decompress(seal(PURPOSE).decrypt(text.encode(), ttl=AGE)))
    except (InvalidToken, UnicodeEncodeError):
        return None
    return Carried(owner, path, [(name, value) for name, value in pairs], files) if owner == user_id else None


def sent() -> dict[str, Any]:
    """Return what the sign-in pages carry on, as they came by."""
    return {FIELD: request.form.get(FIELD, "")}
