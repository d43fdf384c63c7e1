"""Files, posts, assignments and careers: who reads them, what cannot be, and what follows from them."""

from datetime import date

import pytest
from sqlalchemy import select

from core.data.db import db
from core.data.errors import Doubt, Invalid, NotAllowed, Refused
from core.data.work import unit_of_work
from core.users.directory.services import colleague
from plugins.hr.careers import services as careers
from plugins.hr.careers.models import CareerEvent
from plugins.hr.persons import services
from plugins.hr.persons.models import Person
from plugins.hr.posts import services as posts
from plugins.hr.posts.models import Assignment, Post
from plugins.hr.reference.models import Grade, Position
from tests.hr.make import assigned, cadre, person, post, seen

pytestmark = pytest.mark.both_databases


def linked(world, who, login="agent"):
    with unit_of_work(world.access("rh")):
        services.link(db.session.get_one(Person, who), colleague(world.users[login]))


def recorded(world, who, login="rh", **facts):
    with unit_of_work(world.access(login)):
        return careers.record_event(db.session.get_one(Person, who), **facts).id


def test_a_file_is_read_by_its_person_and_by_who_keeps_files_there(country):
    mine, other = person(country), person(country, "Habonimana", "Rose")
    linked(country, mine)
    assigned(country, mine, post(country))
    readers = {login for login in country.users if seen(country, login, Person, mine)}
    assert readers == {"rh", "boss", "director", "agent"}
    assert not seen(country, "agent", Person, other)
    row = db.session.scalars(select(Assignment.id).where(Assignment.person_id == mine)).one()
    knows = {login for login in country.users if seen(country, login, Assignment, row)}
    assert knows == readers | {"chief", "admin", "auditor"}, "who works at a place is known to the head there"


def test_an_account_belongs_to_one_person(country):
    linked(country, person(country))
    with pytest.raises(Refused) as wrong:
        linked(country, person(country, "Habonimana", "Rose"))
    assert wrong.value.field == "account"


def test_somebody_alike_is_asked_about_and_a_number_belongs_to_one_person(country):
    first = person(country, "N’Dayi-Zeye", "Élise", matricule="12.345/6")
    for surname, given in (("NDAYI ZEYE", "Elise"), ("Elise", "Ndayi-zeye"), ("N'dayi Zeye", "Elise Marie")):
        with pytest.raises(Doubt):
            person(country, surname, given, "boss", "P1A-CDS1")
    with pytest.raises(Invalid) as wrong:
        person(country, "Rurakengereza", "Prosper", matricule="123456")
    assert set(wrong.value.errors) == {"matricule"}
    assert db.session.scalars(select(Person.id)).all() == [first]


def test_posts_are_filled_by_assignments_and_files_move_with_them(country):
    who, place, there = person(country), post(country), post(country, place="P1A-CDS2", login="boss")
    assert db.session.get_one(Post, place).on(date(2024, 6, 1)) == "vacant"
    held = assigned(country, who, place)
    db.session.expire_all()
    assert db.session.get_one(Post, place).on(date(2024, 6, 1)) == "occupied"
    with unit_of_work(country.access("rh")):
        posts.end(db.session.get_one(Assignment, held), last=date(2024, 12, 31))
    assigned(country, who, there, first=date(2025, 1, 1))
    assert db.session.get_one(Person, who).facility_id == country.ids["P1A-CDS2"]
    assert db.session.get_one(Post, place).on(date(2025, 6, 1)) == "vacant"


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"last": date(2023, 12, 31)}, "last"),
        ({"first": date(1980, 1, 1)}, "first"),
        ({"first": date(2008, 4, 1)}, "first"),
        ({"share": 60, "to": "other"}, "share"),
        ({"first": date(2024, 6, 1)}, "first"),
    ],
    ids=["ends before it begins", "before the birth", "too young", "over 100 %", "the same post twice"],
)
def test_an_assignment_that_cannot_be_is_told_at_its_field_and_nothing_is_stored(country, facts, field):
    who, place = person(country), post(country)
    assigned(country, who, place, share=50)
    other = post(country, "INF-2") if "to" in facts else place
    with pytest.raises(Invalid) as wrong:
        assigned(country, who, other, **{name: each for name, each in facts.items() if name != "to"})
    assert field in wrong.value.errors
    assert len(db.session.scalars(select(Assignment.id)).all()) == 1


def test_a_post_has_one_titular_at_a_time_and_an_interim_beside(country):
    place, first, second = post(country), person(country), person(country, "Habonimana", "Rose")
    assigned(country, first, place, last=date(2024, 6, 30))
    with pytest.raises(Invalid) as wrong:
        assigned(country, second, place, first=date(2024, 6, 30))
    assert set(wrong.value.errors) == {"post"}
    assigned(country, second, place, first=date(2024, 6, 1), last=date(2024, 6, 30), kind="interim")
    assigned(country, second, place, first=date(2024, 7, 1))


def test_the_present_state_follows_from_the_events(country):
    who, grade = person(country), db.session.scalars(select(Grade).where(Grade.code == "D1")).one()
    away = db.session.scalars(select(Position).where(Position.code == "away")).one()
    recorded(country, who, kind="recruitment", effective_on=date(2015, 1, 1), cadre=cadre())
    wrong = recorded(country, who, kind="grade", effective_on=date(2020, 1, 1), grade=grade)
    recorded(country, who, kind="position", effective_on=date(2021, 1, 1), position=away)
    now = careers.standing(careers.events_of(db.session.get_one(Person, who)))
    assert (now.recruited_on, now.cadre.code, now.grade.code, now.active) == (date(2015, 1, 1), "nurse", "D1", False)
    assert careers.standing(careers.events_of(db.session.get_one(Person, who)), date(2020, 6, 1)).active
    with unit_of_work(country.access("rh")):
        careers.take_back(db.session.get_one(CareerEvent, wrong), "Une autre personne")
    events = careers.events_of(db.session.get_one(Person, who))
    assert careers.standing(events).grade is None and len(events) == 4, "both stay"


def test_a_sanction_is_read_by_few(country):
    who = person(country)
    linked(country, who)
    said = recorded(country, who, kind="sanction", effective_on=date(2024, 3, 1), note="Blâme")
    readers = {login for login in country.users if seen(country, login, CareerEvent, said)}
    assert readers == {"rh", "boss", "director", "agent"}
    with pytest.raises(NotAllowed):
        recorded(country, who, "agent", kind="sanction", effective_on=date(2024, 3, 2), note="Blâme")
