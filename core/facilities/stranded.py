"""Documents that a facility which closes would leave behind, named for whoever answers `closing`.

Plain selects that no rights filter sees: whoever closes a facility must know of it, whatever else he may see.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from core.contract.ports import Obstacle
from core.contract.words import _
from core.data.bulk import read_beside
from core.web.pages import number

NAMED = 5  # numbers in the words of an obstacle
WHY = "a facility is not closed over what the one who closes it may not see"
Documents = Sequence[tuple[int, str]]  # (id, number), the first one first


def named(document: Any, *conditions: Any, by: str = "number") -> Documents:
    """Return the documents of a kind that fit some conditions, called by their number or another column."""
    query = select(document.id, getattr(document, by)).where(*conditions).order_by(document.id)
    return [(row[0], row[1]) for row in read_beside(query, WHY)]


def under_way(
    found: Documents, words: Any, detail: Any, one: str, many: str, values: Mapping[str, Any]
) -> Iterator[Obstacle]:
    """Yield the obstacle that names some documents; it opens the only one, else the list of them."""
    if found:
        names = ", ".join(name for _id, name in found[:NAMED]) + (", …" if len(found) > NAMED else "")
        label = f"{words % {'n': number(len(found))}} ({names})"
        if len(found) == 1:
            yield Obstacle(label, detail, one, {"id": found[0][0]}, _("Open"))
        else:
            yield Obstacle(label, detail, many, values, _("Open the list"))
