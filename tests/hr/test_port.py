"""What the workforce tells other plugins: who is qualified, and who stands in for whom."""

from datetime import date

import pytest

from core.contract.plugins import service
from core.contract.ports import Staff
from core.data.db import db
from core.data.work import unit_of_work
from core.users.directory.services import colleague
from plugins.hr.credentials import services
from plugins.hr.persons import services as persons
from plugins.hr.persons.models import Person
from tests.hr.make import assigned, person, post

pytestmark = pytest.mark.both_databases


def test_who_is_qualified_on_a_day_and_who_stands_in(country):
    who, other = person(country), person(country, "Habonimana", "Rose")
    place = post(country)
    assigned(country, who, place)
    assigned(country, other, place, kind="interim", first=date(2025, 1, 1), last=date(2025, 1, 31))
    with unit_of_work(country.access("rh")):
        row = db.session.get_one(Person, who)
        persons.link(row, colleague(country.users["agent"]))
        services.qualify(
            row, title="Froid solaire", skill="Solar-Fridge", obtained_on=date(2024, 2, 1), valid_until=date(2025, 2, 1)
        )
    staff, here, user = service(Staff), country["P1A-CDS1"], country.users["agent"]

    def found(on, place=here):
        return [one.name for one in staff.qualified("solar fridge", place, on)]

    assert found(date(2024, 6, 1)) == found(date(2024, 6, 1), country["P1A"]) == ["Élise Ndayizeye"]
    assert found(date(2024, 1, 31)) == found(date(2025, 2, 2)) == found(date(2024, 6, 1), country["P2A"]) == []
    assert [staff.is_qualified(user, "solar-fridge", day) for day in (date(2024, 6, 1), date(2025, 2, 2))] == [
        True,
        False,
    ]
    assert staff.is_qualified(user, "unknown", date(2024, 6, 1)) is None
    assert staff.is_qualified(country.users["chief"], "solar-fridge", date(2024, 6, 1)) is None
    (stands,) = staff.stand_ins(here, date(2025, 1, 10))
    assert (stands.post, stands.interim.name, stands.titular.user_id) == ("Infirmier", "Rose Habonimana", user)
    assert staff.stand_ins(here, date(2025, 2, 1)) == []
