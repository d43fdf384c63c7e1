"""The list of documents and photos, as it is taken out: each with what it belongs to."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from core.contract.plugins import entities
from core.contract.words import _
from core.files.models import STATES, File
from core.web.derived import code_of_object
from core.web.tables import Column, Table


def _labels() -> dict[str, Any]:
    return {each.name: each.label for each in entities() if each.attachments}


class FileTable(Table):
    """Documents and photos: of what, who added them, and what became of them."""

    model = File
    search = (File.name,)
    default_sort = "-added_at"

    @cached_property
    def columns(self) -> Sequence[Column]:  # type: ignore[override]
        """Return the columns; what a file belongs to is said by its code or number, as far as one may read it."""
        return (
            Column("name", _("Name"), File.name),
            Column("entity", _("Belongs to"), File.entity, facet=_labels),
            Column("object", _("Code or number"), code_of_object(File, "attachments")),
            Column("kind", _("Kind"), File.kind),
            Column("size", _("Size (bytes)"), File.size, kind="number"),
            Column("state", _("State"), File.state, kind="state", facet=STATES),
            Column("added_by", _("Added by"), File.added_by),
            Column("added_at", _("Added on"), File.added_at, kind="datetime"),
            Column("removed_by", _("Removed by"), File.removed_by, default=False),
            Column("removed_at", _("Removed on"), File.removed_at, kind="datetime", default=False),
            Column("removed_why", _("Reason"), File.removed_why, default=False),
            Column("sha256", _("SHA-256"), File.sha256, kind="code", default=False),
        )
