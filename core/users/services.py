"""Signing in, passwords, and the access that a person's grants give."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, NewType

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Update, bindparam, delete, func, select, update
from sqlalchemy.orm import aliased

from core.contract.ports import Permission
from core.contract.words import _
from core.data import audit
from core.data.access import Access, acting, current
from core.data.bulk import beside, read_beside
from core.data.codes import key_of
from core.data.db import UTCDateTime, db, utcnow
from core.data.errors import NotAllowed, Refused
from core.facilities.models import Facility
from core.users import factor, passwords
from core.users.models import Grant, Invitation, LoginAttempt, LoginSession, User
from core.users.rights import given_by, held_by, usable
from core.users.tokens import hash_token

Judged = NewType("Judged", str)  # the hash of a password that was found strong enough
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
DUMMY = HASHER.hash(secrets.token_urlsafe())  # an unknown name costs the same time as a known one
WINDOW, CODE_WINDOW = timedelta(minutes=15), timedelta(minutes=5)
TRIES_BY_LOGIN, TRIES_BY_ADDRESS, TRIES_BY_CODE = 10, 50, 5
SESSIONS = "sessions, tries and links that end: the line of the act says it"
STEP_UP = timedelta(minutes=10)  # so long after password or code the grave things may be done


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
    if not fits(user.password_hash if user else "", password) or user is None or not user.active:
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
    return _renew(token) if asked(user, given, address) else None


def _password_again(user: User, password: str, address: str) -> bool:
    """Return whether a person's password is right; a wrong one counts like a failed sign-in."""
    _refuse_too_many(user.login, address)
    if fits(user.password_hash, password):
        return True
    db.session.add(LoginAttempt(login=user.login, address=address))
    return False


def _renew(token: str) -> str:
    """Return the new token of a session whose person has just proved to be there; the old one is dead."""
    fresh = secrets.token_urlsafe(32)
    session = update(LoginSession).where(LoginSession.token_hash == hash_token(token))
    db.session.connection().execute(beside(session.values(token_hash=hash_token(fresh), proved_at=utcnow()), SESSIONS))
    return fresh


def fits(password_hash: str, password: str) -> bool:
    """Return whether a password is the one; without a hash it takes as long and is not."""
    try:
        return HASHER.verify(password_hash or DUMMY, passwords.normal(password))
    except (VerificationError, InvalidHashError):
        return False


def _refuse_too_many(login: str, address: str, tries: int | None = None, window: timedelta = WINDOW) -> None:
    for column, value, limit, since in (
        (LoginAttempt.login, login, tries or TRIES_BY_LOGIN, utcnow() - window),
        (LoginAttempt.address, address, TRIES_BY_ADDRESS, utcnow() - WINDOW),
    ):
        query = select(func.count()).select_from(LoginAttempt).where(column == value, LoginAttempt.at > since)
        if value and (db.session.scalar(query) or 0) >= limit:
            minutes = int(window.total_seconds() // 60)
            raise Refused(_("Too many tries. Wait %(num)s minutes, or ask your administrator for help.", num=minutes))


def start_session(user: User, address: str, agent: str) -> str:
    """Return the token of a new session; only its hash is stored."""
    token = secrets.token_urlsafe(32)
    session = LoginSession(token_hash=hash_token(token), user_id=user.id, user_version=user.version)
    session.agent, session.address, session.place_id = agent[:200], address[:60], _last_place(user)
    db.session.add(session)
    return token


def _last_place(user: User) -> int | None:
    """Return where a person worked when the last session ended by itself; what was typed there is still there."""
    query = select(LoginSession.place_id).where(LoginSession.user_id == user.id).order_by(LoginSession.seen_at.desc())
    place = db.session.get(Facility, db.session.scalar(query.limit(1)) or 0)
    return place.id if place is not None and _works_at(user, place) else None


def _works_at(user: User, place: Facility) -> bool:
    return any(place.path.startswith(row.path) for row in places(user))


def end_sessions(user_id: int, keep: str | None = None) -> None:
    """End the sessions of a person, except the one whose token is given."""
    query = delete(LoginSession).where(LoginSession.user_id == user_id)
    query = query.where(LoginSession.token_hash != hash_token(keep)) if keep else query
    db.session.execute(beside(query, SESSIONS))


def sign_out(token: str, user_id: int) -> None:
    """End the one session of a token."""
    audit.note("sign-out", "core.user", user_id, db.session.get_one(User, user_id).facility_id)
    db.session.execute(beside(delete(LoginSession).where(LoginSession.token_hash == hash_token(token)), SESSIONS))


def nobody_yet() -> bool:
    """Return whether no user was made yet: the sign-in page then tells how."""
    return read_beside(select(User.id).limit(1), "only whether there is anybody is told").first() is None


def forget_failures(login: str) -> None:
    """Forget the tries that failed for a name."""
    db.session.execute(beside(delete(LoginAttempt).where(LoginAttempt.login == login), SESSIONS))


def change_own(user_id: int, **values: str) -> User:
    """Return the person after changing what is his own to choose."""
    person = db.session.get(User, user_id)
    if person is None:
        raise NotAllowed(_("Please sign in."))
    for name in values.keys() & {"name", "email", "phone", "language", "theme", "density"}:
        setattr(person, name, values[name].strip())
    db.session.flush()
    return person


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


def sessions_of(user_id: int) -> Sequence[LoginSession]:
    """Return the open sessions of a person, the latest used first."""
    query = select(LoginSession).where(LoginSession.user_id == user_id).order_by(LoginSession.seen_at.desc())
    return db.session.scalars(query).all()


def end_one(user_id: int, start: str) -> None:
    """End the session of a person whose stored hash begins so."""
    if len(start) < 16:
        raise Refused(_("This session is over already."))
    query = delete(LoginSession).where(LoginSession.user_id == user_id)
    db.session.execute(beside(query.where(LoginSession.token_hash.startswith(start, autoescape=True)), SESSIONS))


def recently_proved(session: LoginSession) -> bool:
    """Return whether password or code was given in this session a short while ago."""
    return session.proved_at > utcnow() - STEP_UP


def places(user: User) -> list[Facility]:
    """Return where a person works: his own facility and those of his grants."""
    query = select(Facility).join(Grant, Grant.facility_id == Facility.id).where(Grant.user_id == user.id)
    found = {row.id: row for row in (user.facility, *db.session.scalars(query.order_by(Facility.path)))}
    return list(found.values())


def switch_place(token: str, user_id: int, facility_id: int) -> Facility:
    """Return the facility that this session works for from now on; it must lie under a grant."""
    facility, person = db.session.get(Facility, facility_id), db.session.get(User, user_id)
    if facility is None or person is None or not _works_at(person, facility):
        raise NotAllowed(_("You have no task at this facility."))
    query = update(LoginSession).where(LoginSession.token_hash == hash_token(token))
    db.session.execute(beside(query.values(place_id=facility.id), SESSIONS))
    return facility


HOME = aliased(Facility)
SIGNED_IN = (
    select(User, LoginSession, Facility, HOME)
    .join(LoginSession, LoginSession.user_id == User.id)
    .join(HOME, HOME.id == User.facility_id)
    .outerjoin(Facility, Facility.id == LoginSession.place_id)
    .where(
        LoginSession.token_hash == bindparam("token"),
        LoginSession.user_version == User.version,
        User.active,
        LoginSession.seen_at > bindparam("seen", type_=UTCDateTime),
        LoginSession.created_at > bindparam("began", type_=UTCDateTime),
    )
)


def find_session(token: str, idle: timedelta, absolute: timedelta) -> tuple[User, LoginSession, Facility] | None:
    """Return the person and session of a token and the place it works for, or None when it is unknown or over."""
    now = utcnow()
    asked = {"token": hash_token(token), "seen": now - idle, "began": now - absolute}
    row = db.session.execute(SIGNED_IN, asked).first()
    return None if row is None else (row[0], row[1], row[2] or row[3])


def owner(token: str) -> int | None:
    """Return whose session a token is."""
    query = select(LoginSession.user_id).where(LoginSession.token_hash == hash_token(token))
    return db.session.connection().execute(query).scalar()


def seen_now(session: LoginSession) -> Update:
    """Return the statement that notes the use of a session."""
    seen = update(LoginSession).where(LoginSession.token_hash == session.token_hash).values(seen_at=utcnow())
    return beside(seen, SESSIONS)


def forget_old(absolute: timedelta) -> int:
    """Remove sessions that are over, tries and links that no longer count; return how many sessions."""
    now = utcnow()
    db.session.execute(beside(delete(LoginAttempt).where(LoginAttempt.at < now - WINDOW), SESSIONS))
    db.session.execute(beside(delete(Invitation).where(Invitation.expires_at < now), SESSIONS))
    query = delete(LoginSession).where(LoginSession.created_at < now - absolute)
    return int(db.session.execute(beside(query, SESSIONS)).rowcount)  # type: ignore[attr-defined]


def access_of(
    user: User, known: Mapping[str, Permission], request_id: str = "", origin: str = "",
    held: Sequence[Any] | None = None,
) -> Access:  # fmt: skip
    """Return what a person may do; "elmis.*" in a role stands for every known permission of that prefix.

    `held` are his grants, where they are read already.
    """
    held = held_by(user.id) if held is None else held
    grants = given_by(held, known, usable)
    gives = tuple(sorted(given_by(held, known) - grants))
    return Access(user.id, user.name, tuple(sorted(grants)), request_id=request_id, origin=origin, gives=gives)


def access_for(user_id: int | None, known: Mapping[str, Permission]) -> Access:
    """Return what a person may do now, for a job of his; NotAllowed when he may no longer sign in."""
    if user_id is None:
        return Access.system("job")
    with acting(Access.system("job")):
        user = db.session.get(User, user_id)
    if user is None or not user.active:
        raise NotAllowed(_("This person may no longer sign in."))
    return access_of(user, known, origin="job")


def judge(user: User, password: str) -> Judged:
    """Return the hash of a new password that is strong enough; it takes time: ask before the turn to write."""
    passwords.check(password, user)
    return Judged(HASHER.hash(passwords.normal(password)))


def set_password(user: User, judged: Judged) -> None:
    """Store a new password and end the person's other sessions."""
    user.password_hash = judged
    user.version += 1
