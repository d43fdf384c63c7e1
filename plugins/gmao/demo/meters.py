"""The meters of the demonstration: vehicles of the district are read now and then, and one is serviced by its meter."""

import random
from datetime import timedelta

from sqlalchemy import select

from core.data.access import Access, acting
from core.data.db import db, today
from core.facilities.country import FOCUS
from core.facilities.models import Facility
from plugins.gmao.catalogue.models import EquipmentType
from plugins.gmao.demo.work import WHO
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.equipment.states import SERVICE
from plugins.gmao.meters.models import KM, Reading
from plugins.gmao.plans.models import MaintenancePlan
from plugins.gmao.plans.states import ACTIVE
from plugins.gmao.workorders.models import PREVENTIVE

SINCE, SERVICED = 240, 75  # days ago: the first reading, and the last service


def load() -> None:
    """Insert readings of the district's vehicles, where there is none yet, and the plan of the first one."""
    if db.session.scalar(select(Reading.id).limit(1)) is not None:
        return
    home = db.session.scalars(select(Facility).where(Facility.code == FOCUS)).one()
    query = select(Equipment).join(EquipmentType, EquipmentType.id == Equipment.type_id)
    query = query.join(Facility, Facility.id == Equipment.facility_id)
    query = query.where(Facility.path.startswith(home.path), EquipmentType.kind == "vehicle")
    found = db.session.scalars(query.where(Equipment.state == SERVICE).order_by(Equipment.code)).all()
    cars = [row for row in found if row.type.code != "motorcycle"] or found
    with acting(Access.system(WHO)):
        for row in cars:
            db.session.add_all(_readings(row))
        if cars:
            db.session.add(_plan(cars[0]))
        db.session.flush()


def _readings(row: Equipment) -> list[Reading]:
    """Return what the meter of a vehicle showed about every three weeks, with a long time in which nobody looked."""
    draw = random.Random(row.code)
    figure, pace, found = draw.randrange(18_000, 90_000), draw.randrange(45, 80), []
    ago = [SINCE, 221, 199, 178, 161, 98, SERVICED, 54, 33, 12]
    for before, after in zip([SINCE, *ago], ago, strict=False):
        figure += (before - after) * pace + draw.randrange(-50, 50) * (before != after)
        day = today() - timedelta(days=after)
        if row.received_on is None or day >= row.received_on:
            found.append(Reading(equipment=row, unit=KM, value=figure, read_on=day, recorded_by=WHO))
    return found


def _plan(row: Equipment) -> MaintenancePlan:
    """Return the plan of a vehicle: an oil change every 5,000 km or 6 months, counted since its last one."""
    serviced = today() - timedelta(days=SERVICED)
    return MaintenancePlan(
        name="Vidange et filtres", kind=PREVENTIVE, facility=row.facility, equipment=row, interval=6, unit="month",
        first_on=serviced + timedelta(days=182), meter=5000, meter_unit=KM, meter_since=serviced, floating=True,
        shift="before", tolerance=10, lead_days=7, minutes=120, state=ACTIVE,
    )  # fmt: skip
