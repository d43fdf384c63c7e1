"""A small country with cadres and grades, and people of human resources."""

import pytest

import plugins.hr.plugin  # noqa: F401 (all models are known before a test asks for a part of them)
from core.data.access import Access
from core.data.db import db
from core.data.work import unit_of_work
from plugins.hr.reference.models import Cadre, Grade, Position, Step
from tests import make
from tests.hr.leaves import agent, rules


@pytest.fixture
def country(app, world):
    """Return the world with two cadres, two grades with a step, two positions, and the people of human resources."""
    with unit_of_work(Access.system("test")):
        db.session.add_all([
            Cadre(code="nurse", label_fr="Infirmier A2", family="nursing", isco="3221", isco_scheme="ISCO-08"),
            Cadre(code="doctor", label_fr="Médecin", family="medical", isco="2211", isco_scheme="ISCO-08"),
            low := Grade(code="C2", label_fr="Collaboration 2", rank=2), Grade(code="D1", label_fr="Direction 1", rank=9),
            Position(code="active", label_fr="En activité"),
            Position(code="away", label_fr="En disponibilité", active=False, counts=False),
        ])  # fmt: skip
        db.session.flush()
        db.session.add(Step(grade_id=low.id, number=1))
        for login, place, role in (
            ("rh", "P1A", "hr_officer"), ("rh2", "P2A", "hr_officer"), ("chief", "P1A-CDS1", "unit_head"),
            ("director", "BI", "hr_director"), ("boss", "P1", "hr_officer"),
        ):  # fmt: skip
            world.users[login] = make.user(login, world[place], role).id
        world.users["agent"] = make.user("agent", world["P1A-CDS1"]).id
    return world


@pytest.fixture
def unit(country):
    """Return the country with rules of leave, two nurses of a health centre with accounts, and its head."""
    rules()
    country.people = {
        "nurse": agent(country, "nurse", "Habonimana", sex="F"),
        "other": agent(country, "other", "Ndikumana", sex="M"),
        "chief": agent(country, "chief", "Bizimana", "unit_head"),
    }
    return country
