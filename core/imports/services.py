"""Imports step by step: sent, mapped, looked at, confirmed; the file waits in the database meanwhile."""

import hashlib
import json
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select

from core.contract.entities import Entities
from core.contract.plugins import entities
from core.contract.words import _
from core.data import audit
from core.data.access import current
from core.data.bulk import beside
from core.data.db import db, utcnow
from core.data.errors import Conflict, Doubt, Missing, Refused
from core.data.work import perform
from core.imports import mapping, run
from core.imports.importer import Answers, Importer, Report, nobody
from core.imports.mapping import Mapped
from core.imports.models import CHECKED, DONE, REFUSED, SENT, ImportPart, ImportRun
from core.imports.own import with_own
from core.imports.readers import Table, opened, table

RIGHT = "core.import"
PARTS = "pieces of a file; the line of the run names it"
KEPT, PIECE = timedelta(days=7), 2**20
Chosen = Callable[[Importer, Table], Mapped]
SOURCE, REPORT, REFUSALS = "source", "report", "refusals"


def importer_of(name: str) -> Importer:
    """Return the importer of an entity, or raise Missing."""
    known: Entities = entities()
    importer: Importer | None = known[name].importer if name in known else None
    if importer is None:
        raise Missing(_("There is nothing to import under this name: %(name)s.", name=name))
    return with_own(name, importer)


def importable() -> list[Any]:
    """Return the entities that this person may import."""
    return [entity for entity in entities() if entity.importer and current().can(entity.importer.permission)]


@dataclass(frozen=True)
class Sent:
    """A file that was sent, taken apart: its table, and what is remembered of it."""

    entity: str
    name: str
    size: int
    sha256: str
    table: Table
    mapped: Mapped


@contextmanager
def sent(entity: str, file_name: str, path: Path, chosen: Chosen | None = None) -> Iterator[Sent]:
    """Yield a file taken apart, its mapping chosen or guessed, for the length of a block and outside any transaction;
    Refused says why not."""
    importer = importer_of(entity)
    _may(importer)
    with opened(path, file_name) as table:
        mapping.refuse_without_headings(importer, table.columns)
        name, mapped = Path(file_name).name[-200:] or "–", (chosen or propose)(importer, table)
        yield Sent(entity, name, path.stat().st_size, run.digest(path), table, mapped)


def receive(file: Sent, facility_id: int | None = None) -> ImportRun:
    """Return the run of a file that was sent."""
    _may(importer_of(file.entity))
    row = ImportRun(
        entity=file.entity, file_name=file.name, sha256=file.sha256, size=file.size, user_id=current().user_id,
        user_label=current().signed, facility_id=facility_id, counts={"lines": file.table.lines}, state=SENT,
        mapping=asdict(file.mapped),
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    for number, piece in enumerate(_pieces(file.table.path)):
        kept = insert(ImportPart).values(run_id=row.id, part=f"{SOURCE}-{number:05d}", data=piece)
        db.session.execute(beside(kept, PARTS))
    return row


def _pieces(path: Path) -> Iterator[bytes]:
    """Yield a file in packed pieces, so that none of it fills the memory."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield zlib.compress(piece, 1)


def take(
    entity: str, path: Path, facility_id: int | None = None, chosen: Chosen | None = None, answers: Answers = nobody
) -> ImportRun:
    """Import a file from the first step to the last, and return its run; with one refusal, or one question that is
    open, nothing is taken."""
    with sent(entity, path.name, path, chosen) as file:
        run_id = perform(lambda: receive(file, facility_id).id)
    return apply(run_id, answers=answers)


def _may(importer: Importer) -> None:
    current().require(RIGHT)
    current().require(importer.permission)


def propose(importer: Importer, table: Table) -> Mapped:
    """Return the mapping that the headings and the first lines suggest."""
    columns = mapping.guess(importer, table.columns)
    return Mapped(columns, {}, mapping.look(importer, table, columns).dates or "")


def mapped_of(row: ImportRun) -> Mapped:
    """Return the mapping of a run."""
    return Mapped(**row.mapping)


def get(run_id: int) -> ImportRun:
    """Return a run that this person may see, or raise Missing."""
    row = db.session.get(ImportRun, run_id)
    if row is None:
        raise Missing(None)
    return row


def part(run_id: int, name: str) -> bytes | None:
    """Return the bytes of a part of a run, or None when they are no longer kept."""
    return db.session.scalar(select(ImportPart.data).where(ImportPart.run_id == run_id, ImportPart.part == name))


@contextmanager
def source(row: ImportRun) -> Iterator[Table]:
    """Yield the table of a run's file, for the length of a block on disk."""
    run_id, found = row.id, False
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table"
        with path.open("wb") as file:
            for number in count():
                piece = part(run_id, f"{SOURCE}-{number:05d}")
                if piece is None:
                    break
                found = True
                file.write(zlib.decompress(piece))
        if not found:
            raise Conflict(_("The file is no longer kept. Send it again."))
        yield table(path)


def remap(run_id: int, mapped: Mapped, table: Table) -> ImportRun:
    """Return a run under another mapping of its table; what was found before is forgotten."""
    row = get(run_id)
    _not_done(row)
    mapping.check(importer_of(row.entity), table, mapped)
    row.mapping, row.state, row.counts = asdict(mapped), SENT, {"lines": table.lines}
    db.session.flush()
    return row


def _not_done(row: ImportRun) -> None:
    if row.state == DONE:
        raise Conflict(_("This file has been imported already."))


def shown_of(row: ImportRun) -> str:
    """Return what stands for a preview: the columns it was made with, and what was read with them."""
    columns = json.dumps(row.mapping, sort_keys=True).encode()
    return hashlib.sha256(columns + b"\n" + (part(row.id, REPORT) or b"")).hexdigest()[:16]


def refuse_unseen(row: ImportRun, shown: str) -> None:
    """Raise Conflict when a run is no longer what the person was shown; one that is done changes nothing more."""
    if row.state != DONE and shown != shown_of(row):
        raise Conflict(
            _("The columns or lines have changed since this preview: look at it again. Nothing was imported.")
        )


def look(run_id: int, progress: Callable[[int], None] | None = None) -> str:
    """Look at every line of a run, record what would happen, and return its new state.

    The lines are read outside the transaction: nobody waits for them.
    """
    row = get(run_id)
    _not_done(row)
    importer = importer_of(row.entity)
    _may(importer)
    report = Report(progress=progress)
    with source(row) as table:
        mapped = mapped_of(row)
        mapping.check(importer, table, mapped)
        importer.forget(run.look(importer, table, mapped, report))
    return str(perform(lambda: _keep(run_id, report, REFUSED if report.refused else CHECKED)))


def _keep(run_id: int, report: Report, state: str) -> str:
    """Record a report with its run."""
    row = get(run_id)
    row.state, row.counts = state, _numbers(report)
    _put(run_id, REPORT, json.dumps(report.plain()).encode())
    _put(run_id, REFUSALS, report.refusals_csv())
    return state


def _numbers(report: Report) -> dict[str, int]:
    return {"lines": report.lines, "refused": report.refused, **report.counts}


def _put(run_id: int, name: str, data: bytes) -> None:
    before = delete(ImportPart).where(ImportPart.run_id == run_id, ImportPart.part == name)
    db.session.execute(beside(before, PARTS))
    db.session.add(ImportPart(run_id=run_id, part=name, data=data))
    db.session.flush()


def apply(
    run_id: int, progress: Callable[[int], None] | None = None, answers: Answers = nobody, shown: str | None = None,
    door: Callable[[Callable[[], Any]], Any] = perform,
) -> ImportRun:  # fmt: skip
    """Write a whole run, all or nothing, and return it; one that is done stays as it is. It opens the `door` itself.

    A question that is open is kept with the run, where the preview shows it, and raised as a Doubt; so are refusals.
    Raises Conflict when the preview is no longer the one that was `shown`; None when there was none.
    """
    row = get(run_id)
    if row.state == DONE:
        return row
    importer = importer_of(row.entity)
    _may(importer)
    shown = shown_of(row) if shown is None else shown
    refuse_unseen(row, shown)
    report = Report({"file": row.file_name, "sha256": row.sha256, "run": row.id}, progress, answers)
    mapped = mapped_of(row)
    with source(row) as table:
        mapping.check(importer, table, mapped)
        try:
            run.write(importer, table, mapped, report, lambda write: door(lambda: _finish(run_id, shown, write)))
        except Refused as why:
            db.session.rollback()
            told, state = why.facts.get("report"), CHECKED if isinstance(why, Doubt) else REFUSED
            if told is not None:
                perform(lambda: _keep(run_id, told, state))
            raise
    return get(run_id)


def _finish(run_id: int, shown: str, write: Callable[[], Report]) -> None:
    """Write a run inside the open unit of work unless somebody was faster, and record what came of it."""
    row = get(run_id)
    db.session.execute(select(ImportRun.id).where(ImportRun.id == run_id).with_for_update())
    db.session.refresh(row)
    if row.state == DONE:
        return
    refuse_unseen(row, shown)
    report = write()
    _keep(run_id, report, DONE)
    row = get(run_id)
    if report.agreed:
        audit.note("confirmed", ImportRun.__entity__, run_id, row.facility_id, said="; ".join(report.agreed))
    row.done_at = utcnow()
    pieces = delete(ImportPart).where(ImportPart.run_id == run_id, ImportPart.part.like(f"{SOURCE}-%"))
    db.session.execute(beside(pieces, PARTS))
    db.session.flush()


def report_of(row: ImportRun) -> dict[str, Any]:
    """Return the report of a run: counts, samples, first refusals."""
    data = part(row.id, REPORT)
    return json.loads(data) if data else Report().plain()


def recent(limit: int = 20) -> Sequence[ImportRun]:
    """Return the latest runs that this person may see."""
    return db.session.scalars(select(ImportRun).order_by(ImportRun.id.desc()).limit(limit)).all()


def forget_old() -> int:
    """Drop the files of imports that were begun long ago, and return how many."""
    old = select(ImportRun.id).where(ImportRun.created_at < utcnow() - KEPT)
    pieces = delete(ImportPart).where(ImportPart.run_id.in_(old))
    return int(db.session.execute(beside(pieces, PARTS)).rowcount)  # type: ignore[attr-defined]


def dry_run(entity: str, path: Path, chosen: Chosen) -> Report:
    """Return what an import of a file would do; nothing is kept."""
    importer = importer_of(entity)
    report = Report({"file": path.name})
    with sent(entity, path.name, path, chosen) as file:
        mapping.check(importer, file.table, file.mapped)
        importer.forget(run.look(importer, file.table, file.mapped, report))
    return report
