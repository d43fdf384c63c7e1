"""How the figures are said: a share in percent, hours, days; what is not known is called so, never 0."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from core.contract.words import _
from core.data.exact import rounded
from core.web.columns import Column
from core.web.pages import number
from plugins.gmao.formulas.spans import hours_of

NBSP = "\N{NO-BREAK SPACE}"
UNKNOWN = _("unknown")


def share(value: Fraction | None, places: int = 1) -> Any:
    """Return a share from 0 to 1 as "91,3 %"."""
    return UNKNOWN if value is None else f"{number(rounded(100 * value, places), places)}{NBSP}%"


def hours(value: Fraction | None, places: int = 0) -> Any:
    """Return hours as "1 400 h"."""
    return UNKNOWN if value is None else f"{number(rounded(value, places), places)}{NBSP}h"


def days(value: Fraction | None) -> Any:
    """Return days as "26 d"."""
    return UNKNOWN if value is None else _("%(days)s d", days=number(rounded(value, 0 if value >= 10 else 1)))


def percent(value: Fraction | None) -> Decimal | None:
    """Return a share from 0 to 1 in percent, for a column."""
    return None if value is None else rounded(100 * value, 1)


def in_hours(value: timedelta | Fraction | None) -> Decimal | None:
    """Return a time in hours, for a column."""
    if value is None:
        return None
    return rounded(hours_of(value) if isinstance(value, timedelta) else value, 1)


def in_days(value: Fraction | None) -> Decimal | None:
    """Return days, for a column."""
    return None if value is None else rounded(value, 1)


@dataclass(frozen=True, eq=False)
class Known(Column):
    """A column whose empty cells are not known, and say so."""

    def said(self, value: Any, words: Any) -> Any:
        """Return what a person reads: "unknown" for nothing."""
        return UNKNOWN if value is None else super().said(value, words)
