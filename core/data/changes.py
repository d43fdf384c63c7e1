"""How the trail tells a change of many values that stand in one column."""

from collections.abc import Mapping
from functools import cache
from typing import Any


@cache
def own_columns(mapper: Any) -> frozenset[str]:
    """Return the columns that hold the own fields of an administration."""
    return frozenset(each.key for each in mapper.column_attrs if each.columns[0].info.get("own"))


def changes_of_own(name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> dict[str, list[Any]]:
    """Return a change of the own fields of a row, a pair of values for each: {"own.altitude": ["900", "912"]}."""
    before, after = old or {}, new or {}
    return {
        f"{name}.{code}": [before.get(code), after.get(code)]
        for code in sorted({*before, *after})
        if ":" not in code and before.get(code) != after.get(code)  # what stands beside another says nothing new
    }
