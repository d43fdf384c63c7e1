"""An existing register comes in: pieces are found again by their tag, inventory number or serial number; what may be
here already is told, and asked once."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, tuple_

from core.contract.words import _
from core.data import own
from core.data.bulk import read_beside
from core.data.codes import key_of
from core.data.db import db
from core.data.search import folded
from core.facilities.models import Facility
from core.imports import parse
from core.imports.importer import Field, Importer, Report, Row, batches
from core.imports.own import COLUMN as OWN
from core.imports.rows import PLACE, place_of
from core.web.pages import number
from plugins.gmao.catalogue.models import EquipmentModel, EquipmentType, code_of
from plugins.gmao.equipment import services
from plugins.gmao.equipment.forms import BEGINNINGS, CONDITIONS
from plugins.gmao.equipment.models import CURRENCIES, ENERGIES, FUNDINGS, REASONS, UNKNOWN, Equipment, needs_reason
from plugins.gmao.equipment.services import DOUBLES, Facts
from plugins.gmao.equipment.states import SERVICE
from plugins.gmao.rights import EDIT

UNSURE, BATCH = "unsure", 500
PLAIN = (
    "serial", "inventory", "udi", "building", "room", "custodian", "energy", "funding", "donor", "project", "supplier",
    "cost_bif", "cost", "currency", "made_year", "received_on", "installed_on", "accepted_on", "in_service_on",
    "warranty_until", "contract", "contract_until", "note",
)  # fmt: skip
Twin = tuple[Any, ...]  # what tells pieces without a number apart: facility, type, model, room


@dataclass
class Plan:
    """What a file may name, and where what it says of new pieces stood first."""

    types: dict[str, EquipmentType] = field(default_factory=dict)
    models: dict[str, EquipmentModel] = field(default_factory=dict)
    places: dict[str | None, Facility | None] = field(default_factory=dict)
    lines: dict[tuple[str, ...], int] = field(default_factory=dict)
    unsure: int = 0


@dataclass
class Line:
    """A line of the file: its facility, what it says, the piece that it speaks of, and a piece that it may speak of."""

    row: Row
    place: Facility
    facts: Facts
    known: Equipment | None = None
    maybe: str = ""


def prepare(rows: Iterator[Row], report: Report) -> Plan:
    """Return what the file may name; all that cannot be is refused, and doubles are asked about."""
    plan = _plan()
    for batch in batches(rows):
        for line in _lines(batch, plan, report):
            piece = line.known or Equipment(facility=line.place)
            wrong = services.faults(piece, line.facts)
            kind = line.facts.get("type") or piece.type
            given = own.faults(Equipment.__entity__, kind.id, line.place.path, line.row.family(OWN), line.known is None)
            wrong |= {f"{OWN}{code}": words for code, words in given}
            for name, words in wrong.items():
                report.refuse(line.row, name, words)
            if not wrong:
                report.count(_outcome(line, plan), line.row, line.maybe)
    if plan.unsure:
        words = _(
            "%(n)s lines may speak of pieces that are here already. Enter them as new ones?", n=number(plan.unsure)
        )
        report.ask("doubles", words, about=str(plan.unsure))
    return plan


def _plan() -> Plan:
    types = list(db.session.scalars(select(EquipmentType)))
    plan = Plan({folded(one.label_fr): one for one in types} | {one.code_key: one for one in types})
    plan.models = {one.code_key: one for one in db.session.scalars(select(EquipmentModel))}
    return plan


def _outcome(line: Line, plan: Plan) -> str:
    if line.known is not None:
        return "changed" if _changes(line) else "same"
    plan.unsure += bool(line.maybe)
    return UNSURE if line.maybe else "new"


def apply(plan: Plan, rows: Iterator[Row], report: Report) -> None:
    """Store the pieces; an empty cell never erases what is stored."""
    plan.lines.clear()
    for batch in batches(rows, BATCH):
        lines = list(_lines(batch, plan, report))
        services.enter((line.place, _beginning(line)) for line in lines if line.known is None)
        for line in lines:
            if line.known is not None and _changes(line):
                services.change(line.known, own=line.row.family(OWN) or None, **line.facts)


def _changes(line: Line) -> bool:
    """Return whether a line says something new of the piece that it speaks of."""
    given = own.merged(Equipment.__entity__, line.known.own, line.row.family(OWN))  # type: ignore[union-attr]
    stored = {name: getattr(line.known, name) for name in line.facts}
    return stored != line.facts or given != line.known.own  # type: ignore[union-attr]


def _beginning(line: Line) -> Facts:
    """Return what is stored of a new piece, with its life and working order."""
    row = line.row
    status = row["status"] or UNKNOWN
    because = row["because"] if needs_reason(status) else None
    given = own.merged(Equipment.__entity__, {}, row.family(OWN))
    return {"state": row["state"] or SERVICE, "status": status, "because": because, "own": given, **line.facts}


def _lines(batch: Sequence[Row], plan: Plan, report: Report) -> Iterator[Line]:
    """Yield the lines that can be read, each with the piece that it speaks of."""
    read = [line for row in batch if (line := _read(row, plan, report)) is not None]
    known = _stored(read)
    twins = _twins(read)
    for line in read:
        if _find(line, known, plan, report):
            line.maybe = "" if line.known is not None or _numbered(line.row) else twins.get(_twin(line), "")
            yield line


def _read(row: Row, plan: Plan, report: Report) -> Line | None:
    place = place_of(row, PLACE, EDIT, plan.places, report)
    model = plan.models.get(key_of(code_of(row["maker"], row["model"]))) if row["model"] else None
    kind = plan.types.get(key_of(row["type_code"])) or plan.types.get(folded(row["type_code"] or ""))
    fits = True
    if row["type_code"] and kind is None:
        report.refuse(row, "type_code", _("There is no type with this code or name."))
        fits = False
    if row["model"] and model is None:
        report.refuse(row, "model", _("This maker has no such model here: add it, or leave maker and model empty."))
        fits = False
    if kind is None and model is None and not row["code"] and fits:
        report.refuse(row, "type_code", _("Say what it is: its type, or its maker and model."))
        fits = False
    if needs_reason(row["status"]) and row["because"] is None:
        report.refuse(row, "because", _("Choose the reason."))
        fits = False
    if not fits or place is None:
        return None
    facts = {name: row[name] for name in PLAIN if row[name] is not None}
    facts |= {"type": kind or model.type} if kind or model else {}  # type: ignore[union-attr]
    return Line(row, place, facts | ({"model": model} if model else {}))


def _numbered(row: Row) -> bool:
    return bool(row["code"] or row["inventory"] or row["serial"])


def _numbers(row: Row) -> list[tuple[str, ...]]:
    """Return by what a line names a piece, the surest first."""
    found: list[tuple[str, ...]] = [("code", key_of(row["code"]))] if row["code"] else []
    found += [("inventory", key_of(row["inventory"]))] if row["inventory"] else []
    return found + ([("serial", key_of(row["serial"]))] if row["serial"] else [])


def _stored(lines: Sequence[Line]) -> dict[tuple[str, ...], list[Equipment]]:
    """Return {what names it: the pieces that this person may see} in one statement."""
    asked = defaultdict[str, set[str]](set)
    for line in lines:
        for name, key in _numbers(line.row):
            asked[name].add(key)
    return named(asked)


KEYS: dict[str, Any] = {
    "code": Equipment.code_key, "inventory": Equipment.inventory_key, "serial": Equipment.serial_key,
}  # fmt: skip


def named(asked: Mapping[str, Collection[str]]) -> dict[tuple[str, ...], list[Equipment]]:
    """Return {(what names it, key): the pieces that this person may see} of some keys by what they are (see KEYS), in
    one statement."""
    conditions: list[ColumnElement[bool]] = [KEYS[name].in_(keys) for name, keys in asked.items() if keys]
    found: dict[tuple[str, ...], list[Equipment]] = {}
    for one in db.session.scalars(select(Equipment).where(or_(*conditions))) if conditions else ():
        for name, column in KEYS.items():
            if key := getattr(one, column.key):
                found.setdefault((name, key), []).append(one)
    return found


def _find(line: Line, known: dict[tuple[str, ...], list[Equipment]], plan: Plan, report: Report) -> bool:
    """Give the line the piece that it names, and say whether it can stand: one piece, here, of one line."""
    row = line.row
    for name in _numbers(row):
        kind = line.facts.get("type")
        fit = [one for one in known.get(name, ()) if name[0] != "serial" or kind is None or one.type_id == kind.id]
        if len(fit) > 1:
            report.refuse(row, name[0], _("%(n)s pieces bear this number: %(tags)s. Name one by its tag.",
                                          n=len(fit), tags=", ".join(one.code for one in fit[:3])))  # fmt: skip
            return False
        if fit:
            line.known = fit[0]
            break
        if name[0] == "code":
            report.refuse(row, "code", _("There is no piece with this tag. Leave it empty for a new one."))
            return False
    if line.known is not None and line.known.facility_id != line.place.id:
        report.refuse(row, PLACE, _("%(tag)s is at %(facility)s. Send it from there.", tag=line.known.code,
                                    facility=line.known.facility.name))  # fmt: skip
        return False
    return _first_of_its_name(line, plan, report)


def _first_of_its_name(line: Line, plan: Plan, report: Report) -> bool:
    """Return whether no earlier line of the file names the same piece."""
    for name in _numbers(line.row):
        key = (*name, str(line.facts["type"].id) if name[0] == "serial" and "type" in line.facts else "")
        first = plan.lines.setdefault(key, line.row.line)
        if first != line.row.line:
            report.refuse(line.row, name[0], _("Line %(line)s has this number already.", line=first))
            return False
    return True


def _twin(line: Line) -> Twin:
    model = line.facts.get("model")
    kind = line.facts.get("type")
    return line.place.id, kind and kind.id, model and model.id, key_of(line.row["room"])


def _twins(lines: Sequence[Line]) -> dict[Twin, str]:
    """Return {facility, type, model, room: tag of a piece without numbers that is like it} of lines without numbers."""
    asked = {_twin(line)[:2] for line in lines if not _numbered(line.row)}
    if not asked:
        return {}
    like = and_(Equipment.serial_key == "", Equipment.inventory_key == "")
    query = select(Equipment.code, Equipment.facility_id, Equipment.type_id, Equipment.model_id, Equipment.room)
    query = query.where(like, tuple_(Equipment.facility_id, Equipment.type_id).in_(asked))
    found = read_beside(query, DOUBLES)
    return {(one.facility_id, one.type_id, one.model_id, key_of(one.room)): one.code for one in found}


REGISTER = Importer(
    [
        Field(PLACE, _("Facility code"), parse.text(40), required=True, aliases=["code structure", "facility"]),
        Field("code", _("Tag"), parse.text(10), help=_("Empty for a new piece: it gets its tag here.")),
        Field("type_code", _("Type (code)"), parse.text(160, numbers=True),
              aliases=["type", "désignation", "equipement", "équipement"]),
        Field("maker", _("Maker"), parse.text(80, numbers=True), aliases=["marque", "fabricant"]),
        Field("model", _("Model"), parse.text(80), aliases=["modèle"]),
        Field("serial", _("Serial number"), parse.text(80), aliases=["n° de série", "numéro de série", "serial"]),
        Field("inventory", _("Former inventory number"), parse.text(60), aliases=["n° inventaire", "code inventaire"]),
        Field("udi", _("UDI or lot"), parse.text(120)),
        Field("state", _("Life"), parse.text(20), choices=lambda: BEGINNINGS),
        Field("status", _("Working order"), parse.text(20), choices=lambda: CONDITIONS, aliases=["état"]),
        Field("because", _("Because"), parse.text(20), choices=lambda: REASONS),
        Field("building", _("Building"), parse.text(80, numbers=True), aliases=["bâtiment"]),
        Field("room", _("Room or service"), parse.text(80, numbers=True), aliases=["salle", "service"]),
        Field("custodian", _("In whose care"), parse.text(120), aliases=["responsable", "détenteur"]),
        Field("energy", _("Energy"), parse.text(20), choices=lambda: ENERGIES),
        Field("funding", _("Paid by"), parse.text(20), choices=lambda: FUNDINGS),
        Field("donor", _("Donor"), parse.text(120), aliases=["bailleur", "donateur"]),
        Field("project", _("Project"), parse.text(120, numbers=True), aliases=["projet"]),
        Field("supplier", _("Supplier"), parse.text(120, numbers=True), aliases=["fournisseur"]),
        Field("cost_bif", _("Cost (FBu)"), parse.amount(), aliases=["coût", "prix"]),
        Field("cost", _("Cost in another currency"), parse.amount()),
        Field("currency", _("Currency"), parse.text(3), choices=lambda: CURRENCIES, aliases=["devise"]),
        Field("made_year", _("Year of manufacture"), parse.whole(1900, 2100), aliases=["année de fabrication"]),
        Field("received_on", _("Received on"), parse.day, aliases=["date de réception"]),
        Field("installed_on", _("Installed on"), parse.day, aliases=["date d'installation"]),
        Field("accepted_on", _("Accepted on"), parse.day),
        Field("in_service_on", _("In service since"), parse.day, aliases=["date de mise en service"]),
        Field("warranty_until", _("Warranty until"), parse.day, aliases=["fin de garantie"]),
        Field("contract", _("Maintenance contract"), parse.text(120, numbers=True), aliases=["contrat"]),
        Field("contract_until", _("Contract until"), parse.day),
        Field("note", _("Remarks"), parse.text(2000, lines=True, numbers=True), aliases=["observations"]),
    ],
    [],
    EDIT,
    prepare,
    apply,
    {UNSURE: _("Not sure: may be here already")},
    example={
        PLACE: "CDS-01", "type_code": "oxygen-concentrator", "maker": "", "model": "", "serial": "A12345",
        "inventory": "", "status": "functional", "room": "Pédiatrie", "donor": "", "received_on": "2024-03-01",
        "in_service_on": "2024-03-15", "warranty_until": "2026-03-01",
    },
)  # fmt: skip
