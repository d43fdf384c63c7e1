"""Who would be left without a place when a facility closes."""

from collections.abc import Iterator

from sqlalchemy import exists, select

from core.contract.ports import Obstacle
from core.contract.words import _, ngettext
from core.data.bulk import read_beside
from core.facilities.models import OPEN, Facility
from core.users.accounts.models import User
from core.users.rights.held import grants_or_coming

WHY = "whoever closes a facility is told whose only place it is, by name alone"
NAMED = 5  # people in the words of an obstacle


def closing(facility: Facility) -> Iterator[Obstacle]:
    """Yield the people who may sign in and work at no other open facility; they do not hold the closing up."""
    held = grants_or_coming()
    here = exists().where(held.c.user_id == User.id, held.c.facility_id == facility.id)
    other = exists().where(
        held.c.user_id == User.id, held.c.facility_id == Facility.id, Facility.id != facility.id,
        Facility.status == OPEN,
    )  # fmt: skip
    query = select(User.id, User.name, User.login).where(User.active, here, ~other).order_by(User.name, User.id)
    people = read_beside(query, WHY).all()
    if people:
        names = ", ".join(f"{row.name} ({row.login})" for row in people[:NAMED])
        names += ", …" if len(people) > NAMED else ""
        label = ngettext(
            "It is the only place of %(num)d person: %(names)s", "It is the only place of %(num)d people: %(names)s",
            len(people), names=names,
        )  # fmt: skip
        detail = _("Give them another place, or close their accounts. This alone does not keep it open.")
        if len(people) == 1:
            yield Obstacle(label, detail, "users.show", {"id": people[0].id}, _("Open"), holds=False)
        else:
            yield Obstacle(label, detail, "users.index", {"q": facility.name}, _("Open the list"), holds=False)
