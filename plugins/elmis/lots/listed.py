"""What is wrong or unusual about the lots of a list: the same as on their pages."""

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import select

from core.contract.ports import Words
from core.contract.words import _
from core.data.codes import key_of
from core.data.db import db
from core.data.settings import value_of
from core.imports.importer import Report, Row
from plugins.elmis.catalogue.arriving import FIELDS, YEARS_AGO
from plugins.elmis.catalogue.limits import EXPIRY_YEARS
from plugins.elmis.catalogue.lotless import doubtful_number, whole_code
from plugins.elmis.catalogue.models import Lot, Product
from plugins.elmis.formulas.lots import ACTIVE
from plugins.elmis.ledger.received import TOLD, doubt
from plugins.elmis.lots.plausible import lost_by_vvm, of_lot, wrong_making

STATUS = _(
    "A list holds, recalls or releases no lot: do it on the page of the lot, with its reason, so that all who hold it "
    "are told. Leave this cell empty."
)


class LotDoubts:
    """What is asked about the lots of a list, each kind once."""

    def __init__(self) -> None:
        lotless = select(Product.code).where(~Product.has_lots)
        self.lotless = {key_of(code) for code in db.session.scalars(lotless)}
        self.years = value_of(EXPIRY_YEARS)
        self.found: dict[str, list[tuple[Row, Words]]] = defaultdict(list)

    def wrong(self, row: Row, known: Lot | None) -> tuple[str, Words] | None:
        """Return (field, why) when a line cannot be taken; take down what is unusual about it."""
        if row["status"] not in (None, known.status if known else ACTIVE):
            return "status", STATUS
        before = known.expiry if known else None
        expiry = row["expiry"] or before
        made_on = row["made_on"] or (known.made_on if known else None)
        has_lots = key_of(row["product"]) not in self.lotless
        if known is None and has_lots and (words := whole_code(row["number"])) is not None:
            return "number", words
        dated = row["made_on"] or row["expiry"]
        if dated and (wrong := wrong_making(made_on, expiry)) is not None:
            return wrong
        if known is None or expiry != before:
            unusual = of_lot(row["number"], expiry, before, has_lots, self.years)
            if YEARS_AGO in unusual:
                return FIELDS[YEARS_AGO], unusual[YEARS_AGO]
            self._note(row, unusual)
        if known is None and has_lots and (words := doubtful_number(row["number"], True)) is not None:
            self.found["lot_name"].append((row, words))
        if lost_by_vvm(row["vvm"], known.vvm if known else None):
            words = _("At VVM stage %(stage)s nobody may give out lot %(lot)s.", stage=row["vvm"], lot=row["number"])
            self.found["vvm"].append((row, words))
        return None

    def _note(self, row: Row, unusual: Mapping[str, Words]) -> None:
        for code, words in unusual.items():
            self.found[code].append((row, words))

    def ask(self, report: Report) -> None:
        """Put the questions that the lines raise into the report."""
        for code, rows in self.found.items():
            words = doubt(((row.line, why) for row, why in rows[:TOLD]), len(rows))
            about = f"{len(rows)}/{[(row['product'], row['number'], row['expiry']) for row, _words in rows[:TOLD]]}"
            field = "number" if code == "lot_name" else FIELDS.get(code, code)
            report.ask(code, words, about=about, field=field)
