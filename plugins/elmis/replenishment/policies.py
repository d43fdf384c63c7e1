"""The CMM (consommation mensuelle moyenne) of a product in a facility, by each policy.

- `adjusted` (default): consumption ÷ (eligible days − stock-out days) × 30.5
- `simple`: mean of the months
- `openlmis_v3`: P = ceil(mean of N), N = ceil(C·30M ÷ (30M − X)) + Z, with X = 30M → C
- `msh`: consumption ÷ (months − stock-out days ÷ 30.5)

C consumed, M months, X stock-out days, Z additional. All of them use the last closed months that have a
report and an eligible day, so that a store that opened late is not divided by months it did not live.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from core.contract.ports import Words
from core.contract.words import _
from plugins.elmis.replenishment.cmm import MonthRecord
from plugins.elmis.replenishment.exact import DAYS_A_MONTH, dumped, loaded, up

MONTHS = 3  # closed months with a report that a CMM looks at

FLAGS: dict[str, Words] = {
    "": "",
    "few_months": _("computed on fewer months than usual"),
    "no_report": _("no CMM: no closed month has a report"),
    "never_received": _("no CMM: the product was not here in a closed month"),
    "always_out": _("no CMM: out of stock for the whole period"),
}


@dataclass(frozen=True, slots=True)
class Cmm:
    """Base units a month, or None with the `flag` that says why: an unknown CMM is never 0."""

    value: Fraction | None
    policy: str
    months_used: tuple[date, ...] = ()
    consumption: int = 0
    eligible_days: int = 0
    stockout_days: int = 0
    flag: str = ""

    @property
    def reason(self) -> Words:
        """Return the flag in words, empty if there is none."""
        return FLAGS[self.flag]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON carries it, the value exact."""
        return {
            "value": dumped(self.value),
            "policy": self.policy,
            "months_used": [month.isoformat() for month in self.months_used],
            "consumption": self.consumption,
            "eligible_days": self.eligible_days,
            "stockout_days": self.stockout_days,
            "flag": self.flag,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Cmm":
        """Return what `to_dict` wrote."""
        months = tuple(date.fromisoformat(month) for month in data["months_used"])
        return cls(**{**data, "value": loaded(data["value"]), "months_used": months})


def adjusted(records: Sequence[MonthRecord], months: int = MONTHS) -> Cmm:
    """Return consumption ÷ (eligible days − stock-out days) × 30.5."""
    return _by("adjusted", _adjusted, records, months)


def simple(records: Sequence[MonthRecord], months: int = MONTHS) -> Cmm:
    """Return the mean of the months, stock-out days or not."""
    return _by("simple", _simple, records, months)


def openlmis_v3(records: Sequence[MonthRecord], months: int = MONTHS) -> Cmm:
    """Return P of OpenLMIS 3: the mean of the adjusted months, each and the mean rounded up."""
    return _by("openlmis_v3", _openlmis_v3, records, months)


def msh(records: Sequence[MonthRecord], months: int = MONTHS) -> Cmm:
    """Return consumption ÷ (months − stock-out days ÷ 30.5), as Management Sciences for Health does."""
    return _by("msh", _msh, records, months)


POLICIES: dict[str, Callable[..., Cmm]] = {
    "adjusted": adjusted,
    "simple": simple,
    "openlmis_v3": openlmis_v3,
    "msh": msh,
}
POLICY_LABELS: dict[str, Words] = {
    "adjusted": _("Adjusted for stock-out days"),
    "simple": _("Mean of the months"),
    "openlmis_v3": _("OpenLMIS version 3"),
    "msh": _("MSH"),
}


def cmm(records: Sequence[MonthRecord], policy: str = "adjusted", months: int = MONTHS) -> Cmm:
    """Return the CMM by the named policy; KeyError for a name that is not in POLICIES."""
    return POLICIES[policy](records, months)


Rule = Callable[[Sequence[MonthRecord]], Fraction | None]


def _by(policy: str, rule: Rule, records: Sequence[MonthRecord], months: int) -> Cmm:
    """Return what the rule gives on the months that count, with what it was computed from."""
    used = usable_months(records, months)
    value = rule(used) if used else None
    return Cmm(
        value=value,
        policy=policy,
        months_used=tuple(one.month for one in used),
        consumption=sum(one.consumption for one in used),
        eligible_days=sum(one.eligible_days for one in used),
        stockout_days=sum(one.stockout_days for one in used),
        flag=_flag(records, used, value, months),
    )


def usable_months(records: Sequence[MonthRecord], months: int) -> list[MonthRecord]:
    """Return the last months that have a report and an eligible day, oldest first."""
    counting = [one for one in records if one.reported and one.eligible_days > 0]
    return sorted(counting, key=lambda one: one.month)[-months:]


def _flag(records: Sequence[MonthRecord], used: Sequence[MonthRecord], value: Fraction | None, months: int) -> str:
    if value is not None:
        return "" if len(used) == months else "few_months"
    if used:
        return "always_out"
    return "never_received" if any(one.reported for one in records) else "no_report"


def _adjusted(used: Sequence[MonthRecord]) -> Fraction | None:
    days = sum(one.eligible_days - one.stockout_days for one in used)
    return _consumption(used) / days * DAYS_A_MONTH if days > 0 else None


def _simple(used: Sequence[MonthRecord]) -> Fraction | None:
    return _consumption(used) / len(used)


def _openlmis_v3(used: Sequence[MonthRecord]) -> Fraction | None:
    return Fraction(up(Fraction(sum(_openlmis_month(one) for one in used), len(used))))


def _openlmis_month(one: MonthRecord) -> int:
    """Return N of one month (M = 1); a month out of stock throughout keeps what was consumed."""
    days = 30 - one.stockout_days
    adjusted_up = up(Fraction(one.consumption * 30, days)) if days > 0 else one.consumption
    return adjusted_up + one.additional


def _msh(used: Sequence[MonthRecord]) -> Fraction | None:
    months = len(used) - sum(one.stockout_days for one in used) / DAYS_A_MONTH
    return _consumption(used) / months if months > 0 else None


def _consumption(used: Sequence[MonthRecord]) -> Fraction:
    return Fraction(sum(one.consumption for one in used))
