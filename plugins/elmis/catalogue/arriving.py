"""What is wrong or unusual about goods that come in: one rule for the page and for lists."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from dateutil.relativedelta import relativedelta

from core.contract.ports import Words
from core.contract.words import _
from plugins.elmis.catalogue.lotless import doubtful_number
from plugins.elmis.catalogue.models import LOT_STATUSES
from plugins.elmis.formulas.lots import ACTIVE

IMPOSSIBLE = 5  # years by which goods that come in cannot have expired
CAME = frozenset({"receipt", "delivery", "transfer_in"})  # from elsewhere: what was there already may have expired
IN = CAME | {"adjust_up"}
YEARS_AGO = "years_ago"  # this alone is refused, the others are asked
FIELDS = {
    YEARS_AGO: "expiry", "retired": "product", "blocked_lot": "lot", "no_expiry": "expiry", "expired": "expiry",
    "far_expiry": "expiry", "lot_name": "lot",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Arrival:
    """What comes in: `fresh` says that its expiry is written here first, `numbered` that packs carry lot numbers."""

    lot: str
    expiry: date | None
    day: date
    reason: str
    status: str = ACTIVE
    fresh: bool = True
    numbered: bool = True
    retired: bool = False  # a product that is no longer in use


@lru_cache(maxsize=1000)
def years_from(day: date, years: int) -> date:
    """Return the same day so many years later; a list names few days, thousands of times."""
    return day + relativedelta(years=years)


def unusual(one: Arrival, years: int) -> Mapping[str, Words]:
    """Return what is wrong or unusual about goods that come in, by its code; `years` is the limit of an expiry."""
    found = dict[str, Words]()
    if one.retired and one.reason == "receipt":
        found["retired"] = _("The product of lot %(lot)s is no longer in use.", lot=one.lot)
    if one.status != ACTIVE:
        found["blocked_lot"] = _(
            "Lot %(lot)s is blocked (%(status)s): it may be kept, but not given out.",
            lot=one.lot, status=LOT_STATUSES[one.status],
        )  # fmt: skip
    if one.numbered and (words := doubtful_number(one.lot, one.fresh)) is not None:
        found["lot_name"] = words
    return found | of_expiry(one, years)


def of_expiry(one: Arrival, years: int) -> dict[str, Words]:
    """Return what is unusual about an expiry: that there is none, that it is past, or far away."""
    if one.expiry is None:
        words = _("No expiry is entered for lot %(lot)s.", lot=one.lot)
        return {"no_expiry": words} if one.fresh and one.numbered else {}
    if one.day <= one.expiry <= years_from(one.day, years):
        return {}
    day = f"{one.expiry:%d/%m/%Y}"
    if one.fresh and one.expiry < years_from(one.day, -IMPOSSIBLE):
        return {YEARS_AGO: _("%(day)s: these goods would have expired years ago. Check the year.", day=day)}
    if one.expiry < one.day and one.reason in CAME:
        return {
            "expired": _("Lot %(lot)s expired on %(day)s: it may be kept, but not given out.", lot=one.lot, day=day)
        }
    if one.fresh and one.expiry > years_from(one.day, years):
        return {"far_expiry": _("An expiry of %(day)s is very far away.", day=day)}
    return {}
