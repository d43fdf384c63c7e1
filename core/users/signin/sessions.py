"""The sessions that people work in: browsers that have signed in, and the place that each works for."""

import secrets
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Update, bindparam, delete, select, update
from sqlalchemy.orm import aliased

from core.contract.words import _
from core.data import audit
from core.data.bulk import beside
from core.data.db import UTCDateTime, db, utcnow
from core.data.errors import NotAllowed, Refused
from core.facilities.models import Facility
from core.notices.models import unread
from core.users.accounts.models import User
from core.users.rights.held import places
from core.users.signin import keys
from core.users.signin.models import LoginSession
from core.users.signin.tokens import hash_token

SESSIONS = "sessions, tries and links that end: the line of the act says it"
STEP_UP = timedelta(minutes=10)  # so long after password or code the grave things may be done


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
    """End the sessions of a person, except the one whose token is given, and what he signs with on devices."""
    keys.take_all_back(user_id)
    query = delete(LoginSession).where(LoginSession.user_id == user_id)
    query = query.where(LoginSession.token_hash != hash_token(keep)) if keep else query
    db.session.execute(beside(query, SESSIONS))


def sign_out(token: str, user_id: int) -> None:
    """End the one session of a token."""
    audit.note("sign-out", "core.user", user_id, db.session.get_one(User, user_id).facility_id)
    db.session.execute(beside(delete(LoginSession).where(LoginSession.token_hash == hash_token(token)), SESSIONS))


def renew(token: str) -> str:
    """Return the new token of a session whose person has just proved to be there; the old one is dead."""
    fresh = secrets.token_urlsafe(32)
    session = update(LoginSession).where(LoginSession.token_hash == hash_token(token))
    db.session.connection().execute(beside(session.values(token_hash=hash_token(fresh), proved_at=utcnow()), SESSIONS))
    return fresh


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


def require_place(person: User | None, facility_id: int) -> Facility:
    """Return a facility under a grant of a person; NotAllowed for any other."""
    facility = db.session.get(Facility, facility_id)
    if facility is None or person is None or not _works_at(person, facility):
        raise NotAllowed(_("You have no task at this facility."))
    return facility


def switch_place(token: str, user_id: int, facility_id: int) -> Facility:
    """Return the facility that this session works for from now on; it must lie under a grant."""
    facility = require_place(db.session.get(User, user_id), facility_id)
    query = update(LoginSession).where(LoginSession.token_hash == hash_token(token))
    db.session.execute(beside(query.values(place_id=facility.id), SESSIONS))
    return facility


HOME = aliased(Facility)
SIGNED_IN = (
    select(User, LoginSession, Facility, HOME, unread())
    .join(LoginSession, LoginSession.user_id == User.id)
    .join(HOME, HOME.id == User.facility_id)
    .outerjoin(Facility, Facility.id == LoginSession.place_id)
    .where(
        LoginSession.token_hash == bindparam("token"),
        LoginSession.user_version == User.version,
        User.active,
        ~User.service,
        LoginSession.seen_at > bindparam("seen", type_=UTCDateTime),
        LoginSession.created_at > bindparam("began", type_=UTCDateTime),
    )
)


def find_session(token: str, idle: timedelta, absolute: timedelta) -> tuple[User, LoginSession, Facility, int] | None:
    """Return the person and session of a token, the place it works for and how many notices wait to be read, or None
    when it is unknown or over."""
    now = utcnow()
    asked = {"token": hash_token(token), "seen": now - idle, "began": now - absolute}
    row = db.session.execute(SIGNED_IN, asked).first()
    return None if row is None else (row[0], row[1], row[2] or row[3], row[4])


def owner(token: str) -> int | None:
    """Return whose session a token is."""
    query = select(LoginSession.user_id).where(LoginSession.token_hash == hash_token(token))
    return db.session.connection().execute(query).scalar()


def seen_now(session: LoginSession) -> Update:
    """Return the statement that notes the use of a session."""
    seen = update(LoginSession).where(LoginSession.token_hash == session.token_hash).values(seen_at=utcnow())
    return beside(seen, SESSIONS)
