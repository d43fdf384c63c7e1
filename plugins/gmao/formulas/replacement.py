"""The score by which equipment is proposed for replacement: 0 nothing speaks for it, 100 everything does.

Score = Σ weight × share, shares from 0 to 1; the weights are a country's own and sum to 100. A term of which something
is unknown is not 0: it has a least and a most, and so has the score. Shares are of five terms:

- condition: the worse of its functional status and of its failures a year ÷ those at which it is full;
- age: years in use ÷ useful life;
- cost: what its maintenance has cost ÷ what a new one costs;
- support: 1 when the manufacturer no longer supports it, ½ in the years before that;
- criticality: EM from 4 to 20, as a share of that range.

The terms follow Fennigkoh, "A medical equipment replacement model", Journal of Clinical Engineering 17(1), 1992, which
weighs service and support, function, cost benefit and clinical efficacy; the weights are those of gmao's design.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Any, NamedTuple

from core.data.exact import Number, exact

WEIGHTS: Mapping[str, int] = MappingProxyType(
    {"condition": 30, "age": 25, "cost": 20, "support": 15, "criticality": 10}
)
CONDITION: Mapping[str, Fraction] = MappingProxyType({
    "functional": Fraction(0), "needs_attention": Fraction(1, 2), "not_functional": Fraction(3, 4),
    "unserviceable": Fraction(1),
})  # fmt: skip
FULL_FAILURES = 4  # a year
NOTICE_YEARS = 2  # before the end of support
YEAR = Fraction(1461, 4)  # days
EM = (4, 20)


@dataclass(frozen=True)
class Share:
    """What speaks for replacement in one term, from `least` to `most` (0 to 1), and the `facts` it came from."""

    least: Fraction
    most: Fraction
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def known(self) -> bool:
        """Return whether nothing is left open."""
        return self.least == self.most


class Term(NamedTuple):
    """One line of a score: the points are weight × share."""

    code: str
    weight: int
    share: Share

    @property
    def points(self) -> Fraction | None:
        """Return the points, None while they are not known."""
        return self.weight * self.share.least if self.share.known else None


@dataclass(frozen=True)
class Score:
    """The terms of a score, and what they come to."""

    terms: tuple[Term, ...]

    @property
    def least(self) -> Fraction:
        """Return the score if all that is unknown speaks against replacement."""
        return sum((term.weight * term.share.least for term in self.terms), Fraction())

    @property
    def most(self) -> Fraction:
        """Return the score if all that is unknown speaks for replacement."""
        return sum((term.weight * term.share.most for term in self.terms), Fraction())

    @property
    def value(self) -> Fraction | None:
        """Return the score, None while it is a range."""
        return self.least if self.least == self.most else None

    @property
    def unknown(self) -> tuple[str, ...]:
        """Return the terms of which something is unknown."""
        return tuple(term.code for term in self.terms if not term.share.known)


def score(shares: Mapping[str, Share], weights: Mapping[str, int] = WEIGHTS) -> Score:
    """Return the score of shares by term; one that is missing is unknown. ValueError unless weights sum to 100."""
    if sum(weights.values()) != 100 or min(weights.values()) < 0:
        raise ValueError("weights are not negative and sum to 100")
    if strange := set(shares) - set(weights):
        raise ValueError(f"no such term: {', '.join(sorted(strange))}")
    return Score(tuple(Term(code, weight, shares.get(code, _open({}))) for code, weight in weights.items()))


def condition(status: str | None, failures: int | None, days: int | None, full: int = FULL_FAILURES) -> Share:
    """Return the share of a functional status and of failures in the last `days`; "" and "unknown" are unknown."""
    facts = {"status": status, "failures": failures, "days": days}
    parts = [Fraction(0), Fraction(0)], [Fraction(1), Fraction(1)]
    if status not in (None, "", "unknown"):
        parts[0][0] = parts[1][0] = CONDITION[status]
    if failures is not None and days:
        parts[0][1] = parts[1][1] = min(Fraction(1), failures * YEAR / days / full)
    return Share(max(parts[0]), max(parts[1]), facts)


def age(used_since: date | None, years: int | None, today: date) -> Share:
    """Return the share of years in use in a useful life; of something not in use yet it is 0."""
    facts = {"since": used_since, "years": years}
    if used_since is None or not years:
        return _open(facts)
    return _known(max(0, (today - used_since).days) / (years * YEAR), facts)


def cost(maintenance: Number | None, replacement: Number | None) -> Share:
    """Return the share of what maintenance has cost in the cost of a new one, both in one currency."""
    facts = {"maintenance": maintenance, "replacement": replacement}
    if maintenance is None or not replacement:
        return _open(facts)
    return _known(exact(maintenance) / exact(replacement), facts)


def support(ends: date | None, known: bool, today: date, notice: int = NOTICE_YEARS) -> Share:
    """Return the share of the end of support; `known` without a day says that no end was announced."""
    facts = {"ends": ends}
    if ends is None:
        return _known(Fraction(0), facts) if known else _open(facts)
    left = (ends - today).days
    return _known(Fraction(1) if left < 0 else Fraction(1, 2) if left <= notice * YEAR else Fraction(0), facts)


def criticality(em: int | None) -> Share:
    """Return the share of EM, the risk number without its history."""
    if em is None:
        return _open({"em": None})
    return _known(Fraction(em - EM[0], EM[1] - EM[0]), {"em": em})


def ranked(scores: Mapping[Any, Score]) -> Collection[Any]:
    """Return the keys of scores, the first to replace first: by what is known to speak for it, then by what may."""
    return sorted(scores, key=lambda key: (-scores[key].least, -scores[key].most))


def _known(share: Fraction, facts: Mapping[str, Any]) -> Share:
    share = min(Fraction(1), max(Fraction(0), share))
    return Share(share, share, facts)


def _open(facts: Mapping[str, Any]) -> Share:
    return Share(Fraction(0), Fraction(1), facts)
