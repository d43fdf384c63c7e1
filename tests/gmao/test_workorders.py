"""Faults and work: reported, decided, done, held up, confirmed; and how the piece stands meanwhile."""

from datetime import timedelta

import pytest
from pypdfium2 import PdfDocument
from sqlalchemy import select

from core.data.access import Access, acting
from core.data.db import db, today, utcnow
from core.data.errors import Conflict, NotAllowed, Refused
from core.data.states import Reason
from core.data.work import unit_of_work
from plugins.gmao.equipment.models import StatusEvent
from plugins.gmao.parts import services as parts
from plugins.gmao.parts.models import Part
from plugins.gmao.requests import services as requests
from plugins.gmao.requests.models import Request
from plugins.gmao.requests.states import MACHINE as ANSWERS
from plugins.gmao.rights import ISSUE, PARTS
from plugins.gmao.workorders import services as work
from plugins.gmao.workorders.models import Intervention, WorkOrder
from plugins.gmao.workorders.states import MACHINE
from tests import make
from tests.gmao.make import piece, row

pytestmark = pytest.mark.both_databases
HERE = "P1A-CDS1"
DONE = {"minutes": 45, "action": "replaced", "status": "functional"}


def order_of(id):
    return db.session.get_one(WorkOrder, id)


def reported(world, id, login="ward", works="stopped", **facts):
    with unit_of_work(world.access(login)):
        return requests.report(row(id), works=works, problem="n’allume plus", **facts).id


def accepted(world, id, **facts):
    with unit_of_work(world.access("head")):
        return requests.accept(db.session.get_one(Request, id), **facts).order_id


def do(world, login, run, order, *args, **facts):
    with unit_of_work(world.access(login)):
        made = run(order_of(order), *args, **facts)
        return made.id if hasattr(made, "id") else None


def states(world, id):
    with acting(world.access("director")):
        found = db.session.scalars(select(StatusEvent).where(StatusEvent.equipment_id == id).order_by(StatusEvent.id))
        return [(event.status, event.because) for event in found]


def test_a_fault_goes_from_the_ward_to_the_workshop_and_back(country):
    id = piece(country)
    request = reported(country, id)
    assert (row(id).status, row(id).because) == ("not_functional", "to_examine")
    order = accepted(country, request, person=str(country.users["tech"]))
    found = order_of(order)
    assert (found.state, found.assignee_id, found.priority) == ("assigned", country.users["tech"], "high")
    assert found.opened_at == db.session.get_one(Request, request).reported_at
    do(country, "tech", work.take, order)
    do(country, "tech", work.hold, order, reason=Reason("needs_part", "", MACHINE.reasons["hold"]))
    assert (order_of(order).held_for, row(id).because) == ("needs_part", "needs_part")
    do(country, "tech", work.resume, order)
    assert (order_of(order).held_for, row(id).because) == (None, "in_repair")
    do(country, "tech", work.finish, order, cause="wear", **DONE)
    assert (order_of(order).state, row(id).status) == ("done", "functional")
    with pytest.raises(Refused), unit_of_work(country.access("tech")):
        work.verify(order_of(order))
    do(country, "ward", work.verify, order)
    do(country, "head", MACHINE.advance, order, "close")
    assert order_of(order).state == "closed"
    assert [why for _status, why in states(country, id)[1:]] == ["to_examine", "needs_part", "in_repair", None]


def test_what_does_not_work_after_all_goes_on_with_who_had_it(country):
    id = piece(country)
    order = accepted(country, reported(country, id), person=str(country.users["tech"]))
    do(country, "tech", work.finish, order, **DONE)
    do(country, "ward", work.reopen, order, reason="the alarm sounds again")
    found = order_of(order)
    assert (found.state, found.assignee_id, found.done_at) == ("in_progress", country.users["tech"], None)
    assert (row(id).status, row(id).because) == ("not_functional", "in_repair")


def test_nothing_is_finished_while_it_stands_still_or_nobody_says_how_it_works(country):
    order = accepted(country, reported(country, piece(country)))
    for facts in ({**DONE, "status": "not_functional", "because": "other"}, {**DONE, "status": None}):
        with pytest.raises(Refused) as refused, unit_of_work(country.access("tech")):
            work.finish(order_of(order), **facts)
        assert refused.value.field == "status" and order_of(order).state == "planned"


def test_a_repair_without_an_order_makes_one_and_one_that_is_open_is_used(country):
    id = piece(country)
    with unit_of_work(country.access("tech")):
        first = work.repair(row(id), **DONE).id
    order = accepted(country, reported(country, id))
    with unit_of_work(country.access("tech")):
        assert work.repair(row(id), **DONE).id == order != first
    assert order_of(order).assignee_id == country.users["tech"]
    with pytest.raises(NotAllowed), unit_of_work(country.access("ward")):
        work.repair(row(id), **DONE)


def test_it_is_passed_on_to_the_workshop_above_and_its_days_go_on(country):
    order = accepted(country, reported(country, piece(country)), person=str(country.users["tech"]))
    due = order_of(order).due_on
    do(country, "tech", work.escalate, order, reason="no tools here")
    found = order_of(order)
    assert (found.state, found.workshop.code, found.assignee_id, found.due_on) == ("planned", "P1A", None, due)
    with pytest.raises(Refused), unit_of_work(country.access("head")):
        work.assign(order_of(order), person=str(country.users["other"]))  # who has no right there
    for _level in range(2):
        do(country, "tech", work.escalate, order, reason="nor there")
    assert order_of(order).workshop.code == "BI"
    with pytest.raises(Refused), unit_of_work(country.access("tech")):
        work.escalate(order_of(order), reason="nobody")


def test_reports_of_one_fault_belong_to_one_order_and_answers_are_read(country):
    id = piece(country)
    order = accepted(country, reported(country, id))
    second = reported(country, id)
    with unit_of_work(country.access("head")):
        requests.join(db.session.get_one(Request, second), order=str(order))
    assert db.session.get_one(Request, second).order_id == order
    third = reported(country, id)
    with unit_of_work(country.access("head")):
        ANSWERS.advance(db.session.get_one(Request, third), "advise", "plug it in")
    with unit_of_work(country.access("ward")):
        ANSWERS.advance(db.session.get_one(Request, third), "read")
    with pytest.raises(Conflict):
        accepted(country, third)


def test_who_is_not_signed_in_reports_and_changes_nothing_else(country):
    id = piece(country)
    with unit_of_work(requests.at_the_machine()):
        made = [requests.report_by_label(row(id), works="stopped", problem="fumée", name="Alice").id for _ in range(3)]
    assert row(id).status == "functional", "the workshop decides first"
    with pytest.raises(Refused), unit_of_work(requests.at_the_machine()):
        requests.report_by_label(row(id), works="stopped", problem="fumée", name="Alice")
    order = accepted(country, made[0])
    found = db.session.get_one(Request, made[0])
    assert (found.reported_by, found.by_label, row(id).status) == ("Alice", True, "not_functional")
    assert row(id).status_at == found.reported_at
    for run, facts in ((work.take, {}), (work.finish, DONE)):
        with pytest.raises(NotAllowed), unit_of_work(requests.at_the_machine()):
            run(order_of(order), **facts)


def test_late_work_is_given_out_as_it_is_and_a_new_day_lies_ahead(country):
    order = accepted(country, reported(country, piece(country)))
    with unit_of_work(country.access("head")):
        order_of(order).due_on = late = today() - timedelta(days=3)
    person = str(country.users["tech"])
    do(country, "head", work.assign, order, person=person, due_on=late)
    assert (order_of(order).state, order_of(order).due_on) == ("assigned", late)
    with pytest.raises(Refused), unit_of_work(country.access("head")):
        work.assign(order_of(order), person=person, due_on=today() - timedelta(days=1))


def test_without_a_stock_the_part_that_was_handed_out_is_noted(country):
    order = accepted(country, reported(country, piece(country)))
    do(country, "tech", parts.ask, order, label="Fusible", quantity=1)
    (part,) = parts.parts_of(order_of(order))
    place = country[HERE]
    keeper = Access(country.users["ward"], "x", ((PARTS, place.path), (ISSUE, place.path)))
    with unit_of_work(keeper):
        parts.issue(db.session.get_one(Part, part.id))
    assert (db.session.get_one(Part, part.id).state, order_of(order).state) == ("issued", "in_progress")


@pytest.mark.parametrize(
    ("field", "facts"),
    [
        ("minutes", {"minutes": 10_081}),
        ("travel_minutes", {"travel_minutes": 10_081}),
        ("ended_at", {"ended_at": utcnow() + timedelta(days=1)}),
        ("ended_at", {"ended_at": utcnow() - timedelta(days=400)}),
        ("because", {"status": "needs_attention"}),
    ],
)
def test_work_that_cannot_be_is_refused_and_nothing_of_it_is_kept(country, field, facts):
    order = accepted(country, reported(country, piece(country)))
    with pytest.raises(Refused) as refused, unit_of_work(country.access("tech")):
        work.finish(order_of(order), **{**DONE, **facts})
    assert refused.value.field == field
    assert order_of(order).state == "planned" and db.session.scalars(select(Intervention)).all() == []


def test_an_order_needs_a_thing_and_a_day_to_come(country):
    id = piece(country)
    for field, facts in (("what", {"what": " "}), ("due_on", {"what": "toit", "due_on": today() - timedelta(1)})):
        with pytest.raises(Refused) as refused, unit_of_work(country.access("head")):
            work.plan(country[HERE], kind="infrastructure", problem="fuite", **facts)
        assert refused.value.field == field
    with pytest.raises(Refused) as refused, unit_of_work(country.access("director")):
        requests.report_here(country["P2A-CDS1"], works="badly", problem="bruit", equipment=row(id))
    assert refused.value.field == "equipment"


def read(client, id):
    """Return the words of an order on paper."""
    answer = client.get(f"/gmao/work/{id}/paper")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    return " ".join("".join(page.get_textpage().get_text_range() for page in PdfDocument(answer.data)).split())


def test_an_order_is_printed_with_lines_to_write_on_and_later_with_what_was_done(country, client):
    id = piece(country)
    order = accepted(country, reported(country, id), person=str(country.users["tech"]))
    make.sign_in(client, "tech")
    blank = read(client, order)
    for words in (order_of(order).number, row(id).code, "Concentrateur d’oxygène", "n’allume plus", "Le technicien"):
        assert words in blank
    do(country, "tech", work.finish, order, note="fusible neuf", **DONE)
    filled = read(client, order)
    assert "Pièce remplacée. fusible neuf 45 Fonctionne" in filled and "fusible neuf" not in blank
    make.sign_in(client, "other")
    assert client.get(f"/gmao/work/{order}/paper").status_code == 404
