"""Saved views: the address of a list, kept by a person under a name; it comes with the person, asked by no page."""

from urllib.parse import urlsplit

from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.data.errors import NotAllowed, Refused
from core.users.accounts.models import User

MOST = 20  # of one list


def save(name: str, address: str | None) -> str:
    """Return the address of a list that was kept under a name; one of the same name is replaced."""
    address = address or ""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or not parts.path.startswith("/") or parts.path.startswith(("//", "/\\")):
        raise Refused(_("This is no list of Amagara."))
    person = own_account()
    views = person.saved_views.get(parts.path, {}) | {name: parts.query}
    if len(views) > MOST:
        raise Refused(_("Keep at most %(most)s views of a list: remove one first.", most=MOST), field="name")
    person.saved_views = person.saved_views | {parts.path: views}
    db.session.flush()
    return address


def forget(name: str | None, path: str | None) -> str:
    """Return the path of a list, of which one view is kept no longer."""
    person, path = own_account(), path or "/"
    views = {other: query for other, query in person.saved_views.get(path, {}).items() if other != name}
    person.saved_views = {other: kept for other, kept in (person.saved_views | {path: views}).items() if kept}
    db.session.flush()
    return path


def own_account() -> User:
    """Return the person who is signed in, as a row to change; NotAllowed without one."""
    person = db.session.get(User, current().user_id or 0)
    if person is None:
        raise NotAllowed(_("Please sign in."))
    return person
