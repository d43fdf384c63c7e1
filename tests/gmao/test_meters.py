"""Meters: they never run backwards, what was not read is not known, and plans that count by them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.data.access import Access, acting
from core.data.db import db, today
from core.data.errors import Invalid, NotAllowed, Refused
from core.data.work import unit_of_work
from core.imports import services as imports
from plugins.gmao.formulas.meters import Reading, RunsBackwards, RunsTooFast, Shown, continued, used
from plugins.gmao.meters import models, services
from plugins.gmao.plans import services as plans
from plugins.gmao.plans.due import book
from plugins.gmao.plans.models import MaintenancePlan
from plugins.gmao.plans.opening import open_due
from plugins.gmao.workorders import services as work
from plugins.gmao.workorders.models import WorkOrder
from tests import make as people
from tests.gmao.make import piece, row, type_of

both = pytest.mark.both_databases
HERE = "P1A-CDS1"
SYSTEM = Access.system("test")
DONE = {"minutes": 45, "action": "tested", "status": "functional"}


def ago(days):
    return today() - timedelta(days=days)


def read(world, id, *figures, login="tech", unit="km", **facts):
    for value, days in figures:
        with unit_of_work(world.access(login)):
            services.note(row(id), unit=unit, value=value, read_on=ago(days), **facts)


def field_of(world, id, value, days, **facts):
    with pytest.raises(Refused) as refused:
        read(world, id, (value, days), **facts)
    return refused.value.field, str(refused.value)


def plan_of(world, id, meter=5000, since=100, every=None, **facts):
    """Return the id of a plan of a piece, counted since some days ago."""
    calendar = {"interval": every[0], "unit": every[1], "first_on": facts.pop("first", ago(-3))} if every else {}
    told = {"name": "Vidange", "shift": "none", "lead_days": 7, "floating": True, **calendar, **facts}
    with unit_of_work(SYSTEM):
        plan = MaintenancePlan(
            facility=world["P1A"], equipment_id=id, meter=meter, meter_unit="km", meter_since=ago(since), **told
        )
        db.session.add(plan)
        db.session.flush()
        return plan.id


def dues(world, first=0, last=60):
    db.session.expire_all()
    with acting(world.access("tech")):
        found = book(world[HERE], ago(-first), ago(-last), today()).dues(ago(-first), ago(-last))
        return [((one.day - today()).days, one.state, one.estimate) for one in found]


def opened():
    with acting(SYSTEM):
        open_due(today())
        return db.session.scalars(select(WorkOrder.due_on).order_by(WorkOrder.id)).all()


# --- formulas ---


def test_a_new_meter_goes_on_from_the_figure_of_the_old_one():
    day = date(2026, 1, 1)
    shown = [
        Shown(day, 100),
        Shown(date(2026, 2, 1), 900),
        Shown(date(2026, 2, 2), 5, True),
        Shown(date(2026, 3, 1), 65),
    ]
    assert [one.value for one in continued(shown)] == [100, 900, 900, 960]
    with pytest.raises(RunsBackwards):
        continued([Shown(day, 100), Shown(day, 99)])
    assert continued([Shown(day, 0), Shown(date(2026, 1, 2), 48)], 24)[-1].value == 48
    with pytest.raises(RunsTooFast):
        continued([Shown(day, 0), Shown(date(2026, 1, 2), 49)], 24)


def test_a_month_that_was_not_read_is_not_known():
    readings = [Reading(date(2026, 1, 31), 1000), Reading(date(2026, 2, 20), 1600), Reading(date(2026, 4, 2), 2500)]
    months = [(date(2026, each, 1), date(2026, each, 28)) for each in (1, 2, 3, 4)]
    assert [used(readings, *month) for month in months] == [None, 600, None, 900]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 500), st.booleans()), max_size=12))
def test_a_continued_meter_never_falls_and_counts_each_step_once(steps):
    shown, figure, ran, day = [], 0, 0, date(2026, 1, 1)
    for days, more, new in steps:
        day += timedelta(days=days)
        figure = more if new and shown else figure + more
        ran += more if not (new and shown) else 0
        shown.append(Shown(day, figure, new and bool(shown)))
    found = [one.value for one in continued(shown)]
    assert found == sorted(found) and (not found or found[-1] == ran)


# --- readings ---


@both
def test_a_meter_that_runs_backwards_is_refused_with_what_to_do(country):
    id = piece(country, received_on=ago(300))
    read(country, id, (45_000, 30), (47_000, 10))
    below = field_of(country, id, 46_999, 5)[1]
    assert "47\xa0000" in below and f"{ago(10):%d/%m/%Y}" in below
    assert field_of(country, id, 47_001, 20)[0] == "value", "a later reading shows less"
    assert field_of(country, id, 50_000, -1)[0] == field_of(country, id, 1, 301)[0] == "read_on"
    read(country, id, (12, 5), replaced=True)
    read(country, id, (112, 1))
    assert services.readings_of([id])[id, "km"][-1].value == 47_100
    read(country, id, (10, 10), unit="hour")
    assert field_of(country, id, 500, 9, unit="hour")[0] == "value", "a day has 24 hours"


@both
def test_a_nought_too_many_is_refused(country):
    id = piece(country)
    read(country, id, (74_993, 12))
    assert field_of(country, id, 749_930, 0)[0] == "value"
    read(country, id, (76_000, 0))


def test_a_wrong_reading_is_withdrawn_and_stays_on_file(country):
    id = piece(country)
    read(country, id, (1000, 20), (11_000, 10))
    wrong = db.session.scalars(select(models.Reading.id).where(models.Reading.value == 11_000)).one()
    with pytest.raises(NotAllowed), unit_of_work(country.access("ward")):
        services.withdraw(db.session.get_one(models.Reading, wrong), reason="typed wrong")
    with unit_of_work(country.access("tech")):
        services.withdraw(db.session.get_one(models.Reading, wrong), reason="typed wrong")
    read(country, id, (1900, 5), login="ward")
    assert [one.value for one in services.readings_of([id])[id, "km"]] == [1000, 1900]
    assert db.session.scalar(select(func.count(models.Reading.id))) == 4


@both
def test_readings_come_in_from_a_list_in_any_order_all_or_nothing(country, tmp_path):
    id = piece(country)
    tag, path = row(id).code, tmp_path / "readings.csv"

    def send(*lines, dry=False):
        path.write_text("\n".join(["code,unit,value,read_on", *lines]), "utf-8")
        with acting(country.access("tech")):
            if dry:
                found = imports.dry_run("gmao.meter_reading", path, imports.propose)
                return {(one.line, one.field) for one in found.refusals}
            return imports.take("gmao.meter_reading", path, country.user("tech").facility_id).counts

    good = [f"{tag},km,1500,{ago(10)}", f"{tag},km,1000,{ago(40)}"]
    assert send(*good)["new"] == 2 and send(*good)["same"] == 2
    bad = [f"{tag},km,1200,{ago(20)}", f"{tag},km,900,{ago(15)}", f"NONE,km,1,{ago(1)}", f"{tag},km,1600,{ago(-1)}"]
    assert send(*bad, dry=True) == {(3, "value"), (4, "code"), (5, "read_on")}
    assert [one.value for one in services.readings_of([id])[id, "km"]] == [1000, 1500]


# --- plans that count by a meter ---


@both
def test_a_plan_by_the_meter_is_due_when_it_shows_the_figure_and_expected_by_its_mean_use(country):
    id = piece(country)
    plan_of(country, id)
    assert dues(country) == [], "a meter that nobody has read asks for nothing"
    read(country, id, (10_000, 100))
    assert dues(country) == [], "one reading tells no pace"
    with acting(country.access("tech")):
        found = plans.book_of(row(id), today(), today())
        assert [found.is_unknown(*pair) for pair in found.pairs()] == [True]
    read(country, id, (14_000, 20))  # 50 km a day: 15,000 km today
    assert dues(country) == [(0, "open", True)]
    assert opened() == [today()]
    with unit_of_work(country.access("tech")):
        work.finish(db.session.scalars(select(WorkOrder)).one(), **DONE)
    read(country, id, (15_100, 0))
    assert opened() == [today()], "the next one lies 5,000 km ahead"
    assert [day for day, _state, _guess in dues(country, 1, 150)] == [pytest.approx(98, abs=1)]


@both
def test_whichever_comes_first(country):
    id = piece(country, received_on=ago(400))
    plan_of(country, id, every=(6, "month"))  # by the calendar in three days
    assert [each[:2] for each in dues(country)] == [(3, "forecast")], "without a reading the calendar alone"
    read(country, id, (10_000, 99), (14_900, 1))
    assert dues(country, last=2) == [(1, "forecast", True)], "50 km a day: the meter comes first"
    read(country, id, (15_050, 0))
    assert dues(country, last=2) == [(0, "open", False)], "the meter has shown it"


@both
def test_a_reading_that_comes_late_opens_the_order_once(country):
    id = piece(country)
    plan_of(country, id, since=300)
    read(country, id, (10_000, 300), (15_500, 200), (15_600, 100))
    assert opened() == [ago(200)] and opened() == [ago(200)]


@both
def test_a_plan_says_how_often_by_one_or_both(country):
    told = {"name": "Vidange", "kind": "preventive", "type": type_of()}
    for field, facts in (
        ("interval", {"unit": "month", "meter_unit": "km"}),
        ("first_on", {"interval": 6, "unit": "month"}),
        ("interval", {"first_on": today(), "unit": "month", "meter": 5000, "meter_unit": "km"}),
    ):
        with pytest.raises(Invalid) as wrong, unit_of_work(country.access("head")):
            plans.add(country["P1A"], **told, **facts)
        assert set(wrong.value.errors) == {field}
    with unit_of_work(country.access("head")):
        plan = plans.add(country["P1A"], **told, unit="month", meter=5000, meter_unit="km")
        assert (plan.unit, plan.meter_since, plan.floating) == (None, today(), True)


@both
def test_the_page_of_a_piece_shows_its_meters_and_takes_a_reading(country, client):
    id = piece(country)
    plan_of(country, id)
    people.sign_in(client, "ward")
    verb = f"/do/gmao.equipment.meter/{id}"
    wrong = client.post(verb, data={"value": "12,5", "unit": "km", "read_on": f"{today():%d/%m/%Y}"})
    assert wrong.status_code != 302 and "nombre entier" in wrong.text
    sent = client.post(verb, data={"value": "12 500", "unit": "km", "read_on": f"{today():%d/%m/%Y}"})
    assert sent.status_code == 302
    page = client.get(f"/gmao/equipment/{id}").text
    assert "12\u202f500" in page and "Vidange" in page and "inconnu" in page
    assert client.get("/gmao/meters/").text.count("12\u202f500") == 1
