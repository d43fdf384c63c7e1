"""Licences that lapse: told in good time to whoever holds one and to those who keep his file; once more when it is
near, and once more when it holds no longer."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core.contract.ports import Event, NoticeKind
from core.contract.words import _
from core.data.access import Access, acting
from core.data.db import db, today
from core.data.work import emit, unit_of_work
from core.users.directory.services import nearest
from plugins.hr.credentials.models import Licence
from plugins.hr.credentials.services import lapsing, soon
from plugins.hr.persons.models import Person
from plugins.hr.rights import CAREER

MACHINE = Access.system("hr.warn_of_licences")


def turns() -> list[int]:
    """Return how many days before its end a licence is told of; -1 is the day after it."""
    return [soon(), soon() // 3, -1]


def turn_of(row: Licence) -> int | None:
    """Return the turn that has come for a licence and was not told of yet, or None."""
    left = (row.last - today()).days
    now = min((turn for turn in turns() if left <= turn), default=None)
    return now if now is not None and (row.warned is None or now < row.warned) else None


def _due() -> Iterator[tuple[Licence, int]]:
    query = select(Licence).where(lapsing()).order_by(Licence.id)
    loads = selectinload(Licence.person).selectinload(Person.facility)
    for row in db.session.scalars(query.options(loads)):
        if (turn := turn_of(row)) is not None:
            yield row, turn


def anything_due() -> bool:
    """Return whether there is a licence to tell of."""
    with acting(MACHINE):
        return next(_due(), None) is not None


def warn() -> int:
    """Return how many licences were told of, each by a fact."""
    with unit_of_work(MACHINE):
        found = list(_due())
        for row, turn in found:
            row.warned = turn
            emit("hr.licence.lapsing", row, number=row.number, last=row.last.isoformat(), days=turn)
        return len(found)


def _concerned(_event: Event, row: Licence) -> list[int]:
    """Return the holder's account, and those nearest to where the file is kept who keep careers."""
    person: Any = row.person
    own = [person.user_id] if person.user_id is not None else []
    return [*own, *nearest(CAREER, person.facility.path)]


def _day(event: Event) -> str:
    return f"{date.fromisoformat(event.data['last']):%d/%m/%Y}"


NOTICES = [
    NoticeKind(
        "hr.licence.lapsing", _("A licence lapses"), ["hr.licence.lapsing"], who=_concerned,
        said=lambda event: (
            _("Licence %(number)s lapses", number=event.data["number"]), _("Its last day: %(day)s", day=_day(event))
        ),
        icon="file-text",
    )
]  # fmt: skip
