"""The functional rate: of the equipment whose status is known, how much works.

What needs attention still serves patients, and counts as functional; how many these are is told apart. Unknown is
neither: it leaves the denominator and is shown, since a rate of the half that somebody looked at says so only then.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

WORKING = frozenset({"functional", "needs_attention"})
STATUSES = ("functional", "needs_attention", "not_functional", "unserviceable", "unknown")


@dataclass(frozen=True, slots=True)
class Functional:
    """How many pieces work (`needs_attention` of them with a defect), do not work, and are not known."""

    working: int
    needs_attention: int
    failed: int
    unknown: int

    @property
    def known(self) -> int:
        """Return the denominator of the rate."""
        return self.working + self.failed

    @property
    def rate(self) -> Fraction | None:
        """Return working ÷ known, from 0 to 1; None when nothing is known."""
        return Fraction(self.working, self.known) if self.known else None

    @property
    def coverage(self) -> Fraction | None:
        """Return known ÷ all, from 0 to 1: how much the rate speaks of; None when there is nothing."""
        return Fraction(self.known, self.known + self.unknown) if self.known + self.unknown else None


def functional(statuses: Iterable[str]) -> Functional:
    """Return the count of functional statuses, "" being unknown; ValueError for one that is not in STATUSES."""
    return functional_of(Counter(status or "unknown" for status in statuses))


def functional_of(counts: Mapping[str, int]) -> Functional:
    """Return the same of {status: pieces}."""
    found = Counter(counts)
    if strange := set(found) - set(STATUSES):
        raise ValueError(f"no functional status: {', '.join(sorted(strange))}")
    working = sum(found[status] for status in WORKING)
    return Functional(working, found["needs_attention"], found.total() - working - found["unknown"], found["unknown"])
