"""Lots: which may be used, in which order (first expiry first), and what will expire unused."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

from core.contract.ports import Words
from core.contract.words import _
from plugins.elmis.formulas.cmm import DAYS_A_MONTH

ACTIVE, HELD, RECALLED = "active", "held", "recalled"  # what is decided of a lot, for the whole country
Key = TypeVar("Key")
LAST_USABLE_VVM = 2  # a vaccine vial monitor at stage 3 or 4 has passed its discard point

REASONS: dict[str, Words] = {
    "expired": _("expired"),
    "held": _("on hold"),
    "recalled": _("recalled"),
    "vvm": _("vial monitor past its discard point"),
    "will_expire": _("will expire before it is consumed"),
}


class LotStock(NamedTuple):
    """What a place holds of one lot: `quantity` in base units, `expiry` its last usable day, `vvm` stage or None."""

    lot_id: int | str
    quantity: int
    expiry: date | None = None
    status: str = ACTIVE
    vvm: int | None = None
    number: str = ""


class Exclusion(NamedTuple):
    """Units of a lot that do not count, and why (a key of REASONS)."""

    lot_id: int | str
    quantity: int
    reason: str
    number: str = ""

    @property
    def label(self) -> Words:
        """Return the reason in words."""
        return REASONS[self.reason]


@dataclass(frozen=True, slots=True)
class Usable:
    """What of the stock can be counted on; `quantity` + the excluded units = `on_hand`, in base units."""

    quantity: int
    on_hand: int
    excluded: tuple[Exclusion, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON carries it."""
        return {
            "quantity": self.quantity,
            "on_hand": self.on_hand,
            "excluded": [one._asdict() for one in self.excluded],
        }

    @classmethod
    def all_of(cls, quantity: int) -> "Usable":
        """Return a stock of which every unit counts."""
        return cls(quantity, quantity)


@dataclass(frozen=True, slots=True)
class Allocation:
    """Which lots to take; `shortfall` is what they could not cover, `refused` what may not be taken."""

    picks: tuple[tuple[int | str, int], ...]
    shortfall: int
    refused: tuple[Exclusion, ...] = ()


def refusal(lot: LotStock, on: date) -> str:
    """Return why a lot may not be used on a day (a key of REASONS), or an empty string."""
    if lot.status == RECALLED:
        return "recalled"
    if lot.expiry and lot.expiry < on:
        return "expired"
    if lot.status != ACTIVE:
        return "held"
    return "vvm" if (lot.vvm or 0) > LAST_USABLE_VVM else ""


def first_out(lot: Any) -> tuple[date, int, str]:
    """Return by what lots are sorted to leave: earliest expiry first, none last, VVM 2 before 1, then number."""
    return lot.expiry or date.max, -(lot.vvm or 0), lot.number


def taken(lots: Iterable[tuple[Key, int]], quantity: int) -> tuple[list[tuple[Key, int]], int]:
    """Return what is taken of (lot, units) in their order for a quantity, and what they do not cover."""
    picks, left = [], max(0, quantity)
    for lot, units in lots:
        if left and units:
            picks.append((lot, min(units, left)))
            left -= min(units, left)
    return picks, left


def sorted_out(lots: Iterable[LotStock], on: date) -> tuple[list[LotStock], list[Exclusion]]:
    """Return the lots that may be used, in FEFO order, and those that may not, each with its reason."""
    good, refused = [], []
    there = [lot for lot in lots if lot.quantity > 0]
    if len(there) > 1:
        there.sort(key=lambda lot: (first_out(lot), str(lot.lot_id)))
    for lot in there:
        reason = refusal(lot, on)
        if reason:
            refused.append(Exclusion(lot.lot_id, lot.quantity, reason, lot.number))
        else:
            good.append(lot)
    return good, refused


def fefo(lots: Iterable[LotStock], quantity: int, on: date) -> Allocation:
    """Return what to take from which lot for `quantity` base units on that day."""
    good, refused = sorted_out(lots, on)
    picks, left = taken(((lot.lot_id, lot.quantity) for lot in good), quantity)
    return Allocation(tuple(picks), left, tuple(refused))


def usable_stock(lots: Iterable[LotStock], cmm: Fraction | None, on: date) -> Usable:
    """Return the usable stock on a day: without refused lots, and what will expire unused at this CMM.

    Consumption is played forward from `on`, CMM ÷ 30.5 a day, first expiry first. Without a CMM, or with
    a CMM of 0, there is no pace to play, and nothing is foreseen to expire.
    """
    good, excluded = sorted_out(lots, on)
    on_hand = sum([lot.quantity for lot in good]) + sum([one.quantity for one in excluded])
    pace = None if cmm is None or cmm.numerator <= 0 else _a_day(cmm)
    used = 0
    for lot in good:
        consumed = lot.quantity if pace is None or lot.expiry is None else _consumable(lot, pace, on, used)
        used += consumed
        if consumed < lot.quantity:
            excluded.append(Exclusion(lot.lot_id, lot.quantity - consumed, "will_expire", lot.number))
    return Usable(used, on_hand, tuple(excluded))


def _a_day(cmm: Fraction) -> tuple[int, int]:
    """Return CMM ÷ 30.5 as two whole numbers."""
    return cmm.numerator * DAYS_A_MONTH.denominator, cmm.denominator * DAYS_A_MONTH.numerator


def _consumable(lot: LotStock, pace: tuple[int, int], on: date, before: int) -> int:
    """Return how many units of the lot are consumed by its last usable day, `before` having left first."""
    by_then = pace[0] * ((lot.expiry - on).days + 1) // pace[1] if lot.expiry else lot.quantity + before
    return min(lot.quantity, max(0, by_then - before))
