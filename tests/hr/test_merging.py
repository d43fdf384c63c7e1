"""Two files of one person become one, and nothing is lost."""

from datetime import date

import pytest
from sqlalchemy import select

from core.data.access import acting
from core.data.db import db
from core.data.errors import NotAllowed, Refused
from core.data.work import unit_of_work
from core.users.directory.services import colleague
from plugins.hr.careers import services as careers
from plugins.hr.careers.merging import merge
from plugins.hr.careers.models import CareerEvent
from plugins.hr.credentials import services as credentials
from plugins.hr.credentials.models import Fitness, Licence
from plugins.hr.persons import services
from plugins.hr.persons.models import Person
from plugins.hr.posts.models import Assignment
from tests.hr.make import assigned, cadre, person, post

pytestmark = pytest.mark.both_databases


def merged(world, who, into, login="rh"):
    with unit_of_work(world.access(login)):
        merge(db.session.get_one(Person, who), into=db.session.get_one(Person, into), reason="La même")
    db.session.expire_all()


def test_everything_hangs_on_the_file_that_stays(country):
    gone = person(country, "Ndayizeye", "Élise", matricule="1.1", national="N-1")
    stays = person(country, "Ndayizeye-Kaneza", "E.", matricule="2.2", born_on=None)
    assigned(country, gone, post(country))
    with unit_of_work(country.access("director")):
        row = db.session.get_one(Person, gone)
        careers.record_event(row, kind="recruitment", effective_on=date(2015, 1, 1), cadre=cadre(), decision="D-1")
        careers.record_event(row, kind="sanction", effective_on=date(2016, 1, 1), note="Blâme")
        credentials.license(row, body="Ordre", number="L-1", first=date(2024, 1, 1), last=date(2026, 12, 31))
        credentials.examine(row, examined_on=date(2024, 1, 1), outcome="fit")
        services.link(row, colleague(country.users["agent"]))
    merged(country, gone, stays)
    row = db.session.get_one(Person, stays)
    assert (row.user_id, row.born_on) == (country.users["agent"], date(1990, 4, 2))
    assert db.session.get_one(Person, gone).merged_into_id == stays
    assert {one.person_id for one in db.session.scalars(select(Assignment))} == {stays}
    assert {one.person_id for one in db.session.scalars(select(Licence))} == {stays}
    assert {one.person_id for one in db.session.scalars(select(Fitness))} == {stays}, "what rh may not read moves too"
    events = careers.events_of(row)
    assert [one.kind for one in events] == ["recruitment", "sanction"] and "AG-000001" in events[0].note
    assert (row.matricule, row.national) == ("2.2", "N-1")
    assert {one.value for one in row.identifiers} == {"1.1", "N-1", "2.2"}, "the former number still finds the person"
    assert len(db.session.scalars(select(CareerEvent)).all()) == 4, "the file that went still tells its past"
    with pytest.raises(Refused):
        assigned(country, gone)


def test_what_one_person_cannot_hold_is_not_merged(country):
    first, second = person(country), person(country, "Habonimana", "Rose")
    assigned(country, first, post(country, "A"))
    assigned(country, second, post(country, "B"))
    with pytest.raises(Refused) as wrong:
        merged(country, first, second)
    assert wrong.value.field == "into"
    db.session.expire_all()
    assert db.session.get_one(Person, first).merged_into_id is None
    with pytest.raises(Refused):
        merged(country, first, first)


def test_a_merge_needs_its_right_at_both_places(country):
    here, there = person(country), person(country, "Autre", "Rose", login="rh2", place="P2A-CDS1")
    officer = country.access("rh")
    with unit_of_work(country.access("director")), pytest.raises(NotAllowed):
        rows = [db.session.get_one(Person, each) for each in (here, there)]
        with acting(officer):
            merge(rows[0], into=rows[1], reason="x")
