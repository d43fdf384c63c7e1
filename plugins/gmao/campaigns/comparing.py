"""A campaign beside the register: what differs, what is decided, how far each room has come."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from core.contract.ports import Words
from core.data.bulk import read_beside
from core.data.calendar import local
from core.data.db import db
from core.data.naming import DOT
from core.facilities.models import Facility
from plugins.gmao.campaigns.models import Campaign, CampaignDecision, CampaignLine, CampaignScan
from plugins.gmao.campaigns.states import VALIDATED
from plugins.gmao.catalogue.models import EquipmentType
from plugins.gmao.equipment import states as life
from plugins.gmao.equipment.models import STATUSES, Equipment
from plugins.gmao.formulas.inventory import (
    DIFFERS,
    ELSEWHERE,
    GONE,
    KINDS,
    NOT_FOUND,
    UNLISTED,
    Registered,
    Seen,
    Tally,
    differences,
    tally,
)
from plugins.gmao.moves.models import Move

BY_TAG = "whoever has a piece in his hands is told what its tag is, wherever the register has it"


@dataclass(frozen=True)
class Piece:
    """A piece of the register, of whichever facility, and how the register has it from the view of one."""

    id: int
    code: str
    what: str
    place: str  # building and room
    facility: str
    state: str
    facts: Registered

    @property
    def stays(self) -> bool:
        """Return whether the facility of the campaign has it."""
        return self.facts.here and self.facts.there

    @property
    def whereabouts(self) -> Words:
        """Return where it is now: what became of it, or the facility that has it."""
        return self.facility if self.facts.there else life.MACHINE.states[self.state].label


def register(facility: Facility, condition: ColumnElement[bool]) -> dict[int, Piece]:
    """Return {id: piece} of a part of the register, seen from a facility."""
    query = (
        select(
            Equipment.id, Equipment.code, Equipment.serial, EquipmentType.label_fr, Equipment.facility_id,
            Facility.name.label("facility"), Equipment.building, Equipment.room, Equipment.state, Equipment.status,
            Equipment.status_at,
        )
        .join(EquipmentType, EquipmentType.id == Equipment.type_id)
        .join(Facility, Facility.id == Equipment.facility_id)
        .where(condition)
    )  # fmt: skip
    rows = read_beside(query, BY_TAG).all()
    left = _left(facility, [row.id for row in rows if row.facility_id != facility.id])
    return {
        row.id: Piece(
            row.id, row.code, described(row.label_fr, row.code, row.serial), place(row), row.facility, row.state,
            Registered(
                here=row.facility_id == facility.id, there=row.state in life.THERE, building=row.building,
                room=row.room, status=row.status, status_at=row.status_at, left_on=left.get(row.id),
            ),
        )
        for row in rows
    }  # fmt: skip


def described(label: str, code: str, serial: str) -> str:
    """Return what a piece is to whoever may not read the register (see `Equipment.described`)."""
    return DOT.join(filter(None, (label, code, serial)))


def place(row: Any) -> str:
    """Return building and room of a row that has both, as far as they are said."""
    return ", ".join(filter(None, (row.building, row.room)))


def _left(facility: Facility, ids: Sequence[int]) -> dict[int, date]:
    """Return {piece: the day on which it arrived elsewhere} of those that were sent from a facility."""
    if not ids:
        return {}
    query = select(Move.equipment_id, func.max(Move.arrived_on)).where(
        Move.source_id == facility.id, Move.state == "arrived", Move.equipment_id.in_(ids)
    )
    rows = db.session.execute(query.group_by(Move.equipment_id))
    return {id: day for id, day in rows if day is not None}


def seen(scan: CampaignScan) -> Seen:
    """Return a scan as the formulas take it."""
    return Seen(
        scan.scanned_at, local(scan.scanned_at).date(), scan.building, scan.room, scan.status, scan.damaged
    )  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """Something that differs: `before` is what the register says, `after` what was found; `decided` the decision that
    holds; `others` are the earlier scans of the piece."""

    kind: str
    what: str
    equipment_id: int | None = None
    scan: CampaignScan | None = None
    before: str = ""
    after: str = ""
    others: Sequence[CampaignScan] = ()
    decided: CampaignDecision | None = None

    @property
    def key(self) -> str:
        """Return its name on a page: kind, piece and scan."""
        return f"{self.kind}-{self.equipment_id or 0}-{self.scan.id if self.scan else 0}"


def worded(kind: str, text: str) -> Words:
    """Return what the register says, or what was found, in words: states are kept by their codes."""
    if kind == DIFFERS and text in STATUSES:
        return STATUSES[text].label
    return life.MACHINE.states[text].label if kind == GONE and text in life.MACHINE.states else text


@dataclass
class Room:
    """How far a room has come: of its pieces those that were found, and what was found in it besides."""

    label: str
    expected: int = 0
    found: int = 0
    others: int = 0


@dataclass
class Comparison:
    """A campaign with its lines, scans (the latest of each piece apart) and decisions, beside the register."""

    campaign: Campaign
    lines: Sequence[CampaignLine]
    scans: Sequence[CampaignScan]  # that count, the first one first
    after_minutes: Sequence[CampaignScan]  # that came when the minutes stood
    decisions: Sequence[CampaignDecision]
    pieces: Mapping[int, Piece]
    latest: dict[int, CampaignScan] = field(default_factory=dict)
    earlier: dict[int, list[CampaignScan]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for scan in sorted(self.scans, key=lambda each: (each.scanned_at, each.id)):
            if scan.equipment_id is not None:
                if (before := self.latest.get(scan.equipment_id)) is not None:
                    self.earlier[scan.equipment_id].append(before)
                self.latest[scan.equipment_id] = scan

    @property
    def over(self) -> bool:
        """Return whether the minutes stand: what the register says later changes nothing."""
        return self.campaign.state == VALIDATED

    @property
    def tally(self) -> Tally:
        """Return the figures."""
        return tally(
            (line.equipment_id for line in self.lines), (scan.equipment_id for scan in self.scans),
            (each.equipment_id for each in self.decisions if each.kind == NOT_FOUND and each.equipment_id),
            None if self.over else {id: piece.facts for id, piece in self.pieces.items()},
        )  # fmt: skip

    def pending(self) -> list[Difference]:
        """Return what differs and waits for a decision, in the order in which decisions are taken; a piece that is
        searched for is decided, and may be given up later."""
        return [each for each in self.differing() if each.decided is None]

    def differing(self) -> list[Difference]:
        """Return what differs now, each with its decision where there is one."""
        held = {(each.kind, each.equipment_id, each.scan_id): each for each in self.decisions}
        found = [
            Difference(
                each.kind, each.what, each.equipment_id, each.scan, each.before, each.after, each.others,
                held.get((each.kind, each.equipment_id, each.scan.id if each.scan else None)),
            )
            for each in self._differences()
        ]  # fmt: skip
        return sorted(found, key=lambda each: (KINDS.index(each.kind), each.before, each.what))

    def _differences(self) -> Iterator[Difference]:
        for line in self.lines:
            piece = self.pieces[line.equipment_id]
            if piece.id not in self.latest:
                yield from (
                    Difference(kind, piece.what, piece.id, before=piece.place)
                    for kind in differences(piece.facts, None)
                )
        for id, scan in self.latest.items():
            yield from self._of(self.pieces[id], scan)
        for scan in self.scans:
            if scan.equipment_id is None:
                yield Difference(UNLISTED, scan.what or scan.tag, None, scan, after=place(scan))

    def _of(self, piece: Piece, scan: CampaignScan) -> Iterator[Difference]:
        """Yield what differs of a piece that was seen."""
        for kind in differences(piece.facts, seen(scan)):
            before, after = piece.place, place(scan)
            if kind == DIFFERS:
                before, after = piece.facts.status, scan.status or ""
            elif kind == GONE:
                before = piece.state
            elif kind == ELSEWHERE:
                before = piece.facility
            yield Difference(kind, piece.what, piece.id, scan, before, after, self.earlier.get(piece.id, ()))

    def decided(self) -> list[CampaignDecision]:
        """Return the decisions that hold: of a piece that was scanned again, or found after all, the later ones."""
        held: dict[Any, CampaignDecision] = {}
        for each in self.decisions:
            last = self.latest.get(each.equipment_id or 0)
            if each.equipment_id is None or each.scan_id == (last.id if last else None):
                held[each.kind, each.equipment_id, each.scan_id] = each
        return sorted(held.values(), key=lambda each: (KINDS.index(each.kind), each.what, each.id))

    def rooms(self) -> list[Room]:
        """Return the rooms with what was to be found in each, and what was."""
        found: dict[str, Room] = {}

        def room(row: Any) -> Room:
            label = row.room or row.building or "–"
            return found.setdefault(" ".join(label.casefold().split()), Room(label))

        own: dict[int, Room] = {}
        for line in self.lines:
            own[line.equipment_id] = here = room(line)
            here.expected += 1
            here.found += line.equipment_id in self.latest
        for scan in (*self.latest.values(), *(each for each in self.scans if each.equipment_id is None)):
            if scan.equipment_id is None or (room(scan) is not own.get(scan.equipment_id) and place(scan)):
                room(scan).others += 1
        return sorted(found.values(), key=lambda each: each.label.casefold())

    def meanwhile(self) -> list[tuple[str, Words]]:
        """Return (what, where it is) of the pieces that left while the campaign went on, whether they had been seen or
        not, and of those that came and were seen."""
        wanted = {line.equipment_id for line in self.lines}
        differ = {each.equipment_id for each in self.differing()}
        left = [piece for id in wanted - differ if not (piece := self.pieces[id]).stays]
        came = [piece for id in self.latest.keys() - wanted - differ if (piece := self.pieces[id]).stays]
        return sorted(((piece.what, piece.whereabouts) for piece in (*left, *came)), key=lambda each: each[0])


def compare(campaign: Campaign) -> Comparison:
    """Return a campaign beside the register."""
    mine = CampaignLine.campaign_id == campaign.id
    lines = db.session.scalars(select(CampaignLine).where(mine).order_by(CampaignLine.what)).all()
    query = select(CampaignScan).where(CampaignScan.campaign_id == campaign.id).order_by(CampaignScan.id)
    scans, end = db.session.scalars(query).all(), campaign.validated_at
    count = [scan for scan in scans if end is None or scan.recorded_at <= end]
    decided = select(CampaignDecision).where(CampaignDecision.campaign_id == campaign.id).order_by(CampaignDecision.id)
    wanted = select(CampaignLine.equipment_id).where(mine)
    scanned = select(CampaignScan.equipment_id).where(CampaignScan.campaign_id == campaign.id)
    pieces = register(campaign.facility, or_(Equipment.id.in_(wanted), Equipment.id.in_(scanned)))
    late = [scan for scan in scans if end is not None and scan.recorded_at > end]
    return Comparison(campaign, lines, count, late, db.session.scalars(decided).all(), pieces)
