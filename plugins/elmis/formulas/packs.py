"""Quantities in packs: a presentation of base units, always labelled as such."""

from dataclasses import dataclass


def packs_from(quantity: int, net_content: int, threshold: int = 0, zero_allowed: bool = True) -> int:
    """Return the packs to ask for, for `quantity` base units, `net_content` of them to a pack.

    A rest of more than `threshold` units takes one pack more. A quantity that would round to no pack
    takes one where zero is not allowed. Source: OpenLMIS 3, packs to ship.
    """
    if net_content < 1:
        raise ValueError("a pack holds at least one unit")
    if quantity <= 0:
        return 0
    packs = quantity // net_content + (quantity % net_content > threshold)
    return packs or (0 if zero_allowed else 1)


@dataclass(frozen=True, slots=True)
class Packs:
    """A quantity as whole packs and a rest of base units."""

    packs: int
    net_content: int
    rest: int

    @property
    def quantity(self) -> int:
        """Return the quantity in base units."""
        return self.packs * self.net_content + self.rest

    def __str__(self) -> str:
        """Return "3 × 1000 + 12", "3 × 1000", or "12" where there is no whole pack."""
        whole = f"{self.packs} × {self.net_content}"
        if not self.packs:
            return str(self.rest)
        return f"{whole} + {self.rest}" if self.rest else whole


def in_packs(quantity: int, net_content: int) -> Packs:
    """Return a quantity of at least 0 base units as packs and rest."""
    if quantity < 0:
        raise ValueError("a quantity below 0 has no packs")
    return Packs(quantity // net_content, net_content, quantity % net_content)
