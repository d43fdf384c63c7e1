"""Months of stock, and the state of a stock they give."""

from dataclasses import dataclass, fields
from fractions import Fraction
from functools import cached_property, lru_cache

from core.contract.words import _
from core.data.exact import Number, exact, rounded, up_of
from core.data.states import State
from plugins.elmis.formulas.cmm import DAYS_A_MONTH
from plugins.elmis.formulas.policies import Cmm

STATUSES: dict[str, State] = {
    "stock_out": State(_("stock-out"), "danger"),
    "below_emergency": State(_("below the emergency point"), "danger"),
    "low": State(_("low"), "warn"),
    "adequate": State(_("adequate"), "ok"),
    "overstock": State(_("overstock"), "info"),
    "no_cmm": State(_("no CMM"), "neutral"),
}


@dataclass(frozen=True)
class Levels:
    """Minimum, maximum and emergency point of a product, in months of stock, and its lead time.

    The minimum has to last through the lead time and leave the emergency stock untouched. Where it does not, minimum
    and maximum are raised by the months that are missing: `low` and `high` are what counts.
    """

    min_months: Fraction
    max_months: Fraction
    emergency_months: Fraction = Fraction(0)
    lead_time_days: int = 0

    @classmethod
    @lru_cache(maxsize=200)  # the few rules of a country, asked for each product of each store of a board
    def of(
        cls, min_months: Number, max_months: Number, emergency_months: Number = 0, lead_time_days: int = 0
    ) -> "Levels":
        """Return levels from int, Decimal, str or Fraction; ValueError unless emergency ≤ min ≤ max."""
        levels = cls(exact(min_months), exact(max_months), exact(emergency_months), lead_time_days)
        if not 0 <= levels.emergency_months <= levels.min_months <= levels.max_months:
            raise ValueError("levels must rise: 0 ≤ emergency ≤ min ≤ max")
        return levels

    @cached_property
    def written(self) -> dict[str, str]:
        """Return them as JSON carries them, the same for every line of a requisition."""
        return {each.name: str(getattr(self, each.name)) for each in fields(self)}

    @cached_property
    def shown(self) -> dict[str, str]:
        """Return the months that a working names, for the eye."""
        return {name: f"{rounded(getattr(self, name)).normalize():f}" for name in ("max_months", "high", "added")}

    @cached_property
    def added(self) -> Fraction:
        """Return the months by which the lead time raises minimum and maximum."""
        return max(Fraction(0), self.lead_time_days / DAYS_A_MONTH + self.emergency_months - self.min_months)

    @cached_property
    def low(self) -> Fraction:
        """Return the months below which a stock is low."""
        return self.min_months + self.added

    @cached_property
    def high(self) -> Fraction:
        """Return the months up to which requisitions fill a stock."""
        return self.max_months + self.added


def months_of_stock(usable: int, cmm: Fraction | None) -> Fraction | None:
    """Return usable stock ÷ CMM, exact; None without a CMM or with one of 0."""
    return Fraction(usable * cmm.denominator, cmm.numerator) if cmm and cmm.numerator else None


def stock_status(usable: int, cmm: Cmm, levels: Levels, pack: int = 0) -> str:
    """Return the key in STATUSES of a usable stock.

    A stock of 0 is a stock-out as soon as the product has ever been here; a stock that is never
    consumed (CMM 0) is above any maximum. What a requisition up to the maximum brings, rounded up to whole packs
    of `pack` units, is no overstock.
    """
    if usable <= 0:
        return "no_cmm" if cmm.flag in ("no_report", "never_received") else "stock_out"
    if cmm.value is None:
        return "no_cmm"
    if not cmm.value.numerator or usable > most(cmm.value, levels, pack):
        return "overstock"
    return _status_of(usable, cmm.value, levels)


def most(cmm: Fraction, levels: Levels, pack: int) -> int:
    """Return the largest stock that is no overstock: the maximum, and what rounding to whole packs adds."""
    if pack:
        return up_of(cmm, levels.high) + pack - 1
    return cmm.numerator * levels.high.numerator // (cmm.denominator * levels.high.denominator)


def _status_of(usable: int, cmm: Fraction, levels: Levels) -> str:
    if _below(usable, cmm, levels.emergency_months):
        return "below_emergency"
    return "low" if _below(usable, cmm, levels.low) else "adequate"


def _below(usable: int, cmm: Fraction, months: Fraction) -> bool:
    """Return whether usable ÷ CMM is less than so many months, in whole numbers."""
    return usable * cmm.denominator * months.denominator < months.numerator * cmm.numerator
