"""The quantities of a requisition are typed, and its next step is taken at once where a button says so."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.data.access import current
from plugins.elmis.requisitions import services
from plugins.elmis.requisitions.models import Requisition
from plugins.elmis.requisitions.quantities import type_quantities
from plugins.elmis.requisitions.steps import editor


@dataclass(frozen=True)
class Changed:
    """A requisition, how many of its quantities were changed, the step that was taken, and the view it was in."""

    row: Requisition
    number: int
    step: str = ""
    view: str = ""


def change(
    row: Requisition, quantities: Mapping[int, int | None], reasons: Mapping[int, str], version: int, merged: bool,
    then: str = "", view: str = "",
) -> Changed:  # fmt: skip
    """Return a requisition after its quantities were typed, by line id, and a step was taken; Conflict when it is not
    of the version that was seen, unless what others changed was `merged` and nothing but quantities is sent."""
    row = services.load(row.id)
    if then or not merged or not editor(row, current()):
        services.refuse_stale(row, version)
    number = type_quantities(row, quantities, reasons)
    if then:
        services.STEPS[then](row)
    return Changed(row, number, then, view)
