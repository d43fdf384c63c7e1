"""Making tokens, ending them, and knowing whose one is."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Update, bindparam, select, update
from sqlalchemy.orm import aliased

from core.api.tokens.models import OPEN, Token
from core.api.tokens.scope import narrowed
from core.contract.plugins import permissions
from core.contract.words import _
from core.data.access import Access, acting, current
from core.data.bulk import beside
from core.data.db import db, today, utcnow
from core.data.errors import NotAllowed, Refused
from core.facilities.models import Facility
from core.users.accounts import services as accounts
from core.users.accounts.models import User
from core.users.rights import access as people
from core.users.signin.tokens import hash_token

PREFIX = "amg_"
LONGEST = timedelta(days=365)
USE = "the last use of a token; the line beside says where it came from"
HOME, PLACE = aliased(Facility), aliased(Facility)
KNOWN = (
    select(Token, User, HOME, PLACE)
    .join(User, User.id == Token.user_id)
    .join(HOME, HOME.id == User.facility_id)
    .outerjoin(PLACE, PLACE.id == Token.facility_id)
    .where(Token.token_hash == bindparam("token"))
)


@dataclass(frozen=True)
class Bearer:
    """A program: its token, for whom it acts, and the place it works for."""

    token: Token
    user: User
    place: Facility
    path: str  # of the place that bounds it, "/" where none does


def find(token: str) -> Bearer | None:
    """Return whose token this is, whatever became of it; None for one that was never made."""
    row = db.session.execute(KNOWN, {"token": hash_token(token)}).first()
    return None if row is None else Bearer(row[0], row[1], row[3] or row[2], row[3].path if row[3] else "/")


def access_of(bearer: Bearer, held: Sequence[Any], request_id: str = "", origin: str = "") -> Access:
    """Return what a program may do by its token, of what the grants of its person give now."""
    known, token = permissions(), bearer.token
    access = people.access_of(bearer.user, known, request_id, origin, held)
    return by_token(access, token, bearer.path)


def by_token(access: Access, token: Token, path: str) -> Access:
    """Return the access of a person as far as a token has it; what he may only give, it may not."""
    grants = tuple(narrowed(access.grants, token.names, path, permissions()))
    return replace(access, grants=grants, gives=(), lent=(), token=token.name, token_id=token.id)


def make(person: User, name: str, rights: Collection[str], place: Facility | None, expires_on: date) -> str:
    """Return a new token for oneself, or for a service account that one may change; it is stored nowhere.

    Refused where it would open nothing.
    """
    if person.id != current().user_id:
        _refuse_for_others(person)
    access = people.access_of(person, permissions())
    path = place.path if place is not None else "/"
    if not rights or not set(rights) <= {name for name, _path in access.grants}:
        raise Refused(_("Choose rights that are held: a token has none of its own."), "names")
    if not narrowed(access.grants, rights, path, permissions()):
        raise Refused(_("None of these rights is held there."), "place")
    if not today() <= expires_on <= today() + LONGEST:
        raise Refused(_("Choose a day within a year."), "expires_on")
    token = PREFIX + secrets.token_urlsafe(32)
    made = Token(user=person, name=name.strip(), rights="\n".join(sorted(rights)), facility=place)
    made.token_hash, made.expires_on = hash_token(token), expires_on
    db.session.add(made)
    db.session.flush()
    return token


def _refuse_for_others(person: User) -> None:
    """Refuse a token of somebody else: what a program did by it would be told of a person who knows nothing of it."""
    accounts.editable(person.id)
    if not person.service and not current().everything:
        raise Refused(_("Each person makes his own tokens. A program of several people has a service account."))
    if not person.active:
        raise Refused(_("This account is closed. Open it first."))


def end_all(person: User) -> None:
    """End the tokens of an account that is closed: they do not come back with it."""
    mine = select(Token).where(Token.user_id == person.id, Token.ended_at.is_(None), Token.expires_on >= today())
    for token in db.session.scalars(mine):
        end(token)


accounts.WHEN_CLOSED["tokens"] = end_all


def end(token: Token) -> Token:
    """Return a token that opens nothing from now on."""
    if token.state != OPEN:
        raise Refused(_("This token opens nothing any more."))
    token.ended_at = utcnow()
    db.session.flush()
    return token


def used(bearer: Bearer, address: str) -> Update | None:
    """Return the statement that notes the day and the address of a use, None where both are known already."""
    token = bearer.token
    if (token.last_used_on, token.last_used_from) == (today(), address[:60]):
        return None
    seen = update(Token).where(Token.id == token.id).values(last_used_on=today(), last_used_from=address[:60])
    return beside(seen, USE)


def access_for(user_id: int | None, token_id: int | None) -> Access:
    """Return what a job may do that a person asked for, or a program by a token: NotAllowed once that is over."""
    access = people.access_for(user_id, permissions())
    if token_id is None:
        return access
    with acting(Access.system("job")):
        token = db.session.get(Token, token_id)
        if token is None or token.state != OPEN:
            raise NotAllowed(_("This token opens nothing any more."))
        return by_token(access, token, token.facility.path if token.facility is not None else "/")
