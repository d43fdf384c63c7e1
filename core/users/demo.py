"""The accounts of the demonstration, as long as they still have its password."""

from functools import lru_cache

from sqlalchemy import select

from core.data.bulk import read_beside
from core.users.accounts.models import User
from core.users.data.people import PEOPLE
from core.users.signin import passwords

PASSWORD = "les collines au matin"  # noqa: S105 (of the demonstration alone; printed at its start)


@lru_cache(maxsize=100)
def _is_ours(password_hash: str) -> bool:
    return passwords.fits(password_hash, PASSWORD)


def accounts() -> list[dict[str, str]]:
    """Return the accounts to try, each with the password they share; none where there is no demonstration."""
    wanted = [person.login for person in PEOPLE if person.shown]
    query = select(User.login, User.password_hash).where(User.active, User.login.in_(wanted))
    hashes = dict(read_beside(query, "the accounts of a demonstration are there for everybody").all())
    return [
        {"login": person.login, "password": PASSWORD, "name": person.name, "title": person.title}
        for person in PEOPLE
        if person.shown and person.login in hashes and _is_ours(hashes[person.login])
    ]
