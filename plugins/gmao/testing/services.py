"""Tests of equipment: what was measured against its limit, with which instrument, and what came of it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select

from core.contract.entities import ref
from core.contract.words import _
from core.data.access import current
from core.data.db import db, today
from core.data.errors import Conflict, Invalid, Refused
from core.data.numbers import next_number
from core.files.services import attach
from core.files.taking import Content
from plugins.gmao.equipment import services as register
from plugins.gmao.equipment.models import DOWN, Equipment, StatusEvent
from plugins.gmao.equipment.states import MACHINE, THERE
from plugins.gmao.formulas import safety
from plugins.gmao.formulas.safety import FAIL, PASS, Limit, Verdict, overall, shown_by, verdict
from plugins.gmao.rights import WORK
from plugins.gmao.series import TEST
from plugins.gmao.testing import instruments
from plugins.gmao.testing.limits import MEASURED, VISUAL, rule_of
from plugins.gmao.testing.models import SAFETY, EquipmentTest, Instrument, Measurement
from plugins.gmao.testing.states import IN_USE
from plugins.gmao.workorders import services as work
from plugins.gmao.workorders.models import CORRECTIVE, WorkOrder

SEEN = "seen"  # the reason of a result that somebody saw, without a value
TESTED_UNDER = ("safety_test", "calibration", "preventive", "inspection", "installation", "corrective")


@dataclass
class Line:
    """A point of a test: what it is called, what was found, its limit and its instrument."""

    label: str = ""
    point: str = ""
    value: Any = None
    unit: str = ""
    limit: Limit | None = None
    instrument: Instrument | None = None
    seen: str | None = None  # what somebody says without a value
    note: str = ""


@dataclass
class Traced:
    """The instruments of a test as they were on its day, each asked once."""

    day: date
    known: dict[int, tuple[safety.Instrument, str]] = field(default_factory=dict)

    def of(self, row: Instrument | None) -> tuple[safety.Instrument | None, str]:
        """Return an instrument for the formulas and in words."""
        if row is None:
            return None, ""
        if row.id not in self.known:
            self.known[row.id] = instruments.on(row, self.day)
        return self.known[row.id]


def safety_test(
    row: Equipment, *, safety_class: str, applied_part: str | None = None, method: str = "direct", cord: str = "with",
    visual: str = PASS, instrument: Instrument | None = None, measured: dict[str, Any] | None = None, **facts: Any,
) -> EquipmentTest:  # fmt: skip
    """Return a test of electrical safety of a piece; `measured` is {point: a value with its `value` and `unit`}.

    A point that has a limit and was not measured makes a test that proves nothing, unless the standard does not ask
    for it. Raises as `_record` does.
    """
    of = {"safety_class": safety_class, "applied_part": applied_part, "method": method, "cord": cord}
    lines = [Line(point=VISUAL, seen=visual)]
    measured = measured or {}
    for point, (_label, usual) in MEASURED.items():
        one, rule = measured.get(point), rule_of(point, **of)
        if one is None and (rule is None or not rule.required):
            continue
        value, unit = (one.value, one.unit) if one is not None else (None, usual)
        limit = rule.limit if rule else None
        lines.append(Line(point=point, value=value, unit=unit, limit=limit, instrument=instrument))
    return _record(row, SAFETY, lines, {**facts, **of})


def other_test(
    row: Equipment, *, kind: str, lines: Sequence[dict[str, Any]], instrument: Instrument | None = None, **facts: Any
) -> EquipmentTest:
    """Return a test of performance or acceptance of a piece, a line a point: its `label`, its `value` with `unit`,
    `least` and `most`, or the `verdict` of somebody who looked; an `instrument` of its own.

    Raises Invalid, at each line, for one that says neither, and for limits that cross; as `_record` does.
    """
    wrong = {f"lines-{at}-{name}": words for at, line in enumerate(lines) if (fault := _fault(line))
             for name, words in [fault]}  # fmt: skip
    if wrong:
        raise Invalid(wrong)
    if not lines:
        raise Invalid({"lines": _("Fill in at least one line.")})
    found = []
    for line in lines:
        bounds = line.get("most"), line.get("least")
        limit = Limit(line.get("unit") or "", *bounds) if any(one is not None for one in bounds) else None
        by_value = line.get("value") is not None and limit is not None
        found.append(Line(
            line["label"], value=line.get("value"), unit=line.get("unit") or "", limit=limit,
            instrument=line.get("instrument") or (instrument if line.get("value") is not None else None),
            seen=FAIL if line.get("verdict") == FAIL else None if by_value else line.get("verdict"),
            note=line.get("note") or "",
        ))  # fmt: skip
    return _record(row, kind, found, facts)


def _fault(line: dict[str, Any]) -> tuple[str, Any] | None:
    """Return the field and the words of what a line lacks."""
    value, least, most = line.get("value"), line.get("least"), line.get("most")
    if least is not None and most is not None and least > most:
        return "most", _("This lies below the lower limit.")
    if value is not None and not line.get("unit"):
        return "unit", _("Say in which unit it was measured.")
    if value is not None and (least is not None or most is not None):
        return None
    if line.get("verdict") is None:
        words = _("Give a limit, or say whether it is conform.") if value is not None else _(
            "Give the value that was measured, or say whether it is conform.")  # fmt: skip
        return "verdict", words
    if line["verdict"] != PASS and not line.get("note"):
        return "note", _("Say what is wrong.") if line["verdict"] == FAIL else _("Say why it was not done.")
    return None


def _judged(line: Line, traced: Traced) -> Verdict:
    """Return what comes of a point: a value against its limit, else what somebody saw; with an instrument whose
    calibration did not hold nothing passes."""
    instrument, _words = traced.of(line.instrument)
    if line.seen is None:
        return verdict(line.value, line.unit, line.limit, instrument, traced.day)
    found = Verdict(line.seen, "" if line.seen == PASS else SEEN)
    needs = line.instrument is not None or line.value is not None
    return (shown_by(instrument, traced.day) if needs and line.seen == PASS else None) or found


def _record(row: Equipment, kind: str, lines: Iterable[Line], facts: dict[str, Any]) -> EquipmentTest:
    """Return a test of a piece with its lines.

    Raises Refused for a day to come or before the piece was here, for an instrument that is out of use, and for an
    order of another piece; Conflict for a test that another one has corrected already.
    """
    current().require(WORK, row.facility)
    MACHINE.refuse_unless(row, *THERE)
    photos: Collection[Content] = facts.pop("photos", ())
    day = facts.pop("tested_on", None) or today()
    if day > today():
        raise Refused(_("This day has not come yet."), field="tested_on")
    if row.received_on is not None and day < row.received_on:
        raise Refused(_("It was received on %(day)s only.", day=f"{row.received_on:%d/%m/%Y}"), field="tested_on")
    lines, traced = list(lines), Traced(day)
    for line in lines:
        if line.instrument is not None and line.instrument.state != IN_USE:
            raise Refused(_("%(code)s is out of use.", code=line.instrument.code), field="instrument")
    judged = [_judged(line, traced) for line in lines]
    test = EquipmentTest(
        number=next_number(TEST, on=today()), kind=kind, equipment=row, what=row.described, facility=row.facility,
        order=_order(row, facts.pop("order", None)), tested_on=day, verdict=overall(judged),
        tested_by=current().signed, tested_by_id=current().user_id, **facts,
    )  # fmt: skip
    db.session.add(test)
    db.session.flush()
    db.session.add_all(
        _measurement(test, at, *pair, traced) for at, pair in enumerate(zip(lines, judged, strict=True), 1)
    )
    db.session.flush()
    attach(test, photos)
    return test


def _measurement(test: EquipmentTest, at: int, line: Line, found: Verdict, traced: Traced) -> Measurement:
    instrument, words = traced.of(line.instrument)
    limit = line.limit or Limit("")
    return Measurement(
        test=test, position=at, point=line.point, label=line.label, value=line.value, unit=line.unit,
        least=limit.least, most=limit.most, limit_unit=limit.unit, verdict=found.result,
        because=found.reason, instrument_id=line.instrument.id if line.instrument else None, traced=words,
        valid_until=instrument.until if instrument else None, note=line.note.strip(),
    )  # fmt: skip


def orders_of(row: Equipment) -> list[WorkOrder]:
    """Return the open orders of a piece under which it may be tested, tests first."""
    found = [order for order in work.open_orders(row) if order.kind in TESTED_UNDER]
    return sorted(found, key=lambda order: TESTED_UNDER.index(order.kind))


def _order(row: Equipment, id: str | None) -> WorkOrder | None:
    if id is None:
        return None
    order = db.session.get(WorkOrder, int(id))
    if order is None or order.equipment_id != row.id:
        raise Refused(_("Choose one of the list."), field="order")
    return order


def lines_of(test: EquipmentTest) -> list[Measurement]:
    """Return what was seen and measured, in its order."""
    return list(db.session.scalars(
        select(Measurement).where(Measurement.test_id == test.id).order_by(Measurement.position)
    ))  # fmt: skip


def successor(test: EquipmentTest) -> EquipmentTest | None:
    """Return the test that took the place of one, None where it stands."""
    return db.session.scalars(select(EquipmentTest).where(EquipmentTest.corrects_id == test.id)).first()


def _corrected(test: EquipmentTest, reason: str) -> dict[str, Any]:
    if successor(test) is not None:
        raise Conflict(_("%(number)s was corrected already.", number=test.number))
    if not reason.strip():
        raise Refused(_("Please give a reason."), field="reason")
    order = str(test.order_id) if test.order_id else None
    return {"corrects_id": test.id, "reason": reason.strip(), "order": order}


def correct_safety(test: EquipmentTest, *, reason: str, **facts: Any) -> EquipmentTest:
    """Return the test of electrical safety that takes the place of one; both stay on file."""
    return safety_test(test.equipment, **{**facts, **_corrected(test, reason)})


def correct_other(test: EquipmentTest, *, reason: str, **facts: Any) -> EquipmentTest:
    """Return the test of performance or acceptance that takes the place of one; both stay on file."""
    return other_test(test.equipment, **{**facts, **_corrected(test, reason)})


def may_follow(test: EquipmentTest) -> bool:
    """Return whether a test failed, stands, and nothing has followed from it."""
    if test.verdict != FAIL or successor(test) is not None:
        return False
    query = select(StatusEvent.id).where(StatusEvent.equipment_id == test.equipment_id)
    return db.session.scalar(query.where(StatusEvent.cause == ref(test)).limit(1)) is None


def follow(test: EquipmentTest) -> WorkOrder:
    """Return the order under which what a test has shown is repaired, the one that is open else a new one; from now on
    the piece is said not to work. Conflict where that was done already."""
    row = test.equipment
    current().require(WORK, row.facility)
    db.session.refresh(row, ["id"], with_for_update=True)
    if not may_follow(test):
        raise Conflict(_("Nothing more follows from this test."))
    failed = "; ".join(str(line.called) for line in lines_of(test) if line.verdict == FAIL)
    words = f"{test.number} : {failed}"[:2000]
    register.say_status(row, status=DOWN, because="to_examine", note=words, cause=ref(test))
    repairs = [order for order in work.open_orders(row) if order.kind == CORRECTIVE]
    return repairs[0] if repairs else work.open_order(
        row.facility, kind=CORRECTIVE, equipment=row, problem=words, priority="high"
    )  # fmt: skip
