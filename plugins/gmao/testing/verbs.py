"""What is done with instruments, and with equipment by tests."""

from typing import Any

from flask import url_for

from core.contract.verbs import Verb
from core.contract.words import _
from core.facilities.models import Facility
from core.web.forms import Stored
from core.web.reasons import steps
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.equipment.states import THERE
from plugins.gmao.rights import WORK
from plugins.gmao.testing import instruments, services
from plugins.gmao.testing.forms import (
    CalibrationForm,
    InstrumentForm,
    correct_other_form,
    correct_safety_form,
    other_form,
    safety_form,
)
from plugins.gmao.testing.models import SAFETY, VERDICTS, Calibration, EquipmentTest, Instrument
from plugins.gmao.testing.states import CALIBRATIONS, IN_USE, INSTRUMENTS

ADD = Verb(
    "gmao.instrument.add", _("New test instrument"), WORK, instruments.add, Facility, InstrumentForm,
    _("It is registered. Record its calibration: without one no test passes."),
)  # fmt: skip
CHANGE = Verb(
    "gmao.instrument.change", _("Change"), WORK, instruments.change, Instrument, Stored(InstrumentForm),
    _("The changes are kept."),
)  # fmt: skip
CALIBRATE = Verb(
    "gmao.instrument.calibrate", _("Record a calibration"), WORK, instruments.calibrate, Instrument, CalibrationForm,
    _("The calibration is recorded."), lambda made: url_for("gmao_instruments.show", id=made.instrument_id),
    strong=True, offered=lambda row: row.state == IN_USE,
)  # fmt: skip
TAKEN: dict[str, Any] = {"withdraw": instruments.withdraw}
OF_INSTRUMENTS = [ADD, CHANGE, CALIBRATE, *steps(INSTRUMENTS, Instrument)]
OF_CALIBRATIONS = steps(CALIBRATIONS, Calibration, **TAKEN)


def _said(test: EquipmentTest) -> Any:
    return _("%(number)s is recorded: %(result)s.", number=test.number, result=VERDICTS[test.verdict].label)


SAFETY_TEST = Verb(
    "gmao.equipment.safety_test", _("Test the electrical safety"), WORK, services.safety_test, Equipment, safety_form,
    _said, offered=lambda row: row.state in THERE,
)  # fmt: skip
OTHER_TEST = Verb(
    "gmao.equipment.test", _("Test performance or acceptance"), WORK, services.other_test, Equipment, other_form,
    _said, page="gmao_tests.new", offered=lambda row: row.state in THERE,
)  # fmt: skip
CORRECT_SAFETY = Verb(
    "gmao.test.correct_safety", _("Correct the test"), WORK, services.correct_safety, EquipmentTest,
    correct_safety_form, _said, offered=lambda row: row.kind == SAFETY and services.successor(row) is None,
)  # fmt: skip
CORRECT_OTHER = Verb(
    "gmao.test.correct_other", _("Correct the test"), WORK, services.correct_other, EquipmentTest,
    correct_other_form, _said, page="gmao_tests.correct",
    offered=lambda row: row.kind != SAFETY and services.successor(row) is None,
)  # fmt: skip
FOLLOW = Verb(
    "gmao.test.follow", _("Out of service, and to be repaired"), WORK, services.follow, EquipmentTest,
    said=lambda order: _("The piece is said not to work. %(number)s is its repair.", number=order.number),
    strong=True, offered=services.may_follow,
)  # fmt: skip
VERBS = [CORRECT_SAFETY, CORRECT_OTHER, FOLLOW]
