"""Lines of a list that are dated in closed months: refused from who may not adjust stocks there, else asked."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import or_, select

from core.contract.words import _
from core.data.access import current
from core.imports.importer import Refusal, Report
from plugins.elmis.history.naming import Names
from plugins.elmis.history.staged import S
from plugins.elmis.ledger import months, rules
from plugins.elmis.ledger.book import read
from plugins.elmis.ledger.received import TOLD, some


def judge(found: Names, report: Report) -> None:
    """Put into the report what is refused of closed months, and a question about each of the others."""
    shelves = [row.id for row in found.reasons.values() if rules.SHELVES & {row.from_kind, row.to_kind}]
    new = (found.stage.new, or_(S.counts == 1, S.reason_id.in_(shelves)), S.day < found.today.replace(day=1))
    places: dict[date, set[int]] = defaultdict(set)
    for facility_id, day in read(select(S.facility_id, S.day).where(*new).distinct()):
        places[day.replace(day=1)].add(facility_id)
    found.past, found.shut = frozenset(places), frozenset(months.closed(places))
    late = set().union(*(places[month] for month in found.shut))
    allowed = {place.id: months.may_enter(place) for place in found.places.values() if place.id in late}
    for month in sorted(found.shut) if current().user_id is not None else ():
        here = (*new, S.day >= month, S.day < month + relativedelta(months=1))
        for line, day in _lines(here, {each for each in places[month] if not allowed[each]}):
            report.add(Refusal(line, "date", f"{day:%d/%m/%Y}", months.refusal(month)))
        if lines := [line for line, _day in _lines(here, {each for each in places[month] if allowed[each]})]:
            words = _("%(why)s Lines: %(lines)s.", why=months.question(month), lines=some(lines[:TOLD], len(lines)))
            report.ask("closed_month", words, about=f"{month}/{lines}", field="date")


def _lines(which: Sequence[Any], places: set[int]) -> Sequence[Any]:
    """Return (line, day) of the lines of some facilities."""
    query = select(S.line, S.day).where(*which, S.facility_id.in_(places)).order_by(S.line)
    rows: Sequence[Any] = read(query).all() if places else ()
    return rows
