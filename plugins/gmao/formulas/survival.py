"""How much of what was donated still serves after 1, 3 and 5 years, by the product-limit estimate.

E. L. Kaplan and P. Meier, "Nonparametric estimation from incomplete observations", Journal of the American Statistical
Association 53, 1958: S(t) = Π (1 − ended ÷ at risk) over the times up to t at which something ended. What still serves
was seen for as long as it has served so far, and is no longer at risk after that. A share of what is known to have
ended alone would call a gift of last month a success of five years.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import NamedTuple

HORIZONS = (1, 3, 5)  # years


class Piece(NamedTuple):
    """A donated piece: the day it came into use, the day it ended if it did, and the last day it was known to serve."""

    received: date
    ended: date | None
    seen: date


class Step(NamedTuple):
    """A time in days at which something ended: how many were at risk, how many ended, the share that survives it."""

    days: int
    at_risk: int
    ended: int
    share: Fraction


class Survived(NamedTuple):
    """The share (0 to 1) that serves so many years or longer, None where none was seen for that long."""

    years: int
    share: Fraction | None
    at_risk: int


@dataclass(frozen=True)
class Curve:
    """The steps of a survival curve, and for how many days each piece was seen."""

    steps: tuple[Step, ...]
    seen: tuple[int, ...]

    def at(self, days: int) -> Fraction | None:
        """Return the share that survives so many days; None beyond the longest time seen, unless all have ended."""
        share = next((step.share for step in reversed(self.steps) if step.days <= days), Fraction(1))
        return share if share == 0 or (self.seen and days <= max(self.seen)) else None

    def after(self, years: int) -> Survived:
        """Return what survives so many years, with the number of pieces that were seen for as long."""
        days = years * 1461 // 4
        return Survived(years, self.at(days), sum(1 for each in self.seen if each >= days))


def curve(times: Iterable[tuple[int, bool]]) -> Curve:
    """Return the curve of times in days, each with whether the piece ended then or was last seen serving.

    Where both happen after the same number of days, what was seen serving was still at risk. ValueError for a
    negative time.
    """
    known = sorted(times)
    if known and known[0][0] < 0:
        raise ValueError("something ended, or was seen, before it was received")
    ended = Counter(days for days, over in known if over)
    steps: list[Step] = []
    share = Fraction(1)
    for days in sorted(ended):
        at_risk = sum(1 for each, _over in known if each >= days)
        share *= 1 - Fraction(ended[days], at_risk)
        steps.append(Step(days, at_risk, ended[days], share))
    return Curve(tuple(steps), tuple(days for days, _over in known))


def survival(pieces: Iterable[Piece], years: Iterable[int] = HORIZONS) -> tuple[Survived, ...]:
    """Return what survives so many years of the pieces of a donor, a project or a type."""
    found = curve((((one.ended or one.seen) - one.received).days, one.ended is not None) for one in pieces)
    return tuple(found.after(each) for each in years)
