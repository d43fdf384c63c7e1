"""The test instruments and tests of the demonstration: two instruments, one whose calibration has lapsed, and a dozen
tests of the district's equipment, most of them passed."""

import random
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from core.data.access import Access, acting
from core.data.db import db, today
from core.facilities.country import FOCUS
from core.facilities.models import Facility
from plugins.gmao.catalogue.models import EquipmentType
from plugins.gmao.demo.work import WHO
from plugins.gmao.equipment.models import FUNCTIONAL, Equipment
from plugins.gmao.equipment.states import SERVICE
from plugins.gmao.formulas.safety import FAIL, PASS
from plugins.gmao.testing import instruments, services
from plugins.gmao.testing.fields import Measured
from plugins.gmao.testing.models import ACCEPTANCE, PERFORMANCE, Instrument

MOST = 12  # tests


def load() -> None:
    """Insert the instruments and tests of the district, where there is none yet."""
    if db.session.scalar(select(Instrument.id).limit(1)) is not None:
        return
    home = db.session.scalars(select(Facility).where(Facility.code == FOCUS)).one()
    query = select(Equipment).join(EquipmentType, EquipmentType.id == Equipment.type_id)
    query = query.join(Facility, Facility.id == Equipment.facility_id)
    query = query.where(Facility.path.startswith(home.path), EquipmentType.kind == "biomedical")
    query = query.where(EquipmentType.powered, Equipment.state == SERVICE, Equipment.status == FUNCTIONAL)
    pieces = db.session.scalars(query.order_by(Equipment.facility_id, Equipment.code).limit(MOST)).all()
    with acting(Access.system(WHO)):
        _tests(pieces, *_instruments(home))


def _instruments(home: Facility) -> tuple[Instrument, Instrument]:
    """Return an analyser whose calibration holds, and a thermometer whose calibration has lapsed."""
    day = today()
    analyser = instruments.add(
        home, code="ECME-01", name="Analyseur de sécurité électrique", kind="safety", model="Norvik ESA 610",
        serial="ESA-2207",
    )  # fmt: skip
    thermometer = instruments.add(
        home, code="ECME-02", name="Thermomètre étalon", kind="thermometer", model="Alpina T-100", serial="T-0815"
    )
    for row, since, days in ((analyser, 300, 385), (thermometer, 500, 365)):
        instruments.calibrate(
            row, done_on=day - timedelta(days=since), valid_until=day - timedelta(days=since - days),
            laboratory="Laboratoire national de métrologie", certificate=f"ET-{row.serial}",
        )  # fmt: skip
    return analyser, thermometer


def _tests(pieces: Sequence[Equipment], analyser: Instrument, thermometer: Instrument) -> None:
    for at, row in enumerate(pieces):
        draw = random.Random(row.code)
        day = max(today() - timedelta(days=10 * at + 3), row.received_on or today())
        facts: dict[str, Any] = {"tested_on": day}
        if at % 4 == 3:
            kind = ACCEPTANCE if at % 8 == 7 else PERFORMANCE
            services.other_test(row, kind=kind, lines=_points(draw, kind), instrument=thermometer, **facts)
            continue
        leak = 620 if at == 1 else 470 if at == 4 else draw.randrange(40, 300)  # one fails, one is near the limit
        measured = {"earth": _of(draw.randrange(60, 240), "mΩ"), "leakage": _of(leak, "µA")}
        services.safety_test(row, safety_class="I", instrument=analyser, measured=measured, **facts)
    db.session.flush()


def _of(value: int, unit: str) -> Measured:
    return Measured(Decimal(value), unit)


def _points(draw: random.Random, kind: str) -> list[dict[str, Any]]:
    """Return the points of a test of performance or acceptance."""
    if kind == ACCEPTANCE:
        return [
            {"label": "Conforme au bon de commande", "verdict": PASS},
            {"label": "Manuel en français remis", "verdict": FAIL, "note": "Manuel en anglais seulement"},
        ]
    shown = Decimal(draw.randrange(365, 375)) / 10
    return [{"label": "Température affichée à 37 °C", "value": shown, "unit": "°C", "least": Decimal(36),
             "most": Decimal(38)}]  # fmt: skip
