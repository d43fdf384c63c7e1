"""Who reads confidential rows: kept in the trail by its own door (`core.data.notes`), in a short transaction of its own
after the answer, so that no GET writes."""

from typing import Any

from core.data import notes
from core.data.access import Within
from core.data.belonging import Belonging, object_of
from core.data.confidence import Confidential


def logged(row: Any) -> Any | None:
    """Return the row whose reading is kept when a row is shown: itself, its document, or the object of a file or
    comment; None where nothing is kept."""
    scope = row.__scope__
    if isinstance(scope, Confidential):
        return row if scope.log and scope.is_closed(row) else None
    above = getattr(row, scope.parent) if isinstance(scope, Within) else None
    if isinstance(scope, Belonging):
        above = object_of(row.entity, row.object_id)
    return None if above is None else logged(above)


def looked_at(row: Any) -> None:
    """Keep that this person has read a row, where that is kept; the file or comment that he has read is named."""
    if (target := logged(row)) is not None:
        name = {} if target is row else {"file": getattr(row, "name", "")}
        place = target.__scope__.facility_id(target)
        notes.note("viewed", target.__entity__, target.id, place, **{key: said for key, said in name.items() if said})
