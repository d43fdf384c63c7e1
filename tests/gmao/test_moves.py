"""Equipment on its way: it stands with the sender until the receiver acknowledges it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.data.access import acting
from core.data.db import db, today
from core.data.errors import Conflict, NotAllowed, Refused
from core.data.work import unit_of_work
from plugins.gmao.equipment.states import MACHINE as LIFE
from plugins.gmao.moves import services
from plugins.gmao.moves.models import Move
from plugins.gmao.moves.states import MACHINE
from tests import make as people
from tests.gmao.make import piece, row, seen

pytestmark = pytest.mark.both_databases
HERE, THERE = "P1A-CDS1", "P2A-CDS1"


def send(world, id, login="tech", to=THERE, purpose="for_good", **facts):
    with unit_of_work(world.access(login)):
        return services.send(row(id), facility=world[to], purpose=purpose, **facts).id


def arrive(world, move, login="other", **facts):
    with unit_of_work(world.access(login)):
        services.arrive(db.session.get_one(Move, move), **facts)


def test_it_stands_with_the_sender_until_it_has_arrived(country):
    id = piece(country, serial="A-1", room="Salle 2")
    move = send(country, id)
    assert row(id).facility.code == HERE
    with acting(country.access("other")):
        assert db.session.scalars(select(Move).where(Move.id == move)).one().what.endswith("A-1")
    assert not seen(country, "other", id)
    arrive(country, move, room="Bloc", status="not_functional", because="no_power")
    found = row(id)
    assert (found.facility.code, found.home.code, found.room, found.status) == (THERE, THERE, "Bloc", "not_functional")
    assert not seen(country, "tech", id)
    with pytest.raises(Conflict):
        arrive(country, move)


def test_a_loan_comes_back(country):
    id = piece(country)
    arrive(country, send(country, id, purpose="loan"))
    found = row(id)
    assert (found.facility.code, found.home.code, found.state) == (THERE, HERE, "on_loan")
    assert seen(country, "tech", id)  # whose it is sees it still
    with pytest.raises(Refused):
        send(country, id, "other", "P1B-CDS1", "for_good")
    with pytest.raises(Refused):
        send(country, id, "other", "P1B-CDS1", "return")
    arrive(country, send(country, id, "other", HERE, "return"), "tech")
    assert (row(id).facility.code, row(id).state) == (HERE, "in_service")


def test_a_refused_or_withdrawn_piece_never_moved_and_is_not_sent_twice(country):
    id = piece(country)
    move = send(country, id)
    with pytest.raises(Refused):
        send(country, id)
    with unit_of_work(country.access("tech")), pytest.raises(NotAllowed):
        MACHINE.advance(db.session.get_one(Move, move), "arrive")
    with unit_of_work(country.access("other")):
        MACHINE.advance(db.session.get_one(Move, move), "refuse", "not ours")
    assert row(id).facility.code == HERE
    with unit_of_work(country.access("tech")):
        MACHINE.advance(db.session.get_one(Move, move), "settle")
    again = send(country, id)
    with unit_of_work(country.access("tech")):
        MACHINE.advance(db.session.get_one(Move, again), "withdraw", "wrong place")
    with pytest.raises(Conflict):
        arrive(country, again)
    assert row(id).facility.code == HERE


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"to": HERE}, "facility"),
        ({"purpose": "return"}, "facility"),
        ({"sent_on": today() + timedelta(days=2)}, "sent_on"),
    ],
)
def test_a_way_that_cannot_be_is_refused_at_its_field(country, facts, field):
    id = piece(country)
    with pytest.raises(Refused) as refusal:
        send(country, id, **facts)
    assert refusal.value.field == field


def test_a_piece_is_not_sent_before_it_was_made_or_came(country):
    id = piece(country, received_on=today() - timedelta(days=9), made_year=today().year - 1)
    old = piece(country, made_year=today().year)
    for each, day in ((id, today() - timedelta(days=10)), (old, today().replace(year=today().year - 1, day=1))):
        with pytest.raises(Refused) as refused:
            send(country, each, sent_on=day)
        assert refused.value.field == "sent_on"
    arrive(country, send(country, id, purpose="loan", sent_on=today() - timedelta(days=8)))
    with pytest.raises(Refused):
        send(country, id, login="other", to=HERE, purpose="return", sent_on=today() - timedelta(days=1))


def test_what_is_lost_is_not_sent(country):
    id = piece(country)
    with unit_of_work(country.access("tech")):
        LIFE.advance(row(id), "lose", "stolen")
    with pytest.raises(Conflict):
        send(country, id)


def test_who_receives_it_finds_it_among_his_tasks_and_acknowledges_it_by_the_page(country, client):
    id = piece(country)
    people.sign_in(client, "tech")
    answer = client.post(
        f"/do/gmao.equipment.send/{id}", data={"facility": THERE, "purpose": "for_good", "sent_on": today().isoformat()}
    )
    assert answer.status_code == 302 and "/gmao/moves/" in answer.location
    people.sign_in(client, "other")
    assert row(id).code in client.get("/inbox").text
    assert (
        row(id).code in client.get("/gmao/moves/").text and row(id).code in client.get("/gmao/moves/?view=coming").text
    )
    page = client.get(answer.location).text
    assert "Il est arrivé" in page
    number = answer.location.rsplit("/", 1)[1]
    early = {"arrived_on": (today() - timedelta(days=9)).isoformat()}
    assert client.post(f"/do/gmao.move.arrive/{number}", data=early).status_code == 422
    told = {"arrived_on": today().isoformat(), "status": "functional"}
    assert client.post(f"/do/gmao.move.arrive/{number}", data=told).status_code == 302
    assert row(id).facility.code == THERE
