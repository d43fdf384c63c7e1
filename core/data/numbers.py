"""Numbers, once: gapless document numbers, one counter a kind, unit and year; and the years that give none any more."""

from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, and_, bindparam, func, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column

from core.contract.plugins import number_series
from core.contract.ports import Words
from core.contract.series import FACILITY, LONGEST, MONTH, NEVER, RIGHT, NumberSeries
from core.contract.words import _
from core.data.access import Access, Internal, Open
from core.data.bulk import beside
from core.data.db import Model, UTCDateTime, db, today, upsert, utcnow
from core.data.errors import Refused
from core.data.settings import value_of

COUNTRY = text("facility_id IS NULL")


class Counter(Model):
    """The last number given; its row is locked until the transaction ends, so no gap is left."""

    __tablename__ = "core_counter"
    __scope__ = Internal()

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    unit: Mapped[int] = mapped_column(Integer, primary_key=True, default=0)  # a facility, or 0: the country
    year: Mapped[int] = mapped_column(Integer, primary_key=True)  # or month (202611); 0 of what never restarts
    last: Mapped[int] = mapped_column(Integer)


class Closing(Open):
    """Everyone signed in reads; closed is a year where the right is held, for the country by who holds it there."""

    def may_write(self, obj: Any, access: Access) -> bool:
        """Return whether the right is held at the place, or for the whole country."""
        return access.can_everywhere(RIGHT) if obj.facility_id is None else super().may_write(obj, access)


class ClosedYear(Model):
    """A year of a series in which no number is given any more: at a facility and all below it, or in the country."""

    __tablename__ = "core_closed_year"
    __entity__ = "core.closed_year"
    __scope__ = Closing("facility_id", write=RIGHT)
    __table_args__ = (
        Index(
            "uq_core_closed_year_series_year", "series", "year", unique=True, sqlite_where=COUNTRY,
            postgresql_where=COUNTRY,
        ),
        Index("uq_core_closed_year_series_year_facility_id", "series", "year", "facility_id", unique=True),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    series: Mapped[str] = mapped_column(String(80), info={"label": _("Numbers")})
    year: Mapped[int] = mapped_column(Integer, info={"label": _("Year")})
    facility_id: Mapped[int | None] = mapped_column(ForeignKey("core_facility.id"), index=True)
    closed_by: Mapped[str] = mapped_column(String(200), info={"label": _("Closed by"), "unshown": True})
    closed_at: Mapped[datetime] = mapped_column(
        UTCDateTime, default=utcnow, info={"label": _("Closed on"), "unshown": True}
    )

    @property
    def name(self) -> Words:
        """Return what people call it: the series and the year."""
        found = number_series().get(self.series)
        return f"{self.series if found is None else found.label} {self.year}"


def next_number(series: NumberSeries, facility: Any = None, on: date | None = None) -> str:
    """Return the next number of a series, e.g. "BL-2026-00404", for a paper of a day (today); of one that each place
    counts for itself, that of a facility. Refused in a year that was closed."""
    on = on or today()
    return _written(series, _count(series, facility, on), on, facility)


def next_numbers(series: NumberSeries, many: int, facility: Any = None, on: date | None = None) -> list[str]:
    """Return the next so many numbers of a series, counted by one statement; else as `next_number`."""
    on = on or today()
    last = _count(series, facility, on, many) if many else 0
    return [_written(series, number, on, facility) for number in range(last - many + 1, last + 1)]


def next_count(series: NumberSeries) -> int:
    """Return the next number of a bare series, as it is: 1, 2, 3 …"""
    return _count(series, None, today())


def _count(series: NumberSeries, facility: Any, on: date, many: int = 1) -> int:
    """Return the last of so many numbers that are counted further."""
    if number_series().get(series.name) is not series:
        raise LookupError(f"no plugin declares the numbers {series.name}: the hook numbers()")
    if (series.per == FACILITY) != (facility is not None):
        call = "with the facility" if series.per == FACILITY else "without a facility"
        raise ValueError(f"{series.name} is counted by {series.per}: call next_number {call}")
    row = {
        "kind": series.kind, "unit": 0 if facility is None else facility.id, "year": _turn(series, on), "last": many,
        "many": many, "named": series.name, "of": on.year, "above": _above(facility),
    }  # fmt: skip
    number, closed = db.session.connection().execute(_counting(db.engine.dialect.name), row).one()
    if closed:  # the number that was just counted goes back with the transaction
        raise _shut(series, on.year)
    return int(number)


@cache
def _counting(_dialect: str) -> Any:
    """Return the statement that counts further, and tells whether the year is closed; made when first needed."""
    row = upsert(Counter)
    row = row.on_conflict_do_update(
        index_elements=["kind", "unit", "year"], set_={"last": Counter.last + bindparam("many")}
    )
    own = ClosedYear.facility_id
    here = or_(own.is_(None), own.in_(bindparam("above", expanding=True)))
    shut = select(func.count()).select_from(ClosedYear)
    shut = shut.where(here, ClosedYear.series == bindparam("named"), ClosedYear.year == bindparam("of"))
    return beside(
        row.returning(Counter.last, shut.scalar_subquery()), "the document that has the number is in the trail"
    )


def _turn(series: NumberSeries, on: date) -> int:
    """Return what a counter is kept for: a year, a month of one, or for good."""
    return 0 if series.restarts == NEVER else on.year * 100 + on.month if series.restarts == MONTH else on.year


def closed_in(series: NumberSeries, facility: Any) -> Any:
    """Return the condition on the closed years of a series: those of the country, and of a facility and above it."""
    above, own = _above(facility), ClosedYear.facility_id
    return and_(ClosedYear.series == series.name, or_(own.is_(None), own.in_(above)) if above else own.is_(None))


def _above(facility: Any) -> list[int]:
    """Return the ids of a facility and of those above it."""
    return [] if facility is None else [int(part) for part in facility.path.strip("/").split("/")]


def _shut(series: NumberSeries, year: int) -> Refused:
    return Refused(
        _(
            "%(year)s is closed for “%(numbers)s”: it gives no number any more. Date the paper in a year that is open, "
            "or have this one opened again on the page “Document numbers”.",
            year=year, numbers=series.label,
        )
    )  # fmt: skip


def _written(series: NumberSeries, number: int, on: date, facility: Any) -> str:
    place = "" if facility is None else facility.code
    found = series.written(value_of(series.setting, facility), number, on, place)
    if len(found) > LONGEST:
        raise Refused(_("The number %(number)s is too long: its pattern has to be shortened.", number=found))
    return found


def of_place(number: str, facility: Any) -> str:
    """Return a number that one place gave, as papers and the search name it: "BD-2026-00001/CDS-01".

    Each place counts its own slips and counts from 1, so that the number alone may stand on two papers.
    """
    return f"{number}/{facility.code}"


def without_place(text: str) -> tuple[str, str]:
    """Return (number, code of the place) of a number as `of_place` writes it; the code is empty where none is named."""
    number, _slash, code = text.strip().partition("/")
    return number.strip(), code.strip()
