"""An inventory set against the register: what differs, and how much was found, so that every count adds up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

OK, MOVED, UNLISTED, NOT_FOUND, DAMAGED, DIFFERS = (
    "ok", "moved", "unlisted", "not_found", "label_damaged", "status_differs",
)  # fmt: skip
ELSEWHERE, GONE = "elsewhere", "written_off"  # of another facility; lost, disposed of or only foreseen
KINDS = (GONE, ELSEWHERE, MOVED, DIFFERS, DAMAGED, UNLISTED, NOT_FOUND)  # of differences, in the order of decisions


@dataclass(frozen=True)
class Registered:
    """A piece as the register has it: whether at this facility, and whether it exists; the day it left from here."""

    here: bool = True
    there: bool = True
    building: str = ""
    room: str = ""
    status: str = ""
    status_at: datetime | None = None
    left_on: date | None = None


@dataclass(frozen=True)
class Seen:
    """A piece as somebody has found it at a moment, on a day of the facility; no status: nobody tried it."""

    at: datetime
    on: date
    building: str = ""
    room: str = ""
    status: str | None = None
    damaged: bool = False


def differences(known: Registered | None, seen: Seen | None) -> tuple[str, ...]:
    """Return the kinds of what differs between the register (None: no such tag) and what was seen (None: nothing).

    A working order that was said later than the piece was seen, and a piece that left from here on that day or later,
    are no difference: the register went on. A piece that is neither seen nor said to be here is none either.
    """
    if known is None:
        return (UNLISTED,) if seen is not None else ()
    if seen is None:
        return (NOT_FOUND,) if known.here and known.there else ()
    found = []
    if not known.there:
        found.append(GONE)
    elif not known.here:
        if known.left_on is None or seen.on > known.left_on:
            found.append(ELSEWHERE)
    elif _another(seen.room, known.room) or _another(seen.building, known.building):
        found.append(MOVED)
    newer = known.status_at is None or known.status_at < seen.at
    if known.there and newer and seen.status not in (None, known.status):
        found.append(DIFFERS)
    if seen.damaged:
        found.append(DAMAGED)
    return tuple(found)


def _another(seen: str, known: str) -> bool:
    """Return whether a place that was said is another than the one that is known."""
    return bool(seen.strip()) and _plain(seen) != _plain(known)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def result_of(known: Registered | None, seen: Seen) -> str:
    """Return the class of a scan: the gravest of its differences, "moved" also from another facility, else "ok"."""
    kinds = differences(known, seen)
    if not kinds:
        return OK
    return MOVED if kinds[0] in (GONE, ELSEWHERE) else kinds[0]


@dataclass(frozen=True)
class Tally:
    """What came of an inventory, pieces by their ids: expected = found + missing + left, and
    scans = found + extra + unlisted + repeated."""

    found: frozenset[int]
    missing: frozenset[int]
    left: frozenset[int]  # expected, and moved away or written off before anybody saw it
    extra: frozenset[int]  # seen, and not expected
    unlisted: int
    repeated: int  # scans of a piece that was scanned again later

    @property
    def expected(self) -> int:
        """Return how many pieces were to be found."""
        return len(self.found) + len(self.missing) + len(self.left)

    @property
    def scans(self) -> int:
        """Return how many scans there are."""
        return len(self.found) + len(self.extra) + self.unlisted + self.repeated


def tally(
    expected: Iterable[int], scanned: Iterable[int | None], missed: Iterable[int],
    known: Mapping[int, Registered] | None,
) -> Tally:  # fmt: skip
    """Return what came of an inventory: the ids that were expected, that of each scan (None: no such tag), those that
    were said to be missing; `known` is the register, None once the minutes stand and only what was said counts."""
    wanted, scans = frozenset(expected), list(scanned)
    seen = frozenset(each for each in scans if each is not None)
    unseen = wanted - seen
    missing = unseen & frozenset(missed)
    if known is not None:
        missing |= {each for each in unseen if differences(known.get(each), None)}
    unlisted = sum(each is None for each in scans)
    return Tally(wanted & seen, missing, unseen - missing, seen - wanted, unlisted, len(scans) - unlisted - len(seen))
