"""What document numbers give to the core's hooks."""

from typing import Any

from core.contract.entities import Entity
from core.contract.plugins import number_series
from core.contract.words import _
from core.data.numbers import ClosedYear
from core.numbers.verbs import VERBS


def _series() -> dict[str, Any]:
    return {name: each.label for name, each in number_series().items()}


ENTITIES = [
    Entity(
        "core.closed_year", ClosedYear, _("Closed year"), _("Closed years"), "numbers.closed", icon="settings",
        words={"series": _series}, named=("series", "year"), verbs=VERBS,
    )
]  # fmt: skip
