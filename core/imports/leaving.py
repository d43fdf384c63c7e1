"""Imports under way that may write at a facility which closes."""

import json
from collections.abc import Iterator

from sqlalchemy import or_, select

from core.contract.ports import Obstacle
from core.contract.words import _
from core.data.bulk import read_beside
from core.facilities.models import Facility
from core.imports.jobs import APPLY
from core.imports.models import ImportRun
from core.jobs.models import RUNNING, WAITING, Job

WHY = "a facility is not closed under an import that the one who closes it may not see"


def closing(facility: Facility) -> Iterator[Obstacle]:
    """Yield each list that is being imported at a facility or above it, or everywhere."""
    running = select(Job.arguments).where(Job.kind == APPLY, Job.state.in_((WAITING, RUNNING)))
    runs = {int(json.loads(row.arguments)["run_id"]) for row in read_beside(running, WHY)}
    above = [int(part) for part in facility.path.split("/") if part]
    here = or_(ImportRun.facility_id.in_(above), ImportRun.facility_id.is_(None))
    query = select(ImportRun.id, ImportRun.file_name).where(ImportRun.id.in_(runs), here).order_by(ImportRun.id)
    for row in read_beside(query, WHY) if runs else ():
        label = _("A list is being imported: “%(file)s”", file=row.file_name)
        detail = _("It may hold lines of this facility. Wait until it has come in.")
        yield Obstacle(label, detail, "imports.show", {"id": row.id}, _("Open"))
