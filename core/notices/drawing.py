"""The words of a notice, in the language of whoever reads it now; of what he may no longer read, none."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from core.contract.plugins import notice_kinds
from core.contract.ports import Words
from core.contract.words import _
from core.data.calendar import local
from core.notices import services
from core.notices.models import Notice

GONE = _("This no longer concerns you")


@dataclass(frozen=True)
class Drawn:
    """A notice as it is shown."""

    id: int
    kind: str
    title: Words
    line: Words
    at: datetime
    read: bool
    icon: str = "bell"
    urgent: bool = False
    open: bool = True  # there is a page that it leads to


def drawn(rows: Collection[Notice]) -> list[Drawn]:
    """Return some notices of this person, in their order."""
    there = services.readable(rows)
    return [_drawn(row, row.id in there) for row in rows]


def _drawn(row: Notice, there: bool) -> Drawn:
    kind = notice_kinds().get(row.kind)
    if kind is None or not there:
        return Drawn(row.id, row.kind, GONE, "", row.at, row.read_at is not None, open=False)
    title, line = kind.said(services.event_of(row))
    return Drawn(row.id, row.kind, title, line, row.at, row.read_at is not None, kind.icon, kind.urgent)


def by_day(found: Sequence[Drawn]) -> list[tuple[date, list[Drawn]]]:
    """Return (day, notices) of the days, in the facilities' time, in the order of the notices."""
    days: dict[date, list[Drawn]] = {}
    for one in found:
        days.setdefault(local(one.at).date(), []).append(one)
    return list(days.items())
