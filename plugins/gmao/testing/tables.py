"""The lists of instruments, calibrations and tests."""

from collections.abc import Iterable
from typing import Any

from flask import request
from sqlalchemy import Select, case, select
from sqlalchemy.orm import aliased, contains_eager, selectinload

from core.contract.words import _
from core.data.calendar import today
from core.data.states import State
from core.facilities.listing import place_columns
from core.web.tables import Column, Table
from plugins.gmao.catalogue.models import APPLIED, CLASSES
from plugins.gmao.testing.instruments import SOON
from plugins.gmao.testing.limits import METHODS
from plugins.gmao.testing.models import INSTRUMENTS, KINDS, VERDICTS, Calibration, EquipmentTest, Instrument
from plugins.gmao.testing.states import CALIBRATIONS, IN_USE
from plugins.gmao.testing.states import INSTRUMENTS as MACHINE

NEVER, LAPSED, ENDING, HOLDS = "never", "lapsed", "ending", "holds"
VALIDITIES = {
    HOLDS: State(_("Calibration holds"), "ok"),
    ENDING: State(_("Lapses within 30 days"), "warn"),
    LAPSED: State(_("Lapsed"), "danger"),
    NEVER: State(_("Never calibrated"), "danger"),
}


def validity() -> Any:
    """Return how the calibration of an instrument stands today, as SQL says it."""
    until = Instrument.valid_until
    return case((until.is_(None), NEVER), (until < today(), LAPSED), (until <= today() + SOON, ENDING), else_=HOLDS)


class InstrumentTable(Table):
    """The test instruments that may be used where this person works."""

    model = Instrument
    columns = [
        Column("code", _("Mark"), kind="code"),
        Column("name", _("Name"), detail=lambda row: row.model),
        Column("kind", _("Kind of instrument"), facet=INSTRUMENTS),
        Column("serial", _("Serial number"), kind="code", default=False),
        Column("calibrated_on", _("Calibrated on"), kind="date", default=False),
        Column("valid_until", _("Calibration valid until"), kind="date"),
        *place_columns(Instrument),
        Column("state", _("State"), kind="state", facet=MACHINE.states, default=False),
        Column("note", _("Remarks"), default=False),
    ]
    search = [Instrument.code, Instrument.name, Instrument.model, Instrument.serial]
    default_sort = "valid_until"
    views = [
        ("all", _("All"), {}),
        ("ending", _("To be calibrated"), {"f.state": IN_USE, "f.validity": [ENDING, LAPSED, NEVER]}),
    ]
    empty = (_("No test instrument yet"), _("Register those that equipment is tested with, and their calibrations."))

    def more(self) -> Iterable[Column]:
        """Return how the calibration stands today."""
        return [Column("validity", _("Calibration"), validity(), kind="state", facet=VALIDITIES)]


class CalibrationTable(Table):
    """The calibrations of instruments."""

    model = Calibration
    columns = [
        Column("code", _("Mark"), Instrument.code, value=lambda row: row.instrument.code, kind="code"),
        Column("name", _("Test instrument"), Instrument.name, value=lambda row: row.instrument.name),
        Column("done_on", _("Calibrated on"), kind="date"),
        Column("valid_until", _("Calibration valid until"), kind="date"),
        Column("laboratory", _("Calibrated by")),
        Column("certificate", _("Number of the certificate"), kind="code"),
        Column("state", _("State"), kind="state", facet=CALIBRATIONS.states),
    ]
    search = [Instrument.code, Instrument.name, Calibration.certificate, Calibration.laboratory]
    default_sort = "-done_on"
    options = [contains_eager(Calibration.instrument)]
    empty = (_("No calibration yet"), _("“Record a calibration” stands on the page of an instrument."))

    def query(self) -> Select[Any]:
        """Return the calibrations with their instruments."""
        return select(Calibration).join(Calibration.instrument)


class TestTable(Table):
    """The tests that this person may see; one that was corrected has a view of its own."""

    __test__ = False  # no test of pytest
    model = EquipmentTest
    columns = [
        Column("number", _("Number"), kind="code"),
        Column("what", _("What it is about")),
        Column("kind", _("Kind of test"), facet=KINDS),
        Column("tested_on", _("Tested on"), kind="date"),
        Column("verdict", _("Result"), kind="state", facet=VERDICTS),
        Column("order", _("Work order"), value=lambda row: row.order.number if row.order else "", sort=False,
               kind="code", default=False),
        Column("safety_class", _("Protection class"), choices=CLASSES, default=False),
        Column("applied_part", _("Applied part"), choices=APPLIED, default=False),
        Column("method", _("Method of measurement"), choices=METHODS, default=False),
        Column("tested_by", _("Tested by"), default=False),
        *place_columns(EquipmentTest),
        Column("note", _("Remarks"), default=False),
    ]  # fmt: skip
    search = [EquipmentTest.number, EquipmentTest.what, EquipmentTest.tested_by]
    default_sort = "-tested_on"
    options = [selectinload(EquipmentTest.order)]
    views = [
        ("all", _("All"), {}),
        ("failed", _("Not passed"), {"f.verdict": "fail"}),
        ("corrected", _("Corrected"), {"view": "corrected"}),
    ]
    empty = (_("No test yet"), _("“Test the electrical safety” stands on the page of a piece."))

    def query(self) -> Select[Any]:
        """Return the tests that stand, or those in whose place another one stands."""
        later = aliased(EquipmentTest)
        corrected = EquipmentTest.id.in_(select(later.corrects_id).where(later.corrects_id.is_not(None)))
        wanted = request.args.get("view", "") == "corrected"
        return select(EquipmentTest).where(corrected if wanted else ~corrected)
