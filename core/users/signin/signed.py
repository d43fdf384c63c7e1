"""Sendings that bear a signature: what a person wrote on a shared device leaves while another works there, as his own.

The signature is over where it goes and all that it says, with the key that his PIN opens on that device. Whatever does
not fit is refused, and never taken for the word of the person whose session it is.
"""

from datetime import timedelta
from hashlib import sha256
from typing import Any

from flask import Flask, current_app, g, request

from core.contract.words import _
from core.data.access import Access, acting
from core.data.db import db
from core.data.errors import NotAllowed
from core.users.accounts.models import User
from core.users.rights.access import access_of, at_the_door
from core.users.rights.held import held_by
from core.users.signin import devices, factor, keys
from core.users.signin.models import DeviceKey
from core.web import sending, waited

KEY, SIGNATURE = "Amagara-Key", "Amagara-Signature"  # headers
FORM = "amagara-sending-1"  # the text that is signed begins so


def init_app(app: Flask) -> None:
    """Judge each sending before it is known for which place it is."""
    app.before_request(_judge)


def _judge() -> None:
    if request.method != "POST" or g.get("user") is None or sending.by_token():
        return
    name = request.headers.get(KEY)
    if name is None:
        _refuse_unsigned()
        return
    if not sending.to_machine() or not waited.may_wait_at(_address()):
        raise NotAllowed(_("A signed sending goes to forms that may wait on a device, and nowhere else."))
    with acting(at_the_door("device")):
        key, user = _owner(name)
        access = None if user.id == g.user.id else _become(user, key)
    if access is not None:
        db.session().info["access"] = access


def _owner(name: str) -> tuple[DeviceKey, User]:
    """Return the key and the person who has signed this sending; NotAllowed where nobody has."""
    found = keys.find(name)
    if found is None:
        raise NotAllowed(_("The PIN with which this was written was blocked since, or its person has a new password. "
                           "Whoever wrote it signs in, opens it, and sends it."))  # fmt: skip
    if not keys.fits(found[0], text(name), request.headers.get(SIGNATURE, "")):
        raise NotAllowed(_("This was changed on the device after it was written: its signature does not fit. Whoever "
                           "wrote it signs in, opens it, checks every figure, and sends it."))  # fmt: skip
    return found


def _become(user: User, key: DeviceKey) -> Access:
    """Return the access of the person who has signed, and go on as him: with his rights of now, at his place; the trail
    says how it came."""
    bearer, held = g.user, held_by(user.id)
    if any(row.second_factor for row in held) and not factor.has(user.id):
        raise NotAllowed(_("Whoever wrote this needs a second factor first: he signs in and sends it himself."))
    _refuse_late(user, key)
    origin = f"device {key.device}, session of {bearer.login}, web {request.remote_addr}"
    access = access_of(user, current_app.extensions["amagara.permissions"], g.request_id, origin, held)
    g.user, g.place, g.unread, g.proved, g.carried_by = user, user.facility, 0, False, bearer.name
    g.works_at = {user.facility_id, *(row.facility_id for row in held)}
    return access


def _refuse_late(user: User, key: DeviceKey) -> None:
    """Refuse what was written when the PIN had run out, or at a moment that cannot be."""
    at, days = waited.written(user.id), timedelta(days=current_app.config["PIN_DAYS"])
    if at is None or at > key.seen_at + days + waited.SLACK:
        raise NotAllowed(_("When this was written cannot be, or the PIN had run out by then. Whoever wrote it signs in "
                           "and sends it himself."))  # fmt: skip


def _refuse_unsigned() -> None:
    """Refuse what waited on a device without the signature that its person gives everything there: somebody else may
    have written it."""
    waits = sending.to_machine() and sending.WRITTEN in request.form
    if waits and keys.has(g.user.id, devices.here()):
        raise NotAllowed(_("This bears no signature, though you have a PIN on this device: somebody else may have "
                           "written it. Open it, check every figure, and send it. If you want no PIN here any more, "
                           "block this device in your profile."))  # fmt: skip


def text(name: str) -> str:
    """Return what a signature of this request is over: the key, the address, and a line for each field, those of one
    name in their order."""
    fields = [("field", name, sha256(value.encode()).hexdigest()) for name, value in request.form.items(multi=True)]
    fields += [("file", name, sending.hash_of(file.stream)) for name, file in request.files.items(multi=True)]
    lines = [(f"{kind} {sha256(name.encode()).hexdigest()}", value) for kind, name, value in fields]
    return "\n".join([FORM, name, _address(), *(" ".join(line) for line in sorted(lines, key=lambda line: line[0]))])


def _address() -> str:
    query: Any = request.query_string.decode()
    return f"{request.path}?{query}" if query else request.path
