"""Lines of a list that are dated on the day of a count: only a person knows whether their goods moved before it."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import and_, select

from core.contract.words import _
from core.data.db import local
from core.imports.importer import Report
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.counts.meeting import BEFORE, CHOICES, CODE
from plugins.elmis.counts.models import COUNTING, REVIEW, Count, CountLine
from plugins.elmis.history.naming import Names
from plugins.elmis.history.staged import NEW, S, Staged
from plugins.elmis.ledger.book import read
from plugins.elmis.ledger.models import Observation
from plugins.elmis.ledger.received import some

SAW = Observation.__table__.c


class Met(NamedTuple):
    """A line of a list and the count that it meets: its number, and when this lot was counted."""

    line: int
    place: int
    facility_id: int
    day: date
    number: str
    at: datetime
    product: str
    lot: str


def place(found: Names, report: Report) -> bool:
    """Ask of each count that the list meets whether its lines came before or after, and place them; return whether
    that is still open. What a figure means depends on it, so nothing else is judged before."""
    counts: dict[tuple[int, date, str], list[Met]] = defaultdict(list)
    for one in _met(found):
        counts[one.place, one.day, one.number].append(one)
    waits = False
    for key, lines in sorted(counts.items()):
        about = f"{'/'.join(map(str, key))}/{[one.line for one in lines]}"
        said = report.choose(CODE, _words(found, lines), CHOICES, about=about, field="date")
        waits = waits or not said
        if said == BEFORE:
            rows = [{"of": one.line, "moment": one.at - timedelta(microseconds=1)} for one in lines]
            found.stage.place(rows)
            found.placed |= {one.line for one in lines}
    return waits


def _words(found: Names, lines: list[Met]) -> Any:
    first, places = lines[0], {each.id: each.name for each in found.places.values()}
    said = (
        _("line %(line)s: %(product)s, lot %(lot)s", line=one.line, product=one.product, lot=one.lot) for one in lines
    )
    return _(
        "These lines are of the day of a count at %(facility)s (%(number)s, counted on %(moment)s): %(lines)s. Had "
        "their goods moved before the count, or after it? If some came before and others after, bring them in with "
        "two files.",
        facility=places[first.facility_id], number=first.number or _("count"),
        moment=_moment(first), lines=some(said),
    )  # fmt: skip


def _moment(one: Met) -> str:
    """Return when it was counted; of a count that was imported itself, only the day is known."""
    at = local(one.at)
    return f"{at:%d/%m/%Y %H:%M}" if at.date() == one.day else f"{one.day:%d/%m/%Y}"


def _met(found: Names) -> list[Met]:
    """Return the new movements of a list that stand on the day on which their lot was counted in their store, each with
    the last such count, posted or on a sheet that is still open."""
    moves = and_(found.stage.mine, S.state == NEW, S.counts == 0)
    columns = (S.line, S.place, S.facility_id, S.day)
    seen = (
        select(*columns, SAW.document, SAW.counted_at, Product.code, Lot.number)
        .join_from(Staged.__table__, Observation.__table__, and_(
            SAW.location_id == S.place, SAW.lot_id == S.lot, SAW.counted_on == S.day,
        ))
    )  # fmt: skip
    line, count = CountLine.__table__.c, Count.__table__.c
    typed = (
        select(*columns, count.number, line.counted_at, Product.code, Lot.number)
        .join_from(Staged.__table__, CountLine.__table__, line.lot_id == S.lot)
        .join(Count.__table__, and_(count.id == line.count_id, count.location_id == S.place))
        .where(count.state.in_((COUNTING, REVIEW)), line.counted_at.is_not(None))
    )
    last: dict[int, Met] = {}
    for query in (seen, typed):
        named = query.join(Lot.__table__, Lot.id == S.lot).join(Product.__table__, Product.id == S.product_id)
        for one in (Met(*row) for row in read(named.where(moves))):
            of_the_day = query is seen or local(one.at).date() == one.day
            if of_the_day and (one.line not in last or last[one.line].at < one.at):
                last[one.line] = one
    return [last[number] for number in sorted(last)]
