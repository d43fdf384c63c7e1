"""The cold chain of the demonstration: a few refrigerators of the district with a month of temperatures, one of them
with a breach of some days ago.

Drawn from the tags, so that the same country gives the same temperatures.
"""

import math
import random
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal

from sqlalchemy import select

from core.data.access import Access, acting
from core.data.calendar import moment
from core.data.db import db, today, utcnow
from core.facilities.country import FOCUS
from core.facilities.models import Facility
from core.users.accounts.models import User
from plugins.gmao.catalogue.models import EquipmentModel, EquipmentType
from plugins.gmao.coldchain import finding
from plugins.gmao.coldchain.models import LOGGER, TYPED, ColdUnit, Reading
from plugins.gmao.demo.work import TECHNICIAN, WHO
from plugins.gmao.equipment.models import ATTENTION, FUNCTIONAL, Equipment, StatusEvent
from plugins.gmao.equipment.states import IN_USE
from plugins.gmao.formulas import coldchain as formulas

PIECES, DAYS = 6, 30
BROKE, LASTED = timedelta(days=3), 14  # how long ago the compressor stood still, and for how many hours
FILE = "fridge-tag.csv"


def load() -> None:
    """Insert the temperatures of a few refrigerators of the district, where there are none yet."""
    if db.session.scalar(select(Reading.id).limit(1)) is not None:
        return
    with acting(Access.system(WHO)):
        rows = _pieces()
        for turn, row in enumerate(rows):
            draw = random.Random(row.code)
            source = LOGGER if turn % 2 == 0 else TYPED
            if source == LOGGER:
                serial = str(draw.randrange(16_000_000, 17_000_000))
                db.session.add(ColdUnit(equipment=row, logger="Fridge-tag 2", serial=serial))
            found = list(_course(draw, source, broken=turn == 0))
            _store(row, found, source)
            if turn == 0:
                finding.look(row, source, found[0].at, found[-1].at)
                _attention(row)
        db.session.flush()


def _pieces() -> Sequence[Equipment]:
    """Return a few refrigerators that work, those where the technician is at home first, as prequalified models."""
    home = db.session.scalars(select(Facility).where(Facility.code == FOCUS)).one()
    near = db.session.scalar(select(User.facility_id).where(User.login == TECHNICIAN))
    query = select(Equipment).join(EquipmentType).join(Facility, Facility.id == Equipment.facility_id)
    query = query.where(EquipmentType.code.like("vaccine-fridge-%"), Facility.path.startswith(home.path))
    query = query.where(Equipment.state.in_(IN_USE), Equipment.status == FUNCTIONAL)
    query = query.where(Equipment.received_on < today() - timedelta(days=DAYS + 1))
    query = query.where(Equipment.status_at < utcnow() - timedelta(days=DAYS))
    rows = db.session.scalars(query.order_by(Equipment.facility_id != near, Equipment.code).limit(PIECES)).all()
    models = select(EquipmentModel).where(EquipmentModel.pqs != "").order_by(EquipmentModel.code)
    known = list(db.session.scalars(models))
    for row in rows:
        if same := [each for each in known if each.type_id == row.type_id]:
            row.model = random.Random(row.code).choice(same)
    return rows


def _course(draw: random.Random, source: str, broken: bool) -> Iterator[formulas.Reading]:
    """Yield the temperatures of a month: warmer by day, and outside the limits while the compressor stands still."""
    middle = draw.uniform(3.8, 5.2)
    first = moment(today() - timedelta(days=DAYS), time(8))
    broke = moment(today(), time(1)) - BROKE
    steps = _hourly(first) if source == LOGGER else _twice_a_day(first)
    for at in steps:
        warmth = middle + 0.9 * math.sin((at.hour - 5) / 24 * 2 * math.pi) + draw.uniform(-0.4, 0.4)
        hours = (at - broke).total_seconds() / 3600
        if broken and 0 <= hours <= LASTED + 6:
            warmth += 9 * min(1, hours / 4) if hours <= LASTED else 9 * max(0, 1 - (hours - LASTED) / 3)
        yield formulas.Reading(at, Decimal(str(round(warmth, 1))))


def _hourly(first: datetime) -> Iterator[datetime]:
    while first <= utcnow():
        yield first
        first += timedelta(hours=1)


def _twice_a_day(first: datetime) -> Iterator[datetime]:
    while first <= utcnow():
        yield first
        if first + timedelta(hours=8) <= utcnow():
            yield first + timedelta(hours=8)
        first += timedelta(days=1)


def _store(row: Equipment, found: Sequence[formulas.Reading], source: str) -> None:
    origin = FILE if source == LOGGER else ""
    db.session.add_all(
        Reading(equipment=row, source=source, at=one.at, celsius=one.celsius, recorded_by=WHO, origin=origin)
        for one in found
    )
    db.session.flush()


def _attention(row: Equipment) -> None:
    """Say that a piece needs attention since its breach."""
    at = moment(today(), time(1)) - BROKE
    db.session.add(
        StatusEvent(equipment=row, status=ATTENTION, because=finding.OUTSIDE, happened_at=at, recorded_by=WHO)
    )  # fmt: skip
    row.status, row.because, row.status_at = ATTENTION, finding.OUTSIDE, at
