"""Which rows have labels, and what stands on them."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from core.contract.entities import Entity
from core.contract.ports import Label
from core.contract.words import _
from core.data.db import db
from core.data.errors import Refused

MOST_ROWS, MOST_LABELS, MOST_OF_ONE = 200, 1000, 500


def counted(text: str) -> dict[int, int]:
    """Return {id: how many} of an address: "3" is one label of row 3, "3x6" six; what is no number is left out."""
    found: dict[int, int] = {}
    for part in text.split(",")[: MOST_ROWS + 1]:
        id, _x, count = part.partition("x")
        if all(each.isascii() and each.isdecimal() and len(each) < 19 for each in (id, count or "1")):
            found[int(id)] = min(int(count or "1"), MOST_OF_ONE)
    return found


def address(counts: Mapping[int, int]) -> str:
    """Return what `counted` reads, e.g. "3x6,4"."""
    return ",".join(str(id) if count == 1 else f"{id}x{count}" for id, count in counts.items())


def labels(entity: Entity, ids: Sequence[int]) -> dict[int, Label]:
    """Return {id: label} of the rows of some ids that this person may read and that have one, in their order."""
    assert entity.labels is not None, "whoever asks has looked"
    rows = db.session.scalars(select(entity.model).where(entity.model.id.in_(ids)).options(*entity.label_options)).all()
    found: dict[int, Label | None] = {row.id: entity.labels(row) for row in rows}
    return {id: label for id in ids if (label := found.get(id)) is not None}


def require_some(count: Any) -> None:
    """Raise Refused unless there is a number of labels that one paper holds."""
    if not count:
        raise Refused(_("Say how many labels: at least one."), field="rows")
    if count > MOST_LABELS:
        raise Refused(_("Print at most %(most)s labels at once; these are %(count)s.", most=MOST_LABELS, count=count))
