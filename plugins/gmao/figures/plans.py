"""The lists of what to do about it: what to replace, what lacks, what became of donations."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from flask import url_for

from core.contract.words import _, ngettext
from core.data.calendar import utcnow
from core.data.exact import rounded
from core.facilities.models import Facility
from core.web.columns import Column
from core.web.reckoned import Reckoned
from plugins.gmao.equipment.models import STATUSES
from plugins.gmao.figures import capacity, donors, replacing
from plugins.gmao.figures.capacity import Gap
from plugins.gmao.figures.donors import Gift
from plugins.gmao.figures.replacing import ENOUGH, LITTLE, Candidate
from plugins.gmao.figures.tables import ALL, NOW
from plugins.gmao.figures.words import Known, percent
from plugins.gmao.formulas.replacement import WEIGHTS
from plugins.gmao.formulas.survival import HORIZONS

TERMS = {
    "condition": _("Condition and failures"),
    "age": _("Age"),
    "cost": _("Maintenance cost"),
    "support": _("End of support"),
    "criticality": _("Criticality"),
}


def points(term: str, row: Candidate) -> Any:
    """Return the points of a term, None while they are not known."""
    found = row.points(term)
    return None if found is None else rounded(found, 1)


class ReplacementTable(Reckoned):
    """What stands at a place by its score for replacement, 0 to 100, with each term and what it came from."""

    entity = "gmao.equipment"
    columns = [
        Column("code", _("Tag"), value=lambda row: row.piece.code, kind="code",
               link=lambda row: url_for("equipment_figures.piece", id=row.piece.id, _anchor="replacement")),
        Column("type", _("Type"), value=lambda row: row.kind.label, facet=True),
        Column("least", _("Score from"), value=lambda row: rounded(row.least, 1), kind="number"),
        Column("most", _("Score to"), value=lambda row: rounded(row.most, 1), kind="number"),
        Column("facility", _("Facility"), value=lambda row: row.site.name, facet=True),
        *(
            Known(term, _("%(term)s (of %(weight)s)", term=label, weight=WEIGHTS[term]), value=partial(points, term),
                  kind="number", default=term != "cost", filed=True)
            for term, label in TERMS.items()
        ),
        Known("price", _("Replacement cost (FBu)"), value=lambda row: row.price, kind="money"),
        Column("known", _("Known"), value=lambda row: row.known, default=False, filed=True,
               facet={ENOUGH: _("Enough is known"), LITTLE: _("Too little is known")}),
        Column("status", _("Working order"), value=lambda row: row.piece.status, kind="state", facet=STATUSES,
               default=False, filed=True),
        Column("failures", _("Failures in 12 months"), value=lambda row: row.fact("condition", "failures"),
               kind="number", default=False, filed=True),
        Column("since", _("In service since"), value=lambda row: row.piece.past.since, kind="date", default=False,
               filed=True),
        Column("years", _("Useful life (years)"), value=lambda row: row.fact("age", "years"), kind="number",
               default=False, filed=True),
        Column("ends", _("Support until"), value=lambda row: row.fact("support", "ends"), kind="date", default=False,
               filed=True),
        Column("em", "EM", value=lambda row: row.kind.em, kind="number", default=False, filed=True),
    ]  # fmt: skip
    default_sort, pilled, rows_template = "-least", "known", "gmao/figures/replacement_rows.html"
    asks = {"facility": _("Place")}
    empty = (_("No equipment here"),)

    def __init__(self, place: Facility) -> None:
        self.place = place

    def computed(self) -> Sequence[Candidate]:
        """Return what stands here, the first to replace first."""
        return replacing.candidates(self.place, utcnow())

    def text(self, row: Candidate) -> str:
        """Return the words by which a piece is found."""
        return " ".join((row.piece.code, row.kind.label, row.piece.serial, row.site.name if row.site else ""))

    def cost(self) -> tuple[Decimal, int]:
        """Return what new ones for all that is chosen cost, and of how many nobody knows the price."""
        prices = [row.obj.price for row in self._fit]
        return sum((each for each in prices if each is not None), Decimal(0)), prices.count(None)


class CapacityTable(Reckoned):
    """What the norm asks for, what works, and what lacks, by area and type of equipment."""

    entity = "gmao.type"
    columns = [
        Column("place", _("Place"), value=lambda row: row.site.name, facet=True),
        Column("type", _("Type"), value=lambda row: row.kind.label, facet=True),
        Column("gap", _("Lacking"), value=lambda row: row.gap, kind="number"),
        Column("norm", _("Norm"), value=lambda row: row.norm, kind="number"),
        Column("working", _("Working pieces"), value=lambda row: row.working, kind="number"),
        Column("lacking", _("Facilities that lack some"), value=lambda row: row.lacking, kind="number"),
        Column("failed", _("Not working"), value=lambda row: row.failed, kind="number"),
        Column("unknown", _("Unknown"), value=lambda row: row.unknown, kind="number"),
        Column("lacks", _("Lacks"), value=lambda row: "some" if row.gap else "none", default=False,
               facet={"some": _("Something lacks"), "none": _("Nothing lacks")}),
        Column("type_code", _("Type (code)"), value=lambda row: row.kind.code, kind="code", default=False, filed=True),
    ]  # fmt: skip
    default_sort, pilled, size = "-gap", "lacks", 100
    asks = {"facility": _("Place")}
    empty = (_("No norm for these facilities"), _("Norms are known of health centres, district hospitals and stores."))

    def __init__(self, place: Facility) -> None:
        self.place = place
        self.columns = [self._placed(), *type(self).columns[1:4], self._working(), *type(self).columns[5:]]

    def _placed(self) -> Column:
        def link(row: Gap) -> str | None:
            if row.site.id == self.place.id:
                return None
            return url_for("equipment_figures.lacking", facility=row.site.id)

        return Column("place", _("Place"), value=lambda row: row.site.name, facet=True, link=link)

    @staticmethod
    def _working() -> Column:
        """Return the column that opens the pieces: on a phone two links of a row would lie too close."""

        def link(row: Gap) -> str:
            args = {"f.type": row.kind.label}
            return url_for("equipment_figures.pieces", facility=row.site.id, of=NOW, **args)  # type: ignore[arg-type]

        return Column("working", _("Working pieces"), value=lambda row: row.working, kind="number", link=link)

    def computed(self) -> Sequence[Gap]:
        """Return what each area has and lacks."""
        return capacity.gaps(self.place)

    def text(self, row: Gap) -> str:
        """Return the words by which a row is found."""
        return f"{row.site.name} {row.kind.label} {row.kind.code}"


def survived(years: int, row: Gift) -> Any:
    """Return the share that serves so many years, in percent."""
    return percent(next(each.share for each in row.after if each.years == years))


def at_risk(years: int, row: Gift) -> int:
    """Return how many pieces were seen for so many years."""
    return next(each.at_risk for each in row.after if each.years == years)


class GiftTable(Reckoned):
    """How much of what each donor gave serves after 1, 3 and 5 years."""

    entity = "gmao.equipment"
    columns = [
        Column("donor", _("Donor"), value=lambda row: row.donor),
        Column("counted", _("Pieces counted"), value=lambda row: row.counted, kind="number"),
        *(
            column
            for years in HORIZONS
            for column in (
                Known(f"after_{years}", ngettext("After %(num)d year (%%)", "After %(num)d years (%%)", years),
                      value=partial(survived, years), kind="number"),
                Column(f"seen_{years}", _("Seen %(years)s y.", years=years), value=partial(at_risk, years),
                       kind="number", default=False, filed=True),
            )
        ),
        Column("ended", _("No longer serving"), value=lambda row: row.ended, kind="number"),
        Column("left_out", _("Left out, a day is unknown"), value=lambda row: row.left_out, kind="number"),
    ]  # fmt: skip
    default_sort = "donor"
    asks = {"facility": _("Place")}
    empty = (_("No donation here"), _("What bears the name of a donor in the register stands here."))

    def __init__(self, place: Facility) -> None:
        self.place = place
        self.columns = [self._named(), *type(self).columns[1:]]

    def _named(self) -> Column:
        def link(row: Gift) -> str:
            args = {"f.donor": row.donor, "cols": "code,type,facility,status,state,donor"}
            return url_for("equipment_figures.pieces", facility=self.place.id, of=ALL, **args)  # type: ignore[arg-type]

        return Column("donor", _("Donor"), value=lambda row: row.donor, link=link)

    def computed(self) -> Sequence[Gift]:
        """Return what became of each donor's gifts."""
        return donors.gifts(self.place)

    def text(self, row: Gift) -> str:
        """Return the name of the donor."""
        return row.donor
