"""What is left of leave: credits are lots, taken first in first out, carried over to a day and no further.

Source: carry-over by lots as statutes word it ("the leave of a year may be taken until … of the next, within …
days"); the oldest lot that still holds is taken first, so that what expires first is used first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import NamedTuple

NONE = Fraction(0)


class Earned(NamedTuple):
    """A credit: from which day it may be taken, the end of its leave year, and the last day on which it holds.

    `expires` is the end of the year itself where nothing is carried over, None where it never expires; `most` is how
    much of the whole leave year may be carried over, None all of it.
    """

    on: date
    year_ends: date
    expires: date | None
    amount: Fraction
    most: Fraction | None = None


class Taken(NamedTuple):
    """Leave on a day, by whatever names it (a request)."""

    on: date
    amount: Fraction
    by: object = None


@dataclass
class Lot:
    """A credit, and what has become of it."""

    earned: Earned
    taken: Fraction = NONE
    expired: Fraction = NONE  # on its last day
    cut: Fraction = NONE  # at the end of its year, over what may be carried

    @property
    def left(self) -> Fraction:
        """Return what may still be taken of it."""
        return self.earned.amount - self.taken - self.expired - self.cut


@dataclass
class Balance:
    """How leave stands at the end of a day, with its working; `short` are the days that no lot covered."""

    lots: list[Lot] = field(default_factory=list)
    short: list[Taken] = field(default_factory=list)

    @property
    def credited(self) -> Fraction:
        """Return the sum of all credits."""
        return sum((lot.earned.amount for lot in self.lots), NONE)

    @property
    def expired(self) -> Fraction:
        """Return what was lost, on its last day or at the end of its year."""
        return sum((lot.expired + lot.cut for lot in self.lots), NONE)

    @property
    def taken(self) -> Fraction:
        """Return what was taken, that beyond the credits included."""
        return sum((lot.taken for lot in self.lots), NONE) + self.owed

    @property
    def owed(self) -> Fraction:
        """Return what was taken beyond the credits and no later credit has made good."""
        return sum((one.amount for one in self.short), NONE)

    @property
    def left(self) -> Fraction:
        """Return credits less what was taken and what was lost; below zero where leave was taken in advance."""
        return sum((lot.left for lot in self.lots), NONE) - self.owed


def balance(earned: Iterable[Earned], taken: Iterable[Taken], on: date) -> Balance:
    """Return the balance at the end of a day. What was taken beyond the credits is made good by the next ones, before
    anything else is taken of them."""
    state = Balance()
    steps = [(one.on, 0, one) for one in earned] + [(one.on, 1, one) for one in taken]
    for day, _order, one in sorted((step for step in steps if step[0] <= on), key=lambda step: step[:2]):
        _expire(state, day)
        if isinstance(one, Earned):
            state.lots.append(Lot(one))
            _make_good(state)
        elif rest := _take(state.lots, one.amount):
            state.short.append(one._replace(amount=rest))
    _expire(state, on)
    return state


def _take(lots: Sequence[Lot], amount: Fraction) -> Fraction:
    """Return what lots do not cover of an amount that is taken of them, the first in first."""
    for lot in lots:
        share = min(lot.left, amount)
        lot.taken, amount = lot.taken + share, amount - share
    return amount


def _make_good(state: Balance) -> None:
    owed, state.short = state.short, []
    for one in owed:
        if rest := _take(state.lots, one.amount):
            state.short.append(one._replace(amount=rest))


def _expire(state: Balance, day: date) -> None:
    """Let go what no longer holds on a day, in the order of days: the end of a year, then the last day of its lots."""
    ends = {(lot.earned.year_ends, 0) for lot in state.lots}
    ends |= {(lot.earned.expires, 1) for lot in state.lots if lot.earned.expires is not None}
    for end, kind in sorted(each for each in ends if each[0] < day):
        if kind:
            for lot in state.lots:
                if lot.earned.expires == end:
                    lot.expired += lot.left
        else:
            _cut([lot for lot in state.lots if lot.earned.year_ends == end])


def _cut(lots: Sequence[Lot]) -> None:
    """Take from the lots of a year what they have left over what may be carried, the first in first."""
    most = min((lot.earned.most for lot in lots if lot.earned.most is not None), default=None)
    over = NONE if most is None else sum((lot.left for lot in lots), NONE) - most
    for lot in lots:
        share = max(NONE, min(lot.left, over))
        lot.cut, over = lot.cut + share, over - share
