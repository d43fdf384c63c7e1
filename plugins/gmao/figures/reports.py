"""What the figures read: few statements over all that stood at a place, whatever its size.

A figure of a place is the same for whoever may see it, so what left the place meanwhile counts for the time it
was there.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true

from core.contract.words import label_of
from core.data.bulk import read_beside
from core.data.calendar import moment
from core.data.states import Step
from core.facilities.models import Facility, FacilityType
from plugins.gmao.catalogue.models import EquipmentModel, EquipmentType
from plugins.gmao.equipment.models import Equipment, StatusEvent
from plugins.gmao.equipment.states import IN_USE
from plugins.gmao.figures.past import Past, Said, Stay, Turn
from plugins.gmao.formulas.spans import Span
from plugins.gmao.moves.models import Move
from plugins.gmao.workorders.models import CORRECTIVE, Intervention, WorkOrder
from plugins.gmao.workorders.states import CANCELLED, HOLD, OPEN

ARRIVED = "arrived"  # a move that somebody acknowledged
FIGURES = "figures of the places below the one that the page was allowed"
PLANNED_WORK = ("preventive", "calibration", "safety_test", "installation", "inspection", "training")
PIECE, EVENT, MOVE, STEP = Equipment.__table__, StatusEvent.__table__, Move.__table__, Step.__table__
ORDER, DONE, PLACE, KIND = WorkOrder.__table__, Intervention.__table__, Facility.__table__, FacilityType.__table__
TYPE, MODEL = EquipmentType.__table__, EquipmentModel.__table__


@dataclass(frozen=True, slots=True)
class Site:
    """A place at or below the one that is asked for."""

    id: int
    name: str
    path: str
    type: str
    kind: str
    latitude: float | None
    longitude: float | None
    closed: bool

    @property
    def position(self) -> tuple[float, float] | None:
        """Return its (latitude, longitude), None unless both are known."""
        return None if self.latitude is None or self.longitude is None else (self.latitude, self.longitude)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece that stands, or stood, at a place, and what is known of its past."""

    past: Past
    id: int
    code: str
    type_id: int
    model_id: int | None
    serial: str
    room: str
    facility_id: int
    status: str
    because: str | None
    donor: str
    received: date | None

    @property
    def in_use(self) -> bool:
        """Return whether it is asked to work now."""
        return self.past.state in IN_USE


@dataclass(frozen=True)
class Kind:
    """A type of equipment: its codes and names, its score of Fennigkoh and Smith, its useful life in years."""

    id: int
    code: str
    label_fr: str
    label_en: str
    em: int
    life: int | None

    @cached_property
    def label(self) -> str:
        """Return the name in the language of the page."""
        return label_of(self)


@dataclass(frozen=True)
class Made:
    """A model: its useful life in years, what a new one costs, the last year in which its maker supports it."""

    id: int
    code: str
    life: int | None
    price: Decimal | None
    supported_until: int | None


def sites(place: Facility) -> dict[int, Site]:
    """Return the places at and below one, by id."""
    columns = (PLACE.c.id, PLACE.c.name, PLACE.c.path, KIND.c.code, KIND.c.kind, PLACE.c.latitude, PLACE.c.longitude,
               PLACE.c.closed_on.is_not(None))  # fmt: skip
    query = select(*columns).join(KIND, KIND.c.id == PLACE.c.type_id).where(_under(place)).order_by(PLACE.c.name)
    return {row[0]: Site(*row) for row in read_beside(query, FIGURES)}


def _under(place: Facility) -> ColumnElement[bool]:
    return PLACE.c.path.startswith(place.path, autoescape=True)


def inside(place: Facility) -> Select[Any]:
    """Return the ids of the places at and below one."""
    return select(PLACE.c.id).where(_under(place))


def _here(place: Facility) -> ColumnElement[bool]:
    """Return the condition on pieces that stand, or stood, at or below a place."""
    if place.parent_id is None:
        return true()
    here = inside(place)
    left = and_(MOVE.c.state == ARRIVED, MOVE.c.source_id.in_(here), MOVE.c.facility_id.not_in(here))
    return or_(PIECE.c.facility_id.in_(here), PIECE.c.id.in_(select(MOVE.c.equipment_id).where(left)))


def pieces(place: Facility, *more: ColumnElement[bool]) -> list[Piece]:
    """Return all that stands, or stood, at and below a place, with its past."""
    return _with_past(and_(_here(place), *more))


def _with_past(which: ColumnElement[bool]) -> list[Piece]:
    columns = (PIECE.c.id, PIECE.c.code, PIECE.c.type_id, PIECE.c.model_id, PIECE.c.serial, PIECE.c.room,
               PIECE.c.facility_id, PIECE.c.status, PIECE.c.because, PIECE.c.donor, PIECE.c.received_on,
               PIECE.c.state, PIECE.c.in_service_on)  # fmt: skip
    rows: Any = read_beside(select(*columns).where(which).order_by(PIECE.c.id), FIGURES)
    found = [Piece(Past(state, since), *facts) for *facts, state, since in rows]
    pasts = {piece.id: piece.past for piece in found}
    ids = select(PIECE.c.id).where(which)
    _say(pasts, ids)
    _turn(pasts, ids)
    _stand(pasts, ids)
    return found


def _say(pasts: Mapping[int, Past], ids: Select[Any]) -> None:
    planned = _planned(ids)
    columns = (EVENT.c.equipment_id, EVENT.c.happened_at, EVENT.c.status, EVENT.c.because, EVENT.c.cause)
    query = select(*columns).where(EVENT.c.equipment_id.in_(ids))
    for id_, at, status, because, cause in read_beside(
        query.order_by(EVENT.c.equipment_id, EVENT.c.happened_at, EVENT.c.id), FIGURES
    ):
        if past := pasts.get(id_):  # a piece may come between two statements
            past.say(Said(at, status, because, because == "in_repair" and cause in planned))


def _planned(ids: Select[Any]) -> set[str]:
    """Return how the planned orders of some pieces are named as a cause."""
    query = select(ORDER.c.id).where(ORDER.c.kind.in_(PLANNED_WORK), ORDER.c.equipment_id.in_(ids))
    return {f"{WorkOrder.__entity__}/{row.id}" for row in read_beside(query, FIGURES)}


def _turn(pasts: Mapping[int, Past], ids: Select[Any]) -> None:
    turned = (STEP.c.entity == Equipment.__entity__, STEP.c.action != "create", STEP.c.source != STEP.c.target)
    query = select(STEP.c.entity_id, STEP.c.at, STEP.c.source, STEP.c.target).where(*turned, STEP.c.entity_id.in_(ids))
    for row in read_beside(query.order_by(STEP.c.at, STEP.c.id), FIGURES):
        if past := pasts.get(row[0]):
            past.turns.append(Turn(*row[1:]))


def _stand(pasts: Mapping[int, Past], ids: Select[Any]) -> None:
    """Tell where each piece that was ever moved stood."""
    columns = MOVE.c.equipment_id, MOVE.c.arrived_on, MOVE.c.source_id, MOVE.c.facility_id
    query = select(*columns).where(MOVE.c.state == ARRIVED, MOVE.c.equipment_id.in_(ids))
    moved: dict[int, list[Any]] = defaultdict(list)
    for row in read_beside(query.order_by(MOVE.c.arrived_on, MOVE.c.id), FIGURES):
        moved[row.equipment_id].append(row)
    for id_, moves in moved.items():
        days = [moment(move.arrived_on, time()) for move in moves]
        at = [moves[0].source_id, *(move.facility_id for move in moves)]
        if past := pasts.get(id_):
            past.stays.extend(map(Stay, [None, *days], [*days, None], at))


@dataclass(frozen=True, slots=True)
class Work:
    """The orders of a place: open and held ones now, and (facility, reported, restored) of its repairs."""

    open: Mapping[int, int]
    held: Mapping[int, int]
    faults: Sequence[Any]


def work(place: Facility, span: Span) -> Work:
    """Return the orders of a place: repairs that ended in a period, and those that last."""
    here = ORDER.c.facility_id.in_(inside(place))
    counts = select(ORDER.c.facility_id, ORDER.c.state, func.count()).where(here, ORDER.c.state.in_(OPEN))
    open_: dict[int, int] = defaultdict(int)
    held: dict[int, int] = defaultdict(int)
    for facility, state, number in read_beside(counts.group_by(ORDER.c.facility_id, ORDER.c.state), FIGURES):
        open_[facility] += number
        held[facility] += number if state == HOLD else 0
    query = select(ORDER.c.facility_id, ORDER.c.opened_at, ORDER.c.done_at).where(here, *repairs(span))
    return Work(open_, held, read_beside(query, FIGURES).all())


def repairs(span: Span) -> list[ColumnElement[bool]]:
    """Return the conditions on the repairs of a period: ended in it, or reported before its end and not ended."""
    ended = and_(ORDER.c.done_at >= span.start, ORDER.c.done_at < span.end)
    lasts = and_(ORDER.c.done_at.is_(None), ORDER.c.opened_at < span.end)
    return [ORDER.c.kind == CORRECTIVE, ORDER.c.state != CANCELLED, or_(ended, lasts)]


def interventions(place: Facility, months: Sequence[Span]) -> list[int]:
    """Return how many interventions ended in each of some months at a place."""
    counts = [
        func.sum(case((and_(DONE.c.ended_at >= each.start, DONE.c.ended_at < each.end), 1), else_=0)) for each in months
    ]
    query = select(*counts).join(ORDER, ORDER.c.id == DONE.c.order_id)
    query = query.where(ORDER.c.facility_id.in_(inside(place)), DONE.c.ended_at >= months[0].start)
    return [int(number or 0) for number in read_beside(query, FIGURES).one()]


def kinds() -> dict[int, Kind]:
    """Return the types of equipment by id."""
    em = TYPE.c.function_score + TYPE.c.risk_score + TYPE.c.maintenance_score
    query = select(TYPE.c.id, TYPE.c.code, TYPE.c.label_fr, TYPE.c.label_en, em, TYPE.c.useful_life)
    return {row[0]: Kind(*row) for row in read_beside(query, FIGURES)}


def made() -> dict[int, Made]:
    """Return the models of equipment by id."""
    query = select(MODEL.c.id, MODEL.c.code, MODEL.c.useful_life, MODEL.c.price, MODEL.c.supported_until)
    return {row[0]: Made(*row) for row in read_beside(query, FIGURES)}


def statuses(place: Facility) -> Sequence[Any]:
    """Return (facility, type, working order, number) of what is in use at and below a place."""
    by = PIECE.c.facility_id, PIECE.c.type_id, PIECE.c.status
    here = PIECE.c.facility_id.in_(inside(place)), PIECE.c.state.in_(IN_USE)
    return read_beside(select(*by, func.count()).where(*here).group_by(*by), FIGURES).all()


def one_piece(id_: int) -> Piece:
    """Return one piece with its past, wherever it stood."""
    (found,) = _with_past(PIECE.c.id == id_)
    return found
