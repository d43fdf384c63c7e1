"""Panels of rows: how many rows each of them has is asked in one statement, and only those that have any read them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core.contract.plugins import failed
from core.contract.ports import Panel
from core.data.db import db


@dataclass(frozen=True)
class Pending(Panel):
    """A panel that `fill` draws with as many rows as `count`, a scalar select, says; where there are none, `instead`
    stands there, if it is given."""

    count: Any = None
    fill: Callable[[Panel, int], Panel] | None = None
    instead: Panel | None = None


def ordered(found: Iterable[Panel]) -> list[Panel]:
    """Return panels in their order; those that are pending are drawn, or left out."""
    every = sorted(found, key=lambda panel: panel.order)
    pending = [panel for panel in every if isinstance(panel, Pending)]
    numbers = db.session.execute(select(*(panel.count for panel in pending))).one() if pending else ()
    drawn = {id(panel): _drawn(panel, number) for panel, number in zip(pending, numbers, strict=True)}
    return [panel for each in every if (panel := drawn.get(id(each), each)) is not None]


def _drawn(panel: Pending, number: int) -> Panel | None:
    """Return a panel with its rows, or what stands there instead; a fault stays its own."""
    if not number or panel.fill is None:
        return panel.instead
    try:
        return panel.fill(panel, number)
    except Exception:
        db.session.rollback()
        failed(panel.template.partition("/")[0], "panels")
        return None
