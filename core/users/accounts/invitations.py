"""Links by which a person chooses a password, once and within the hour."""

import secrets
from datetime import timedelta

from sqlalchemy import delete, select

from core.contract.plugins import permissions
from core.contract.words import _
from core.data import audit
from core.data.access import current
from core.data.bulk import beside
from core.data.db import db, utcnow
from core.data.errors import Refused
from core.users.accounts.models import Invitation, User
from core.users.accounts.services import editable
from core.users.rights import rules
from core.users.rights.access import access_of
from core.users.signin import passwords, sessions
from core.users.signin import services as signin
from core.users.signin.tokens import hash_token

INVITATION = timedelta(minutes=60)


def invite(user_id: int) -> str:
    """Return the token of a one-time link to choose a password; earlier links no longer work."""
    user = editable(user_id)
    if not user.active:
        raise Refused(_("This account is closed. Open it first."))
    if user.service:
        raise Refused(_("A service account never signs in: make it a token."))
    earlier = delete(Invitation).where(Invitation.user_id == user_id)
    db.session.execute(beside(earlier, "the line of the new link says it"))
    token = secrets.token_urlsafe(32)
    made = Invitation(token_hash=hash_token(token), user_id=user_id, expires_at=utcnow() + INVITATION)
    made.maker_id = current().user_id
    db.session.add(made)
    audit.note("invitation", "core.user", user_id, user.facility_id)
    return token


def invited(token: str) -> User | None:
    """Return the person whom a link invites, or None when it was used, replaced or is too old.

    It is no link any more when its maker could not make it now: the person's rights grew, or his own shrank.
    """
    query = select(User).join(Invitation, Invitation.user_id == User.id)
    found: User | None = db.session.scalar(
        query.where(
            Invitation.token_hash == hash_token(token), Invitation.used_at.is_(None),
            Invitation.expires_at > utcnow(), User.active, ~User.service,
        )
    )  # fmt: skip
    return found if found is not None and _still_meant(found, hash_token(token)) else None


def _still_meant(user: User, token_hash: str) -> bool:
    maker_id = db.session.scalar(select(Invitation.maker_id).where(Invitation.token_hash == token_hash))
    if maker_id is None:
        return True
    maker = db.session.get(User, maker_id)
    if maker is None or not maker.active:
        return False
    access = access_of(maker, permissions())
    return access.can(rules.EDIT, user.facility) and rules.above(access, user.id)


def choose_password(token: str, judged: passwords.Judged) -> None:
    """Store the password that an invited person chose; the link works no more."""
    row = db.session.get(Invitation, hash_token(token), with_for_update=True)
    user = invited(token)
    if row is None or user is None:
        raise Refused(_("This link was used, or is older than one hour. Ask your administrator for a new one."))
    passwords.set_password(user, judged)
    row.used_at = utcnow()
    sessions.end_sessions(user.id)
    signin.forget_failures(user.login)
