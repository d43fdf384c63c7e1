"""Which pieces a maker's list of serial numbers and lots means, however the plates were copied.

Numbers are compared by their letters and figures alone: "sn 10-42" is "SN1042". A range runs over the last figures of
its two ends, which are alike before and behind them: "A0100..A0199-X" is none.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

CONCERNED, TO_CHECK = "concerned", "to_check"
SEPARATORS = re.compile(r"[\n,;]+")
BETWEEN = re.compile(r"\s*(?:\.{2,}|…|–|—)\s*|\s+(?:-|to|à|au)\s+", re.I)
LAST = re.compile(r"(.*?)([0-9]+)([^0-9]*)", re.S)  # the last figures of a number
LOT_OF_UDI = re.compile(r"\(10\)([^()]+)")  # GS1 application identifier 10: batch or lot


class Unreadable(ValueError):
    """An entry of a list that is neither a number nor a range; `entry` is its text."""

    def __init__(self, entry: str) -> None:
        super().__init__(entry)
        self.entry = entry


def folded(text: str) -> str:
    """Return what a serial number or lot is compared by: its letters and figures, without case."""
    return "".join(filter(str.isalnum, text.casefold()))


def lots_of(udi: str) -> set[str]:
    """Return the lots, folded, that the field "UDI or lot" of a piece may mean: that of a UDI in brackets, else all."""
    return {folded(lot) for lot in LOT_OF_UDI.findall(udi) or [udi]} - {""}


@dataclass(frozen=True)
class Range:
    """Numbers that are alike but for figures from `first` to `last`, both included; leading zeros count for nothing."""

    before: str
    first: int
    last: int
    behind: str

    def __contains__(self, number: str) -> bool:
        before, figures, behind = _split(number)
        alike = bool(figures) and (before, behind) == (self.before, self.behind)
        return alike and self.first <= int(figures) <= self.last


def _split(number: str) -> tuple[str, str, str]:
    """Return what stands before the last figures, these, and what stands behind them."""
    found = LAST.fullmatch(number)
    return (number, "", "") if found is None else (found[1], found[2], found[3])


@dataclass(frozen=True)
class Listed:
    """A list as it was read: single numbers, folded, and ranges."""

    singles: frozenset[str] = frozenset()
    ranges: Sequence[Range] = ()

    def __bool__(self) -> bool:
        return bool(self.singles or self.ranges)

    def __contains__(self, number: str) -> bool:
        return number in self.singles or any(number in each for each in self.ranges)


def read(text: str) -> Listed:
    """Return the list that somebody typed or pasted: entries on lines, or between commas and semicolons; a range has
    two dots, a long dash, or "to" or "à" between its ends. Raises Unreadable for an entry that is none."""
    singles, ranges = set(), []
    for entry in _entries(text):
        ends = [folded(end) for end in BETWEEN.split(entry)]
        if len(ends) == 1 and ends[0]:
            singles.add(ends[0])
        elif len(ends) == 2:
            ranges.append(_range(entry, *ends))
        else:
            raise Unreadable(entry)
    return Listed(frozenset(singles), tuple(ranges))


def _entries(text: str) -> Iterator[str]:
    for entry in SEPARATORS.split(text):
        if entry.strip():
            yield entry.strip()


def _range(entry: str, first: str, last: str) -> Range:
    (before, low, behind), (other, high, end) = _split(first), _split(last)
    if not (low and high) or (before, behind) != (other, end) or int(low) > int(high):
        raise Unreadable(entry)
    return Range(before, int(low), int(high), behind)


def verdict(serials: Listed, lots: Listed, serial: str, udi: str, *, model_known: bool = True) -> str | None:
    """Return whether a piece of the type is CONCERNED, is TO_CHECK, or is not meant (None).

    A list of neither means every piece of the model. What bears neither a listed number nor a known other one may be
    meant, and is to be checked; so is what may be of another model.
    """
    number, own = folded(serial), lots_of(udi)
    if not (serials or lots):
        return CONCERNED if model_known else TO_CHECK
    if (number and number in serials) or any(lot in lots for lot in own):
        return CONCERNED if model_known else TO_CHECK
    unknown = (serials and not number) or (lots and not own)
    return TO_CHECK if unknown else None
