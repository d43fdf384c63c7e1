"""Compliance of preventive maintenance: what was done within its window ÷ what was scheduled in the period.

The window is ± a share of the interval, a tenth unless a rule says otherwise: of a 90-day plan that is due on 1 April,
it reaches from 23 March to 10 April. Scheduled in a period is what was due in it. What was skipped with a reason, and
what its equipment did not live to see, leaves the denominator and is listed; so is what may still be done in time.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)

SHARE = Fraction(1, 10)
COUNTED = ("done_on_time", "done_early", "done_late", "missed")
LEFT_OUT = ("skipped_justified", "decommissioned", "open")


@dataclass(frozen=True, slots=True)
class Scheduled(Generic[Key]):
    """One occurrence of a plan: `due`, the plan's interval in days, the day it was done.

    `justified` when it was skipped with an accepted reason; `decommissioned` the day its equipment left service.
    """

    key: Key
    due: date
    interval: int
    done: date | None = None
    justified: bool = False
    decommissioned: date | None = None


@dataclass(frozen=True)
class Compliance(Generic[Key]):
    """The keys of a period's occurrences by their state, one of COUNTED or LEFT_OUT, in the order given."""

    states: Mapping[str, tuple[Key, ...]]

    @property
    def on_time(self) -> int:
        """Return how many were done within their window."""
        return len(self.states["done_on_time"])

    @property
    def scheduled(self) -> int:
        """Return the denominator."""
        return sum(len(self.states[state]) for state in COUNTED)

    @property
    def rate(self) -> Fraction | None:
        """Return on time ÷ scheduled, from 0 to 1; None when nothing counts."""
        return Fraction(self.on_time, self.scheduled) if self.scheduled else None


def window(due: date, interval: int, share: Fraction = SHARE) -> tuple[date, date]:
    """Return the first and the last day on which maintenance due on a day is in time: whole days within the share."""
    if interval < 1:
        raise ValueError(f"an interval of {interval} days")
    days = timedelta(days=interval * share.numerator // share.denominator)
    return due - days, due + days


def state_of(one: Scheduled[Key], today: date, share: Fraction = SHARE) -> str:
    """Return how an occurrence stands on a day: one of COUNTED or LEFT_OUT."""
    first, last = window(one.due, one.interval, share)
    if one.done is not None:
        return "done_on_time" if first <= one.done <= last else "done_early" if one.done < first else "done_late"
    if one.justified:
        return "skipped_justified"
    if one.decommissioned is not None and one.decommissioned <= last:
        return "decommissioned"
    return "open" if today <= last else "missed"


def compliance(
    occurrences: Iterable[Scheduled[Key]], first: date, last: date, today: date, share: Fraction = SHARE
) -> Compliance[Key]:
    """Return the compliance of what was due from the first to the last day, both included, as it stands today."""
    found: dict[str, list[Key]] = {state: [] for state in (*COUNTED, *LEFT_OUT)}
    for one in occurrences:
        if first <= one.due <= last:
            found[state_of(one, today, share)].append(one.key)
    return Compliance({state: tuple(keys) for state, keys in found.items()})


def together(parts: Collection[Compliance[Key]]) -> Compliance[Key]:
    """Return several compliances as one, such as those of the facilities of a district."""
    return Compliance({
        state: tuple(key for part in parts for key in part.states[state]) for state in (*COUNTED, *LEFT_OUT)
    })  # fmt: skip
