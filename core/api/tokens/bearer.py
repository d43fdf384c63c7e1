"""Who asks by a token: known before anything is loaded, refused in words, and noted once a day."""

import re
from typing import Any

from flask import g, request

from core.api.tokens import services
from core.api.tokens.models import OPEN, OVER
from core.api.tokens.services import Bearer
from core.contract.words import _
from core.data import notes
from core.data.db import db, write_beside
from core.users.rights.access import at_the_door
from core.users.rights.held import held_by, own
from core.users.signin import factor
from core.web import limits, problems
from core.web.errors import WORDS, unknown

SHOWN = re.compile(r"Bearer +([A-Za-z0-9_~+/.=-]{1,200}) *", re.I)
MADE = re.compile(rf"{services.PREFIX}[A-Za-z0-9_-]{{43}}")


def know() -> Any:
    """Let this request act for the person of its token, or return the problem of one that opens nothing.

    Without a token nobody is known: what is not open to everybody then refuses by itself.
    """
    header = request.headers.get("Authorization")
    if header is None:
        return None
    address = request.remote_addr or ""
    shown = SHOWN.fullmatch(header)
    db.session().info["access"] = at_the_door("token")
    bearer = services.find(shown[1]) if shown and MADE.fullmatch(shown[1]) else None
    if bearer is None or not bearer.user.active or bearer.token.state != OPEN:
        db.session().info["access"] = None
        limits.count_stranger(address)
        return unknown(_why(bearer), "invalid_token")
    limits.count_token(bearer.token.id)
    return _admit(bearer, address)


def _why(bearer: Bearer | None) -> Any:
    """Return why a token opens nothing; who shows one that was made may know what became of it."""
    if bearer is None:
        return _("This token is not known here.")
    if not bearer.user.active:
        return _("The account of this token is closed.")
    return _("This token has expired.") if bearer.token.state == OVER else _("This token was ended.")


def _admit(bearer: Bearer, address: str) -> Any:
    """Let the request act with the rights that its token has now; the person's own safeguards count for it too."""
    held = held_by(bearer.user.id)
    access = services.access_of(bearer, held, g.request_id, f"api {address}")
    db.session().info["access"] = access
    g.user, g.place, g.works_at = bearer.user, bearer.place, {bearer.place.id}
    if any(row.second_factor for row in own(held)) and not factor.has(bearer.user.id):
        words = _("A role of this account asks for a second factor: set it up first. The token works from then on.")
        return problems.answer(403, WORDS[403][0], detail=str(words))
    seen = services.used(bearer, address)
    if seen is not None and write_beside(seen):
        notes.note("token used", "core.token", bearer.token.id, bearer.user.facility_id, address=address)
    return None
