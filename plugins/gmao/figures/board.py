"""The figures of a place and of what lies below it, from one reading of its pieces and orders."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.facilities.models import Facility
from plugins.gmao.figures import reports
from plugins.gmao.figures.past import Sums, measured
from plugins.gmao.figures.periods import Period
from plugins.gmao.figures.reports import Piece, Site, Work
from plugins.gmao.formulas.delays import Delay, Fault, corrective_delay
from plugins.gmao.formulas.downtime import Availability
from plugins.gmao.formulas.functional import Functional, functional_of


@dataclass
class Figures:
    """What is known of a place: how much works now, the hours of the period, its repairs and open orders."""

    working: Functional
    hours: Availability
    delay: Delay
    open: int
    held: int


@dataclass
class _Gathered:
    statuses: Counter[str] = field(default_factory=Counter)
    sums: Sums = field(default_factory=Sums)
    faults: list[Fault] = field(default_factory=list)
    open: int = 0
    held: int = 0

    def figures(self, now: datetime) -> Figures:
        return Figures(
            functional_of(self.statuses), self.sums.figures(), corrective_delay(self.faults, now), self.open, self.held
        )


@dataclass(frozen=True)
class Board:
    """The figures of a place, those of each area below it, and those of what lies in none of them (None)."""

    whole: Figures
    areas: Sequence[tuple[Site | None, Figures]]
    silent: int  # areas of which nothing is known


def areas_below(place: Facility, sites: Mapping[int, Site]) -> list[Site]:
    """Return what the figures of a place are split into: its districts where it has several, else what is below it."""
    districts = [site for site in sites.values() if site.type == "district" and site.id != place.id]
    if len(districts) > 1:
        return districts
    level = place.path.count("/") + 1
    return [site for site in sites.values() if site.path.count("/") == level]


def homes(areas: Iterable[Site], sites: Mapping[int, Site]) -> dict[int, Site]:
    """Return {place: the area in which it lies} of those that lie in one."""
    wanted = {str(area.id): area for area in areas}
    found = {}
    for site in sites.values():
        area = next((wanted[part] for part in site.path.strip("/").split("/") if part in wanted), None)
        if area is not None:
            found[site.id] = area
    return found


def hours_of_piece(piece: Piece, period: Period, now: datetime, places: Iterable[int] | None) -> Sums:
    """Return the hours of a piece in a period, at some places alone if they are named."""
    start, end = period.span
    return measured(piece.past, piece.past.lasted(start, min(end or now, now), places))


def board(
    place: Facility, sites: Mapping[int, Site], pieces: Sequence[Piece], work: Work, period: Period, now: datetime
) -> Board:
    """Return the figures of a place in a period and of the areas below it, from what was read of it."""
    areas = areas_below(place, sites)
    home = homes(areas, sites)
    whole, parts = _Gathered(), {area.id: _Gathered() for area in areas}
    rest = _Gathered()
    inside = {area.id: {id_ for id_, each in home.items() if each.id == area.id} for area in areas}

    def part_of(facility_id: int) -> _Gathered:
        area = home.get(facility_id)
        return rest if area is None else parts[area.id]

    for piece in pieces:
        if piece.in_use and piece.facility_id in sites:
            whole.statuses[piece.status] += 1
            part_of(piece.facility_id).statuses[piece.status] += 1
        moved = piece.past.stays
        sums = hours_of_piece(piece, period, now, sites if moved else None)
        whole.sums.add(sums)
        if not moved:
            part_of(piece.facility_id).sums.add(sums)
            continue
        for area in {home[stay.facility_id].id for stay in moved if stay.facility_id in home}:
            parts[area].sums.add(hours_of_piece(piece, period, now, inside[area]))
        if bare := {stay.facility_id for stay in moved if stay.facility_id in sites and stay.facility_id not in home}:
            rest.sums.add(hours_of_piece(piece, period, now, bare))
    for facility, reported, restored in work.faults:
        fault = Fault(reported, None if restored is None else max(reported, restored))
        whole.faults.append(fault)
        part_of(facility).faults.append(fault)
    for name, counts in (("open", work.open), ("held", work.held)):
        for facility, number in counts.items():
            for gathered in (whole, part_of(facility)):
                setattr(gathered, name, getattr(gathered, name) + number)
    return _split(whole, areas, parts, rest, now)


def _split(
    whole: _Gathered, areas: Sequence[Site], parts: Mapping[int, _Gathered], rest: _Gathered, now: datetime
) -> Board:
    found: list[tuple[Site | None, Figures]] = [
        (area, parts[area.id].figures(now)) for area in areas if _told(parts[area.id])
    ]
    silent = len(areas) - len(found)
    if found and _told(rest):
        found.append((None, rest.figures(now)))
    return Board(whole.figures(now), found, silent)


def _told(gathered: _Gathered) -> bool:
    """Return whether anything is known of an area."""
    sums = gathered.sums
    return bool(gathered.statuses or sums.required or sums.unknown or gathered.faults or gathered.open)


def read(place: Facility, period: Period, now: datetime) -> Board:
    """Return the figures of a place in a period."""
    sites = reports.sites(place)
    return board(place, sites, reports.pieces(place), reports.work(place, period.span), period, now)
