"""The CMM (consommation mensuelle moyenne) of a product in a facility, by each policy.

- `adjusted` (default): consumption ÷ (eligible days − stock-out days) × 30.5
- `simple`: mean of the months
- `openlmis_v3`: P = ceil(mean of N), N = ceil(C·30M ÷ (30M − X)) + Z, with X = 30M → C
- `msh`: consumption ÷ (months − stock-out days ÷ 30.5)

C consumed, M months, X stock-out days, Z additional. All of them use the last closed months that have a
report and an eligible day, so that a store that opened late is not divided by months it did not live.

Where a policy row says how many days in stock a CMM needs (`least_days`), months with fewer are helped by older
ones; if those do not suffice either, no more is assumed than what was used stretched over so many days.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from operator import itemgetter
from typing import Any

from core.contract.ports import Words
from core.contract.words import _
from core.data.exact import dumped, loaded, up
from plugins.elmis.formulas.cmm import DAYS_A_MONTH, MonthRecord

MONTHS = 3  # closed months with a report that a CMM looks at

FLAGS: dict[str, Words] = {
    "": "",
    "few_months": _("computed on fewer months than usual"),
    "no_report": _("no CMM: no closed month has a report"),
    "never_received": _("no CMM: the product was not here in a closed month"),
    "always_out": _("no CMM: out of stock for the whole period"),
    "few_days": _("in stock on too few days to know what is used"),
    "older_months": _("computed on older months: out of stock nearly all of the last ones"),
    "more_returned": _("no CMM: more came back than was given out"),
}
DOUBTFUL = frozenset(FLAGS) - {"", "few_months"}  # a person must look at what follows from such a CMM


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
    least_days: int = 0

    @property
    def days_in_stock(self) -> int:
        """Return on how many of the days that count the product was there."""
        return self.eligible_days - self.stockout_days

    @property
    def stretched(self) -> bool:
        """Return whether too few days in stock were counted as `least_days`."""
        return self.value is not None and self.days_in_stock < self.least_days

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
            "least_days": self.least_days,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Cmm":
        """Return what `to_dict` wrote."""
        months = tuple(date.fromisoformat(month) for month in data["months_used"])
        return cls(**{**data, "value": loaded(data["value"]), "months_used": months})


def adjusted(records: Sequence[MonthRecord], months: int = MONTHS, least_days: int = 0) -> Cmm:
    """Return consumption ÷ (eligible days − stock-out days) × 30.5."""
    return _by("adjusted", _adjusted, records, months, least_days)


def simple(records: Sequence[MonthRecord], months: int = MONTHS, least_days: int = 0) -> Cmm:
    """Return the mean of the months, stock-out days or not."""
    return _by("simple", _simple, records, months, least_days)


def openlmis_v3(records: Sequence[MonthRecord], months: int = MONTHS, least_days: int = 0) -> Cmm:
    """Return P of OpenLMIS 3: the mean of the adjusted months, each and the mean rounded up."""
    return _by("openlmis_v3", _openlmis_v3, records, months, least_days)


def msh(records: Sequence[MonthRecord], months: int = MONTHS, least_days: int = 0) -> Cmm:
    """Return consumption ÷ (months − stock-out days ÷ 30.5), as Management Sciences for Health does."""
    return _by("msh", _msh, records, months, least_days)


USUAL = "adjusted"  # where nobody chooses
POLICIES: dict[str, Callable[..., Cmm]] = {
    "adjusted": adjusted,
    "simple": simple,
    "openlmis_v3": openlmis_v3,
    "msh": msh,
}
POLICY_LABELS: dict[str, Words] = {
    "adjusted": _("Adjusted for stock-out days"),
    "simple": _("Mean of the months"),
    "openlmis_v3": _("Mean of months made up for stock-outs"),
    "msh": _("Consumption per month in stock"),
}


def cmm(records: Sequence[MonthRecord], policy: str = "adjusted", months: int = MONTHS, least_days: int = 0) -> Cmm:
    """Return the CMM by the named policy; KeyError for a name that is not in POLICIES.

    With `least_days` the months used hold at least so many days in stock, or the CMM is flagged and capped.
    """
    return POLICIES[policy](records, months, least_days)


Rule = Callable[[Sequence[MonthRecord]], Fraction | None]


def _by(policy: str, rule: Rule, records: Sequence[MonthRecord], months: int, least_days: int) -> Cmm:
    """Return what the rule gives on the months that count, with what it was computed from."""
    last = usable_months(records, months)
    used = last if not last or in_stock(last) >= least_days else longer(records, months, least_days) or last
    eligible, out = sum([one.eligible_days for one in used]), sum([one.stockout_days for one in used])
    value = _known(rule, used, eligible - out, least_days) if used else None
    flag = _flag(records, used, value, months, eligible - out, least_days) or ("" if used == last else "older_months")
    return Cmm(
        None if value is not None and value.numerator < 0 else value, policy, tuple([one.month for one in used]),
        _spent(used), eligible, out, flag, least_days,
    )  # fmt: skip


def usable_months(records: Sequence[MonthRecord], months: int) -> list[MonthRecord]:
    """Return the last months that have a report and an eligible day, oldest first."""
    counting = [one for one in records if one.reported and one.eligible_days > 0]
    return sorted(counting, key=itemgetter(0))[-months:]


def longer(records: Sequence[MonthRecord], months: int, least_days: int) -> list[MonthRecord]:
    """Return the last months that say anything of the use: at least `months`, more until they hold `least_days`
    days in stock, oldest first. A month out of stock throughout, in which nothing was used, says nothing."""
    found: list[MonthRecord] = []
    for one in reversed(usable_months(records, len(records))):
        if len(found) >= months and in_stock(found) >= least_days:
            break
        if in_stock([one]) or one.consumption:
            found.append(one)
    return found[::-1]


def in_stock(used: Sequence[MonthRecord]) -> int:
    """Return on how many eligible days of the months the product was there."""
    return sum([one.eligible_days - one.stockout_days for one in used])


def _known(rule: Rule, used: Sequence[MonthRecord], days: int, least_days: int) -> Fraction | None:
    """Return what the rule gives, or None where too little is known: that nothing was used while there was next to
    nothing is no use of 0."""
    scarce = days <= 0 or days < least_days
    if scarce and sum([one.consumption + one.additional for one in used]) == 0:
        return None
    value = rule(used)
    if value is None or days >= least_days:
        return value
    most = Fraction(_spent(used), least_days) * DAYS_A_MONTH
    return min(value, Fraction(up(most)) if rule is _openlmis_v3 else most)


def _flag(
    records: Sequence[MonthRecord], used: Sequence[MonthRecord], value: Fraction | None, months: int, days: int,
    least_days: int,
) -> str:  # fmt: skip
    """Return what there is to say of a CMM on months that had so many days in stock."""
    if value is not None and value.numerator < 0:
        return "more_returned"
    if used and 0 < days < least_days:
        return "few_days"
    if value is not None:
        return "" if len(used) >= months else "few_months"
    if used:
        return "always_out"
    return "never_received" if any(one.reported for one in records) else "no_report"


def _adjusted(used: Sequence[MonthRecord]) -> Fraction | None:
    days = in_stock(used)
    return Fraction(_spent(used) * DAYS_A_MONTH.numerator, days * DAYS_A_MONTH.denominator) if days > 0 else None


def _simple(used: Sequence[MonthRecord]) -> Fraction | None:
    return Fraction(_spent(used), len(used))


def _openlmis_v3(used: Sequence[MonthRecord]) -> Fraction | None:
    return Fraction(up(Fraction(sum(_openlmis_month(one) for one in used), len(used))))


def _openlmis_month(one: MonthRecord) -> int:
    """Return N of one month (M = 1); a month out of stock throughout keeps what was consumed."""
    days = 30 - one.stockout_days
    adjusted_up = up(Fraction(one.consumption * 30, days)) if days > 0 else one.consumption
    return adjusted_up + one.additional


def _msh(used: Sequence[MonthRecord]) -> Fraction | None:
    months = len(used) - sum(one.stockout_days for one in used) / DAYS_A_MONTH
    return _spent(used) / months if months > 0 else None


def _spent(used: Sequence[MonthRecord]) -> int:
    return sum([one.consumption for one in used])
