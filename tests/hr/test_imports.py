"""Registers, posts and assignments of another system come in: all or nothing, errors by line, twice is once."""

from datetime import date

import pytest
from sqlalchemy import func, select

from core.contract.plugins import entities
from core.data.access import acting
from core.data.db import db
from core.data.errors import Doubt
from core.imports import services
from plugins.hr.careers.models import CareerEvent
from plugins.hr.persons.models import Person
from plugins.hr.posts.models import Assignment, Post
from tests.hr.make import assigned, person, post

pytestmark = pytest.mark.both_databases
PEOPLE = "facility_code,number,matricule,surname,given,sex,born_on,cadre_code,grade_code,recruited_on"
POSTS = "facility_code,code,title,cadre_code,heads,opens_on"
HELD = "facility_code,person,post_code,kind,share,first,last"
HERE = "P1A-CDS1"


@pytest.fixture
def file(tmp_path):
    """Return a function that writes lines under a heading."""

    def write(head, *lines):
        path = tmp_path / "list.csv"
        path.write_text("\n".join([head, *lines]), "utf-8")
        return path

    return write


def take(world, entity, path, login="rh", yes=False):
    with acting(world.access(login)):
        answers = (lambda question: "yes") if yes else services.nobody
        counts = services.take(entity, path, world.user(login).facility_id, answers=answers).counts
        return {kind: number for kind, number in counts.items() if number and kind not in ("lines", "refused")}


def reasons(world, entity, path, login="rh"):
    with acting(world.access(login)):
        return {(one.line, one.field) for one in services.dry_run(entity, path, services.propose).refusals}


def count(model):
    return db.session.scalar(select(func.count()).select_from(model))


def test_a_register_comes_in_with_its_recruitments_and_the_same_file_changes_nothing(country, file):
    path = file(
        PEOPLE,
        f"{HERE},,100.1,N’Dayi-Réné,Élise,F,1990-04-02,nurse,C2,2014-03-01",
        f"{HERE},,100.2,Łukasik,Jean d’Arc,M,1985-01-01,doctor,,",
    )
    assert take(country, "hr.person", path) == {"new": 2}
    assert (count(Person), count(CareerEvent)) == (2, 1)
    row = db.session.scalars(select(Person).where(Person.surname == "Łukasik")).one()
    assert (row.given, row.matricule, row.number) == ("Jean d’Arc", "100.2", "AG-000002")
    assert take(country, "hr.person", path) == {"same": 2}
    assert (count(Person), count(CareerEvent)) == (2, 1)
    changed = file(PEOPLE, f"{HERE},,100.2,Łukasik,Jean,,,,,")
    assert take(country, "hr.person", changed) == {"changed": 1}
    db.session.expire_all()
    assert (row.given, row.born_on) == ("Jean", date(1985, 1, 1)), "an empty cell erases nothing"


def test_each_line_that_cannot_be_is_told_and_nothing_is_half_done(country, file):
    person(country, matricule="200.1", login="boss", place="P1A-CDS2")
    path = file(
        PEOPLE,
        f"{HERE},,1.1,Bonne,Ligne,F,1990-04-02,nurse,C2,2014-03-01",
        f"{HERE},,1.2,Demain,Née,F,2090-04-02,,,",
        f"{HERE},,1.3,Trop,Jeune,F,2005-04-02,nurse,C2,2014-03-01",
        f"{HERE},,1.4,Sans,Cadre,F,1990-04-02,inconnu,,",
        "NULLE-PART,,1.5,Sans,Lieu,F,1990-04-02,,,",
        f"{HERE},,1.1,Deux,Fois,F,1980-04-02,,,",
        f"{HERE},AG-999999,,Sans,Dossier,F,1980-04-02,,,",
        f"{HERE},,200.1,Ailleurs,Connu,F,1980-04-02,,,",
    )
    assert reasons(country, "hr.person", path) == {
        (3, "born_on"), (4, "recruited_on"), (5, "cadre_code"), (6, "facility_code"), (7, "matricule"), (8, "number"),
        (9, "facility_code"),
    }  # fmt: skip
    assert count(Person) == 1


def test_a_double_is_asked_about_once(country, file):
    person(country, "Ndayizeye", "Élise")
    path = file(PEOPLE, f"{HERE},,7.7,NDAYIZEYE,Elise,F,1990-04-02,,,")
    with pytest.raises(Doubt):
        take(country, "hr.person", path)
    assert take(country, "hr.person", path, yes=True) == {"unsure": 1}
    assert count(Person) == 2


def test_the_number_of_somebody_elsewhere_tells_nothing_of_him(country, file):
    person(country, "Canari", "Rose", login="rh2", place="P2A-CDS1", matricule="55.5")
    path = file(PEOPLE, f"{HERE},,55.5,Autre,Nom,F,1980-01-01,,,")
    with acting(country.access("rh")):
        report = services.dry_run("hr.person", path, services.propose)
    assert [(one.line, one.field) for one in report.refusals] == [(2, "matricule")]
    assert "Canari" not in str(report.plain())


def test_posts_and_assignments_come_in_and_the_same_files_change_nothing(country, file):
    posts = file(POSTS, f"{HERE},INF-1,Infirmier,nurse,non,2010-01-01", f"{HERE},TIT-1,Titulaire,nurse,oui,2010-01-01")
    assert take(country, "hr.post", posts) == {"new": 2}
    assert take(country, "hr.post", posts) == {"same": 2}
    person(country, matricule="100.1")
    person(country, "Habonimana", "Rose", matricule="100.2")
    held = file(HELD, f"{HERE},100.1,INF-1,titular,100,2015-01-01,", f"{HERE},AG-000002,TIT-1,titular,50,2016-01-01,")
    assert take(country, "hr.assignment", held) == {"new": 2}
    assert take(country, "hr.assignment", held) == {"same": 2}
    ends = file(HELD, f"{HERE},100.1,INF-1,titular,100,2015-01-01,2020-12-31")
    assert take(country, "hr.assignment", ends) == {"changed": 1}
    assert count(Assignment) == 2


def test_assignments_that_cannot_be_are_told_line_by_line_within_one_file_too(country, file):
    post(country, "A"), post(country, "B")
    person(country, matricule="100.1")
    person(country, "Habonimana", "Rose", matricule="100.2")
    path = file(
        HELD,
        f"{HERE},100.1,A,titular,100,2015-01-01,",
        f"{HERE},100.2,A,titular,100,2016-01-01,",
        f"{HERE},100.1,B,titular,50,2016-01-01,",
        f"{HERE},100.2,B,titular,100,2016-01-01,2015-01-01",
        f"{HERE},999,B,titular,100,2016-01-01,",
        f"{HERE},100.2,C,titular,100,2016-01-01,",
        f"{HERE},100.2,B,titular,100,2000-01-01,",
    )
    assert reasons(country, "hr.assignment", path) == {
        (3, "post_code"), (4, "share"), (5, "last"), (6, "person"), (7, "post_code"), (8, "first"),
    }  # fmt: skip
    assert count(Assignment) == 0


def test_what_goes_out_can_come_in(country):
    for name in ("hr.person", "hr.post", "hr.assignment"):
        entity = entities()[name]
        columns = {column.name for column in entity.table.columns}
        assert {field.name for field in entity.importer.fields} <= columns, name
    who = person(country)
    assigned(country, who, post(country))
    assert count(Post) == 1
