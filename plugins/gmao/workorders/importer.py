"""The work of the past comes in from another register."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from core.contract.words import _
from core.data.access import current
from core.data.codes import key_of
from core.data.db import db
from core.imports import parse
from core.imports.importer import Field, Importer, Report, Row, batches
from plugins.gmao.equipment.importer import KEYS, named
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.rights import PLAN
from plugins.gmao.workorders import past
from plugins.gmao.workorders.models import ACTIONS, CAUSES, KINDS, WorkOrder
from plugins.gmao.workorders.services import WEEK

BATCH = 500
FACTS = ("former", "kind", "opened_on", "done_on", "action", "problem", "cause", "minutes", "technician", "note",
         "stopped")  # fmt: skip


@dataclass
class Plan:
    """Where each piece and number stood first."""

    lines: dict[tuple[int, str], int] = field(default_factory=dict)


def prepare(rows: Iterator[Row], report: Report) -> Plan:
    """Return where the file names each order; what cannot be is refused, what is here already is left as it is."""
    plan = Plan()
    for batch in batches(rows):
        for row, _one, known in _orders(batch, plan, report):
            report.count("same" if known else "new", row)
    return plan


def apply(plan: Plan, rows: Iterator[Row], report: Report) -> None:
    """Store the orders that are not here."""
    plan.lines.clear()
    for batch in batches(rows, BATCH):
        past.enter(one for _row, one, known in _orders(batch, plan, report) if not known)


def _orders(batch: Sequence[Row], plan: Plan, report: Report) -> Iterator[tuple[Row, past.Past, bool]]:
    """Yield (line, order, whether it is here) of the lines that can stand."""
    pieces = named({name: {key_of(row[name]) for row in batch if row[name]} for name in KEYS})
    read = [(row, piece) for row in batch if (piece := _piece(row, pieces, report)) is not None]
    here = _here({piece.id for _row, piece in read})
    for row, piece in read:
        key = piece.id, key_of(row["former"])
        first = plan.lines.setdefault(key, row.line)
        if first != row.line:
            report.refuse(row, "former", _("Line %(line)s has this number already.", line=first))
            continue
        one = past.Past(piece, **{name: row[name] for name in FACTS if row[name] is not None})
        wrong = past.faults(one)
        for name, words in wrong.items():
            report.refuse(row, name, words)
        if not wrong:
            yield row, one, key in here


def _here(ids: set[int]) -> set[tuple[int | None, str]]:
    query = select(WorkOrder.equipment_id, WorkOrder.former).where(WorkOrder.equipment_id.in_(ids))
    return {(piece, key_of(former)) for piece, former in db.session.execute(query.where(WorkOrder.former != ""))}


def _piece(row: Row, pieces: Mapping[tuple[str, ...], list[Equipment]], report: Report) -> Equipment | None:
    """Return the one piece that a line names, by the surest number that it gives; None, and refused, without one."""
    given = next((name for name in KEYS if row[name]), None)
    found = pieces.get((given, key_of(row[given])), []) if given else []
    if given is None:
        report.refuse(row, "code", _("Name the piece: its tag, former inventory number or serial number."))
    elif not found:
        report.refuse(row, given, _("There is no piece with this number."))
    elif len(found) > 1:
        report.refuse(row, given, _("%(n)s pieces bear this number: %(tags)s. Name one by its tag.", n=len(found),
                                    tags=", ".join(one.code for one in found[:3])))  # fmt: skip
    elif not current().can(PLAN, found[0].facility):
        report.refuse(row, given, _("This lies outside your rights."))
    else:
        return found[0]
    return None


HISTORY = Importer(
    [
        Field("former", _("Former number"), parse.text(60), required=True, aliases=["n°", "numéro", "ot", "bon"]),
        Field("code", _("Tag"), parse.text(10), help=_("Or the former inventory number, or the serial number.")),
        Field("inventory", _("Former inventory number"), parse.text(60), aliases=["n° inventaire", "code inventaire"]),
        Field("serial", _("Serial number"), parse.text(80), aliases=["n° de série", "numéro de série"]),
        Field("kind", _("Kind of work"), parse.text(20), required=True, choices=lambda: KINDS, aliases=["type"]),
        Field("opened_on", _("Began on"), parse.day, required=True, aliases=["date", "date de la panne"]),
        Field("done_on", _("Finished on"), parse.day, required=True, aliases=["date de fin", "date de réparation"]),
        Field("problem", _("What was to be done"), parse.text(2000, lines=True, numbers=True), aliases=["panne"]),
        Field("action", _("What was done"), parse.text(20), required=True, choices=lambda: ACTIONS),
        Field("cause", _("Cause"), parse.text(20), choices=lambda: CAUSES),
        Field("minutes", _("Minutes of work"), parse.whole(0, WEEK), aliases=["durée (min)"]),
        Field("technician", _("Done by"), parse.text(200), aliases=["technicien"]),
        Field("stopped", _("It stood still meanwhile"), parse.boolean,
              help=_("Empty where nobody knows: no time down is reckoned then.")),
        Field("note", _("Remarks"), parse.text(2000, lines=True, numbers=True), aliases=["observations"]),
    ],
    [],
    PLAN,
    prepare,
    apply,
    example={
        "former": "OT-2024-017", "inventory": "INV-0001", "kind": "corrective", "opened_on": "2024-03-01",
        "done_on": "2024-03-15", "problem": "N’allume plus", "action": "replaced", "cause": "power", "minutes": "90",
        "technician": "J. Ndayizeye", "stopped": "oui",
    },
)  # fmt: skip
