"""Making and changing accounts. The scopes of `rights` guard every write."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core.contract.words import _
from core.data import audit
from core.data.access import current
from core.data.bulk import read_beside
from core.data.codes import key_of
from core.data.db import db
from core.data.errors import Missing, NotAllowed, Refused
from core.facilities.models import Facility
from core.users.accounts.models import User
from core.users.interims import services as interims
from core.users.rights import rules
from core.users.rights.models import Grant
from core.users.rights.periods import ENDED, state
from core.users.signin import factor, sessions

TAKEN = "a user name is taken whoever asks"
LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,79}")
WHEN_CLOSED: dict[str, Callable[[User], None]] = {}  # what ends with an account, told by the rooms that keep it


def get(user_id: int) -> User:
    """Return a user, or raise Missing."""
    user = db.session.get(User, user_id)
    if user is None:
        raise Missing(_("This user does not exist."))
    return user


def by_login(login: str) -> User:
    """Return a user by the name he signs in with, or raise Missing."""
    user = db.session.scalar(select(User).where(User.login == key_of(login)))
    if user is None:
        raise Missing(_("This user does not exist."))
    return user


def id_of(login: str) -> int | None:
    """Return the number of the user who signs in with a name, or None."""
    query = select(User.id).where(User.login == key_of(login))
    return read_beside(query, TAKEN).scalar()


def overview() -> list[dict[str, str]]:
    """Return login, name, roles with the codes of their places, and state of everybody, for the command line."""
    query = select(User).options(selectinload(User.grants).selectinload(Grant.role)).order_by(User.login)
    codes = dict(db.session.execute(select(Facility.id, Facility.code)).tuples().all())
    return [
        {
            "login": user.login,
            "name": user.name,
            "roles": ", ".join(_role(grant, codes) for grant in user.grants if state(grant) != ENDED),
            "state": "active" if user.active else "closed",
        }
        for user in db.session.scalars(query)
    ]


def _role(given: Any, codes: Mapping[int, str]) -> str:
    """Return a role with its place, and its days where it has any, for the command line."""
    days = [day.isoformat() if day else "" for day in (given.first_day, given.last_day)]
    return f"{given.role.code} ({' '.join([codes[given.facility_id], *(['/'.join(days)] if any(days) else [])])})"


def create(login: str, name: str, facility_id: int, email: str = "", phone: str = "") -> User:
    """Return a new user without password and without rights."""
    return _made(login, User(name=name.strip(), facility_id=facility_id, email=email.strip(), phone=phone.strip()))


def create_service(
    login: str, name: str, facility_id: int, purpose: str, contact: str, email: str = "", phone: str = ""
) -> User:  # fmt: skip
    """Return a new service account, without rights: it is no person, never signs in, and acts by tokens alone.

    `contact` is who answers for it, `email` and `phone` are theirs.
    """
    said = {"purpose": purpose, "contact": contact, "email": email, "phone": phone}
    texts = {column: text.strip() for column, text in said.items()}
    return _made(login, User(name=name.strip(), facility_id=facility_id, service=True, **texts))


def _made(login: str, user: User) -> User:
    name_of = key_of(login)
    if not LOGIN.fullmatch(name_of):
        raise Refused(_("Use 2 to 80 small letters, figures, points and dashes."), "login")
    if read_beside(select(User.id).where(User.login == name_of), TAKEN).first():
        raise Refused(_("This user name is taken."), "login")
    current().require(rules.EDIT, facility_of(user.facility_id))
    user.login = name_of
    db.session.add(user)
    db.session.flush()
    return user


def edit(user_id: int, **values: Any) -> User:
    """Return the user after changing name, e-mail, phone or facility, of a service account also what it is for and who
    answers for it; nothing else can be given."""
    user = editable(user_id)
    for column in ("name", "email", "phone", *(("purpose", "contact") if user.service else ())):
        if column in values:
            setattr(user, column, (values[column] or "").strip())
    if values.get("facility_id"):
        current().require(rules.EDIT, facility_of(values["facility_id"]))
        user.facility_id = values["facility_id"]
    db.session.flush()
    return user


def set_active(user_id: int, active: bool) -> User:
    """Return the user, who may sign in from now on, or no longer; open sessions and tokens end at once."""
    user = editable(user_id)
    if user.id == current().user_id:
        raise Refused(_("You cannot close your own account."))
    if not active:
        interims.end_those_of(user, str(_("Account closed")))
        for end in WHEN_CLOSED.values():
            end(user)
    with rules.an_administrator_stays():
        user.active = active
    sessions.end_sessions(user.id)
    return user


def end_sessions(user_id: int) -> User:
    """Return the user, whose open sessions are over."""
    user = editable(user_id)
    sessions.end_sessions(user.id)
    audit.note("sessions ended", "core.user", user.id, user.facility_id)
    return user


def remove_factor(user_id: int) -> User:
    """Return the user, whose lost second factor is removed; open sessions end."""
    user = editable(user_id)
    if user.id == current().user_id:
        raise Refused(_("Remove your own second factor in your profile."))
    factor.remove(user)
    sessions.end_sessions(user.id)
    return user


def editable(user_id: int) -> User:
    """Return a user whom this person may change: in his place, and with no right that he lacks."""
    user = get(user_id)
    current().require(rules.EDIT, user.facility)
    if not rules.above(current(), user.id):
        raise NotAllowed(_("This person holds rights that you do not hold; you may not change the account."))
    return user


def change_own(user_id: int, **values: str) -> User:
    """Return the person after changing what is his own to choose."""
    person = db.session.get(User, user_id)
    if person is None:
        raise NotAllowed(_("Please sign in."))
    for name in values.keys() & {"name", "email", "phone", "language", "theme", "density"}:
        setattr(person, name, values[name].strip())
    db.session.flush()
    return person


def facility_of(facility_id: int) -> Facility:
    """Return the facility of a number, or raise Refused."""
    facility = db.session.get(Facility, facility_id)
    if facility is None:
        raise Refused(_("Choose a facility."), "facility_id")
    return facility
