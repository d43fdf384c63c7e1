"""Lines of a list that issue to a ward: held to what the page of an issue asks of its ward."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select

from core.contract.words import _
from core.imports.importer import Refusal, Report
from plugins.elmis.history.naming import Names
from plugins.elmis.history.staged import S
from plugins.elmis.ledger.book import read
from plugins.elmis.ledger.received import some
from plugins.elmis.ledger.wards import ISSUE, NO_WARD, doubt


def refuse(found: Names, report: Report) -> None:
    """Refuse new lines without a ward where the facility has wards: what they used would belong to nobody."""
    for line, facility_id, _ward in _lines(found, S.line, S.counterpart == ""):
        if found.wards(facility_id):
            report.add(Refusal(line, "counterpart", "", NO_WARD))


def ask(found: Names, report: Report) -> None:
    """Ask about names that no ward of the facility bears, where it has wards: each once, at its first line."""
    places = {place.id: place.name for place in found.places.values()}
    rows = _lines(found, func.min(S.line), S.counterpart != "", grouped=True)
    said = [
        (line, words) for line, facility_id, ward in rows
        if (words := doubt(places[facility_id], found.wards(facility_id), ward)) is not None
    ]  # fmt: skip
    if said:
        told = [_("line %(line)s: %(before)s", line=line, before=words) for line, words in said]
        words = _("Wards that are not known: %(lines)s Say yes when they are new ones.", lines=some(told))
        report.ask("ward", words, about=str([(line, str(each)) for line, each in said]), field="counterpart")


def _lines(found: Names, line: Any, *which: ColumnElement[bool], grouped: bool = False) -> Sequence[Any]:
    """Return (line, facility id, ward) of new lines that issue to a ward."""
    query = select(line, S.facility_id, S.counterpart).where(found.stage.new, S.counts == 0, *which)
    reason = found.reasons.get(ISSUE)
    if reason is None:
        return []
    query = query.where(S.reason_id == reason.id).order_by(line)
    rows: Sequence[Any] = read(query.group_by(S.facility_id, S.counterpart) if grouped else query).all()
    return rows
