"""The keys of people on devices: made at a sign-in, wrapped there by a PIN, and able to sign what waits.

A key that was taken back is gone: what a device asks about and the server does not know is dead.
"""

import base64
import hmac
import secrets
from collections.abc import Collection, Sequence
from datetime import timedelta

from cryptography.fernet import InvalidToken
from sqlalchemy import delete, select, update

from core.contract.words import _
from core.data import audit
from core.data.bulk import beside
from core.data.db import db, utcnow, write_beside
from core.data.errors import Refused
from core.data.seals import seal
from core.users.accounts.models import User
from core.users.signin.models import DeviceKey

PURPOSE = "device key"
SECRETS = "secrets stay out of the trail; the line beside says what was done"
OFTEN = timedelta(hours=1)  # between two notes that a person was signed in on a device
LIVE = (DeviceKey.user_id == User.id) & (DeviceKey.user_version == User.version) & User.active & ~User.service


def make(user_id: int, device: str, agent: str) -> tuple[str, str]:
    """Return the name and the secret (base64, 32 random bytes) of a new key of a person on a device; earlier ones go on
    vouching for what they signed."""
    if not device:
        raise Refused(_("This browser is not known here yet: sign out and in again, then set the PIN."))
    user = db.session.get_one(User, user_id)
    secret, name = base64.b64encode(secrets.token_bytes(32)), secrets.token_hex(16)
    key = DeviceKey(id=name, user_id=user.id, user_version=user.version, device=device, agent=agent[:200])
    key.secret = seal(PURPOSE).encrypt(secret).decode()
    db.session.add(key)
    audit.note("device key made", "core.user", user.id, user.facility_id, device=device)
    return name, secret.decode()


def find(name: str) -> tuple[DeviceKey, User] | None:
    """Return a key and its person, or None where it is unknown, taken back, or its person may no longer sign in."""
    row = db.session.execute(select(DeviceKey, User).join(User, LIVE).where(DeviceKey.id == name)).first()
    return None if row is None else (row[0], row[1])


def fits(key: DeviceKey, text: str, signature: str) -> bool:
    """Return whether a text was signed (HMAC-SHA256, in hexadecimal digits) with a key."""
    try:
        secret = base64.b64decode(seal(PURPOSE).decrypt(key.secret))
    except InvalidToken:  # the key of the installation was changed
        return False
    return hmac.compare_digest(hmac.digest(secret, text.encode(), "sha256").hex().encode(), signature.encode())


def has(user_id: int, device: str) -> bool:
    """Return whether a person has a live key on a device."""
    query = select(DeviceKey.id).join(User, LIVE).where(DeviceKey.user_id == user_id, DeviceKey.device == device)
    return db.session.execute(query.limit(1)).first() is not None


def dead(names: Collection[str]) -> list[str]:
    """Return those of some names that no live key bears."""
    query = select(DeviceKey.id).join(User, LIVE).where(DeviceKey.id.in_(names))
    alive = set(db.session.scalars(query)) if names else set()
    return [name for name in names if name not in alive]


def seen_now(user_id: int, device: str) -> None:
    """Note that a person is signed in on a device: his keys there count from now on."""
    old = (DeviceKey.user_id == user_id, DeviceKey.device == device, DeviceKey.seen_at < utcnow() - OFTEN)
    if db.session.execute(select(DeviceKey.id).where(*old).limit(1)).first() is not None:
        write_beside(beside(update(DeviceKey).where(*old).values(seen_at=utcnow()), SECRETS))


def of(user_id: int) -> Sequence[DeviceKey]:
    """Return the live keys of a person, one a device, the latest used first."""
    query = select(DeviceKey).join(User, LIVE).where(DeviceKey.user_id == user_id).order_by(DeviceKey.seen_at.desc())
    return list({key.device: key for key in reversed(db.session.scalars(query).all())}.values())[::-1]


def take_back(user_id: int, device: str) -> None:
    """Take back what a person signs with on a device: it drops its pages of him when it next finds the server."""
    user = db.session.get_one(User, user_id)
    found = delete(DeviceKey).where(DeviceKey.user_id == user_id, DeviceKey.device == device)
    if not db.session.execute(beside(found, SECRETS)).rowcount:  # type: ignore[attr-defined]
        raise Refused(_("This device was blocked already."))
    audit.note("device blocked", "core.user", user_id, user.facility_id, device=device)


def take_all_back(user_id: int) -> None:
    """Take back all that a person signs with: whatever ends his sessions ends it."""
    db.session.execute(beside(delete(DeviceKey).where(DeviceKey.user_id == user_id), SECRETS))


def forget_old(days: int) -> None:
    """Remove keys that have vouched for nothing new for so many days: what they signed is judged as any late paper."""
    db.session.execute(beside(delete(DeviceKey).where(DeviceKey.seen_at < utcnow() - timedelta(days=days)), SECRETS))
