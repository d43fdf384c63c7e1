"""What to replace first: the score of each piece with its terms, from what is known of it today."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property
from typing import Any

from core.data.calendar import today
from core.data.exact import half_up
from core.facilities.models import Facility
from plugins.gmao.equipment.states import IN_USE, PROPOSED, STORE
from plugins.gmao.figures import reports
from plugins.gmao.figures.past import measured
from plugins.gmao.figures.reports import Kind, Piece, Site
from plugins.gmao.formulas import replacement
from plugins.gmao.formulas.replacement import WEIGHTS, Score, Share

DAY, YEAR = timedelta(days=1), timedelta(days=365)
FINE = 10**6  # parts of a point, in which the order is told
OPEN = Fraction(50)  # points that may be unknown; of more, too little is known
KEPT = (*IN_USE, STORE, PROPOSED)
ENOUGH, LITTLE = "enough", "little"


@dataclass(frozen=True)
class Candidate:
    """A piece, what speaks for its replacement, its score from `least` to `most` points, and what a new one costs."""

    piece: Piece
    kind: Kind
    site: Site | None
    shares: Mapping[str, Share]
    least: Fraction
    most: Fraction
    price: Decimal | None

    @cached_property
    def score(self) -> Score:
        """Return the score with its terms."""
        return replacement.score(self.shares)

    @property
    def known(self) -> str:
        """Return whether enough is known of it to rank it."""
        return ENOUGH if self.most - self.least <= OPEN else LITTLE

    @property
    def years(self) -> int | None:
        """Return the years that it is made for."""
        found: int | None = self.fact("age", "years")
        return found

    def points(self, term: str) -> Fraction | None:
        """Return the points of a term, None while they are not known."""
        return next(each.points for each in self.score.terms if each.code == term)

    def fact(self, term: str, name: str) -> Any:
        """Return something that a term came from."""
        return self.shares[term].facts.get(name)


class Judge:
    """Scores pieces on a day: what several have in common is reckoned once."""

    def __init__(self, now: datetime) -> None:
        self.now, self.today = now, today()
        self.kinds, self.made = reports.kinds(), reports.made()
        self.age = cache(self._age)
        self.rest = cache(self._rest)

    def candidate(self, piece: Piece, site: Site | None) -> Candidate:
        """Return a piece with its score."""
        kind, made = self.kinds[piece.type_id], self.made.get(piece.model_id or 0)
        lasted = measured(piece.past, piece.past.lasted(self.now - YEAR, self.now))
        days = lasted.required // DAY
        price, year, life = (made.price, made.supported_until, made.life) if made else (None, None, None)
        age, *ends = self.age(piece.past.since, life or kind.life)
        rest, least, most = self.rest(piece.status, lasted.failures if days else None, days, price, year, kind.em)
        return Candidate(piece, kind, site, {**rest, "age": age}, least + ends[0], most + ends[1], price)

    def _age(self, since: date | None, years: int | None) -> tuple[Share, Fraction, Fraction]:
        share = replacement.age(since, years, self.today)
        return share, *_points({"age": share})

    def _rest(
        self, status: str, failures: int | None, days: int, price: Decimal | None, year: int | None, em: int
    ) -> tuple[Mapping[str, Share], Fraction, Fraction]:  # fmt: skip
        """Return the shares but that of the age. Nobody records yet what maintenance has cost: it is not known."""
        shares = {
            "condition": replacement.condition(status, failures, days),
            "cost": replacement.cost(None, price),
            "support": replacement.support(date(year, 12, 31) if year else None, known=False, today=self.today),
            "criticality": replacement.criticality(em),
        }
        return shares, *_points(shares)


def _points(shares: Mapping[str, Share]) -> tuple[Fraction, Fraction]:
    """Return the least and the most points that some shares give."""
    ends = [(WEIGHTS[code] * share.least, WEIGHTS[code] * share.most) for code, share in shares.items()]
    return sum((least for least, _most in ends), Fraction()), sum((most for _least, most in ends), Fraction())


def candidates(place: Facility, now: datetime) -> Sequence[Candidate]:
    """Return what stands at and below a place, the first to replace first."""
    sites, judge = reports.sites(place), Judge(now)
    pieces = reports.pieces(place, reports.PIECE.c.state.in_(KEPT))
    found = [judge.candidate(one, sites[one.facility_id]) for one in pieces if one.facility_id in sites]
    return sorted(found, key=lambda one: (-half_up(one.least * FINE), -half_up(one.most * FINE)))


def judged(piece: Piece, now: datetime) -> Candidate:
    """Return one piece with its score."""
    return Judge(now).candidate(piece, None)
