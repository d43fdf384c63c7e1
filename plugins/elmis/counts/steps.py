"""What the buttons of a count do: the sheet is kept, checked, and its differences are posted."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.facilities.models import Facility
from plugins.elmis.catalogue.models import Product
from plugins.elmis.counts.models import ALL, MACHINE, Count, CountLine
from plugins.elmis.counts.services import Counted, fill, fill_and_add, finish, post_count, start, with_lines
from plugins.elmis.ledger.moves import store_of
from plugins.elmis.lots.lines import Line


@dataclass(frozen=True)
class Kept:
    """A count after its sheet was kept: the moment that was said for a paper, the line to go on with, whether that
    one is new, and whether all is counted."""

    count: Count
    at: datetime | None = None
    line: CountLine | None = None
    added: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Posted:
    """A count after its differences were posted: how many; None where movements changed places and all is shown
    again."""

    count: Count
    differing: int | None


def open_sheet(
    facility: Facility, what: str | None = None, products: Collection[Product] = (), store: int | None = None
) -> Count:
    """Return a new count of a facility's store, its first one when none is named."""
    return start(store_of(facility, store), what or ALL, products)


def keep(
    count: Count, found: Mapping[int, Counted], new: Line | None, apart: Counted | None, at: datetime | None
) -> Kept:
    """Keep what was counted, and a lot that is not on the sheet."""
    count = with_lines(count)
    if new is not None and apart is not None:
        return Kept(count, at, fill_and_add(count, found, new, apart), added=True)
    fill(count, found)
    return Kept(count, at)


def check(count: Count, aside: bool = False, **sheet: Any) -> Kept:
    """Keep the sheet, and go on to the differences; unless `aside`, back to the first line that nobody counted."""
    kept = keep(count, **sheet)
    if kept.added:
        return kept
    left = finish(kept.count, aside)
    if left and not aside:
        return Kept(kept.count, kept.at, left[0])
    return Kept(kept.count, whole=not left)


def say_why(count: Count, found: Mapping[int, Counted], shown: Mapping[int, int] | None = None) -> Posted:
    """Keep the reasons of the differences, and before or after which movements each line was counted."""
    return Posted(with_lines(count), None if fill(count, found) else 0)


def recount(count: Count, found: Mapping[int, Counted], shown: Mapping[int, int] | None = None) -> None:
    """Keep the reasons, and go on counting."""
    say_why(count, found)
    MACHINE.advance(count, "recount")


def post(count: Count, found: Mapping[int, Counted], shown: Mapping[int, int]) -> Posted:
    """Keep the reasons and post the differences that were shown; where movements change places, they are shown anew."""
    kept = say_why(count, found)
    return kept if kept.differing is None else Posted(count, post_count(count, shown))
