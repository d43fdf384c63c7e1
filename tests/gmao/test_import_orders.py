"""The work of the past comes in from another register: closed, once, with the times down that it knows."""

from datetime import date

import pytest
from sqlalchemy import func, select

from core.data.calendar import local
from core.data.db import db, today, utcnow
from plugins.gmao.equipment.models import StatusEvent
from plugins.gmao.workorders.models import Intervention, WorkOrder
from tests.gmao.make import piece, row
from tests.gmao.test_import_register import file as file  # a fixture of the other importer
from tests.gmao.test_import_register import reasons, take

pytestmark = pytest.mark.both_databases
ORDERS = "gmao.workorder"
HEAD = "former,code,inventory,serial,kind,opened_on,done_on,problem,action,cause,minutes,technician,stopped,note"


def bring(world, path):
    return take(world, path, "head", entity=ORDERS)


def test_past_work_comes_in_closed_once_with_the_times_down_that_are_known(country, file):
    id = piece(country, serial="S-9")
    lines = (
        "OT-1,,,S-9,corrective,2024-03-01,2024-03-15,panne,replaced,power,90,J. Ndayizeye,oui,",
        "OT-2,,,S-9,Maintenance préventive,2024-05-02,2024-05-02,,cleaned,,30,,non,",
        "OT-3,,,S-9,corrective,2024-06-01,2024-06-03,,adjusted,,,,,",
    )
    assert bring(country, file(*lines, head=HEAD)) == {"new": 3}
    assert bring(country, file(*lines, head=HEAD)) == {"same": 3}
    orders = db.session.scalars(select(WorkOrder).order_by(WorkOrder.former)).all()
    assert [(one.former, one.state, one.kind) for one in orders] == [
        ("OT-1", "closed", "corrective"), ("OT-2", "closed", "preventive"), ("OT-3", "closed", "corrective"),
    ]  # fmt: skip
    assert (orders[0].assignee, orders[0].facility_id) == ("J. Ndayizeye", row(id).facility_id)
    found = db.session.scalars(select(StatusEvent).where(StatusEvent.cause != "").order_by(StatusEvent.happened_at))
    assert [(one.status, f"{local(one.happened_at):%d %H:%M}") for one in found] == [
        ("not_functional", "01 08:00"), ("functional", "15 17:00"),
    ]  # fmt: skip
    assert row(id).status == "functional"
    assert sorted(db.session.scalars(select(Intervention.minutes))) == [0, 30, 90]


def test_what_is_known_of_later_stays_and_one_number_may_be_of_two_pieces(country, file):
    first, second = piece(country, status="not_functional", because="to_examine"), piece(country)
    path = file(*(f"7,{row(id).code},,,corrective,2024-03-01,2024-03-15,,replaced,,,,oui," for id in (first, second)),
                head=HEAD)  # fmt: skip
    assert bring(country, path) == {"new": 2}
    assert (row(first).status, row(first).because) == ("not_functional", "to_examine")


def test_what_was_finished_today_is_not_of_an_hour_to_come(country, file):
    id = piece(country)
    day = today().isoformat()
    bring(country, file(f"1,{row(id).code},,,corrective,{day},{day},,replaced,,,,oui,", head=HEAD))
    order = db.session.scalars(select(WorkOrder)).one()
    assert order.opened_at <= order.done_at <= utcnow() and row(id).status_at <= utcnow()


def test_what_cannot_be_is_refused_at_its_field_and_nothing_comes_in(country, file):
    piece(country, serial="S-1", received_on=date(2024, 2, 1))
    piece(country, "other", "P2A-CDS1", serial="ELSEWHERE")
    end = ",,replaced,,,,,"
    path = file(
        f"1,,,,corrective,2024-03-01,2024-03-02{end}",
        f"2,,,NOBODY,corrective,2024-03-01,2024-03-02{end}",
        f"3,,,S-1,corrective,2024-01-01,2024-03-02{end}",
        f"4,,,S-1,corrective,2024-03-05,2024-03-02{end}",
        f"5,,,S-1,corrective,2024-03-05,2999-03-02{end}",
        f"6,,,S-1,corrective,2024-03-01,2024-03-02{end}",
        f"6,,,S-1,corrective,2024-03-01,2024-03-02{end}",
        f"8,,,ELSEWHERE,corrective,2024-03-01,2024-03-02{end}",
        "9,,,S-1,corrective,2024-03-01,2024-03-02,,replaced,,20000,,,",
        head=HEAD,
    )
    told = reasons(country, path, "head", ORDERS)
    assert set(told) == {
        (2, "code"), (3, "serial"), (4, "opened_on"), (5, "done_on"), (6, "done_on"), (8, "former"), (9, "serial"),
        (10, "minutes"),
    }  # fmt: skip
    assert db.session.scalar(select(func.count()).select_from(WorkOrder)) == 0
