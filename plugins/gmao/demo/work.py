"""The work of the demonstration: each time that a piece stood still within a year has its report and its order.

Drawn from the tags, so that the same country gives the same work.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import zip_longest
from typing import Any

from sqlalchemy import select

from core.data.calendar import local
from core.data.db import db, today, utcnow
from core.data.numbers import next_number
from core.data.states import Step, record
from core.users.accounts.models import User
from plugins.gmao.equipment.models import DOWN, Equipment
from plugins.gmao.requests.models import STOPPED, Request
from plugins.gmao.requests.states import ACCEPTED, SUBMITTED
from plugins.gmao.series import REQUEST, WORK
from plugins.gmao.workorders.models import CORRECTIVE, Intervention, WorkOrder
from plugins.gmao.workorders.states import ASSIGNED, CLOSED, HOLD, PLANNED

Event = tuple[datetime, str, str | None]
YEAR = timedelta(days=365)
WHO, TECHNICIAN = "Démonstration", "technicien"
PROBLEMS = (
    "Ne s’allume plus", "S’arrête après quelques minutes", "Alarme permanente", "Fuite", "Bruit anormal",
    "Affichage illisible", "Valeurs fausses", "Prise ou câble abîmé", "Ne chauffe plus", "Ne refroidit plus",
)  # fmt: skip
FINDINGS = (
    ("wear", "replaced", "Pièce usée remplacée"), ("power", "repaired", "Alimentation réparée après une surtension"),
    ("cleaning", "cleaned", "Filtres encrassés nettoyés"), ("use", "trained", "Mauvais réglage, utilisateur formé"),
    ("accessory", "accessory", "Accessoire remplacé"), ("unknown", "adjusted", "Réglage refait"),
)  # fmt: skip


def load(pasts: Sequence[tuple[Equipment, Sequence[Event]]]) -> None:
    """Insert the reports and orders of some pieces, whose events are given in their order."""
    technician = db.session.scalars(select(User).where(User.login == TECHNICIAN)).first()
    for row, events in pasts:
        draw = random.Random(row.code)
        for began, why, ended in _stops(events):
            mine = technician.id if technician and technician.facility_id == row.facility_id else None
            _one(row, began, why, ended, draw, mine)
    db.session.flush()


def _stops(events: Sequence[Event]) -> Iterator[tuple[datetime, str, datetime | None]]:
    """Yield (since when, why, until when) of the times at which a piece stood still, of the last year."""
    for (at, status, why), after in zip_longest(events, events[1:]):
        if status == DOWN and at > utcnow() - YEAR:
            yield at, why or "other", after[0] if after else None


def _one(
    row: Equipment, began: datetime, why: str, ended: datetime | None, draw: random.Random, mine: int | None
) -> None:
    problem = draw.choice(PROBLEMS)
    state = CLOSED if ended else HOLD if why in ("needs_part", "no_funds", "awaiting_vendor") else PLANNED
    if state == PLANNED and mine:
        state = ASSIGNED
    day = local(began).date()
    order = WorkOrder(
        number=next_number(WORK, on=day), kind=CORRECTIVE, equipment=row, what=row.described, problem=problem,
        facility=row.facility, workshop=row.facility, room=row.room, priority="high", state=state,
        due_on=day + timedelta(days=5) if ended else _later(day), opened_at=began, done_at=ended,
        held_for=why if state == HOLD else None, assignee_id=mine, assignee="" if state == PLANNED else WHO,
    )  # fmt: skip
    db.session.add(order)
    db.session.flush()
    _steps(order, began, ended)
    if ended:
        cause, action, note = draw.choice(FINDINGS)
        db.session.add(
            Intervention(
                order=order, ended_at=ended, minutes=draw.choice((30, 60, 90, 120, 240)), action=action, cause=cause,
                travel_minutes=draw.choice((0, 0, 30, 90)), note=note, status="functional", technician=WHO,
            )
        )  # fmt: skip
    if draw.random() < 0.6:
        request = Request(
            number=next_number(REQUEST, on=day), equipment=row, what=row.described, facility=row.facility,
            room=row.room, works=STOPPED, problem=problem, state=ACCEPTED, reported_at=began, reported_by=WHO,
            order=order,
        )  # fmt: skip
        db.session.add(request)
        db.session.flush()
        db.session.add(_step(request, "report", "", SUBMITTED, began))
        db.session.add(_step(request, "accept", SUBMITTED, ACCEPTED, began + timedelta(hours=2)))


def _later(day: date) -> date:
    """Return a day by which open work was to be done: some of it is late."""
    return max(day + timedelta(days=5), today() - timedelta(days=20))


def _steps(order: WorkOrder, began: datetime, ended: datetime | None) -> None:
    """Write the course of an order; the clock of one that is open begins to run."""
    if ended:
        db.session.add(_step(order, "open", "", PLANNED, began))
        db.session.add(_step(order, "close_unseen", PLANNED, CLOSED, ended))
        return
    record(order, "open", "", PLANNED)
    if order.state != PLANNED:
        record(order, "hold" if order.state == HOLD else "assign", PLANNED, order.state)


def _step(row: Any, action: str, source: str, target: str, at: datetime) -> Step:
    return Step(
        entity=row.__entity__, entity_id=row.id, action=action, source=source, target=target, at=at, user_label=WHO
    )
