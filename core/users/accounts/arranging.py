"""A person's own home page: which sections stand on it, and in which order; it comes with the person."""

from collections.abc import Iterable, Mapping
from typing import Any

from core.data.db import db
from core.users.accounts.models import User
from core.users.accounts.saved import own_account

MOST = 100  # sections


def arrange(sections: Iterable[Mapping[str, Any]]) -> User:
    """Return the person of this request, with the sections that are shown and the places that were given to them; those
    without a place come after, as their role has it."""
    person, said = own_account(), [one for one in sections if one["name"]][:MOST]
    person.home = {
        "order": {one["name"]: one["position"] for one in said if one["position"]},
        "hidden": [one["name"] for one in said if not one["shown"]],
    }
    db.session.flush()
    return person
