"""Temperatures come in from a list: charts of many appliances that were typed into a sheet."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from core.contract.words import _
from core.data.access import current
from core.data.calendar import moment
from core.data.codes import key_of
from core.data.db import db
from core.data.errors import Refused
from core.imports import parse
from core.imports.importer import Field, Importer, Report, Row, batches
from core.imports.parse import Reading as How
from plugins.gmao.coldchain import services
from plugins.gmao.coldchain.models import TYPED, Reading, degrees
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.formulas import coldchain as formulas
from plugins.gmao.rights import REPORT

HALVES = {"morning": time(8), "matin": time(8), "evening": time(16), "soir": time(16)}
CLOCK = re.compile(r"(\d{1,2})[:hH](\d{2})?", re.ASCII)
Key = tuple[int, datetime]  # (id of the piece, moment)


def hour(text: str, how: How) -> time:
    """Return the hour of a cell: "8:00", "8h", "matin", "evening"; Refused for any other."""
    if (known := HALVES.get(text.strip().casefold())) is not None:
        return known
    found = CLOCK.fullmatch(text.strip())
    if found is None or int(found[1]) > 23 or int(found[2] or 0) > 59:
        raise Refused(_("Write the hour as 8:00, or morning or evening."))
    return time(int(found[1]), int(found[2] or 0))


@dataclass
class Plan:
    """The pieces that lines may name, what is recorded of them, and where a moment stood first."""

    pieces: dict[str, Equipment | None] = field(default_factory=dict)
    lines: dict[Key, int] = field(default_factory=dict)


def prepare(rows: Iterator[Row], report: Report) -> Plan:
    """Return what a list may name; what cannot be, and what contradicts a reading, is refused at its line."""
    plan = Plan()
    for batch in batches(rows):
        found = list(_lines(batch, plan, report))
        stored = _stored(found)
        for row, piece, one in found:
            known = stored[piece.id, one.at]
            if not known:
                report.count("new", row)
            elif one.celsius in known:
                report.count("same", row)
            else:
                words = _("%(degrees)s °C is recorded at this moment.", degrees=degrees(known[0]))
                report.refuse(row, "celsius", words)
    return plan


def apply(plan: Plan, rows: Iterator[Row], report: Report) -> None:
    """Store the readings that are new, and find what lies outside the limits."""
    plan.lines.clear()
    pieces: dict[int, Equipment] = {}
    readings: dict[int, list[formulas.Reading]] = defaultdict(list)
    for batch in batches(rows):
        found = list(_lines(batch, plan, report))
        stored = _stored(found)
        for _row, piece, one in found:
            if not stored[piece.id, one.at]:
                pieces[piece.id] = piece
                readings[piece.id].append(one)
    for id_, new in readings.items():
        services.take(pieces[id_], sorted(new), TYPED, str(report.facts.get("file", "")))


def _lines(batch: Sequence[Row], plan: Plan, report: Report) -> Iterator[tuple[Row, Equipment, formulas.Reading]]:
    """Yield the lines that can be read, each with its piece and its reading."""
    _learn(batch, plan)
    for row in batch:
        piece = plan.pieces[key_of(row["code"])]
        if piece is None:
            report.refuse(row, "code", _("There is no piece with this tag."))
        elif not services.watched(piece):
            report.refuse(row, "code", _("No temperatures are kept of this piece."))
        elif not current().can(REPORT, piece.facility):
            report.refuse(row, "code", _("This lies outside your rights."))
        elif (one := _reading(row, piece, plan, report)) is not None:
            yield row, piece, one


def _learn(batch: Sequence[Row], plan: Plan) -> None:
    asked = {key_of(row["code"]) for row in batch} - plan.pieces.keys()
    query = select(Equipment).where(Equipment.code_key.in_(asked))
    plan.pieces |= dict.fromkeys(asked) | {one.code_key: one for one in db.session.scalars(query)}


def _reading(row: Row, piece: Equipment, plan: Plan, report: Report) -> formulas.Reading | None:
    one = formulas.Reading(moment(row["on"], row["clock"]), row["celsius"])
    if (wrong := services.wrong(piece, *one)) is not None:
        report.refuse(row, *wrong)
        return None
    first = plan.lines.setdefault((piece.id, one.at), row.line)
    if first != row.line:
        report.refuse(row, "clock", _("Line %(line)s has this moment already.", line=first))
        return None
    return one


def _stored(found: Sequence[tuple[Row, Equipment, formulas.Reading]]) -> dict[Key, list[Any]]:
    """Return {piece and moment: temperatures} of what is recorded of some lines, on a chart or by a logger."""
    ids, moments = {piece.id for _row, piece, _one in found}, [one.at for _row, _piece, one in found]
    known: dict[Key, list[Any]] = defaultdict(list)
    if moments:
        query = select(Reading.equipment_id, Reading.at, Reading.celsius).where(Reading.equipment_id.in_(ids))
        for id_, at, celsius in db.session.execute(query.where(Reading.at.between(min(moments), max(moments)))):
            known[id_, at].append(celsius)
    return known


READINGS = Importer(
    [
        Field("code", _("Tag"), parse.text(10), required=True, aliases=["étiquette", "tag", "code équipement"]),
        Field("on", _("Day"), parse.day, required=True, aliases=["date", "jour"]),
        Field("clock", _("Hour"), hour, required=True, aliases=["heure", "time"]),
        Field(
            "celsius", _("Temperature (°C)"), parse.amount(Decimal(-90), Decimal(60)), required=True,
            aliases=["température", "temperature", "°C"],
        ),
    ],
    ["code", "on", "clock"],
    REPORT,
    prepare,
    apply,
    example={"code": "EQ-TAG", "on": "2026-11-01", "clock": "8:00", "celsius": "4,5"},
)  # fmt: skip
