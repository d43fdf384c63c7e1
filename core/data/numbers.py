"""Numbers, once: gapless document numbers, one counter a kind, unit and year."""

from typing import Any

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from core.data.access import Internal
from core.data.bulk import beside
from core.data.db import Model, db, today, upsert


class Counter(Model):
    """The last number given; its row is locked until the transaction ends, so no gap is left."""

    __tablename__ = "core_counter"
    __scope__ = Internal()

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    unit: Mapped[int] = mapped_column(Integer, primary_key=True, default=0)
    year: Mapped[int] = mapped_column(Integer, primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


def next_number(kind: str, facility: Any = None, year: int | None = None) -> str:
    """Return the next number of a unit, e.g. "BL-2026-00404"; without a unit it is national."""
    year = year or today().year
    unit = 0 if facility is None else facility.id
    row = upsert(Counter).values(kind=kind, unit=unit, year=year, last=1)
    row = row.on_conflict_do_update(index_elements=["kind", "unit", "year"], set_={"last": Counter.last + 1})
    row = beside(row.returning(Counter.last), "the document that has the number is in the trail")
    last = db.session.connection().execute(row).scalar_one()
    return f"{kind}-{year}-{last:05d}"


def of_place(number: str, facility: Any) -> str:
    """Return a number that one place gave, as papers and the search name it: "BD-2026-00001/CDS-01".

    Each place counts its own slips and counts from 1, so that the number alone may stand on two papers.
    """
    return f"{number}/{facility.code}"


def without_place(text: str) -> tuple[str, str]:
    """Return (number, code of the place) of a number as `of_place` writes it; the code is empty where none is named."""
    number, _slash, code = text.strip().partition("/")
    return number.strip(), code.strip()
