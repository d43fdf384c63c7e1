"""The trail by acts: what one person did at one moment is one entry, in the words of the trade, with its own page."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select

from core.contract.entities import Entity
from core.contract.plugins import entities
from core.data.db import db
from core.data.errors import Missing
from core.data.states import State
from core.data.trail import AuditEntry
from core.journal.closed import told
from core.journal.services import PAGE, Line, lines, narrowed, readable

LEADING = 8  # lines of an act among which the one is found that says best what was done
SHOWN = 100  # lines on a page of an act; a long import has thousands
HERE = AuditEntry.stream, AuditEntry.seq
LINES = "_line"  # the entity of a document's lines is named after the document's
Leading = tuple[AuditEntry, int]  # a line, and how many its act has


@dataclass(frozen=True)
class Act:
    """One act: the line that says best what was done, how many lines of its document it touched, how many entries
    of the trail it has, and (stream, seq) by which its page finds it."""

    main: Line
    lines: int
    number: int
    key: tuple[str, int]


def find(filters: Mapping[str, Any], before: str = "", which: Any = None) -> tuple[list[Act], str]:
    """Return the acts that this person may read, the latest first, and the moment before which there are more.

    The filters choose acts, not lines: an act is shown in the same words whoever looks for it, and where. `which` is
    the condition on lines that may be read in place of those under the right to read the trail.
    """
    own = None if which is None else and_(which, told())
    allowed = readable(filters.get("facility")) if own is None else own
    which = readable() if own is None else own
    moments = narrowed(select(AuditEntry.at).where(allowed), filters).distinct().order_by(AuditEntry.at.desc())
    if before:
        moments = moments.where(AuditEntry.at < before)
    ats = list(db.session.scalars(moments.limit(PAGE + 1)))
    more, ats = (ats[PAGE - 1] if len(ats) > PAGE else ""), ats[:PAGE]
    return _acts(_leading(ats, which), which), more


def of(stream: str, seq: int, page: int = 1) -> tuple[Act, Sequence[Line]]:
    """Return the act of a line, and a page of all its lines; Missing where this person may read none of them."""
    at = db.session.scalar(select(AuditEntry.at).where(AuditEntry.stream == stream, AuditEntry.seq == seq, readable()))
    if at is None:
        raise Missing(None)
    (act,) = _acts(_leading([at], readable()), readable())
    query = select(AuditEntry).where(readable(), AuditEntry.at == at).order_by(_rank(), *HERE)
    return act, lines(db.session.scalars(query.offset((page - 1) * SHOWN).limit(SHOWN)).all())


def _acts(leading: Sequence[Leading], which: Any) -> list[Act]:
    """Return the acts of some leading lines, which stand together by their moment."""
    drawn = zip(leading, lines([row for row, _number in leading]), strict=True)
    touched = _touched({row.at for row, _number in leading}, which)
    groups = (list(group) for _at, group in groupby(drawn, key=lambda pair: pair[0][0].at))
    return [_act(group, touched) for group in groups]


def _act(group: Sequence[tuple[Leading, Line]], touched: Mapping[tuple[str, str], int]) -> Act:
    (row, number), first = max(group, key=lambda pair: (*_weight(pair[1]), -pair[1].place))
    steps = [line for _leading, line in group if line.stepped and line.link == first.link] if first.stepped else []
    main = max(steps, key=lambda line: line.place, default=first)  # where a document took several, the last
    return Act(main, touched.get((row.at, main.entity + LINES), 0), number, (row.stream, row.seq))


def _touched(ats: Collection[str], which: Any) -> dict[tuple[str, str], int]:
    """Return {(moment, entity): rows} of the lines of documents that some acts touched."""
    number = func.count(AuditEntry.entity_id.distinct())
    query = select(AuditEntry.at, AuditEntry.entity, number).where(which, AuditEntry.at.in_(ats))
    query = query.where(AuditEntry.entity.endswith(LINES, autoescape=True)).group_by(AuditEntry.at, AuditEntry.entity)
    return {(at, entity): rows for at, entity, rows in db.session.execute(query)}


def _weight(line: Line) -> tuple[bool, bool, bool]:
    """Return how well a line says what was done: a document that took a step, then one that was made, then any."""
    document = line.link is not None
    return document and line.stepped, document and line.made, document


def _leading(ats: Sequence[str], which: Any) -> Sequence[Leading]:
    """Return (line, how many its act has) of the foremost lines of each moment, the latest moment first."""
    place = func.row_number().over(partition_by=AuditEntry.at, order_by=(_rank(), *HERE))
    number = func.count().over(partition_by=AuditEntry.at)
    ranked = select(*HERE, place.label("place"), number.label("number"))
    first = ranked.where(which, AuditEntry.at.in_(ats)).subquery()
    same = (AuditEntry.stream == first.c.stream) & (AuditEntry.seq == first.c.seq)
    query = select(AuditEntry, first.c.number).join(first, same).where(first.c.place <= LEADING)
    return [(row, number) for row, number in db.session.execute(query.order_by(AuditEntry.at.desc(), first.c.place))]


def _rank() -> ColumnElement[int]:
    """Return where a line stands among those of its act: steps of documents, other documents, then the rest."""
    paged = [each for each in entities() if each.endpoint]
    documents = AuditEntry.entity.in_([each.name for each in paged if _has_states(each)])
    changed = AuditEntry.action == "change"
    return case(
        (documents & changed, 0), (documents, 1), (AuditEntry.entity.in_([each.name for each in paged]), 2), else_=3
    )


def _has_states(entity: Entity) -> bool:
    return any(
        isinstance(word, State) for said in entity.words.values() if not callable(said) for word in said.values()
    )
