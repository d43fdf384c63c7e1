"""Licences hold for a time, a renewal is a new row, and what lapses is told in good time; health is read by few."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from core.data.access import acting
from core.data.db import db, today
from core.data.errors import Invalid, NotAllowed, Refused
from core.data.outbox import Outbox
from core.data.work import unit_of_work
from core.imports import services as imports
from core.users.directory.services import colleague
from plugins.hr.credentials import services
from plugins.hr.credentials.models import Fitness, Licence
from plugins.hr.credentials.services import lapsing
from plugins.hr.credentials.warning import warn
from plugins.hr.persons import services as persons
from plugins.hr.persons.models import Person
from tests import make as people
from tests.hr.make import person, seen

pytestmark = pytest.mark.both_databases
BODY = "Ordre des infirmiers"


def licensed(world, who, first, last, login="rh", body=BODY, number="L-1"):
    with unit_of_work(world.access(login)):
        row = db.session.get_one(Person, who)
        return services.license(row, body=body, number=number, first=first, last=last).id


def test_a_licence_ends_after_it_begins_and_a_renewal_begins_after_it(country):
    who = person(country)
    with pytest.raises(Invalid) as wrong:
        licensed(country, who, date(2025, 1, 1), date(2024, 12, 31))
    assert set(wrong.value.errors) == {"last"}
    licensed(country, who, date(2024, 1, 1), date(2025, 12, 31))
    with pytest.raises(Invalid) as wrong:
        licensed(country, who, date(2025, 12, 31), date(2026, 12, 31))
    assert set(wrong.value.errors) == {"first"}
    licensed(country, who, date(2026, 1, 1), date(2026, 12, 31))
    assert len(db.session.scalars(select(Licence.id)).all()) == 2


def test_how_a_licence_stands(country):
    row = Licence(first=date(2024, 1, 1), last=date(2024, 12, 31))
    days = {date(2023, 12, 31): "to_come", date(2024, 6, 1): "valid", date(2024, 12, 1): "lapsing",
            date(2024, 12, 31): "lapsing", date(2025, 1, 1): "lapsed"}  # fmt: skip
    assert {day: row.on(90, day) for day in days} == days
    row.withdrawn_on = date(2024, 5, 1)
    assert (row.on(90, date(2024, 4, 30)), row.on(90, date(2024, 5, 1))) == ("valid", "withdrawn")
    assert not row.covers(date(2024, 5, 1)) and row.covers(date(2024, 4, 30))


def test_what_lapses_is_told_once_a_turn_and_not_after_a_renewal(country, client):
    who, other = person(country), person(country, "Habonimana", "Rose")
    with unit_of_work(country.access("rh")):
        persons.link(db.session.get_one(Person, who), colleague(country.users["agent"]))
    licensed(country, who, today() - timedelta(days=300), today() + timedelta(days=20))
    licensed(country, other, today() - timedelta(days=300), today() + timedelta(days=20), number="L-2")
    licensed(country, other, today() + timedelta(days=21), today() + timedelta(days=400), number="L-3")
    assert warn() == 1 and warn() == 0
    told = db.session.scalars(select(Outbox.topic).where(Outbox.topic == "hr.licence.lapsing")).all()
    assert len(told) == 1
    with acting(country.access("rh")):
        assert [one.number for one in db.session.scalars(select(Licence).where(lapsing()))] == ["L-1"]
    people.sign_in(client, "agent")
    assert "L-1" in client.get("/inbox").text
    people.sign_in(client, "rh")
    page = client.get(f"/hr/persons/{who}").text
    assert "L-1" in page and "Expire bientôt" in page and "Ordre des infirmiers" in page
    assert "1 licence à renouveler" in client.get("/inbox").text
    assert client.get("/hr/licences/?view=lapsing").text.count("L-1") >= 1


def test_licences_come_in_once_and_errors_are_told(country, tmp_path):
    person(country, matricule="100.1")
    path = tmp_path / "list.csv"
    lines = [
        "person,body,number,first,last",
        f"100.1,{BODY},L-1,2024-01-01,2025-12-31",
        f"AG-000001,{BODY},L-2,2026-01-01,2026-12-31",
    ]
    path.write_text("\n".join(lines), "utf-8")
    with acting(country.access("rh")):
        counts = [imports.take("hr.licence", path, country.ids["P1A"]).counts for _again in range(2)]
    assert [(one.get("new", 0), one.get("same", 0)) for one in counts] == [(2, 0), (0, 2)]
    path.write_text("\n".join([lines[0], f"100.1,{BODY},L-9,2026-01-02,2025-12-31", f"999,{BODY},L-9,2026-01-02,2026-12-31",
                               f"100.1,{BODY},L-9,2025-06-01,2026-12-31"]), "utf-8")  # fmt: skip
    with acting(country.access("rh")):
        report = imports.dry_run("hr.licence", path, imports.propose)
    assert {(one.line, one.field) for one in report.refusals} == {(2, "last"), (3, "person"), (4, "first")}


def test_fitness_is_read_by_few_and_by_the_person(country):
    who = person(country)
    with unit_of_work(country.access("director")):
        row = db.session.get_one(Person, who)
        persons.link(row, colleague(country.users["agent"]))
        said = services.examine(row, examined_on=date(2025, 1, 1), outcome="limits", limits="Pas de garde").id
    assert {login for login in country.users if seen(country, login, Fitness, said)} == {"director", "agent"}
    with pytest.raises(NotAllowed), unit_of_work(country.access("rh")):
        services.examine(db.session.get_one(Person, who), examined_on=date(2025, 1, 1), outcome="fit")


def test_a_year_is_appraised_once(country):
    who = person(country)
    for again in (False, True):
        with unit_of_work(country.access("rh")):
            facts = {"year": 2025, "mark": "4", "judged_on": date(2026, 1, 10)}
            if not again:
                services.appraise(db.session.get_one(Person, who), **facts)
                continue
            with pytest.raises(Refused):
                services.appraise(db.session.get_one(Person, who), **facts)
