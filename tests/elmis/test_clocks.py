"""Who holds the ball, until when, and what happens when a deadline passes: as the machines of orders say it."""

import json
from datetime import date, time, timedelta

import pytest
from flask import current_app
from sqlalchemy import select

from core.calendar import services as calendar
from core.contract.plugins import entities
from core.data import clocks
from core.data.access import Access, acting
from core.data.calendar import local, moment
from core.data.clocks import Clock
from core.data.db import db, utcnow
from core.data.outbox import Outbox
from core.data.states import OVERDUE, Step, history, reason_of
from core.data.work import unit_of_work
from core.facilities.models import Facility
from core.inbox import deadlines
from core.inbox import services as inbox
from plugins.elmis.catalogue.models import Lot
from plugins.elmis.orders import services as orders
from plugins.elmis.promises.models import Order, Receipt
from plugins.elmis.requisitions import services
from plugins.elmis.requisitions.models import EMERGENCY, Requisition
from plugins.elmis.transfers.machines import REQUEST
from plugins.elmis.transfers.models import TransferRequest
from plugins.elmis.transfers.services import ask
from tests import make as people
from tests.elmis import flow, make
from tests.elmis.flow import CENTRE, DEPOT, FRIDAY
from tests.statements import spoiling

pytestmark = pytest.mark.both_databases
SYSTEM = Access.system("test")


@pytest.fixture
def stage(world, now):
    """Store the people of both sides, a province's approver, a depot with goods; return the world with the ids."""
    world.ids |= {"goods": flow.stocked(world)["product"]}
    with unit_of_work(SYSTEM):
        world.users["province"] = people.user("province", world["P1"], "provincial_approver").id
        world.users["ministry"] = people.user("ministry", world["BI"], "provincial_approver").id
        world.users["colleague"] = people.user("colleague", world["P1A"], "district_pharmacist").id
    return world


def running(row):
    """Return the clock that runs for a row."""
    return clocks.running([row]).get(f"{row.__entity__}/{row.id}")


def tasks(world, login):
    """Return (title, button, deadline) of what waits for a person."""
    return [(one.title, str(one.action), one.due) for one in of(world, login).tasks]


def of(world, login):
    """Return what waits for a person, read as on a page."""
    access = world.access(login)
    with current_app.test_request_context("/"), acting(access):
        mine = inbox.Inbox(inbox.own_work(access))
        assert mine.number == sum(task.count for task in mine.tasks), login
        return mine


def proposed(world, kind="regular"):
    """Return the id of a proposed requisition of the centre that asks for something."""
    return flow.by(world, "keeper", lambda: services.propose(world[CENTRE], kind=kind).id)


def asking(world, kind="regular"):
    """Return the id of a requisition of the centre, confirmed."""
    with unit_of_work(SYSTEM):
        lot = make.lot(make.product(f"P-{kind}"), f"L-{kind}")
        make.receive(world[CENTRE], lot, 1000, date(2026, 7, 10))
        for month in (8, 9, 10):
            make.dispense(world[CENTRE], lot, 300, date(2026, month, 10))
    id = proposed(world, kind)
    flow.by(world, "keeper", lambda: services.confirm(services.load(id)))
    return id


def test_the_ball_goes_from_hand_to_hand_and_each_time_is_kept(stage, now):
    order = flow.order(stage, stage.ids["goods"])
    first = running(flow.of(order))
    assert (first.right, first.place_id, first.since) == ("elmis.order.prepare", stage.ids[DEPOT], FRIDAY)
    assert first.due_on == flow.of(order).needed_on == date(2026, 12, 7) and local(first.due).time().hour == 23
    now.shift(timedelta(hours=2))
    sent = flow.shipped(stage, order)
    assert running(flow.of(order)) is None, "the order itself waits for nobody on the road"
    receipt = db.session.get(Receipt, flow.expected(sent))
    assert (running(receipt).right, running(receipt).place_id) == ("elmis.receipt.confirm", stage.ids[CENTRE])
    flow.count(stage, receipt.id, flow.whole(sent))
    assert running(db.session.get(Receipt, receipt.id)) is None
    kept = db.session.scalars(select(Clock).where(Clock.entity == "elmis.order").order_by(Clock.id)).all()
    assert [one.state for one in kept] == ["to_prepare", "allocated", "picked", "packed"]
    assert all(one.ended_at == FRIDAY + timedelta(hours=2) for one in kept)


def test_a_step_that_changes_nothing_of_who_waits_lets_the_clock_run_on(stage, now):
    order = flow.order(stage, stage.ids["goods"])
    flow.by(stage, "depot", lambda: orders.allocate(flow.of(order)))
    before = running(flow.of(order)).id
    now.shift(timedelta(hours=5))
    flow.by(stage, "depot", lambda: orders.allocate(flow.of(order)))
    assert running(flow.of(order)).id == before
    with unit_of_work(SYSTEM):
        flow.of(order).needed_on = date(2026, 12, 20)
        orders.step(flow.of(order), "allocate")
    assert running(flow.of(order)).due_on == date(2026, 12, 20), "the day that was promised is followed"


def test_working_days_pass_over_weekends_and_a_holiday_that_is_announced_moves_the_deadline(stage, now):
    regular, urgent = asking(stage), asking(stage, EMERGENCY)
    due = {key: running(db.session.get(Requisition, key)).due_on for key in (regular, urgent)}
    assert due == {regular: date(2026, 12, 2), urgent: date(2026, 11, 30)}
    with unit_of_work(SYSTEM):
        calendar.add(stage["P1"], date(2026, 11, 30), "Deuil")
        calendar.add(stage["P2"], date(2026, 12, 1), "Ailleurs")
    due = {key: running(db.session.get(Requisition, key)).due_on for key in (regular, urgent)}
    assert due == {regular: date(2026, 12, 3), urgent: date(2026, 12, 1)}


def test_who_has_signed_holds_the_ball_no_more_and_a_return_says_why(stage, now):
    id = asking(stage)
    assert [title for title, *_rest in tasks(stage, "district")] == [f"Approuver la réquisition\xa0: {CENTRE}"]
    assert [button for _title, button, _due in tasks(stage, "keeper")] == []
    flow.by(stage, "district", lambda: services.return_(services.load(id), "Comptez de nouveau l'amoxicilline"))
    ((title, button, due),) = tasks(stage, "keeper")
    assert "renvoyée" in title and button == "Corriger" and due == date(2026, 12, 2)
    (one,) = of(stage, "keeper").tasks
    assert "Comptez de nouveau l'amoxicilline" in one.detail and tasks(stage, "district") == []


def test_the_inbox_counts_what_the_lists_show_and_rights_and_signatures_decide(stage, now):
    """Held against the rule itself, row by row: the right at the place, the right to read, and not barred."""
    asking(stage)
    asking(stage, EMERGENCY)
    for _n in range(7):
        flow.order(stage, stage.ids["goods"])
    flow.shipped(stage, flow.order(stage, stage.ids["goods"]))
    everyone = [*stage.users, "keeper"]
    seen = {}
    for login in everyone:
        access = inbox.own_work(stage.access(login))
        held = set(db.session.scalars(select(Clock.id).where(clocks.holds(access))))
        for clock in db.session.scalars(select(Clock).where(clocks.RUNS)):
            place, read = db.session.get(Facility, clock.place_id), entities()[clock.entity].permission
            barred = f",{access.user_id}," in clock.besides
            rule = access.can(clock.right, place) and access.can(read, place) and not barred
            assert (clock.id in held) == rule, (login, clock.entity, clock.state)
        assert of(stage, login).number == len(held), login
        seen[login] = len(held)
    assert (seen["depot"], seen["keeper"], seen["district"], seen["other"], seen["nobody"]) == (7, 1, 2, 0, 0)
    ((title, _button, _due),) = tasks(stage, "depot")
    assert "7" in title


def test_a_deadline_that_passes_is_told_once_and_goes_up_a_place_each_working_day(stage, now):
    order = flow.order(stage, stage.ids["goods"])
    assert deadlines.pass_on() == 0
    now.move_to(moment(date(2026, 12, 8), time(6)))
    assert [deadlines.pass_on() for _n in range(3)] == [1, 0, 0]
    told = [title for title, *_rest in tasks(stage, "district")]
    assert len(told) == 1 and "En retard" in told[0] and DEPOT in told[0]
    assert tasks(stage, "province") == tasks(stage, "ministry") == []
    assert len(tasks(stage, "depot")) == 1, "the ball stays where it is"
    for day, up in ((9, "province"), (11, "ministry")):
        now.move_to(moment(date(2026, 12, day), time(23, 59, 59)) + timedelta(seconds=2))
        assert deadlines.pass_on() == 1
        assert [len(tasks(stage, login)) for login in ("district", "province", "ministry")] == [
            int(login == up) for login in ("district", "province", "ministry")
        ]
    now.shift(timedelta(days=9))
    assert deadlines.pass_on() == 0
    facts = db.session.scalars(select(Outbox).where(Outbox.topic == "core.deadline.passed").order_by(Outbox.id)).all()
    assert [fact.ref for fact in facts] == [f"elmis.order/{order}"] * 3
    assert [json.loads(fact.body)["to_place"] for fact in facts] == [stage[code].path for code in ("P1A", "P1", "BI")]
    past = [step for step in history(flow.of(order)) if step.action == OVERDUE]
    assert len(past) == 3 and past[0].user_id is None and "District" in past[0].note
    flow.by(stage, "depot", lambda: orders.allocate(flow.of(order)))
    assert tasks(stage, "ministry") == [] and running(flow.of(order)).level == 0


def test_a_page_that_was_shown_before_a_deadline_passed_is_not_overtaken_by_it(stage, now, client):
    order = flow.order(stage, stage.ids["goods"])
    flow.by(stage, "depot", lambda: orders.allocate(flow.of(order)))
    seen = {f"elmis.order/{order}": history(flow.of(order))[-1].id}
    now.move_to(moment(date(2026, 12, 8), time(6)))
    deadlines.pass_on()
    with unit_of_work(stage.access("depot"), seen=seen):
        orders.allocate(flow.of(order))
    assert flow.of(order).state == "allocated"


def test_clocks_are_mended_where_none_runs_or_the_row_is_elsewhere(stage, now):
    """After an upgrade, after a plugin was off, after somebody wrote a state by hand."""
    one, two, three = (flow.order(stage, stage.ids["goods"], 100) for _n in range(3))
    flow.by(stage, "depot", lambda: orders.allocate(flow.of(one)))
    with unit_of_work(SYSTEM):
        db.session.execute(spoiling(Clock.__table__.delete().where(Clock.entity_id == one)))
        db.session.execute(spoiling(Order.__table__.update().where(Order.id == two).values(state="cancelled")))
        db.session.add(Clock(entity="elmis.order", entity_id=9999, state="to_prepare", position=0, view="", right="x",
                             besides="", action="", note="", since=utcnow()))  # fmt: skip
    now.shift(timedelta(days=2))
    with unit_of_work(SYSTEM):
        assert clocks.mend() == 3
    with unit_of_work(SYSTEM):
        assert clocks.mend() == 0
    assert running(flow.of(one)).since == FRIDAY and running(flow.of(two)) is None
    assert running(flow.of(three)).since == FRIDAY
    assert not db.session.scalars(select(Clock).where(Clock.entity_id == 9999, clocks.RUNS)).all()


def test_a_reason_is_kept_by_its_code_and_read_in_words(stage, now, client):
    order = flow.order(stage, stage.ids["goods"])
    people.sign_in(client, "depot")
    address = f"/do/elmis.order.cancel/{order}"
    assert "Choisissez un motif" in client.get(address).text
    refused = client.post(address, data={"code": "other", "reason": ""})
    assert refused.status_code == 422 and flow.of(order).state == "to_prepare"
    assert client.post(address, data={"code": "nonsense"}).status_code == 422
    client.post(address, data={"code": "budget", "reason": "Attendre janvier"})
    step = db.session.scalars(select(Step).where(Step.action == "cancel")).one()
    assert (step.code, step.reason, reason_of(step)) == (
        "budget",
        "Attendre janvier",
        "Budget\N{NO-BREAK SPACE}: Attendre janvier",
    )
    assert "Budget\N{NO-BREAK SPACE}: Attendre janvier" in client.get(f"/elmis/orders/{order}").text
    other = flow.order(stage, stage.ids["goods"])
    flow.by(stage, "depot", lambda: orders.cancel(flow.of(other), "Commande faite par erreur"))
    assert db.session.scalars(select(Step).where(Step.entity_id == other, Step.action == "cancel")).one().code == ""


@pytest.mark.parametrize(("login", "said"), [("depot", True), ("keeper", True), ("other", False)])
def test_the_page_says_who_holds_the_ball_and_until_when(stage, now, client, login, said):
    order = flow.order(stage, stage.ids["goods"])
    now.move_to(moment(date(2026, 12, 9), time(6)))
    deadlines.pass_on()
    people.sign_in(client, login)
    text = client.get(f"/elmis/orders/{order}").text
    assert ("jusqu’au 07/12/2026" in text and "Depot" in text and "en retard de 2 j" in text) == said
    assert ("L’échéance est passée" in text) == said
    listed = client.get("/elmis/orders?view=overdue").text
    assert (f"CMD-2026-0000{order}" in listed) == said
    if said:
        flow.by(stage, "depot", lambda: orders.allocate(flow.of(order)))
        flow.by(stage, "depot", lambda: orders.cancel(flow.of(order), "x"))
        assert f"CMD-2026-0000{order}" not in client.get("/elmis/orders?view=overdue").text


def test_a_person_holds_the_ball_himself_wherever_he_may_read_it(stage, now):
    lot = db.session.scalars(select(Lot)).first()
    row = flow.by(stage, "district", lambda: ask(stage[CENTRE], stage[DEPOT], lot, 10, "Rupture").id)
    flow.by(stage, "depot", lambda: REQUEST.advance(db.session.get(TransferRequest, row), "refuse", "Non"))
    assert [button for _t, button, _d in tasks(stage, "district")] == ["Lire le motif"]
    assert tasks(stage, "colleague") == [], "it was not he who asked"
