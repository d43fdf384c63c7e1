"""What tests and instruments give to the plugin's hooks."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from flask import url_for

from core.contract.entities import Entity
from core.contract.ports import MenuItem, Panel, Task
from core.contract.words import _
from core.data.access import current
from core.nouns.pages import listed
from core.web.pages import day
from core.web.verbs import url_of
from plugins.gmao.catalogue.models import APPLIED, CLASSES
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.menu import REGISTER
from plugins.gmao.rights import VIEW, WORK
from plugins.gmao.testing.instruments import lapsing
from plugins.gmao.testing.limits import CORDS, METHODS
from plugins.gmao.testing.models import (
    INSTRUMENTS,
    KINDS,
    VERDICTS,
    WHYS,
    Calibration,
    EquipmentTest,
    Instrument,
    Measurement,
)
from plugins.gmao.testing.states import CALIBRATIONS
from plugins.gmao.testing.states import INSTRUMENTS as MACHINE
from plugins.gmao.testing.tables import CalibrationTable, InstrumentTable, TestTable
from plugins.gmao.testing.verbs import OF_CALIBRATIONS, OF_INSTRUMENTS, OTHER_TEST, SAFETY_TEST, VERBS
from plugins.gmao.testing.views import bp, calibrations, instruments
from plugins.gmao.workorders.models import WorkOrder
from plugins.gmao.workorders.states import OPEN

TITLE = _("Tests of equipment")
TESTS, LIST = "gmao_tests.index", "gmao_instruments.index"
BLUEPRINTS = [bp, instruments, calibrations]
ENTITIES = [
    Entity(
        "gmao.test", EquipmentTest, _("Test of equipment"), TITLE, "gmao_tests.show", VIEW, TestTable,
        "check", ("number", "what"),
        words={"kind": KINDS, "verdict": VERDICTS, "safety_class": CLASSES, "applied_part": APPLIED, "method": METHODS,
               "cord": CORDS},
        verbs=VERBS, index=TESTS, attachments=True,
    ),
    Entity(
        "gmao.measurement", Measurement, _("Measurement"), _("Measurements"), permission=VIEW,
        words={"verdict": VERDICTS, "because": WHYS}, named=("test_id", "position"),
    ),
    Entity(
        "gmao.instrument", Instrument, _("Test instrument"), _("Test instruments"), "gmao_instruments.show", VIEW,
        InstrumentTable, "settings", ("code", "name", "serial"), words={"kind": INSTRUMENTS, "state": MACHINE.states},
        named=("code", "name"), machine=MACHINE, verbs=OF_INSTRUMENTS, index=LIST, attachments=True, comments=True,
    ),
    Entity(
        "gmao.calibration", Calibration, _("Calibration of an instrument"), _("Calibrations of instruments"),
        "gmao_calibrations.show", VIEW, CalibrationTable, "check", words={"state": CALIBRATIONS.states},
        named=("instrument_id", "done_on"), machine=CALIBRATIONS, verbs=OF_CALIBRATIONS,
        index="gmao_calibrations.index", attachments=True,
    ),
]  # fmt: skip
VERBS_OF_OTHERS = [SAFETY_TEST, OTHER_TEST]
ASKED = {"safety_test": SAFETY_TEST, "calibration": OTHER_TEST}
MENU = [
    MenuItem(TITLE, TESTS, VIEW, REGISTER, "check", order=333),
    MenuItem(_("Test instruments"), LIST, VIEW, REGISTER, "settings", order=334),
]


def panels(obj: Any) -> list[Panel]:
    """Return the tests of a piece on its page, and those that were made under an order."""
    if isinstance(obj, Equipment):
        return listed(TestTable, EquipmentTest.equipment_id == obj.id, {"q": obj.code}, order=36, empty=False)
    return _under(obj) if isinstance(obj, WorkOrder) else []


def _under(order: WorkOrder) -> list[Panel]:
    """Return the tests that were made under an order; while a test is what it asks for, with the way to its form."""
    verb, row, more = ASKED.get(order.kind), order.equipment, {}
    if verb is not None and row is not None and order.state in OPEN and current().can(WORK, order.facility):
        more = {"url": url_of(verb, row), "link": verb.label}
    none = Panel(TITLE, "gmao/testing/none.html", {}, order=12, **more) if more else None
    theirs = EquipmentTest.order_id == order.id
    found = listed(TestTable, theirs, {"q": order.what}, order=12, empty=False, instead=none)
    return [replace(panel, **more) for panel in found]


def inbox() -> Iterator[Task]:
    """Yield the instruments whose calibration is over or ends soon, to those who work with them."""
    if not current().can(WORK):
        return
    for row in lapsing(current()):
        if row.valid_until is None:
            detail = _("It was never calibrated: nothing that is tested with it passes.")
        else:
            detail = _("Its calibration is valid until %(day)s.", day=day(row.valid_until))
        url = url_for("gmao_instruments.show", id=row.id)
        title = _("Have %(code)s calibrated: %(name)s", code=row.code, name=row.name)
        yield Task(title, url, _("Look at it"), detail, row.valid_until, "settings", "gmao.instrument", menu=LIST)
