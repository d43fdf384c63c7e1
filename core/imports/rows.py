"""The importer of a noun whose lines are its rows: found by their key, made anew or changed, never taken away."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, tuple_

from core.contract.words import _
from core.data.access import current
from core.data.codes import key_of
from core.data.db import db
from core.data.errors import Invalid, Refused
from core.facilities.models import Facility
from core.imports import parse
from core.imports.importer import Field, Importer, Report, Row, batches

PLACE = "facility_code"  # the field, and the column of lists, that names the facility of a row
Line = tuple[Row, Any, Any]  # a line, its facility (None where the noun has none), and the row that is stored


def codes_of(model: Any) -> dict[str, int]:
    """Return {key of a code: id} of what is stored."""
    return {key_of(code): id_ for code, id_ in db.session.execute(select(model.code, model.id))}


def kind_of(row: Row, known: Any, names: Sequence[str]) -> str:
    """Return whether a line is new, changes what is known, or says the same; an empty cell says nothing."""
    if known is None:
        return "new"
    differs = any(row[name] is not None and row[name] != getattr(known, name) for name in names)
    return "changed" if differs else "same"


def place_of(
    row: Row, field: str, right: str, known: dict[str | None, Facility | None], report: Report,
    otherwise: Callable[[], Facility | None] = lambda: None,
) -> Facility | None:  # fmt: skip
    """Return the facility that a line names by its code, or what an empty cell stands for; None, and refused, where
    there is none, or it lies outside this person's right. Each code is looked up once, and stays in `known`."""
    code = row[field]
    if code not in known:
        query = select(Facility).where(Facility.code_key == key_of(code or ""))
        known[code] = db.session.scalar(query) if code else otherwise()
    place = known[code]
    if place is None:
        report.refuse(row, field, _("No facility has the code %(code)s.", code=code or ""))
    elif not current().can(right, place):
        report.refuse(row, field, _("This lies outside your rights."))
        return None
    return place


@dataclass
class Rows:
    """How the lines of a list become rows of `model`: by `add` (a new one: it takes the facility, where the model has
    one, and the values) and `change` (a stored one and the values that the line gives)."""

    model: Any
    names: Sequence[str]
    key: Sequence[str]
    permission: str
    add: Callable[..., Any]
    change: Callable[..., Any]
    places: dict[str | None, Facility | None] = field(default_factory=dict)

    def prepare(self, rows: Iterator[Row], report: Report) -> None:
        """Count what is new, changed or the same; places that are unknown or outside one's rights are refused."""
        self.places.clear()
        for row, _place, known in self._found(rows, report):
            report.count(kind_of(row, known, self.names), row)

    def apply(self, plan: None, rows: Iterator[Row], report: Report) -> None:
        """Store all lines; an empty cell never erases what is stored. What a service refuses is told of its line."""
        for row, place, known in self._found(rows, report):
            values = {name: row[name] for name in self.names if row[name] is not None}
            try:
                if known is None:
                    self.add(*(() if place is None else (place,)), **values)
                elif kind_of(row, known, self.names) == "changed":
                    self.change(known, **values)
            except Invalid as error:
                for name, words in error.errors.items():
                    report.refuse(row, name, words)
            except Refused as error:
                report.refuse(row, error.field or self.key[-1], error.message)

    @property
    def placed(self) -> bool:
        """Return whether each row belongs to a facility."""
        return hasattr(self.model, "facility_id")

    def _found(self, rows: Iterator[Row], report: Report) -> Iterator[Line]:
        for batch in batches(rows):
            here = [(row, self._place(row, report)) for row in batch] if self.placed else [(row, None) for row in batch]
            fit = [(row, place) for row, place in here if place is not None or not self.placed]
            known = self._stored(fit)
            yield from ((row, place, known.get(self._key(row, place))) for row, place in fit)

    def _key(self, row: Row, place: Facility | None) -> tuple[Any, ...]:
        return (*(() if place is None else (place.id,)), *(row[name] for name in self.key))

    def _stored(self, lines: Sequence[tuple[Row, Any]]) -> dict[tuple[Any, ...], Any]:
        """Return the rows that some lines speak of, by their keys, in one statement."""
        columns = [getattr(self.model, name) for name in (*(("facility_id",) if self.placed else ()), *self.key)]
        keys = {self._key(row, place) for row, place in lines}
        found = db.session.scalars(select(self.model).where(tuple_(*columns).in_(keys))) if keys else ()
        return {tuple(getattr(one, column.key) for column in columns): one for one in found}

    def _place(self, row: Row, report: Report) -> Facility | None:
        return place_of(row, PLACE, self.permission, self.places, report)


def of_rows(
    model: Any, fields: Sequence[Field], key: Sequence[str], permission: str, add: Callable[..., Any],
    change: Callable[..., Any], example: Mapping[str, str],
) -> Importer:  # fmt: skip
    """Return the importer of a noun. `key` are the fields by which a line finds its row, within its facility where the
    model has a `facility_id`: then each line names it by its code. `add` and `change` are services, as verbs call them.
    """
    rows = Rows(model, [each.name for each in fields], key, permission, add, change)
    place = Field(PLACE, _("Facility code"), parse.text(40), required=True, aliases=["code structure", "facility"])
    return Importer(
        [place, *fields] if rows.placed else fields, [PLACE, *key] if rows.placed else key, permission, rows.prepare,
        rows.apply, example=example,
    )  # fmt: skip
