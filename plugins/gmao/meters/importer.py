"""Readings come in from a list: from a logbook, or another system."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from core.contract.words import _
from core.data.access import current
from core.data.codes import key_of
from core.data.db import db
from core.imports import parse
from core.imports.importer import Field, Importer, Report, Row, batches
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.equipment.states import THERE
from plugins.gmao.formulas.meters import Shown
from plugins.gmao.meters import services
from plugins.gmao.meters.models import METERS, Reading
from plugins.gmao.rights import REPORT


@dataclass
class Plan:
    """The pieces that a file names, what their meters showed, and what is new."""

    pieces: dict[str, Equipment] = field(default_factory=dict)
    shown: dict[tuple[int, str], list[Shown]] = field(default_factory=dict)
    new: list[dict[str, Any]] = field(default_factory=list)


def prepare(rows: Iterator[Row], report: Report) -> Plan:
    """Return the readings that are new, in the order of their days; what cannot be is refused at its line and field."""
    plan, found = Plan(), []
    for batch in batches(rows):
        _look_up(batch, plan)
        found += [(row, piece) for row in batch if (piece := _piece(row, plan, report)) is not None]
    for row, piece in sorted(found, key=lambda pair: (pair[0]["read_on"], pair[0].line)):
        shown = plan.shown.setdefault((piece.id, row["unit"]), [])
        one = Shown(row["read_on"], row["value"], bool(row["replaced"]) and bool(shown))
        if one in shown or Shown(one.day, one.value, replaced=True) in shown:
            report.count("same", row)
        elif wrong := services.fault(shown, one, row["unit"]):
            report.refuse(row, "value", wrong)
        else:
            plan.shown[piece.id, row["unit"]] = services.placed(shown, one)
            facts = {"unit": row["unit"], "value": one.value, "read_on": one.day, "replaced": one.replaced}
            plan.new.append({"equipment": piece, "note": row["note"] or "", **facts})
            report.count("new", row)
    return plan


def _look_up(batch: Any, plan: Plan) -> None:
    """Load the pieces that some lines name, and what their meters showed, in two statements."""
    keys = {key_of(row["code"]) for row in batch} - set(plan.pieces)
    query = select(Equipment).where(Equipment.code_key.in_(keys)).options(selectinload(Equipment.facility))
    found = {row.code_key: row for row in db.session.scalars(query)}
    plan.pieces |= found
    plan.shown |= services.shown_of(row.id for row in found.values())


def _piece(row: Row, plan: Plan, report: Report) -> Equipment | None:
    piece = plan.pieces.get(key_of(row["code"]))
    if piece is None:
        report.refuse(row, "code", _("There is no piece with this tag."))
    elif not current().can(REPORT, piece.facility):
        report.refuse(row, "code", _("This lies outside your rights."))
    elif piece.state not in THERE:
        report.refuse(row, "code", _("It is lost or disposed of, or not here yet."))
    elif wrong := services.fault_of_day(piece, row["read_on"]):
        report.refuse(row, "read_on", wrong)
    else:
        return piece
    return None


def apply(plan: Plan, rows: Iterator[Row], report: Report) -> None:
    """Store the readings."""
    db.session.add_all(Reading(**facts, recorded_by=current().signed) for facts in plan.new)
    db.session.flush()


READINGS = Importer(
    [
        Field("code", _("Tag"), parse.text(10), required=True, aliases=["étiquette", "equipment"]),
        Field("unit", _("Meter"), parse.text(10), required=True, choices=lambda: METERS, aliases=["unité", "compteur"]),
        Field("value", _("Figure read"), parse.whole(0, services.MOST), required=True, aliases=["relevé", "index"]),
        Field("read_on", _("Read on"), parse.day, required=True, aliases=["date"]),
        Field("replaced", _("The meter was replaced"), parse.boolean),
        Field("note", _("Remarks"), parse.text(1000, lines=True, numbers=True), aliases=["observations"]),
    ],
    [],
    REPORT,
    prepare,
    apply,
    example={"code": "000001A", "unit": "km", "value": "45210", "read_on": "2026-03-31"},
)
