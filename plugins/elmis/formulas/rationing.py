"""A fair share when there is too little: everybody is brought to the same months of stock."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import floor
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Claim(Generic[Key]):
    """What one facility asks for: `need` and present `stock` in base units, `cmm` in base units a month.

    Without a CMM the need itself counts as one month.
    """

    key: Key
    need: int
    stock: int = 0
    cmm: Fraction | None = None

    @property
    def pace(self) -> Fraction:
        """Return base units a month."""
        return self.cmm or Fraction(self.need)

    def at(self, months: Fraction) -> Fraction:
        """Return what brings this facility to so many months of stock, from 0 to its need."""
        return min(Fraction(self.need), max(Fraction(0), months * self.pace - self.stock))


def ration(available: int, claims: Sequence[Claim[Key]]) -> dict[Key, int]:
    """Return base units by key, summing to `available` or, if that suffices, to all needs.

    Nobody gets more than its need. Those with the fewest months of stock are served first, until all
    stand equal; single units left over by rounding go to the largest fractions, then in the order given.
    """
    asking = [claim for claim in claims if claim.need > 0]
    shares = {claim.key: 0 for claim in claims}
    if sum(claim.need for claim in asking) <= available:
        return shares | {claim.key: claim.need for claim in asking}
    months = water_level(max(0, available), asking)
    return shares | whole({claim.key: claim.at(months) for claim in asking})


def water_level(available: int, claims: Sequence[Claim[Key]]) -> Fraction:
    """Return the months of stock to which `available` units bring the claims, exact.

    What they take together rises in straight lines between the levels at which a claim begins or is met.
    """
    bends = sorted({Fraction(claim.stock + part) / claim.pace for claim in claims for part in (0, claim.need)})
    taken = [sum((claim.at(bend) for claim in claims), Fraction(0)) for bend in bends]
    for (low, before), (high, after) in pairwise(zip(bends, taken, strict=True)):
        if before <= available < after:
            return low + (high - low) * (available - before) / (after - before)
    return bends[0]


def whole(shares: Mapping[Key, Fraction]) -> dict[Key, int]:
    """Return the shares as integers of the same sum, by largest remainder."""
    floors = {key: floor(share) for key, share in shares.items()}
    left = floor(sum(shares.values())) - sum(floors.values())
    by_rest = sorted(shares, key=lambda key: floors[key] - shares[key])
    return floors | {key: floors[key] + 1 for key in by_rest[:left]}
