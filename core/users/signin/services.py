"""Signing in: password, code, and tries that are counted."""

from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import delete, func, select, update

from core.contract.words import _
from core.data import audit
from core.data.access import acting, current
from core.data.bulk import beside, read_beside
from core.data.codes import key_of
from core.data.db import db, utcnow
from core.data.errors import Refused
from core.users.accounts.models import Invitation, User
from core.users.accounts.services import change_own
from core.users.signin import factor, passwords
from core.users.signin.models import LoginAttempt, LoginSession
from core.users.signin.passwords import HASHER, Judged, fits, set_password
from core.users.signin.sessions import SESSIONS, end_sessions, renew, start_session

WINDOW, CODE_WINDOW = timedelta(minutes=15), timedelta(minutes=5)
TRIES_BY_LOGIN, TRIES_BY_ADDRESS, TRIES_BY_CODE = 10, 50, 5


@dataclass(frozen=True)
class Half:
    """A person whose password was right, and whose code is still to come."""

    user_id: int
    version: int


def sign_in(login: str, password: str, address: str, agent: str, device: str = "") -> str | Half | None:
    """Return the token of a new session, half a sign-in when a code is still to come, or None when nothing fits.

    Raises Refused after too many tries. A failure is counted and audited in the same transaction. Tries in a browser
    where this person has signed in before are counted for themselves: strangers cannot lock him out.
    """
    name = key_of(login)
    counted = f"DEVICE {device}" if device else name  # what is typed as a user name is small letters
    _refuse_too_many(counted, "" if device else address)
    user = db.session.scalar(select(User).where(User.login == name))
    if not fits(user.password_hash if user else "", password) or user is None or not user.active or user.service:
        db.session.add(LoginAttempt(login=counted[:90], address=address))
        audit.note("sign-in refused", "core.user", user.id if user else "", login=name[:90], address=address)
        return None
    forget_failures(counted)
    if HASHER.check_needs_rehash(user.password_hash):
        user.password_hash = HASHER.hash(passwords.normal(password))
        with acting(replace(current(), user_id=user.id)):  # it is his own to change
            db.session.flush()
    if factor.has(user.id):
        return Half(user.id, user.version)
    return _enter(user, address, agent)


def _enter(user: User, address: str, agent: str) -> str:
    seen = update(User).where(User.id == user.id).values(last_seen_at=utcnow())
    db.session.execute(beside(seen, "the line of the sign-in says it"))
    audit.note("sign-in", "core.user", user.id, user.facility_id, address=address)
    return start_session(user, address, agent)


def sign_in_by_code(half: Half, code: str, address: str, agent: str) -> str | None:
    """Return the token of a new session, or None when the code does not fit; Refused after too many tries."""
    user = db.session.get(User, half.user_id)
    if user is None or not user.active or user.version != half.version:
        raise Refused(_("Sign in again: too much time has passed, or your account was changed."))
    return _enter(user, address, agent) if code_fits(user, code, address) else None


def code_fits(user: User, code: str, address: str) -> bool:
    """Return whether a code of the second factor is right; a wrong one is counted and audited."""
    name = f"{user.login} CODE"  # what is typed as a user name is small letters: nobody counts here from outside
    _refuse_too_many(name, address, TRIES_BY_CODE, CODE_WINDOW)
    if factor.spend(user, code):
        forget_failures(name)
        return True
    db.session.add(LoginAttempt(login=name[:90], address=address))
    audit.note("code refused", "core.user", user.id, user.facility_id, address=address)
    return False


def prove(token: str, user_id: int, given: str, address: str) -> str | None:
    """Return the new token of this session after password or code was given again, or None when it is wrong."""
    user = change_own(user_id)
    asked = code_fits if factor.has(user_id) else _password_again
    return renew(token) if asked(user, given, address) else None


def _password_again(user: User, password: str, address: str) -> bool:
    """Return whether a person's password is right; a wrong one counts like a failed sign-in."""
    _refuse_too_many(user.login, address)
    if fits(user.password_hash, password):
        return True
    db.session.add(LoginAttempt(login=user.login, address=address))
    return False


def change_password(user_id: int, old: str, new: Judged, address: str, agent: str) -> str | None:
    """Return the token of this browser's new session, or None when the old password is wrong.

    A wrong one counts like a failed sign-in; a new password ends all other sessions.
    """
    person = change_own(user_id)
    if not _password_again(person, old, address):
        return None
    set_password(person, new)
    end_sessions(person.id)
    return start_session(person, address, agent)


def _refuse_too_many(login: str, address: str, tries: int | None = None, window: timedelta = WINDOW) -> None:
    for column, value, limit, since in (
        (LoginAttempt.login, login, tries or TRIES_BY_LOGIN, utcnow() - window),
        (LoginAttempt.address, address, TRIES_BY_ADDRESS, utcnow() - WINDOW),
    ):
        query = select(func.count()).select_from(LoginAttempt).where(column == value, LoginAttempt.at > since)
        if value and (db.session.scalar(query) or 0) >= limit:
            minutes = int(window.total_seconds() // 60)
            raise Refused(_("Too many tries. Wait %(num)s minutes, or ask your administrator for help.", num=minutes))


def forget_failures(login: str) -> None:
    """Forget the tries that failed for a name."""
    db.session.execute(beside(delete(LoginAttempt).where(LoginAttempt.login == login), SESSIONS))


def nobody_yet() -> bool:
    """Return whether no user was made yet: the sign-in page then tells how."""
    return read_beside(select(User.id).limit(1), "only whether there is anybody is told").first() is None


def forget_old(absolute: timedelta) -> int:
    """Remove sessions that are over, tries and links that no longer count; return how many sessions."""
    now = utcnow()
    db.session.execute(beside(delete(LoginAttempt).where(LoginAttempt.at < now - WINDOW), SESSIONS))
    db.session.execute(beside(delete(Invitation).where(Invitation.expires_at < now), SESSIONS))
    query = delete(LoginSession).where(LoginSession.created_at < now - absolute)
    return int(db.session.execute(beside(query, SESSIONS)).rowcount)  # type: ignore[attr-defined]
