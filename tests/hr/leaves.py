"""Makers of leave for tests: kinds with their rules, people with accounts, and requests."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from core.data.access import Access
from core.data.calendars import calendar_of
from core.data.db import db, today
from core.data.work import unit_of_work
from core.users.directory.services import colleague
from plugins.hr.careers import services as careers
from plugins.hr.leave import services
from plugins.hr.leave.models import LeavePolicy, LeaveRequest, LeaveType
from plugins.hr.persons import services as persons
from plugins.hr.persons.models import Person
from tests import make
from tests.hr.make import assigned, cadre, person

JOINED = date(2015, 3, 1)
HERE = "P1A-CDS1"
NOON = "2026-06-15 12:00:00+02:00"  # a Monday


def rules() -> None:
    """Store annual leave of 20 working days with a balance, sick leave that is confidential, and leave of six days."""
    with unit_of_work(Access.system("test")):
        annual = LeaveType(code="annual", label_fr="Congé annuel", position=10)
        sick = LeaveType(code="sick", label_fr="Congé de maladie", confidential=True, position=20)
        special = LeaveType(code="special", label_fr="Congé de circonstance", position=30)
        mother = LeaveType(code="maternity", label_fr="Congé de maternité", confidential=True, sex="F", position=40)
        db.session.add_all([annual, sick, special, mother])
        said = {"valid_from": date(2000, 1, 1), "source": "Loi d’essai"}
        db.session.add_all([
            LeavePolicy(type=annual, unit="working", annual=Decimal(20), carry_months=12, beyond="refuse", **said),
            LeavePolicy(type=sick, unit="calendar", most_each=90, **said),
            LeavePolicy(type=special, unit="working", most_each=6, **said),
            LeavePolicy(type=mother, unit="calendar", most_each=98, **said),
        ])  # fmt: skip


def kind(code: str = "annual") -> LeaveType:
    """Return a kind of leave."""
    return db.session.scalars(select(LeaveType).where(LeaveType.code == code)).one()


def agent(world: Any, login: str, surname: str, role: str = "agent", place: str = HERE, **facts: Any) -> int:
    """Return the id of a person with a file, an account and work at a place since 2015."""
    with unit_of_work(Access.system("test")):
        if login not in world.users:
            world.users[login] = make.user(login, world[place], role, name=surname).id
    id = person(world, surname, "Rose", "boss", place, **facts)
    with unit_of_work(world.access("boss")):
        row = db.session.get_one(Person, id)
        persons.link(row, colleague(world.users[login]))
        careers.record_event(row, kind="recruitment", effective_on=JOINED, cadre=cadre())
    assigned(world, id, login="boss", facility=world[place], first=JOINED)
    return id


def working_day(world: Any, after: date, place: str = HERE) -> date:
    """Return the first working day after a day at a place."""
    return calendar_of(world[place]).working_day_after(after)


def asked(
    world: Any, login: str, first: date | None = None, number: int = 5, code: str = "annual", **facts: Any
) -> int:
    """Return the id of the new request of a person for himself: five days from next week on, unless it is said."""
    with unit_of_work(world.access(login)):
        day = first or working_day(world, today() + timedelta(days=7))
        return services.ask(kind=kind(code), first_day=day, number=number, **facts).id


def do(world: Any, login: str, run: Any, id: int, **facts: Any) -> None:
    """Take a step of a request."""
    with unit_of_work(world.access(login)):
        run(row(id), **facts)


def row(id: int) -> LeaveRequest:
    """Return a request as it is stored."""
    db.session.expire_all()
    return db.session.get_one(LeaveRequest, id)


def approved(world: Any, login: str, stand_in: int | None = None, **facts: Any) -> int:
    """Return the id of approved leave."""
    id = asked(world, login, **facts)
    do(world, "chief", services.favour, id, stand_in=stand_in)
    do(world, "rh", services.approve, id, stand_in=stand_in)
    return id
