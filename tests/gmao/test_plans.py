"""Plans: what is due when, the orders that it becomes, what is missed or left out, and the checklists."""

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from core.data.access import Access, acting
from core.data.calendars import Holiday
from core.data.db import db, today
from core.data.errors import Doubt, Invalid, NotAllowed, Refused
from core.data.work import perform, unit_of_work
from plugins.gmao import seeds
from plugins.gmao.equipment.states import MACHINE as LIFE
from plugins.gmao.plans import checklist, services
from plugins.gmao.plans.due import book
from plugins.gmao.plans.models import ChecklistStep, MaintenancePlan, StepResult
from plugins.gmao.plans.opening import open_due, open_orders, wanted
from plugins.gmao.plans.reports import IN_TIME, SCHEDULED, month_of, year_of
from plugins.gmao.plans.states import MACHINE
from plugins.gmao.workorders import services as work
from plugins.gmao.workorders.models import WorkOrder
from plugins.gmao.workorders.states import MACHINE as ORDERS
from tests import make as people
from tests.gmao.make import piece, row, type_of

pytestmark = pytest.mark.both_databases
SYSTEM = Access.system("test")
HERE = "P1A-CDS1"
DONE = {"minutes": 45, "action": "tested", "status": "functional"}
OLD = {"received_on": date(2019, 1, 1), "in_service_on": date(2019, 1, 2)}


def plan_of(world, first=date(2024, 1, 31), every=(1, "month"), place="P1A", **facts):
    """Return the id of a plan, as it was made at its time."""
    told = {"type": type_of(), "shift": "none", "tolerance": 10, "lead_days": 0, "name": "Entretien", **facts}
    with unit_of_work(SYSTEM):
        row = MaintenancePlan(facility=world[place], first_on=first, interval=every[0], unit=every[1], **told)
        db.session.add(row)
        db.session.flush()
        return row.id


def days(world, first, last, login="tech", place=HERE, on=date(2024, 1, 1)):
    db.session.expire_all()
    with acting(world.access(login)):
        return [(one.day, one.state) for one in book(world[place], first, last, on).dues(first, last)]


def opened(on):
    with acting(SYSTEM):
        open_due(on)
        found = db.session.execute(select(WorkOrder.planned_for, WorkOrder.state).order_by(WorkOrder.id))
        return [tuple(each) for each in found]


def finish(world, login="tech", **facts):
    with unit_of_work(world.access(login)):
        order = db.session.scalars(select(WorkOrder).where(WorkOrder.state == "planned")).one()
        work.finish(order, **DONE, **facts)
        return order.id


def test_months_end_where_they_end_and_leap_days_come_back(country):
    piece(country, **OLD)
    plan_of(country)
    ends = [day for day, _state in days(country, date(2024, 2, 1), date(2024, 4, 30))]
    assert ends == [date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30)]
    plan_of(country, date(2024, 2, 29), (1, "year"))
    later = days(country, date(2028, 2, 1), date(2028, 2, 29))
    assert [day for day, _state in later] == [date(2028, 2, 29)] * 2


def test_a_weekend_and_a_holiday_give_way_by_the_calendar_of_the_place(country):
    piece(country, **OLD)
    plan_of(country, date(2024, 6, 1), shift="after")  # a Saturday
    with unit_of_work(SYSTEM):
        db.session.add(Holiday(facility=country["BI"], on=date(2024, 6, 3), label_fr="Fête"))
    assert days(country, date(2024, 6, 1), date(2024, 6, 30)) == [(date(2024, 6, 4), "forecast")]


def test_a_month_without_a_scheduler_opens_the_latest_once_and_shows_what_was_missed(country):
    piece(country, **OLD)
    plan_of(country, date(2024, 1, 1), (1, "week"), lead_days=2)
    assert opened(date(2023, 12, 29)) == []
    assert opened(date(2023, 12, 30)) == [(date(2024, 1, 1), "planned")]
    assert opened(date(2023, 12, 30)) == [(date(2024, 1, 1), "planned")], "a second run opens nothing"
    with unit_of_work(country.access("head")):
        ORDERS.advance(db.session.scalars(select(WorkOrder)).one(), "cancel", "not needed")
    assert opened(date(2024, 2, 3))[1:] == [(date(2024, 2, 5), "planned")]
    assert opened(date(2024, 3, 9))[2:] == [], "one is open: none is opened beside it"
    found = dict(days(country, date(2024, 1, 1), date(2024, 2, 5), on=date(2024, 2, 3)))
    assert found == {
        date(2024, 1, 1): "skipped_justified", date(2024, 2, 5): "open",
        **{date(2024, 1, day): "missed" for day in (8, 15, 22, 29)},
    }  # fmt: skip


def test_a_floating_plan_counts_from_what_was_done(country):
    piece(country, **OLD)
    ahead = today() + timedelta(days=10)
    plan_of(country, ahead, (30, "day"), floating=True, lead_days=14)
    assert opened(today()) == [(ahead, "planned")]
    finish(country)
    done = today() + timedelta(days=30)
    found = days(country, today(), today() + timedelta(days=59), on=today())
    assert found == [(ahead, "done_early"), (done, "forecast")]
    assert opened(done)[1:] == [(done, "planned")]


def test_what_is_not_in_service_or_of_another_place_or_type_has_none(country):
    for facts in ({"state": "in_store"}, {"code": "fridge"}, {"place": "P2A-CDS1", "login": "other"}):
        piece(country, **OLD | facts)
    gone = piece(country, **OLD)
    plan_of(country, date(2024, 1, 1))
    with unit_of_work(country.access("tech")):
        LIFE.advance(row(gone), "lose", "nowhere to be found")
    assert opened(date(2024, 1, 1)) == []


def test_a_plan_rests_and_ends_with_a_reason_and_asks_nothing_meanwhile(country):
    piece(country, **OLD)
    id = plan_of(country, today() - timedelta(days=7), (1, "week"))
    with pytest.raises(Refused), unit_of_work(country.access("head")):
        MACHINE.advance(db.session.get_one(MaintenancePlan, id), "pause")
    with unit_of_work(country.access("head")):
        MACHINE.advance(db.session.get_one(MaintenancePlan, id), "pause", "no technician")
    assert opened(today()) == []
    week = today() - timedelta(days=7), today() + timedelta(days=6)
    assert [day for day, _state in days(country, *week, on=today())] == [week[0]]
    with unit_of_work(country.access("head")):
        MACHINE.advance(db.session.get_one(MaintenancePlan, id), "resume")
    assert [state for _day, state in opened(today())] == ["planned"]
    with unit_of_work(country.access("head")):
        services.end(db.session.get_one(MaintenancePlan, id), reason="replaced")
    later = today() + timedelta(days=1), today() + timedelta(days=60)
    assert days(country, *later, on=today()) == []


def test_what_is_left_out_has_its_reason_and_leaves_the_compliance(country):
    id = piece(country, **OLD)
    day = today() - timedelta(days=20)
    plan = plan_of(country, day, (1, "month"))
    assert (day, "missed") in days(country, day, day, on=today())
    key = f"{plan}:{day.isoformat()}"
    with pytest.raises(NotAllowed), unit_of_work(country.access("tech")):
        services.skip(row(id), occurrence=key, reason="strike")
    with unit_of_work(country.access("head")):
        services.skip(row(id), occurrence=key, reason="strike")
    assert (day, "skipped_justified") in days(country, day, day, on=today())
    assert opened(today()) == []
    with pytest.raises(Refused), unit_of_work(country.access("head")):
        services.skip(row(id), occurrence=key, reason="again")


def test_done_within_the_tolerance_is_in_time_and_compliance_names_its_rows(country):
    for _each in range(2):
        piece(country, **OLD)
    day = today() - timedelta(days=3)
    plan_of(country, day, (90, "day"))
    opened(day)
    with unit_of_work(country.access("tech")):
        work.finish(db.session.scalars(select(WorkOrder).order_by(WorkOrder.id)).first(), **DONE)
    with acting(country.access("tech")):
        month = month_of(country[HERE], day.replace(day=1))
        states = sorted(one.state for one in month.dues if one.day == day)
        rows = year_of(country[HERE], day.year)
    assert states == ["done_on_time", "open"]
    assert (month.number(IN_TIME), month.number(SCHEDULED)) == (1, 1), "what may still be done in time does not count"
    assert rows[0].done(day.month - 1) == 1 and rows[0].label == "Concentrateur d’oxygène"


def test_a_plan_is_for_one_thing_and_begins_on_a_day_to_come(country):
    told = {"name": "Entretien", "kind": "preventive", "interval": 6, "unit": "month", "first_on": today()}
    elsewhere = piece(country, "other", "P2A-CDS1")
    for wrong in ({}, {"type": type_of(), "equipment": row(elsewhere)}):
        with pytest.raises(Invalid), unit_of_work(country.access("head")):
            services.add(country["P1A"], **told, **wrong)
    for field, wrong in (("first_on", {"first_on": today() - timedelta(1)}), ("equipment", {"type": None})):
        facts = {"type": type_of(), **wrong} | ({"equipment": row(elsewhere)} if field == "equipment" else {})
        with pytest.raises(Refused) as refused, unit_of_work(country.access("admin")):
            services.add(country["P1A"], **{**told, **facts})
        assert refused.value.field == field


def test_two_schedulers_at_once_open_each_order_once(app, country):
    for _each in range(3):
        piece(country, **OLD)
    plan_of(country, date(2024, 1, 1))
    with acting(SYSTEM):
        found = wanted(date(2024, 1, 1))
    assert len(found) == 3
    ready, made, faults = threading.Barrier(2), [], []

    def run():
        with app.app_context(), acting(SYSTEM):
            ready.wait()
            try:
                made.append(perform(lambda: open_orders(found)))
            except Exception as error:  # told by the assertion below
                faults.append(error)

    db.session.rollback()
    threads = [threading.Thread(target=run) for _each in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (faults, sorted(made)) == ([], [0, 3])
    with acting(SYSTEM):
        assert db.session.scalar(select(func.count(WorkOrder.id))) == 3


def test_a_plan_of_a_district_is_read_below_it_and_nowhere_else(country):
    piece(country, **OLD)
    id = plan_of(country)

    def read(login):
        with acting(country.access(login)):
            return db.session.scalars(select(MaintenancePlan).where(MaintenancePlan.id == id)).first() is not None

    assert [read(login) for login in ("tech", "head", "director", "other", "nobody")] == [True] * 3 + [False] * 2
    with pytest.raises(NotAllowed), unit_of_work(country.access("tech")):
        MACHINE.advance(db.session.get_one(MaintenancePlan, id), "pause", "no time")
    assert days(country, date(2024, 2, 1), date(2024, 2, 29), "other", "P2A-CDS1") == []


@pytest.fixture
def listed(country):
    """Return the id of an order of a plan, of a type with a checklist of two looks and a value from 90 to 96 %."""
    piece(country, **OLD)
    with unit_of_work(SYSTEM):
        for position, limits in ((1, None), (2, (90, 96)), (3, None)):
            low, high = limits or (None, None)
            db.session.add(ChecklistStep(
                type=type_of(), position=position, label_fr=f"Point {position}", answer="value" if limits else "ok",
                unit="%" if limits else "", least=low, most=high,
            ))  # fmt: skip
    plan_of(country, today())
    opened(today())
    return db.session.scalar(select(WorkOrder.id))


def gone_through(world, id, *lines, login="tech", yes=(), **facts):
    with unit_of_work(world.access(login), confirmed=yes):
        steps = db.session.scalars(select(ChecklistStep.id).order_by(ChecklistStep.position)).all()
        told = [{"step": step, **line} for step, line in zip(steps, lines, strict=False)]
        checklist.go_through(db.session.get_one(WorkOrder, id), lines=told, **facts)
    with acting(SYSTEM):
        found = db.session.scalars(select(StepResult).order_by(StepResult.id.desc()).limit(3)).all()
        return [(one.verdict, one.value) for one in reversed(found)]


def again(world, id, said, *lines, **facts):
    """Return what a checklist says that takes the place of another once that was asked, and note what was asked."""
    try:
        return gone_through(world, id, *lines, **facts)
    except Doubt as doubt:
        said += [str(each.words) for each in doubt.questions]
        return gone_through(world, id, *lines, yes=[each.token for each in doubt.questions], **facts)


def test_all_conform_fills_what_needs_no_value_and_limits_give_the_verdict(country, listed):
    said = []
    for value, verdict in ((90, "pass"), (96, "pass"), (Decimal("89.9"), "fail"), (Decimal("96.0001"), "fail")):
        found = again(country, listed, said, {}, {"value": Decimal(value), "verdict": "pass"}, all_conform=True)
        assert found == [("pass", None), (verdict, Decimal(value)), ("pass", None)]
    exception = {"verdict": "fail", "note": "cordon abîmé"}
    found = again(
        country, listed, said, exception, {"verdict": "not_done", "note": "pas d’analyseur"}, all_conform=True
    )
    assert ["conformes\N{NO-BREAK SPACE}: 0" in words for words in said] == [True, True, False, False]
    assert [verdict for verdict, _value in found] == ["fail", "not_done", "pass"]


@pytest.mark.parametrize(
    ("lines", "facts", "wrong"),
    [
        ([{}, {"value": Decimal(93)}, {"verdict": "pass"}], {}, "lines-0-verdict"),
        ([{}, {}, {}], {"all_conform": True}, "lines-1-value"),
        ([{}, {"verdict": "pass"}, {}], {"all_conform": True}, "lines-1-value"),
        ([{"verdict": "fail"}, {"value": Decimal(93)}, {}], {"all_conform": True}, "lines-0-note"),
        ([{}, {"verdict": "not_done"}, {}], {"all_conform": True}, "lines-1-note"),
    ],
)
def test_a_point_of_which_nothing_is_known_keeps_the_checklist_open(country, listed, lines, facts, wrong):
    with pytest.raises(Invalid) as refused:
        gone_through(country, listed, *lines, **facts)
    assert list(refused.value.errors) == [wrong]
    with pytest.raises(NotAllowed):
        gone_through(country, listed, {}, {"value": Decimal(93)}, all_conform=True, login="ward")
    with acting(SYSTEM):
        assert db.session.scalars(select(StepResult)).all() == []


def test_checklists_are_seeded_once_for_each_type(app, world):
    for _each in range(2):
        with unit_of_work(SYSTEM):
            seeds.types()
            seeds.checklists()
    with acting(SYSTEM):
        counts = db.session.execute(select(func.count(ChecklistStep.id), func.count(ChecklistStep.type_id.distinct())))
        assert tuple(counts.one()) == (232, 28)


def test_the_pages_show_what_is_due_to_whoever_sees_equipment_there(country, listed, client):
    order = db.session.get_one(WorkOrder, listed)
    month = f"{order.due_on:%Y-%m}"
    addresses = [
        f"/gmao/plans/calendar?month={month}", f"/gmao/plans/calendar?month={month}&of=due&day={order.due_on}",
        f"/gmao/plans/year?type={row(order.equipment_id).type_id}", f"/gmao/equipment/{order.equipment_id}",
    ]  # fmt: skip
    people.sign_in(client, "tech")
    for address in addresses:
        page = client.get(address)
        assert page.status_code == 200 and f'/gmao/work/{listed}"' in page.text, address
    for nonsense in ("?month=2026-13&day=x&of=y", "?month=9999-12", "?month=0001-01", "?type=x"):
        assert client.get(f"/gmao/plans/calendar{nonsense}").status_code == 200, nonsense
    assert client.get(f"/gmao/plans/calendar?facility={country.ids['P2A-CDS1']}").status_code == 403
    people.sign_in(client, "other")
    assert "Concentrateur" not in client.get(addresses[0]).text
    assert client.get(f"/gmao/plans/checklist/{listed}").status_code == 404


def test_a_checklist_is_sent_by_its_page_and_work_without_it_says_so(country, listed, client):
    people.sign_in(client, "tech")
    address = f"/gmao/plans/checklist/{listed}"
    with acting(SYSTEM):
        steps = db.session.scalars(select(ChecklistStep.id).order_by(ChecklistStep.position)).all()
    sent = {f"lines-{number}-step": step for number, step in enumerate(steps)} | {"all_conform": "y"}
    refused = client.post(address, data=sent)
    assert refused.status_code == 422 and "Point 2" in refused.text
    with unit_of_work(country.access("tech")):
        work.finish(db.session.get_one(WorkOrder, listed), **DONE)
    assert "sans sa liste de contrôle" in client.get(f"/gmao/work/{listed}").text
    page = client.post(address, data=sent | {"lines-1-value": "89,5"}, follow_redirects=True)
    assert page.status_code == 200 and "Non conforme" in page.text and "sans sa liste" not in page.text
