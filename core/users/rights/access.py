"""The access that a person's grants give, and that of a public page."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.contract.ports import Permission
from core.contract.words import _
from core.data.access import Access, acting
from core.data.db import db
from core.data.errors import NotAllowed
from core.users.accounts.models import User
from core.users.rights.held import held_by, own
from core.users.rights.rules import given_by, lent_by, usable


def at_the_door(label: str, user_id: int | None = None) -> Access:
    """Return the access of a public page: it knows the people, and writes for nobody but the person who is named."""
    return Access(user_id, label, (("core.user.view", "/"),), origin=label)


def access_of(
    user: User, known: Mapping[str, Permission], request_id: str = "", origin: str = "",
    held: Sequence[Any] | None = None,
) -> Access:  # fmt: skip
    """Return what a person may do; "elmis.*" in a role stands for every known permission of that prefix.

    `held` is what he holds, where it is read already.
    """
    held = held_by(user.id) if held is None else held
    grants = given_by(own(held), known, usable)
    gives = tuple(sorted(given_by(own(held), known) - grants))
    return Access(
        user.id, user.name, tuple(sorted(grants)), request_id=request_id, origin=origin, gives=gives,
        service=user.service, lent=lent_by(held, known), whole=frozenset(row.path for row in own(held) if row.whole),
    )  # fmt: skip


def access_for(user_id: int | None, known: Mapping[str, Permission]) -> Access:
    """Return what a person may do now, for a job of his; NotAllowed when he may no longer sign in."""
    if user_id is None:
        return Access.system("job")
    with acting(Access.system("job")):
        user = db.session.get(User, user_id)
    if user is None or not user.active:
        raise NotAllowed(_("This person may no longer sign in."))
    return access_of(user, known, origin="job")
