"""A register of 50,000 pieces and 200,000 work orders (tests/bench/register.py): `make bench`.

Pages are divided by the sign-in page of the same run, by processor time; writes by the rows of a bare table. A page may
ask so many statements, its frame included, whatever the register holds.
"""

import csv
import statistics
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.data.access import Access, acting
from core.data.db import db, today
from core.data.work import perform, unit_of_work
from core.facilities.models import Facility
from core.imports import services as imports
from core.users.demo import PASSWORD
from plugins.gmao.catalogue.models import EquipmentModel, EquipmentType
from plugins.gmao.equipment.models import Equipment
from plugins.gmao.plans.models import MaintenancePlan
from plugins.gmao.plans.opening import wanted
from plugins.gmao.plans.reports import year_of
from plugins.gmao.plans.states import ACTIVE
from plugins.gmao.safety import services as alerts
from plugins.gmao.safety.models import Affected, Alert
from plugins.gmao.workorders.models import PREVENTIVE, WorkOrder
from tests.bench.register import fill
from tests.bench.test_promised_times import Table, bare, table  # noqa: F401 (fixtures)
from tests.statements import statements

PIECES, ORDERS, TURNS, LINES, MEANT, PLANNED = 50_000, 200_000, 7, 20_000, 2_000, 10_000
SYSTEM, DAYS = Access.system("bench"), 365
PAGES = [  # what, path, promised ms, limit over the frame (about twice what was measured), statements at most
    ("list", "/gmao/equipment/", "150", 40, 9),
    ("search", "/gmao/equipment/?q=concentrateur", "150", 50, 9),
    ("search of a number", "/gmao/equipment/?q=B12345", "150", 50, 9),
    ("list, out of order", "/gmao/equipment/?f.status=not_functional", "150", 40, 9),
    ("page of a piece", "/gmao/equipment/{piece}", "150", 8, 30),
    ("work orders", "/gmao/work/", "150", 30, 9),
    ("work orders, open", "/gmao/work/?view=open", "150", 15, 9),
    ("work orders, search", "/gmao/work/?q=panne+12", "150", 400, 9),
    ("page of an order", "/gmao/work/{order}", "150", 6, 20),
    ("KPI board, country", "/gmao/figures/", "300", 900, 20),
    ("KPI board, district", "/gmao/figures/?facility={district}", "300", 60, 20),
    ("annual plan", "/gmao/plans/year", "300", 75, 20),
    ("calendar of the month", "/gmao/plans/calendar", "300", 70, 20),
]  # fmt: skip


@pytest.fixture(scope="module")
def register(demonstration):
    """Return the application on the demonstration with a large register."""
    with acting(SYSTEM):
        begun = time.perf_counter()
        perform(lambda: fill(PIECES, ORDERS))
        print(f"\n{PIECES} pieces and {ORDERS} orders poured in {time.perf_counter() - begun:.0f} s")
        assert db.session.scalar(select(func.count(Equipment.id))) > PIECES
        assert db.session.scalar(select(func.count(WorkOrder.id))) > ORDERS
        db.session.rollback()
    return demonstration


def spent(operation: Callable[[], object], turns: int = TURNS) -> float:
    """Return the processor seconds that something takes, the median of some turns."""
    found = []
    for _turn in range(turns):
        begun = time.process_time()
        operation()
        found.append(time.process_time() - begun)
    return statistics.median(found)


def place_of(id_of):
    """Return an id that a select names."""
    with acting(SYSTEM):
        found = db.session.scalar(id_of)
        db.session.rollback()
    return found


def test_pages(register, table):  # noqa: F811
    client = register.test_client()
    assert client.post("/sign-in", data={"login": "dise", "password": PASSWORD}).status_code == 302
    given = {
        "piece": place_of(select(func.max(Equipment.id))), "order": place_of(select(func.max(WorkOrder.id))),
        "district": place_of(select(Facility.id).where(Facility.code == "DS-KAYANZA")),
    }  # fmt: skip
    client.get("/password")
    floor = spent(lambda: client.get("/password"))
    table.add("floor: the frame alone", floor, floor, 1)
    over = []
    for what, path, promised, limit, most in PAGES:
        here = path.format(**given)
        client.get(here)
        with statements() as sent:
            assert client.get(here).status_code == 200, here
        over += [f"{what}: {len(sent)} statements"] if len(sent) > most else []
        taken = spent(lambda here=here: client.get(here), 3)
        table.add(what, taken, floor, limit, f"{promised} ms; {len(sent)} statements")
    assert over == []


def test_twenty_thousand_lines_of_the_register(register, table, bare, tmp_path):  # noqa: F811
    path = tmp_path / "register.csv"
    with acting(SYSTEM):
        places = db.session.scalars(select(Facility.code).where(Facility.code.startswith("CDS-"))).all()
        kinds = db.session.scalars(select(EquipmentType.code)).all()
        before = db.session.scalar(select(func.count(Equipment.id)))
        with path.open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file)
            lines.writerow(["facility_code", "type_code", "serial", "inventory", "status", "room", "received_on"])
            for n in range(LINES):
                day = today() - timedelta(days=n % 2000)
                facts = [f"IMP{n:06}", f"ANCIEN-{n}", "functional", "Pédiatrie", day]
                lines.writerow([places[n % len(places)], kinds[n % len(kinds)], *facts])
        db.session.rollback()
        taken = spent(lambda: imports.take("gmao.equipment", path), 1)
        assert db.session.scalar(select(func.count(Equipment.id))) == before + LINES
        db.session.rollback()
    table.add("importing 20,000 pieces", taken, bare, 900, "60 s")


def test_the_plans_of_ten_thousand_pieces(register, table, bare):  # noqa: F811
    """Ten thousand pieces of some types are planned every quarter; the year is computed, and what is to be opened."""
    with unit_of_work(SYSTEM):
        country = db.session.scalars(select(Facility).where(Facility.parent_id.is_(None))).one()
        by = select(Equipment.type_id, func.count(Equipment.id)).group_by(Equipment.type_id).order_by(Equipment.type_id)
        planned = 0
        for kind, number in db.session.execute(by).all():
            if planned < PLANNED:
                db.session.add(_plan(country, kind))
                planned += number
    with acting(SYSTEM):
        year = spent(lambda: year_of(country, today().year), 1)
        rows = year_of(db.session.scalars(select(Facility).where(Facility.parent_id.is_(None))).one(), today().year)
        assert sum(len(month) for row in rows for month in row.months) >= 3 * PLANNED
        opened = spent(lambda: wanted(today()), 1)
        assert len(wanted(today())) >= PLANNED
        db.session.rollback()
    table.add("annual plan of 10,000 pieces", year, bare, 60, "seconds")
    table.add("what is to be opened of them", opened, bare, 60, "seconds")


def _plan(country, kind):
    return MaintenancePlan(
        name=f"Bench {kind}", kind=PREVENTIVE, facility=country, type_id=kind, interval=3, unit="month",
        first_on=today() - timedelta(days=DAYS), shift="after", tolerance=10, lead_days=120, minutes=60, state=ACTIVE,
    )  # fmt: skip


def test_an_alert_that_means_two_thousand_pieces(register, table, bare):  # noqa: F811
    with unit_of_work(SYSTEM):
        by = select(Equipment.model_id, func.count(Equipment.id)).where(Equipment.model_id.is_not(None))
        models, meant = [], 0
        for model, number in db.session.execute(by.group_by(Equipment.model_id).order_by(Equipment.model_id)).all():
            if meant < MEANT:
                models.append(db.session.get_one(EquipmentModel, model))
                meant += number
        named = "\n".join(model.code for model in models)
        id = alerts.prepare(
            title="Bench", kind="recall", issuer="Bench", issued_on=today(), named_models=named, todo="Check", type=None,
            serials="", lots="", work="inspection", deadline=today() + timedelta(days=30),
        ).id  # fmt: skip

    def publish():
        with unit_of_work(SYSTEM):
            alerts.publish(db.session.get_one(Alert, id))

    taken = spent(publish, 1)
    with acting(SYSTEM):
        found = db.session.scalar(select(func.count(Affected.id)).where(Affected.alert_id == id))
        assert found >= MEANT
        db.session.rollback()
    table.add(f"alert that means {found} pieces", taken, bare, 250, "seconds")


def test_nothing_is_over_its_limit(table):  # noqa: F811
    assert table.too_slow() == []
