"""The steps of an import: a file is received, its columns are named, a long one is written by a job.

They belong to their pages, which hold the file, and are reached there alone.
"""

from collections.abc import Sequence
from typing import Any

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.imports import jobs, services
from core.imports.mapping import Mapped
from core.imports.models import ImportRun
from core.imports.readers import Table
from core.jobs.models import Job
from core.jobs.services import enqueue

IN_REQUEST = 2_000  # lines; longer files are looked at and written by a job


def is_long(row: ImportRun) -> bool:
    """Return whether nobody should wait for a file: a job looks at it and writes it."""
    return row.counts.get("lines", 0) > IN_REQUEST


def _remap(row: ImportRun, mapped: Mapped, table: Table) -> ImportRun | Job:
    """Keep a mapping; a long file is then looked at by a job."""
    large, row = is_long(row), services.remap(row.id, mapped, table)
    if not large:
        return row
    words = _("Looking at %(file)s", file=row.file_name)
    return enqueue(jobs.LOOK, words, run_id=row.id, url=_url(row))


def _begin(row: ImportRun, shown: str, agreed: Sequence[str]) -> Job:
    words = _("Importing %(file)s", file=row.file_name)
    return enqueue(jobs.APPLY, words, run_id=row.id, url=_url(row), agreed=list(agreed), shown=shown)


def _url(made: Any) -> str:
    return url_for("jobs.show" if isinstance(made, Job) else "imports.show", id=made.id)


RECEIVE = Verb(
    "core.import.receive", _("Send the file"), services.RIGHT, services.receive,
    to=lambda row: url_for("imports.columns", id=row.id), page="imports.new",
)  # fmt: skip
REMAP = Verb("core.import.remap", _("Columns"), services.RIGHT, _remap, ImportRun, to=_url, page="imports.columns")
BEGIN = Verb(
    "core.import.begin", _("Import"), services.RIGHT, _begin, ImportRun, said=_("The import has begun."), to=_url
)  # fmt: skip
