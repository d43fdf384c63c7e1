"""The limits of electrical safety, as `data/safety_limits.csv` has them for each class, applied part and method."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from core.contract.ports import Words
from core.contract.words import _
from plugins.gmao import reference
from plugins.gmao.formulas.safety import Limit

STANDARD = "IEC 62353:2014"


class Point(NamedTuple):
    """What is looked at, and the usual unit of its value, "" where it has none."""

    label: Words
    unit: str = ""


VISUAL = "visual"
POINTS: Mapping[str, Point] = {  # in the order of the test
    VISUAL: Point(_("Visual inspection")),
    "earth": Point(_("Protective earth resistance"), "Ω"),
    "insulation": Point(_("Insulation of the mains part"), "MΩ"),
    "insulation_applied": Point(_("Insulation of the applied part"), "MΩ"),
    "leakage": Point(_("Equipment leakage current"), "µA"),
    "leakage_applied": Point(_("Applied part leakage current"), "µA"),
}
MEASURED = {code: point for code, point in POINTS.items() if point.unit}
METHODS = {"direct": _("Direct"), "differential": _("Differential"), "alternative": _("Alternative")}
CORDS = {"with": _("With its mains cord"), "without": _("Without a mains cord, or apart from it")}


class Rule(NamedTuple):
    """What holds of a point: its limit, and whether a test without it is no whole test."""

    limit: Limit
    required: bool


def rule_of(point: str, **of: str | None) -> Rule | None:
    """Return what holds of a point for a `method`, `safety_class`, `applied_part` and `cord`; None where nothing does:
    then it is not measured."""
    for row in _rows():
        if row["point"] == point and all(not row[name] or row[name] == value for name, value in of.items()):
            most, least, remark = (Decimal(row[name]) if row[name] else None for name in ("most", "least", "remark"))
            return Rule(Limit(row["unit"], most, least, remark), row["required"] == "1")
    return None


@cache
def _rows() -> list[dict[str, str]]:
    return reference.rows("safety_limits")
