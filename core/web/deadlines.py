"""What lists show of waits: the day of the deadline, and ready-made views of what waits for a person or is overdue."""

from typing import Any

from sqlalchemy import Select, false

from core.contract.plugins import entities
from core.contract.words import _
from core.data import clocks
from core.data.access import current
from core.web.columns import Column

OVERDUE = ("overdue", _("Overdue"), {"view": "overdue"})  # a ready-made view of a list


def due_column(model: Any, **more: Any) -> Column:
    """Return the column of the day until which rows wait."""
    return Column("due", _("Deadline"), clocks.due_on(model), kind="date", **more)


def in_view(query: Select[Any], model: Any, view: str) -> Select[Any]:
    """Return the rows of a ready-made view: those that wait for this person, or are overdue; none of an unknown one."""
    if view == "overdue":
        return query.where(clocks.overdue(model))
    machine = entities()[model.__entity__].machine
    known = {wait.view for _state, _position, wait in machine.waits()} - {""}
    return query.where(clocks.waits(model, view, current()) if view in known else false())
