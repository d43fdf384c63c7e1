"""Tests of equipment: limits as published, instruments whose calibration holds, and what follows from a failure."""

import io
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from core.data.db import db, today
from core.data.errors import Conflict, Invalid, NotAllowed, Refused
from core.data.work import unit_of_work
from plugins.gmao.equipment.models import StatusEvent
from plugins.gmao.testing import instruments, services
from plugins.gmao.testing.fields import Measured, MeasureField
from plugins.gmao.testing.limits import rule_of
from plugins.gmao.testing.models import Calibration, EquipmentTest, Instrument, Measurement
from plugins.gmao.workorders import services as work
from plugins.gmao.workorders.models import WorkOrder
from tests import make as people
from tests.core.test_files import picture
from tests.gmao.make import piece, row

both = pytest.mark.both_databases
HERE = "P1A-CDS1"


def ago(days):
    return today() - timedelta(days=days)


def of(value, unit="µA"):
    return Measured(Decimal(value), unit)


@pytest.fixture
def tools(country):
    """Return {mark: id} of an analyser that holds, one whose calibration lapsed five days ago, and one without."""
    with unit_of_work(country.access("tech")):
        made = {mark: instruments.add(country[HERE], code=mark, name="Analyseur", kind="safety") for mark in "ABC"}
        instruments.calibrate(made["A"], done_on=ago(100), valid_until=ago(-265), certificate="ET-1")
        instruments.calibrate(made["B"], done_on=ago(370), valid_until=ago(5))
        return {mark: one.id for mark, one in made.items()}


def tool(tools, mark):
    return db.session.get_one(Instrument, tools[mark]) if mark else None


def checked(world, id, tools, mark="A", login="tech", measured=None, **facts):
    """Return the id of a test of electrical safety of class I, as good as new unless the facts say otherwise."""
    values = {"earth": of("120", "mΩ"), "leakage": of(200)} | (measured or {})
    with unit_of_work(world.access(login)):
        told = {"safety_class": "I", "instrument": tool(tools, mark), "measured": values, **facts}
        return services.safety_test(row(id), **told).id


def stored(id):
    db.session.expire_all()
    return db.session.get_one(EquipmentTest, id)


def verdicts(id):
    return {line.point: (line.verdict, line.because) for line in services.lines_of(stored(id))}


# --- the table of limits, IEC 62353:2014, table 2 and 5.3.2 ---


@pytest.mark.parametrize(
    "point,safety_class,applied,method,cord,expected",
    [
        ("earth", "I", None, "direct", "with", ("Ω", "0.3")),
        ("earth", "I", None, "direct", "without", ("Ω", "0.2")),
        ("earth", "II", None, "direct", "with", None),
        ("leakage", "I", None, "alternative", "with", ("µA", "1000")),
        ("leakage", "II", None, "alternative", "with", ("µA", "500")),
        ("leakage", "I", None, "direct", "with", ("µA", "500")),
        ("leakage", "II", None, "differential", "with", ("µA", "100")),
        ("leakage", "internal", None, "direct", "with", None),
        ("leakage_applied", "I", "BF", "alternative", "with", ("µA", "5000")),
        ("leakage_applied", "II", "CF", "alternative", "with", ("µA", "100")),
        ("leakage_applied", "internal", "CF", "direct", "with", ("µA", "50")),
        ("leakage_applied", "I", "B", "direct", "with", None),
        ("insulation", "I", None, "direct", "with", ("MΩ", "2")),
        ("insulation", "II", None, "direct", "with", ("MΩ", "7")),
        ("insulation_applied", "I", "BF", "direct", "with", ("MΩ", "70")),
    ],
)
def test_limits_are_those_of_the_standard(point, safety_class, applied, method, cord, expected):
    rule = rule_of(point, safety_class=safety_class, applied_part=applied, method=method, cord=cord)
    bound = rule and (rule.limit.most if rule.limit.most is not None else rule.limit.least)
    assert (rule and (rule.limit.unit, str(bound))) == expected


@pytest.mark.parametrize(
    "text,value,unit",
    [
        ("0,18", "0.18", "Ω"),
        ("180 mΩ", "180", "mΩ"),
        ("0.2ohm", "0.2", "Ω"),
        ("180mohm", "180", "mΩ"),
        ("0,3 ω", None, ""),
    ],
)
def test_a_value_bears_its_unit_or_the_usual_one(app, text, value, unit):
    field = SimpleNamespace(unit="Ω")
    if value is None:
        with pytest.raises(ValueError, match="12,5"):
            MeasureField.read(field, text)
    else:
        assert MeasureField.read(field, text) == Measured(Decimal(value), unit)


# --- tests ---


@both
def test_the_bound_itself_passes_and_beyond_it_fails(country, tools):
    id = piece(country)
    for measured, expected in (
        ({"leakage": of(450)}, "pass"), ({"leakage": of(451)}, "pass_with_remark"),
        ({"leakage": of("0.5", "mA")}, "pass_with_remark"), ({"leakage": of(501)}, "fail"),
        ({"earth": of("301", "mΩ")}, "fail"), ({"insulation": of("1.9", "MΩ")}, "fail"),
        ({"leakage": None}, "not_done"), ({"insulation": None}, "pass"),
    ):  # fmt: skip
        assert stored(checked(country, id, tools, measured=measured)).verdict == expected, measured
    assert stored(checked(country, id, tools, visual="fail")).verdict == "fail"


@both
def test_a_calibration_that_lapsed_before_the_day_proves_nothing_and_says_so(country, tools):
    id = piece(country, received_on=ago(400))
    late = checked(country, id, tools, "B")
    assert stored(late).verdict == "not_done"
    assert verdicts(late)["leakage"] == ("not_done", "calibration")
    assert stored(checked(country, id, tools, "B", tested_on=ago(5))).verdict == "pass", "its last day"
    assert stored(checked(country, id, tools, "B", tested_on=ago(4))).verdict == "not_done"
    assert stored(checked(country, id, tools, "B", measured={"leakage": of(800)})).verdict == "fail"
    assert verdicts(checked(country, id, tools, "C"))["earth"] == ("not_done", "calibration"), "never calibrated"
    assert verdicts(checked(country, id, tools, None))["earth"] == ("not_done", "no_instrument")


@both
def test_a_calibration_that_was_wrong_is_withdrawn_and_the_one_before_counts(country, tools):
    with unit_of_work(country.access("tech")):
        wrong = instruments.calibrate(tool(tools, "B"), done_on=ago(1), valid_until=ago(-400)).id
    assert tool(tools, "B").valid_until == ago(-400)
    with unit_of_work(country.access("tech")):
        instruments.withdraw(db.session.get_one(Calibration, wrong), reason="another instrument")
    assert tool(tools, "B").valid_until == ago(5)
    for field, days in (("done_on", (-1, -9)), ("valid_until", (9, 10)), ("valid_until", (9, -4000))):
        with pytest.raises(Refused) as refused, unit_of_work(country.access("tech")):
            instruments.calibrate(tool(tools, "B"), done_on=ago(days[0]), valid_until=ago(days[1]))
        assert refused.value.field == field


@both
def test_a_failure_puts_the_piece_out_of_service_by_one_confirmation_and_once(country, tools):
    id = piece(country)
    fine, failed = checked(country, id, tools), checked(country, id, tools, measured={"leakage": of(900)})
    assert not services.may_follow(stored(fine)) and row(id).status == "functional", "nothing happens unsaid"
    with unit_of_work(country.access("tech")):
        order = services.follow(stored(failed))
        assert order.kind == "corrective" and stored(failed).number in order.problem
    assert (row(id).status, row(id).because) == ("not_functional", "to_examine")
    with pytest.raises(Conflict), unit_of_work(country.access("tech")):
        services.follow(stored(failed))
    again = checked(country, id, tools, measured={"leakage": of(950)})
    with unit_of_work(country.access("tech")):
        assert services.follow(stored(again)).id == order.id, "the repair that is open"
    assert db.session.scalar(select(func.count(WorkOrder.id))) == 1
    assert db.session.scalar(select(func.count(StatusEvent.id)).where(StatusEvent.cause != "")) == 2


@both
def test_a_test_is_never_changed_only_superseded_once(country, tools):
    id = piece(country)
    first = checked(country, id, tools, measured={"leakage": of(900)})
    facts = {
        "safety_class": "I",
        "instrument": tool(tools, "A"),
        "measured": {"earth": of("0.1", "Ω"), "leakage": of(90)},
    }
    with unit_of_work(country.access("tech")):
        second = services.correct_safety(stored(first), reason="a figure too many", **facts).id
    assert stored(second).verdict == "pass" and services.successor(stored(first)).id == second
    assert not services.may_follow(stored(first)), "what was corrected has no consequence"
    with pytest.raises(Conflict), unit_of_work(country.access("tech")):
        services.correct_safety(stored(first), reason="again", **facts)
    with pytest.raises(DBAPIError, match="append-only"), unit_of_work(country.access("tech")):
        stored(first).verdict = "pass"


@both
def test_performance_and_acceptance_take_points_of_ones_own(country, tools):
    id = piece(country)
    degree = {"label": "37 °C", "value": Decimal("37.4"), "unit": "°C", "least": Decimal(36), "most": Decimal(38)}

    def send(*lines, mark="A", kind="performance"):
        with unit_of_work(country.access("tech")):
            return services.other_test(row(id), kind=kind, lines=lines, instrument=tool(tools, mark)).verdict

    assert send(degree) == "pass" and send(degree, mark="B") == "not_done"
    assert send({**degree, "value": Decimal("38.1")}, mark="B") == "fail"
    assert send({"label": "Manuel", "verdict": "pass"}, mark=None, kind="acceptance") == "pass"
    for field, line in (
        ("verdict", {"label": "x"}), ("unit", {**degree, "unit": ""}), ("most", {**degree, "most": Decimal(3)}),
        ("note", {"label": "x", "verdict": "fail"}), ("verdict", {"label": "x", "value": Decimal(1), "unit": "l"}),
    ):  # fmt: skip
        with pytest.raises(Invalid) as wrong:
            send(degree, line)
        assert set(wrong.value.errors) == {f"lines-1-{field}"}
    assert db.session.scalar(select(func.count(Measurement.id))) == 4, "nothing half done"


@both
def test_rights_and_days_of_a_test(country, tools):
    id = piece(country, received_on=ago(50))
    with pytest.raises(NotAllowed):
        checked(country, id, tools, login="ward")
    for day in (ago(51), ago(-1)):
        with pytest.raises(Refused) as refused:
            checked(country, id, tools, tested_on=day)
        assert refused.value.field == "tested_on"
    elsewhere = piece(country, "other", "P2A-CDS1")
    with unit_of_work(country.access("admin")):
        order = work.plan_for(row(elsewhere), kind="safety_test", problem="test").id
    with pytest.raises(Refused) as refused:
        checked(country, id, tools, order=str(order))
    assert refused.value.field == "order"


@both
def test_the_pages_of_a_test_from_the_form_to_the_certificate(country, client, tools):
    id = piece(country)
    with unit_of_work(country.access("head")):
        order = work.plan_for(row(id), kind="safety_test", problem="Contrôle annuel")
        order, number = order.id, order.number
    people.sign_in(client, "tech")
    verb, day = f"/do/gmao.equipment.safety_test/{id}", f"{today():%d/%m/%Y}"
    said = {"tested_on": day, "safety_class": "I", "method": "direct", "cord": "with", "visual": "pass", "instrument": "B",
            "order": str(order), "earth": "0,12", "leakage": "620 µA"}  # fmt: skip
    assert f'selected value="{order}"' in client.get(verb).text, "the only open test of the piece"
    wrong = client.post(verb, data=said | {"leakage": "2 MΩ", "earth": "0,1,2"})
    assert wrong.status_code != 302 and "pas en MΩ" in wrong.text and "12,5" in wrong.text
    sent = client.post(verb, data=said | {"photos": (io.BytesIO(picture()), "releve.jpg")})
    assert sent.status_code == 302
    test = db.session.scalars(select(EquipmentTest)).one()
    page = client.get(f"/gmao/tests/{test.id}").text
    assert "620" in page and "Échec" in page and "n’était pas valable" in page and number in page
    paper = client.get(f"/gmao/tests/{test.id}/certificate")
    assert paper.mimetype == "application/pdf" and paper.data.startswith(b"%PDF")
    assert client.post(f"/do/gmao.test.follow/{test.id}").status_code == 302 and row(id).status == "not_functional"
    assert test.number in client.get(f"/gmao/equipment/{id}").text
    assert test.number in client.get(f"/gmao/work/{order}").text
    assert "Étalonner" in client.get("/inbox").text
    correct = client.get(f"/do/gmao.test.correct_safety/{test.id}").text
    assert 'value="620"' in correct and 'value="0,12"' in correct
    people.sign_in(client, "other")
    assert client.get(f"/gmao/tests/{test.id}/certificate").status_code == 404
