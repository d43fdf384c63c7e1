"""The corrective delay: days from the report of a fault until the equipment works again, waiting included.

The median says what a ward may expect, the mean is moved by the few that wait for years; both are shown, and what is
still open beside them, since a mean of finished work alone looks better the less is finished.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple

from plugins.gmao.formulas.spans import hours_of


class Fault(NamedTuple):
    """When a fault was reported, and when the equipment worked again; None while it does not."""

    reported: datetime
    restored: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delay:
    """Days of the `restored` faults, None without any; `open_days` of those that wait, the longest first."""

    restored: int
    mean: Fraction | None
    median: Fraction | None
    open_days: tuple[Fraction, ...] = ()


def corrective_delay(faults: Iterable[Fault], now: datetime) -> Delay:
    """Return the delay of faults; ValueError for one that was restored before it was reported."""
    known = list(faults)
    for fault in known:
        if fault.restored is not None and fault.restored < fault.reported:
            raise ValueError(f"restored ({fault.restored}) before it was reported ({fault.reported})")
    done = sorted(_days(fault.reported, fault.restored) for fault in known if fault.restored is not None)
    waiting = (_days(fault.reported, max(now, fault.reported)) for fault in known if fault.restored is None)
    mean = sum(done, Fraction()) / len(done) if done else None
    return Delay(len(done), mean, median(done), tuple(sorted(waiting, reverse=True)))


def median(ordered: list[Fraction]) -> Fraction | None:
    """Return the middle of numbers in their order, between the two middle ones of an even number; None of none."""
    if not ordered:
        return None
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _days(start: datetime, end: datetime) -> Fraction:
    return hours_of(end - start) / 24
