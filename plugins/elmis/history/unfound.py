"""Lines of a list that bring in what a later count of everything did not find."""

from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from core.contract.words import _
from core.facilities.models import Facility
from core.imports.importer import Report
from plugins.elmis.catalogue.models import Product
from plugins.elmis.counts.absent import COVERED, ends
from plugins.elmis.counts.models import Count
from plugins.elmis.history.naming import Names
from plugins.elmis.history.staged import NEW, S, Staged
from plugins.elmis.ledger.book import read
from plugins.elmis.ledger.models import Movement, Observation
from plugins.elmis.ledger.received import TOLD, some

M, SAW, C = Movement.__table__.c, Observation.__table__.c, Count.__table__.c


def ask(found: Names, report: Report) -> None:
    """Ask about lots that by the book and this file lay in a store when it was counted, and that the count did not
    find: whether it overlooked them."""
    mine = and_(found.stage.new, S.counts == 0, S.target_physical == 1)
    end = ends(select(S.target).where(mine)).c
    on_it = select(SAW.id).where(SAW.location_id == S.target, SAW.lot_id == S.lot, SAW.document == C.number)
    units = _units(end.day)
    query = (
        select(func.min(S.line).label("line"), S.target, S.lot, C.number, end.day, Product.code, Facility.name)
        .add_columns(units.label("units"))
        .join_from(Staged.__table__, Count.__table__, C.location_id == S.target)
        .join(end.day.table, and_(end.count_id == C.id, end.day >= S.day))
        .join(Product.__table__, and_(Product.id == S.product_id, COVERED))
        .join(Facility.__table__, Facility.id == C.facility_id)
        .where(mine, ~on_it.correlate(Staged.__table__, Count.__table__).exists())
        .group_by(S.target, S.lot, C.number, end.day, Product.code, Facility.name, S.batch)
        .order_by("line", end.day)
    )
    rows = [row for row in read(query) if row.units > 0]
    if rows:
        lots = found.written_lots()
        said = [
            _("line %(line)s: %(units)s of %(product)s, lot %(lot)s (%(count)s of %(day)s, %(facility)s)",
              line=row.line, units=row.units, product=row.code, lot=lots[row.lot], count=row.number,
              day=f"{row.day:%d/%m/%Y}", facility=row.name)
            for row in rows[:TOLD]
        ]  # fmt: skip
        words = _(
            "Everything was counted, and these lots were not there: %(lines)s. Say yes when the count overlooked them. "
            "Else add to the file what became of them before the count, or take the lines out.",
            lines=some(said, len(rows)),
        )
        report.ask("not_found", words, about=str([(row.line, row.number, row.units) for row in rows]), field="lot")


def _units(day: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return how many units of a line's lot lay in its store at the end of a day, by the book and the file."""
    file, sums = Staged.__table__.alias("file"), []
    new = and_(file.c.batch == S.batch, file.c.state == NEW, file.c.counts == 0, file.c.lot == S.lot, file.c.day <= day)
    for side, kept, sign in ((file.c.target, M.target_id, 1), (file.c.source, M.source_id, -1)):
        staged = select(func.sum(file.c.quantity)).where(new, side == S.target)
        booked = select(func.sum(M.quantity)).where(kept == S.target, M.lot_id == S.lot, M.occurred_on <= day)
        sums += [sign * func.coalesce(each.correlate_except(table).scalar_subquery(), 0)
                 for each, table in ((staged, file), (booked, Movement.__table__))]  # fmt: skip
    return sums[0] + sums[1] + sums[2] + sums[3]
