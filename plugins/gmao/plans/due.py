"""What is due when: occurrences follow from the plans for whatever window is asked for; none is stored as a forecast.

Few statements, however many pieces: what a plan says of a calendar is reckoned once, and shared by all pieces there.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from sqlalchemy import and_, or_, select

from core.contract.words import label_of
from core.data.calendar import local
from core.data.calendars import calendars_of
from core.data.db import db
from core.data.states import Step
from core.data.worktime import Calendar
from core.facilities.models import Facility
from plugins.gmao.catalogue.models import EquipmentType
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.equipment.states import SERVICE
from plugins.gmao.formulas.compliance import Scheduled, state_of
from plugins.gmao.formulas.meters import Reading, pace_of, reached, value_on
from plugins.gmao.formulas.recurrence import METER, Done, Occurrence, Plan, occurrences
from plugins.gmao.meters.services import readings_of
from plugins.gmao.plans.models import MaintenancePlan, SkippedOccurrence
from plugins.gmao.plans.states import ACTIVE, PAUSED
from plugins.gmao.workorders.models import WorkOrder
from plugins.gmao.workorders.states import CANCELLED, CLOSED, DONE, OPEN, VERIFIED

MONTH = timedelta(days=31)  # no calendar moves a day further
FORECAST, LATE = "forecast", "late"  # beside the states of compliance
UNPACED = 30  # days that stand for the interval of a meter whose pace nobody knows


class Piece(NamedTuple):
    """What a plan needs to know of a piece, and how people call it."""

    id: int
    code: str
    type_id: int
    model_id: int | None
    place: "Place"
    since: date | None
    label: str


class Place(NamedTuple):
    """Where a piece stands."""

    id: int
    path: str
    name: str


class Order(NamedTuple):
    """The order that an occurrence became."""

    id: int
    number: str
    plan_id: int
    equipment_id: int
    planned_for: date
    due_on: date
    state: str
    done_on: date | None
    what: str
    place: Place


class Due(NamedTuple):
    """One maintenance of a piece: `planned_for` as the plan says, `day` on which somebody works, and how it stands:
    a state of `formulas.compliance`, or one that is not open yet ("forecast"), or late under an open order. `estimate`:
    no meter has shown it yet, its mean use says so. `length` are the days of the interval where a meter says it."""

    plan: MaintenancePlan
    equipment_id: int
    code: str
    label: str
    type_id: int
    place: Place
    planned_for: date
    day: date
    state: str
    order: Order | None = None
    done: date | None = None
    estimate: bool = False
    length: int = UNPACED

    @property
    def interval(self) -> int:
        """Return how many days long the interval is that begins with it."""
        return self.plan.every.days(self.day) if self.plan.every else self.length


@dataclass
class Book:
    """The plans and pieces of a place, and what became of the occurrences of a window."""

    today: date
    plans: dict[int, MaintenancePlan]
    paths: dict[int, str]
    pieces: Sequence[Piece]
    calendars: dict[int, Calendar]
    orders: dict[tuple[int, int], dict[date, Order]]
    skipped: dict[tuple[int, int], set[date]]
    rests: dict[int, list[tuple[date, date]]]
    readings: dict[tuple[int, str], list[Reading]]
    _shared: dict[Any, list[Occurrence]] = field(default_factory=dict)

    def pairs(self) -> Iterator[tuple[MaintenancePlan, Piece]]:
        """Yield each plan with each piece that it is for."""
        by_target: dict[tuple[str, int | None], list[MaintenancePlan]] = defaultdict(list)
        for plan in self.plans.values():
            for name in ("equipment_id", "model_id", "type_id"):
                if (wanted := getattr(plan, name)) is not None:
                    by_target[name, wanted].append(plan)
        for piece in self.pieces:
            for key in (("equipment_id", piece.id), ("model_id", piece.model_id), ("type_id", piece.type_id)):
                for plan in by_target.get(key, ()):
                    if piece.place.path.startswith(self.paths[plan.id]):
                        yield plan, piece

    def of(self, plan: MaintenancePlan, piece: Piece, first: date, last: date) -> Iterator[Due]:
        """Yield what a plan asks of a piece on the days from first to last, both included, beside orders whose
        occurrence there is no more."""
        orders = self.orders.get((plan.id, piece.id), {})
        for one in (
            self._floating(plan, piece, orders, first, last) if plan.floating else self._fixed(plan, piece, first, last)
        ):
            order = orders.get(one.due)
            if order is None and not self._holds(plan, one):
                continue
            yield self._due(plan, piece, one, order)

    def _fixed(self, plan: MaintenancePlan, piece: Piece, first: date, last: date) -> Iterator[Occurrence]:
        since = piece.since or date.min
        return (one for one in self._shared_by(plan, piece, first, last) if one.due > since)

    def _shared_by(self, plan: MaintenancePlan, piece: Piece, first: date, last: date) -> list[Occurrence]:
        calendar = self.calendars[piece.place.id]
        key = plan.id, id(calendar), first, last
        if key not in self._shared:
            recurrence = plan.recurrence()
            assert recurrence is not None, "what a meter counts is floating"
            self._shared[key] = occurrences(recurrence, first, last, works=calendar.is_working_day)
        return self._shared[key]

    def read(self, plan: MaintenancePlan, piece: Piece) -> Sequence[Reading]:
        """Return the readings of the meter of a piece by which a plan counts."""
        return self.readings.get((piece.id, plan.meter_unit), ()) if plan.meter_unit else ()

    def is_unknown(self, plan: MaintenancePlan, piece: Piece) -> bool:
        """Return whether nobody knows when the meter of a piece will ask for a maintenance: it was not read, or once
        only, or it stands still."""
        readings = self.read(plan, piece)
        first = _first_figure(plan, readings)
        return plan.meter is not None and (first is None or reached(readings, first) is None)

    def _recurrence(self, plan: MaintenancePlan, piece: Piece) -> Plan | None:
        """Return when a plan that counts from what was done is due for a piece."""
        recurrence = plan.recurrence(_first_figure(plan, self.read(plan, piece)))
        begins = piece.since and plan.every and plan.every.after(piece.since)
        if recurrence and begins and plan.first_on and begins > plan.first_on:
            recurrence = replace(recurrence, first=begins)
        return recurrence

    def _floating(
        self, plan: MaintenancePlan, piece: Piece, orders: dict[date, Order], first: date, last: date
    ) -> Iterator[Occurrence]:
        """Yield what is open, and its forecasts: what was done, cancelled or skipped is counted from."""
        ended = [one.done_on or one.planned_for for one in orders.values() if one.state not in OPEN]
        done = {*ended, *self.skipped.get((plan.id, piece.id), ())}
        works = self.calendars[piece.place.id].is_working_day
        open_order = next((one for one in orders.values() if one.state in OPEN), None)
        passed = len(done) + (open_order is not None)
        recurrence, readings = self._recurrence(plan, piece), self.read(plan, piece)
        since = first if plan.meter is None else date.min  # what a meter was expected to ask for asks now
        past = [Done(day) for day in done]
        for one in occurrences(recurrence, since, last, past, readings, works) if recurrence else ():
            if one.number == passed + 1 and open_order is None and one.forecast and one.day < self.today <= last:
                yield one._replace(due=self.today, day=self.today)
            elif first <= one.day and one.number > passed and (not one.forecast or one.day >= self.today):
                yield one
        for day in self.skipped.get((plan.id, piece.id), ()):
            if first <= day <= last:
                yield Occurrence(0, day, day)

    def _holds(self, plan: MaintenancePlan, one: Occurrence) -> bool:
        if plan.ended_on is not None and one.day > plan.ended_on:
            return False
        return not any(begin <= one.day < end for begin, end in self.rests.get(plan.id, ()))

    def _due(self, plan: MaintenancePlan, piece: Piece, one: Occurrence, order: Order | None) -> Due:
        skipped = one.due in self.skipped.get((plan.id, piece.id), ())
        found = Due(
            plan, piece.id, piece.code, piece.label, piece.type_id, piece.place, one.due, one.day, "", order,
            order.done_on if order else None, one.by == METER and one.forecast, _length(plan, self.read(plan, piece)),
        )  # fmt: skip
        return found._replace(state=self.state_of(found, skipped))

    def state_of(self, one: Due, skipped: bool = False) -> str:
        """Return how an occurrence stands today."""
        state = state_of(scheduled(one, skipped), self.today, share_of(one.plan))
        order = one.order
        if state == "missed" and order is not None and order.state in OPEN:
            return LATE
        return FORECAST if state == "open" and order is None and one.day > self.today else state

    def left(self, seen: set[int], first: date, last: date) -> Iterator[Due]:
        """Yield the orders of a window that no occurrence of a piece in service became: they were, all the same."""
        known = {piece.id: piece for piece in self.pieces}
        for (plan_id, equipment_id), orders in self.orders.items():
            plan, piece = self.plans.get(plan_id), known.get(equipment_id)
            for order in orders.values():
                if plan is not None and order.id not in seen and first <= order.due_on <= last:
                    code = piece.code if piece else ""
                    label, kind = (piece.label, piece.type_id) if piece else (order.what, 0)
                    found = Due(plan, equipment_id, code, label, kind, order.place, order.planned_for, order.due_on,
                                "", order, order.done_on)  # fmt: skip
                    yield found._replace(state=self.state_of(found))

    def dues(self, first: date, last: date) -> list[Due]:
        """Return all that is due on the days from first to last, both included, by day and piece."""
        found = [one for plan, piece in self.pairs() for one in self.of(plan, piece, first, last)]
        seen = {one.order.id for one in found if one.order}
        return sorted([*found, *self.left(seen, first, last)], key=lambda one: (one.day, one.label, one.code))


def _first_figure(plan: MaintenancePlan, readings: Sequence[Reading]) -> int | None:
    """Return the figure at which a meter asks for the first maintenance of a plan; None where it was not read."""
    if plan.meter is None or plan.meter_since is None or not readings:
        return None
    began = value_on(readings, plan.meter_since)
    return (readings[0].value if began is None else began) + plan.meter


def _length(plan: MaintenancePlan, readings: Sequence[Reading]) -> int:
    """Return how many days the interval of a meter takes at its pace."""
    pace = pace_of(readings)
    return max(1, int(plan.meter / pace)) if plan.meter and pace else UNPACED


def share_of(plan: MaintenancePlan) -> Fraction:
    """Return the tolerance of a plan as a share of its interval."""
    return Fraction(plan.tolerance, 100)


def scheduled(one: Due, skipped: bool = False) -> Scheduled[Due]:
    """Return an occurrence as the compliance reckons it: one that was cancelled with a reason is justified."""
    justified = skipped or one.state == "skipped_justified" or (one.order is not None and one.order.state == CANCELLED)
    return Scheduled(one, one.day, one.interval, one.done, justified)


def book(place: Any, first: date, last: date, today: date, one: Equipment | None = None) -> Book:
    """Return the book of a place and all below it (None: of everywhere), or of one piece."""
    found, piece = _plans(place, first, one), None if one is None else one.id
    pieces = _pieces(place, [plan for plan, _path in found]) if one is None else [_piece(one)][: one.state == SERVICE]
    ids = [plan.id for plan, _path in found]
    floating = [plan.id for plan, _path in found if plan.floating]
    orders: dict[tuple[int, int], dict[date, Order]] = defaultdict(dict)
    for order in _orders(place, piece, floating, first, last) if ids else ():
        orders[order.plan_id, order.equipment_id][order.planned_for] = order
    places = {each.place.id: each.place for each in pieces}
    return Book(
        today, {plan.id: plan for plan, _path in found}, {plan.id: path for plan, path in found}, pieces,
        calendars_of(places.values()) if places and ids else {}, dict(orders), _skipped(ids, piece), _rests(found),
        _readings([plan for plan, _path in found], pieces),
    )  # fmt: skip


def _readings(plans: Sequence[MaintenancePlan], pieces: Sequence[Piece]) -> dict[tuple[int, str], list[Reading]]:
    """Return the readings of the pieces that some plan with a meter may be for."""
    metered = [plan for plan in plans if plan.meter is not None]
    wanted = {
        name: {getattr(plan, name) for plan in metered} - {None} for name in ("equipment_id", "model_id", "type_id")
    }
    ids = [
        piece.id for piece in pieces
        if piece.id in wanted["equipment_id"] or piece.model_id in wanted["model_id"]
        or piece.type_id in wanted["type_id"]
    ]  # fmt: skip
    return readings_of(ids) if ids else {}


def _line(path: str) -> list[int]:
    return [int(part) for part in path.strip("/").split("/")]


def _plans(place: Any, first: date, one: Equipment | None) -> list[tuple[MaintenancePlan, str]]:
    """Return the plans at a place, above or below it that may count yet, with their paths; those for a piece alone, and
    those of its orders."""
    query = select(MaintenancePlan, Facility.path).join(Facility, Facility.id == MaintenancePlan.facility_id)
    query = query.where(or_(MaintenancePlan.ended_on.is_(None), MaintenancePlan.ended_on >= first))
    if place is not None:
        query = query.where(
            or_(Facility.path.startswith(place.path), MaintenancePlan.facility_id.in_(_line(place.path)))
        )
    if one is not None:
        became = select(WorkOrder.plan_id).where(WorkOrder.equipment_id == one.id, WorkOrder.plan_id.is_not(None))
        meant = [MaintenancePlan.equipment_id == one.id, MaintenancePlan.type_id == one.type_id]
        meant += [MaintenancePlan.model_id == one.model_id] if one.model_id else []
        query = query.where(or_(*meant, MaintenancePlan.id.in_(became)))
    return [(plan, path) for plan, path in db.session.execute(query.order_by(MaintenancePlan.id))]


def _piece(row: Equipment) -> Piece:
    where = Place(row.facility_id, row.facility.path, row.facility.name)
    since = row.in_service_on or row.received_on
    return Piece(row.id, row.code, row.type_id, row.model_id, where, since, row.type.label)


def _pieces(place: Any, plans: Sequence[MaintenancePlan]) -> list[Piece]:
    """Return the pieces in service that some plan may be for."""
    if not plans:
        return []
    ids: dict[str, set[int]] = {
        name: {wanted for plan in plans if (wanted := getattr(plan, name)) is not None}
        for name in ("type_id", "model_id", "equipment_id")
    }
    columns = {"type_id": Equipment.type_id, "model_id": Equipment.model_id, "equipment_id": Equipment.id}
    query = select(
        Equipment.id, Equipment.code, Equipment.type_id, Equipment.model_id, Equipment.in_service_on,
        Equipment.received_on, EquipmentType.label_fr, EquipmentType.label_en, Facility.id.label("facility"),
        Facility.path, Facility.name,
    )  # fmt: skip
    query = query.join(EquipmentType, EquipmentType.id == Equipment.type_id)
    query = query.join(Facility, Facility.id == Equipment.facility_id).where(Equipment.state == SERVICE)
    query = query.where(or_(*(columns[name].in_(wanted) for name, wanted in ids.items() if wanted)))
    if place is not None:
        query = query.where(Facility.path.startswith(place.path))
    return [
        Piece(
            row.id, row.code, row.type_id, row.model_id, Place(row.facility, row.path, row.name),
            row.in_service_on or row.received_on, label_of(row),
        )
        for row in db.session.execute(query)
    ]  # fmt: skip


def _orders(place: Any, piece: int | None, floating: Sequence[int], first: date, last: date) -> Iterator[Order]:
    query = select(
        WorkOrder.id, WorkOrder.number, WorkOrder.plan_id, WorkOrder.equipment_id, WorkOrder.planned_for,
        WorkOrder.due_on, WorkOrder.state, WorkOrder.done_at, WorkOrder.what, Facility.id.label("facility"),
        Facility.path, Facility.name,
    ).join(Facility, Facility.id == WorkOrder.facility_id)  # fmt: skip
    within = WorkOrder.planned_for.between(_shifted(first, -MONTH), _shifted(last, MONTH))
    wanted = [within, and_(WorkOrder.planned_for.is_not(None), WorkOrder.state.in_(OPEN))]
    if floating:
        wanted.append(WorkOrder.plan_id.in_(floating))
    query = query.where(or_(*wanted))
    if piece is not None:
        query = query.where(WorkOrder.equipment_id == piece)
    elif place is not None:
        query = query.where(Facility.path.startswith(place.path))
    for row in db.session.execute(query):
        ended = row.state in (DONE, VERIFIED, CLOSED) and row.done_at is not None
        yield Order(
            row.id, row.number, row.plan_id, row.equipment_id, row.planned_for, row.due_on, row.state,
            local(row.done_at).date() if ended else None, row.what, Place(row.facility, row.path, row.name),
        )  # fmt: skip


def _shifted(day: date, by: timedelta) -> date:
    return day + by if date.min - min(by, timedelta()) <= day <= date.max - max(by, timedelta()) else day


def _skipped(plans: Sequence[int], piece: int | None) -> dict[tuple[int, int], set[date]]:
    query = select(SkippedOccurrence.plan_id, SkippedOccurrence.equipment_id, SkippedOccurrence.planned_for)
    if piece is not None:
        query = query.where(SkippedOccurrence.equipment_id == piece)
    found: dict[tuple[int, int], set[date]] = defaultdict(set)
    for plan, equipment, day in db.session.execute(query) if plans else ():
        found[plan, equipment].add(day)
    return found


def _rests(found: Sequence[tuple[MaintenancePlan, str]]) -> dict[int, list[tuple[date, date]]]:
    """Return {plan: from which day to before which day it was suspended}."""
    ids = [plan.id for plan, _path in found]
    if not ids:
        return {}
    query = select(Step.entity_id, Step.target, Step.at).where(Step.entity == MaintenancePlan.__entity__)
    query = query.where(Step.entity_id.in_(ids), Step.action.in_(("pause", "resume", "end"))).order_by(Step.id)
    began: dict[int, date] = {}
    rests: dict[int, list[tuple[date, date]]] = defaultdict(list)
    for plan, target, at in db.session.execute(query):
        day = local(at).date()
        if target == PAUSED:
            began[plan] = day
        elif plan in began:
            rests[plan].append((began.pop(plan), day if target == ACTIVE else date.max))
    for plan, day in began.items():
        rests[plan].append((day, date.max))
    return rests
