"""How long what was donated serves, by donor."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from core.data.calendar import local, today
from core.facilities.models import Facility
from plugins.gmao.equipment.models import BEYOND
from plugins.gmao.equipment.states import DISPOSED, LOST, PROPOSED
from plugins.gmao.figures import reports
from plugins.gmao.figures.past import Past
from plugins.gmao.figures.reports import Piece
from plugins.gmao.formulas import survival
from plugins.gmao.formulas.functional import WORKING
from plugins.gmao.formulas.survival import Survived

OVER = (PROPOSED, DISPOSED, LOST)


@dataclass(frozen=True)
class Gift:
    """The pieces of a donor: how many are counted, how many of them ended, how many were left out, and what serves
    after 1, 3 and 5 years; a piece of which no first or last day is known cannot be counted."""

    donor: str
    counted: int
    ended: int
    left_out: int
    after: Sequence[Survived]


def gifts(place: Facility) -> list[Gift]:
    """Return what became of the donations that stand, or stood last, at and below a place."""
    inside = reports.inside(place)
    donated = reports.pieces(place, reports.PIECE.c.donor != "", reports.PIECE.c.facility_id.in_(inside))
    by_donor: dict[str, list[Piece]] = defaultdict(list)
    for piece in donated:
        by_donor[piece.donor].append(piece)
    found = []
    for donor, pieces in sorted(by_donor.items()):
        lives = [life for one in pieces if (life := life_of(one)) is not None]
        ended = sum(one.ended is not None for one in lives)
        found.append(Gift(donor, len(lives), ended, len(pieces) - len(lives), survival.survival(lives)))
    return found


def life_of(piece: Piece) -> survival.Piece | None:
    """Return from when to when a piece served, as far as it is known; None if its first or last day is not."""
    past, received = piece.past, piece.past.since or piece.received
    if received is None or received > today():
        return None
    ended = _gone(past)
    if ended is None and past.state in OVER:
        return None
    beyond = _since(past, BEYOND)
    over = min((each for each in (ended, beyond) if each is not None), default=None)
    if over is not None:
        return survival.Piece(received, max(received, _day(over)), today())
    return survival.Piece(received, None, max(received, _served(past) or received))


def _gone(past: Past) -> datetime | None:
    """Return when it left service for good, None if it did not, or nobody knows when."""
    found = None
    for turn in past.turns:
        found = None if turn.target not in OVER else turn.at if turn.source not in OVER or found is None else found
    return found


def _since(past: Past, status: str) -> datetime | None:
    """Return since when it has this status, None if it has not now."""
    found = None
    for one in past.said:
        found = None if one.status != status else one.at if found is None else found
    return found


def _served(past: Past) -> date | None:
    """Return the last day on which it was known to work, today if it does; None if nobody ever said that it did."""
    works, last = False, None
    for one in past.said:
        if one.status in WORKING:
            works, last = True, today()
        elif works:
            works, last = False, _day(one.at)
    return last


def _day(at: datetime) -> date:
    return local(at).date()
