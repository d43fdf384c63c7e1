"""Keeping cadres, grades, steps and positions."""

from typing import Any, TypeVar

from core.contract.words import _
from core.data.access import current
from core.data.db import db
from core.data.errors import Invalid
from core.data.rows import store
from plugins.hr.reference.models import Cadre, Grade, Position, Step
from plugins.hr.rights import REFERENCE

Row = TypeVar("Row", Cadre, Grade, Position, Step)


def keep(row: Row, **facts: Any) -> Row:
    """Return a row, new or stored, with these facts; Invalid for days in a wrong order."""
    current().require(REFERENCE)
    first, last = (facts.get(name, getattr(row, name)) for name in ("valid_from", "valid_until"))
    if first is not None and last is not None and last < first:
        raise Invalid({"valid_until": _("The last day lies before the first.")})
    with db.session.no_autoflush:
        return store(row, **facts)


def add_cadre(**facts: Any) -> Cadre:
    """Return the new cadre; raises as `keep` does."""
    return keep(Cadre(), **facts)


def add_grade(**facts: Any) -> Grade:
    """Return the new grade; raises as `keep` does."""
    return keep(Grade(), **facts)


def add_step(**facts: Any) -> Step:
    """Return the new step; raises as `keep` does."""
    return keep(Step(), **facts)


def add_position(**facts: Any) -> Position:
    """Return the new position; raises as `keep` does."""
    return keep(Position(), **facts)
