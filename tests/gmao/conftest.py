"""A small country with types of equipment, and people of maintenance."""

import pytest

import plugins.gmao.plugin  # noqa: F401 (all models are known before a test asks for a part of them)
from core.data.access import Access
from core.data.work import unit_of_work
from tests import make
from tests.gmao.make import add_type

SYSTEM = Access.system("test")


@pytest.fixture
def country(app, world):
    """Return the world with an oxygen concentrator and a refrigerator as types, and a technician of two centres."""
    with unit_of_work(SYSTEM):
        add_type("o2", "Concentrateur d’oxygène")
        add_type("fridge", "Réfrigérateur à vaccins", "cold_chain")
        for login, place, role in (
            ("tech", "P1A-CDS1", "technician"), ("ward", "P1A-CDS1", "ward"), ("head", "P1A", "workshop_head"),
            ("other", "P2A-CDS1", "technician"), ("director", "BI", "equipment_director"),
        ):  # fmt: skip
            world.users[login] = make.user(login, world[place], role).id
    return world
