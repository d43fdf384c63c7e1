"""Safety alerts: which pieces a list means, who is asked, how each is settled, and when an alert may be closed."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from core.data import outbox
from core.data.access import acting
from core.data.db import db, today
from core.data.errors import Conflict, NotAllowed, Refused
from core.data.work import unit_of_work
from plugins.gmao.catalogue.models import EquipmentModel
from plugins.gmao.equipment import services as register
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.formulas.serials import CONCERNED, TO_CHECK, Unreadable, read, verdict
from plugins.gmao.safety import jobs, services
from plugins.gmao.safety.following import followed
from plugins.gmao.safety.models import Affected, Alert
from plugins.gmao.workorders import services as work
from plugins.gmao.workorders.models import WorkOrder
from tests import make as people
from tests.gmao.conftest import SYSTEM
from tests.gmao.make import row, type_of
from tests.statements import statements

HERE, THERE = "P1A-CDS1", "P2A-CDS1"
LISTED = "SN-0100..SN-0199\nab 12; X9"


@pytest.mark.parametrize(
    ("serials", "lots", "serial", "udi", "known", "expected"),
    [
        ("", "", "", "", True, CONCERNED),
        ("", "", "77", "", False, TO_CHECK),
        (LISTED, "", "sn 150", "", True, CONCERNED),
        (LISTED, "", "SN0100", "", True, CONCERNED),
        (LISTED, "", "SN-0200", "", True, None),
        (LISTED, "", "TN-0150", "", True, None),
        (LISTED, "", "SN-0150-B", "", True, None),
        (LISTED, "", "AB-12", "", True, CONCERNED),
        (LISTED, "", "x9", "", False, TO_CHECK),
        (LISTED, "", " - ", "", True, TO_CHECK),
        (LISTED, "", "77", "", False, None),
        ("", "L-7", "77", "l7", True, CONCERNED),
        ("", "L-7", "77", "(01)03453120000011(10)L7(21)88", True, CONCERNED),
        ("", "L-7", "77", "(01)03453120000011(10)L8", True, None),
        ("", "L-7", "77", "", True, TO_CHECK),
        (LISTED, "L-7", "77", "", True, TO_CHECK),
        (LISTED, "L-7", "77", "L8", True, None),
    ],
)
def test_a_list_means_a_piece_may_mean_it_or_does_not(serials, lots, serial, udi, known, expected):
    assert verdict(read(serials), read(lots), serial, udi, model_known=known) == expected


@pytest.mark.parametrize("text", ["SN0199..SN0100", "SN1..TN9", "A..B", "1..2..3", "A1..A9B", "--"])
def test_what_is_no_number_and_no_range_is_named(text):
    with pytest.raises(Unreadable) as fault:
        read(f"A1\n{text}")
    assert fault.value.entry == text


@given(st.integers(0, 10**6), st.integers(0, 500), st.integers(0, 500), st.sampled_from(["{:d}", "{:07d}"]))
def test_what_lies_between_the_ends_is_meant_however_its_plate_was_copied(first, before, behind, shape):
    listed = read(f"Ab-{first}/K à Ab-{first + before + behind}/K")
    assert f"ab{shape.format(first + before)}k" in listed
    assert f"ab{shape.format(first + before + behind + 1)}k" not in listed


@pytest.fixture
def models(country):
    """Return the ids of two models of the oxygen concentrator."""
    with unit_of_work(SYSTEM):
        made = [EquipmentModel(type=type_of(), maker="Medika", model=name, code=f"Medika {name}") for name in "AB"]
        db.session.add_all(made)
        db.session.flush()
        return [one.id for one in made]


def prepared(world, login="director", **facts):
    told = {
        "title": "Fusible", "kind": "fsn", "issuer": "Medika", "issued_on": today(), "todo": "Remplacer le fusible",
        "named_models": "medika a", "work": "inspection", "deadline": 9, **facts,
    }  # fmt: skip
    told["deadline"] = today() + timedelta(days=told["deadline"])
    with unit_of_work(world.access(login)):
        return services.prepare(**told).id


def at(world, login, run, id, **facts):
    with unit_of_work(world.access(login)):
        run(db.session.get_one(Alert, id), **facts)


def published(world, **facts):
    id = prepared(world, **facts)
    at(world, "director", services.publish, id)
    return id


def found(world, login="director"):
    """Return {serial number: state} of what a person sees of the pieces of alerts."""
    with acting(world.access(login)):
        rows = db.session.execute(select(Affected.equipment_id, Affected.state)).all()
    with acting(SYSTEM):
        return {db.session.get_one(Equipment, id).serial: state for id, state in rows}


def settle(world, serial, run, login="tech", **facts):
    with unit_of_work(world.access(login)):
        query = select(Affected).join(Equipment, Equipment.id == Affected.equipment_id)
        run(db.session.scalars(query.where(Equipment.serial == serial)).one(), **facts)


def stock(world, models):
    """Register pieces that an alert about the model A with LISTED means, may mean, or does not mean."""
    for serial, place, login, model in (
        ("SN 101", HERE, "tech", models[0]), ("SN0500", HERE, "tech", models[0]), ("", HERE, "tech", models[0]),
        ("sn-0102", THERE, "other", models[0]), ("SN0103", HERE, "tech", models[1]), ("SN0104", HERE, "tech", None),
    ):  # fmt: skip
        add(world, login, place, serial, model)


def add(world, login, place, serial, model):
    with unit_of_work(world.access(login)):
        kind = None if model is None else db.session.get_one(EquipmentModel, model)
        facts = {"state": "in_service", "status": "functional", "type": type_of(), "model": kind, "serial": serial}
        return register.add(world[place], **facts).id


@pytest.mark.both_databases
def test_the_pieces_of_the_whole_country_are_found_and_each_place_is_asked(country, client, models):
    stock(country, models)
    id = published(country, serials=LISTED)
    assert found(country) == {"SN 101": CONCERNED, "": TO_CHECK, "sn-0102": CONCERNED, "SN0104": TO_CHECK}
    with acting(country.access("director")):
        orders = db.session.scalars(select(WorkOrder)).all()
        assert {order.equipment.serial for order in orders} == {"SN 101", "sn-0102"}
        assert {(order.kind, order.due_on) for order in orders} == {("inspection", today() + timedelta(days=9))}
        done, areas = followed(db.session.get_one(Alert, id), country["BI"])
    assert (done.found, done.settled, done.late, sum(one.found for one in areas)) == (4, 0, 0, 4)
    assert found(country, "other") == {"sn-0102": CONCERNED}
    people.sign_in(client, "tech")
    assert "Fusible" in client.get("/inbox").text
    assert "Équipements trouvés" in client.get(f"/gmao/alerts/{id}").text
    assert "/gmao/affected/" in client.get(f"/gmao/equipment/{_id('SN 101')}").text
    assert "/gmao/affected/" not in client.get(f"/gmao/equipment/{_id('SN0500')}").text


def _id(serial):
    with acting(SYSTEM):
        return db.session.scalars(select(Equipment.id).where(Equipment.serial == serial)).one()


@pytest.mark.both_databases
def test_what_is_registered_or_moved_later_is_found_and_once(country, models):
    id = published(country, serials=LISTED)
    assert found(country) == {}
    late = add(country, "tech", HERE, "X-9", models[0])
    with acting(SYSTEM):
        jobs.run(None)
        jobs.run(None)
    assert found(country) == {"X-9": CONCERNED}
    with unit_of_work(SYSTEM):
        row(late).facility = country[THERE]
    at(country, "director", services.look, id)
    assert (found(country, "other"), found(country, "tech")) == ({"X-9": CONCERNED}, {})


def test_an_alert_is_closed_when_each_piece_is_settled_and_its_order_settles_it(country, models):
    stock(country, models)
    id = published(country, serials=LISTED)
    with pytest.raises(Refused):
        at(country, "director", services.close, id)
    settle(country, "", services.clear, reason="Autre numéro")
    settle(country, "SN0104", services.confirm)
    settle(country, "SN0104", services.withdraw, reason="Irréparable")
    with acting(SYSTEM):
        assert row(_id("SN0104")).status == "unserviceable"
    settle(country, "sn-0102", services.clear, "other", reason="Corrigé en usine")
    with acting(SYSTEM):
        orders = {one.equipment.serial: (one.id, one.state) for one in db.session.scalars(select(WorkOrder))}
    assert (orders["sn-0102"][1], orders["SN0104"][1]) == ("cancelled", "cancelled")
    with pytest.raises(Refused):
        at(country, "director", services.close, id)
    with unit_of_work(country.access("tech")):
        order = db.session.get_one(WorkOrder, orders["SN 101"][0])
        work.finish(order, minutes=20, action="replaced", status="functional")
    outbox.deliver()
    assert found(country)["SN 101"] == "corrected"
    at(country, "director", services.close, id)
    with pytest.raises(Conflict):
        settle(country, "SN 101", services.reopen, reason="doute")


def test_the_directorate_publishes_and_the_place_settles(country, models):
    stock(country, models)
    with pytest.raises(NotAllowed):
        prepared(country, "head")
    id = prepared(country, serials=LISTED)
    with acting(country.access("tech")):
        assert db.session.scalars(select(Alert)).all() == []
    with pytest.raises(NoResultFound):
        at(country, "head", services.publish, id)
    at(country, "director", services.publish, id)
    with pytest.raises(NotAllowed):
        settle(country, "SN 101", services.correct, "ward")
    with pytest.raises(NoResultFound):
        settle(country, "sn-0102", services.correct)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"named_models": ""}, "named_models"), ({"named_models": "Medika Z"}, "named_models"),
        ({"serials": "SN9..SN1"}, "serials"), ({"lots": "..."}, "lots"),
        ({"deadline": -1}, "deadline"),
    ],
)  # fmt: skip
def test_an_alert_that_could_find_nothing_is_refused_at_its_field(country, models, facts, field):
    with pytest.raises(Refused) as refusal:
        prepared(country, **facts)
    assert refusal.value.field == field


def test_publishing_asks_as_many_statements_for_many_pieces_as_for_a_few(country, models):
    def asked(number):
        with unit_of_work(SYSTEM):
            model = db.session.get_one(EquipmentModel, models[0])
            facts = {"type": type_of(), "model": model, "state": "in_service", "room": ""}
            places = (country[HERE], country[THERE])
            register.enter((places[turn % 2], {**facts, "serial": f"SN{100 + turn}"}) for turn in range(number))
        id = prepared(country, serials="SN100..SN180")
        with statements() as sent:
            at(country, "director", services.publish, id)
        # SQLite, which lies in the process, takes one INSERT a row; PostgreSQL takes a thousand rows in one
        return sum(not one.startswith("INSERT") for one in sent)

    asked(6)  # the trail of each place begins
    few = asked(0)
    assert asked(60) <= few + 3 and few < 60
