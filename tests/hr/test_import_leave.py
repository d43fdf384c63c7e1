"""The leave of the past comes in from another register: ended, once, and counted."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core.data.db import db, today
from core.data.states import history
from plugins.hr.leave.balances import accounts_of
from plugins.hr.leave.models import LeaveCause, LeaveRequest
from plugins.hr.leave.service import service_of
from plugins.hr.persons.models import Person
from tests.gmao.test_import_register import file as file  # a fixture of the other importer
from tests.gmao.test_import_register import reasons, take
from tests.hr.leaves import agent, asked, rules
from tests.hr.make import seen

pytestmark = pytest.mark.both_databases
HEAD = "matricule,type,du,au,jours,décision,observations"


@pytest.fixture
def unit(country):
    """Return the country with rules of leave and two people, one of them with a staff number."""
    rules()
    country.people = {
        "nurse": agent(country, "nurse", "Habonimana", sex="F", matricule="12.345/6"),
        "other": agent(country, "other", "Ndikumana", sex="M"),
    }
    return country


def bring(world, path, login="rh"):
    return take(world, path, login, entity="hr.leave")


def test_past_leave_comes_in_once_and_counts(unit, file):
    number = db.session.get_one(Person, unit.people["other"]).number
    year = today().year - 1
    lines = (
        f"123456,Congé annuel,{year}-08-03,{year}-08-14,9,CA-118,",
        f"{number},annual,{year}-08-03,{year}-08-14,,,",
        f"123456,sick,{year}-10-05,{year}-10-09,,,CANARI",
    )
    path = file(*lines, head=HEAD)
    assert bring(unit, path) == {"new": 3}
    assert bring(unit, path) == {"same": 3}
    rows = db.session.scalars(select(LeaveRequest).order_by(LeaveRequest.id)).all()
    assert [(one.state, one.days, one.former, one.type_id is None) for one in rows[::2]] == [
        ("resumed", 9, "CA-118", False), ("resumed", 5, "", True),
    ]  # fmt: skip
    assert rows[0].number == f"CG-{year}-00001"
    assert [step.action for step in history(rows[0])] == ["enter"]
    cause = db.session.scalars(select(LeaveCause)).one()
    assert cause.note == "CANARI"
    assert [seen(unit, login, LeaveCause, cause.id) for login in ("rh", "nurse", "chief")] == [True, True, False]
    (annual,) = (one for one in accounts_of(service_of(unit.people["nurse"])) if one.type.code == "annual")
    assert sum(one.amount for one in annual.taken) == 9


def test_each_wrong_line_is_told_at_its_field_and_nothing_comes_in(unit, file):
    year, coming = today().year - 1, today() + timedelta(days=30)
    asked(unit, "nurse", coming - timedelta(days=coming.weekday()), 3)
    lines = (
        f"999,annual,{year}-08-03,{year}-08-14,,,",
        f"123456,annual,{year}-08-14,{year}-08-03,,,",
        f"123456,annual,{year}-08-03,{coming},,,",
        "123456,annual,1999-08-02,1999-08-06,,,",
        f"123456,annual,{year}-03-02,{year}-03-06,9,,",
        f"123456,annual,{year}-05-04,{year}-05-08,,,",
        f"123456,sick,{year}-05-07,{year}-05-12,,,",
        f"123456,annual,{year}-06-31,{year}-07-02,,,",
        f"123456,pèlerinage,{year}-09-01,{year}-09-02,,,",
    )
    found = reasons(unit, file(*lines, head=HEAD), "rh", "hr.leave")
    assert set(found) == {
        (2, "person"), (3, "last_day"), (4, "last_day"), (5, "type"), (6, "days"), (8, "first_day"), (9, "first_day"),
        (10, "type"),
    }  # fmt: skip
    away = reasons(unit, file(lines[5], head=HEAD), "rh2", "hr.leave")
    assert set(away) == {(2, "person")}
    assert len(db.session.scalars(select(LeaveRequest.id)).all()) == 1
