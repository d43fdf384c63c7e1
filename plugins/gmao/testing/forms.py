"""The forms of instruments and tests."""

from typing import Any

from core.contract.words import _
from core.data.calendar import today
from core.files.fields import FilesField
from core.web.choices import ChoiceField, EntityField
from core.web.dates import DateField
from core.web.fields import DecimalField, LongText, TextField
from core.web.forms import Form, Lines, SubForm
from plugins.gmao.catalogue.models import APPLIED, CLASSES
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.formulas.safety import FAIL, NOT_DONE, PASS
from plugins.gmao.testing.fields import Measured, MeasureField
from plugins.gmao.testing.limits import CORDS, MEASURED, METHODS, VISUAL
from plugins.gmao.testing.models import INSTRUMENTS, KINDS, SAFETY, EquipmentTest
from plugins.gmao.testing.services import lines_of, orders_of
from plugins.gmao.workorders.models import WorkOrder

OTHERS = {code: label for code, label in KINDS.items() if code != SAFETY}
SEEN = {PASS: _("Conform"), FAIL: _("Not conform"), NOT_DONE: _("Not done")}
LIMIT = 99_999_999


class InstrumentForm(Form):
    """A test instrument."""

    code = TextField(_("Mark"), required=True, max_length=40, help=_("As it stands on the instrument: ECME-03."))
    name = TextField(_("Name"), required=True, max_length=120)
    kind = ChoiceField(_("Kind of instrument"), INSTRUMENTS, required=True)
    model = TextField(_("Maker and model"), max_length=120)
    serial = TextField(_("Serial number"), max_length=80)
    note = LongText(_("Remarks"), max_length=2000, render_kw={"rows": 2})


class CalibrationForm(Form):
    """A calibration of an instrument, with its certificate."""

    done_on = DateField(_("Calibrated on"), required=True)
    valid_until = DateField(_("Calibration valid until"), required=True, help=_("As the certificate says."))
    laboratory = TextField(_("Calibrated by"), max_length=120)
    certificate = TextField(_("Number of the certificate"), max_length=60)
    files = FilesField(_("Certificate"))
    note = LongText(_("Remarks"), max_length=2000, render_kw={"rows": 2})


class TestForm(Form):
    """What every test says."""

    __test__ = False  # no test of pytest
    tested_on = DateField(_("Tested on"), required=True, default=today)
    instrument = EntityField(
        _("Test instrument"), "gmao.instrument", help=_("By its mark. Without one no measured value passes.")
    )
    order = ChoiceField(_("Work order"), help=_("Under which it was tested."))
    note = LongText(_("Remarks"), max_length=2000, render_kw={"rows": 2})
    photos = FilesField(_("Photos and print-outs"))


class SafetyForm(TestForm):
    """A test of electrical safety: its limits follow from class, applied part and method."""

    safety_class = ChoiceField(_("Protection class"), CLASSES, required=True)
    applied_part = ChoiceField(_("Applied part"), APPLIED, blank=_("None"))
    method = ChoiceField(_("Method of measurement"), METHODS, required=True, default="direct")
    cord = ChoiceField(_("Mains cord"), CORDS, required=True, default="with")
    visual = ChoiceField(_("Visual inspection"), {PASS: SEEN[PASS], FAIL: SEEN[FAIL]}, required=True, tiles=True)
    earth = MeasureField(_("Protective earth resistance"), unit="Ω", help=_("In Ω; or with its unit: 180 mΩ."))
    insulation = MeasureField(_("Insulation of the mains part"), unit="MΩ", help=_("In MΩ."))
    insulation_applied = MeasureField(_("Insulation of the applied part"), unit="MΩ", help=_("In MΩ."))
    leakage = MeasureField(_("Equipment leakage current"), unit="µA", help=_("In µA; or with its unit: 0,3 mA."))
    leakage_applied = MeasureField(_("Applied part leakage current"), unit="µA", help=_("In µA."))

    def values(self) -> dict[str, Any]:
        """Return what the test says, its values by point."""
        said = super().values()
        measured = {point: said.pop(point) for point in MEASURED}
        return {**said, "measured": measured}


class PointLine(SubForm):
    """A point of a test: a value with its limits, or what was seen."""

    label = TextField(_("Point"), required=True, max_length=200)
    value = DecimalField(_("Measured"), minimum=-LIMIT, maximum=LIMIT, places=3)
    unit = TextField(_("Unit"), max_length=20)
    least = DecimalField(_("At least"), minimum=-LIMIT, maximum=LIMIT, places=3)
    most = DecimalField(_("At most"), minimum=-LIMIT, maximum=LIMIT, places=3)
    verdict = ChoiceField(_("Result"), SEEN, blank=_("As measured"))
    note = TextField(_("Remarks"), max_length=300)


class OtherForm(TestForm):
    """A test of performance or acceptance."""

    kind = ChoiceField(_("Kind of test"), OTHERS, required=True)
    lines = Lines(PointLine, _("Points"), maximum=60)


class CorrectedSafetyForm(SafetyForm):
    """A test of electrical safety that takes the place of one, and why."""

    reason = LongText(_("Reason of the correction"), required=True, max_length=1000)


class CorrectedOtherForm(OtherForm):
    """A test that takes the place of one, and why."""

    reason = LongText(_("Reason of the correction"), required=True, max_length=1000)


def _under(form: Any, row: Equipment, asked: str = "") -> Any:
    """Return a form with the orders of a piece under which it may be tested; the only test among them is proposed."""
    for name in ("order", "note", "photos"):
        form._fields.move_to_end(name)
    orders: list[WorkOrder] = orders_of(row)
    form.order.choices = [("", "–"), *((str(order.id), f"{order.number}, {order.problem[:60]}") for order in orders)]
    tests = [order for order in orders if order.kind == "safety_test"]
    if len(tests) == 1 and not form.is_submitted() and form.order.data is None:
        form.order.data = str(tests[0].id)
    return form


def safety_form(row: Equipment) -> SafetyForm:
    """Return the form of a test of electrical safety, with what is known of the model."""
    model = row.model
    known = {"safety_class": model.safety_class, "applied_part": model.applied_part} if model else {}
    found: SafetyForm = _under(SafetyForm(data=known), row)
    return found


def other_form(row: Equipment) -> OtherForm:
    """Return the form of a test of performance or acceptance."""
    found: OtherForm = _under(OtherForm(), row)
    return found


def _before(test: EquipmentTest) -> dict[str, Any]:
    lines = lines_of(test)
    instrument = next((line.instrument_id for line in lines if line.instrument_id), None)
    names = ("tested_on", "kind", "safety_class", "applied_part", "method", "cord", "note")
    return {"instrument": instrument, **{name: getattr(test, name) for name in names}, "of": lines}


def correct_safety_form(test: EquipmentTest) -> CorrectedSafetyForm:
    """Return the form of a test as it was recorded, to be put right."""
    known = _before(test)
    for line in known.pop("of"):
        if line.point == VISUAL:
            known[VISUAL] = line.verdict
        elif line.value is not None:
            known[line.point] = Measured(line.value, line.unit)
    form = CorrectedSafetyForm(data=known)
    del form.order
    return form


def correct_other_form(test: EquipmentTest) -> CorrectedOtherForm:
    """Return the form of a test as it was recorded, to be put right."""
    known = _before(test)
    names = ("label", "value", "unit", "least", "most", "note")
    known["lines"] = [
        {**{name: getattr(line, name) for name in names}, "verdict": _seen(line)} for line in known.pop("of")
    ]
    form = CorrectedOtherForm(data=known)
    del form.order
    return form


def _seen(line: Any) -> str | None:
    """Return what somebody had said of a point, None where its value says it."""
    measured = line.value is not None and (line.least is not None or line.most is not None)
    return None if measured and line.because != "seen" else line.verdict
