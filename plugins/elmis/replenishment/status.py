"""Months of stock, and the state of a stock they give."""

from dataclasses import dataclass
from fractions import Fraction

from core.contract.words import _
from core.data.states import State
from plugins.elmis.replenishment.exact import Number, exact
from plugins.elmis.replenishment.policies import Cmm

STATUSES: dict[str, State] = {
    "stock_out": State(_("stock-out"), "danger"),
    "below_emergency": State(_("below emergency"), "danger"),
    "low": State(_("low"), "warn"),
    "adequate": State(_("adequate"), "ok"),
    "overstock": State(_("overstock"), "info"),
    "no_cmm": State(_("no CMM"), "neutral"),
}


@dataclass(frozen=True, slots=True)
class Levels:
    """Minimum, maximum and emergency order point of a product, in months of stock."""

    min_months: Fraction
    max_months: Fraction
    emergency_months: Fraction = Fraction(0)

    @classmethod
    def of(cls, min_months: Number, max_months: Number, emergency_months: Number = 0) -> "Levels":
        """Return levels from int, Decimal, str or Fraction; ValueError unless emergency ≤ min ≤ max."""
        levels = cls(exact(min_months), exact(max_months), exact(emergency_months))
        if not 0 <= levels.emergency_months <= levels.min_months <= levels.max_months:
            raise ValueError("levels must rise: 0 ≤ emergency ≤ min ≤ max")
        return levels


def months_of_stock(usable: int, cmm: Fraction | None) -> Fraction | None:
    """Return usable stock ÷ CMM, exact; None without a CMM or with one of 0."""
    return usable / cmm if cmm else None


def stock_status(usable: int, cmm: Cmm, levels: Levels) -> str:
    """Return the key in STATUSES of a usable stock.

    A stock of 0 is a stock-out as soon as the product has ever been here; a stock that is never
    consumed (CMM 0) is above any maximum.
    """
    if usable <= 0:
        return "no_cmm" if cmm.flag in ("no_report", "never_received") else "stock_out"
    if cmm.value is None:
        return "no_cmm"
    months = months_of_stock(usable, cmm.value)
    return "overstock" if months is None else _status_of(months, levels)


def _status_of(months: Fraction, levels: Levels) -> str:
    if months < levels.emergency_months:
        return "below_emergency"
    if months < levels.min_months:
        return "low"
    return "adequate" if months <= levels.max_months else "overstock"
