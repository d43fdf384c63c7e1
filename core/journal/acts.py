"""The trail by acts: what one person did at one moment is one entry, in the words of the trade, its lines folded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import func, select

from core.data.audit import AuditEntry
from core.data.db import db
from core.journal.services import PAGE, Line, lines, narrowed, readable

SHOWN = 40  # lines of an act on the page; a long import has thousands


@dataclass(frozen=True)
class Act:
    """One act: the line that says best what was done, all lines that are shown, and how many are not."""

    main: Line
    lines: Sequence[Line]
    hidden: int

    @property
    def number(self) -> int:
        """Return how many lines the act has left."""
        return len(self.lines) + self.hidden


def find(filters: Mapping[str, Any], before: str = "") -> tuple[list[Act], str]:
    """Return the acts that this person may read, the latest first, and the moment before which there are more."""
    allowed = readable(filters.get("facility"))
    moments = narrowed(select(AuditEntry.at).where(allowed), filters).distinct().order_by(AuditEntry.at.desc())
    if before:
        moments = moments.where(AuditEntry.at < before)
    ats = list(db.session.scalars(moments.limit(PAGE + 1)))
    more, ats = (ats[PAGE - 1] if len(ats) > PAGE else ""), ats[:PAGE]
    return [_act(group, number) for (_at, number), group in groupby(_first_lines(allowed, ats), key=_moment)], more


def _moment(found: tuple[str, int, Line]) -> tuple[str, int]:
    return found[:2]


def _first_lines(allowed: Any, ats: Sequence[str]) -> list[tuple[str, int, Line]]:
    """Return (moment, how many lines it has, line) of the first lines of each moment, the latest moment first."""
    place = func.row_number().over(partition_by=AuditEntry.at, order_by=(AuditEntry.stream, AuditEntry.seq))
    number = func.count().over(partition_by=AuditEntry.at)
    ranked = select(AuditEntry.stream, AuditEntry.seq, place.label("place"), number.label("number"))
    first = ranked.where(allowed, AuditEntry.at.in_(ats)).subquery()
    query = select(AuditEntry, first.c.number).join(
        first, (AuditEntry.stream == first.c.stream) & (AuditEntry.seq == first.c.seq)
    )
    query = query.where(first.c.place <= SHOWN).order_by(AuditEntry.at.desc(), AuditEntry.stream, AuditEntry.seq)
    rows = db.session.execute(query).all()
    drawn = lines([row for row, _number in rows])
    return [(row.at, number, line) for (row, number), line in zip(rows, drawn, strict=True)]


def _act(group: Any, number: int) -> Act:
    shown = [line for _at, _number, line in group]
    return Act(max(shown, key=_weight), shown, number - len(shown))


def _weight(line: Line) -> tuple[bool, bool, bool]:
    """Return how well a line says what was done: a document that took a step, then one that was made, then any."""
    document = line.link is not None
    return document and line.stepped, document and line.made, document
