"""Ways of goods come in from a list."""

from collections.abc import Iterator

from core.contract.words import _
from core.data.db import db
from core.imports import parse
from core.imports.importer import Field, Importer, Report, Row
from plugins.elmis.orders.models import Route
from plugins.elmis.orders.shipping import KEEPING, open_ways
from plugins.elmis.requisitions.models import SET_UP

Ways = set[tuple[str, str]]


def prepare(rows: Iterator[Row], report: Report) -> Ways:
    """Return the ways that are there already."""
    known = open_ways()
    for row in rows:
        report.count("same" if (row["from_kind"], row["to_kind"]) in known else "new", row)
    return known


def apply(plan: Ways, rows: Iterator[Row], report: Report) -> None:
    """Store the ways that are new; a list ends none."""
    wanted = {(row["from_kind"], row["to_kind"]) for row in rows}
    db.session.add_all(Route(from_kind=one, to_kind=other) for one, other in sorted(wanted - plan))
    db.session.flush()


WAYS = Importer(
    fields=[
        Field("from_kind", _("Goes from"), parse.text(20), required=True, choices=lambda: KEEPING),
        Field("to_kind", _("Goes to"), parse.text(20), required=True, choices=lambda: KEEPING),
    ],
    key=["from_kind", "to_kind"],
    permission=SET_UP,
    prepare=prepare,
    apply=apply,
    example={"from_kind": "depot", "to_kind": "care"},
)
